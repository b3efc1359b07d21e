import numpy as np
import pytest

from allocast.errors import DataError
from allocast.inventory.costs import Costs


def test_the_critical_ratio_weighs_a_unit_short_against_a_unit_left(make_costs) -> None:
    costs = make_costs(3, shortage_cost=[1.0, 4.0, 0.0], holding_cost=[1.0, 1.0, 2.0])
    np.testing.assert_array_equal(costs.critical_ratio, [0.5, 0.8, 0.0])


def test_where_nothing_is_at_stake_the_critical_ratio_is_zero(make_costs) -> None:
    np.testing.assert_array_equal(make_costs(1, shortage_cost=0.0, holding_cost=0.0).critical_ratio, [0])


def test_uniform_costs_are_the_same_for_every_series_and_lose_sales() -> None:
    costs = Costs.uniform(2, holding_cost=0.2, shortage_cost=1.0, order_cost=5.0)
    np.testing.assert_array_equal(costs.holding_cost, [0.2, 0.2])
    np.testing.assert_array_equal(costs.shortage_cost, [1, 1])
    np.testing.assert_array_equal(costs.order_cost, [5, 5])
    np.testing.assert_array_equal(costs.unit_cost, [0, 0])
    assert not costs.backorders


def test_chosen_series_keep_their_own_rates_and_whether_demand_waits(make_costs) -> None:
    costs = make_costs(3, order_cost=[1.0, 2.0, 3.0], backorders=True).take(np.array([2, 0]))
    np.testing.assert_array_equal(costs.order_cost, [3, 1])
    assert costs.backorders


@pytest.mark.parametrize("name", ["holding_cost", "shortage_cost", "order_cost", "unit_cost"])
@pytest.mark.parametrize("rate", [-0.1, np.nan, np.inf])
def test_rates_that_are_negative_or_not_finite_are_refused(make_costs, name: str, rate: float) -> None:
    with pytest.raises(DataError, match=f"{name} must be finite and >= 0"):
        make_costs(2, **{name: [1.0, rate]})


def test_a_rate_for_each_series_is_asked_for() -> None:
    one, two = np.ones(1), np.ones(2)
    with pytest.raises(DataError, match=r"equally long.*order_cost 1"):
        Costs(holding_cost=two, shortage_cost=two, order_cost=one, unit_cost=two)
