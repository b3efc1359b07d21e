import numpy as np
import pytest

from allocast.errors import DataError
from allocast.inventory.shared_budget import next_unit_values, share_budget
from allocast.numerics.discrete import DiscreteDistribution

VALUES = np.array([[9.0, 4.0, 1.0], [6.0, 5.0, -1.0]])


def test_money_has_no_price_where_all_that_is_worth_having_can_be_paid():
    shared = share_budget(VALUES, [1.0, 2.0], 7.0)
    assert shared.units.tolist() == [3, 2] and shared.price == 0.0
    assert shared.value == shared.bound == 25.0


def test_the_price_is_what_one_more_unit_of_budget_saves():
    shared = share_budget(VALUES, [1.0, 1.0], 3.0)
    more = share_budget(VALUES, [1.0, 1.0], 4.0)
    assert shared.price == pytest.approx(more.value - shared.value)


def test_units_that_are_dear_for_what_they_save_are_left_out():
    assert share_budget(VALUES, [1.0, 10.0], 10.0).units.tolist() == [3, 0]


def test_without_money_nothing_is_ordered():
    assert share_budget(VALUES, [1.0, 2.0], 0.0).units.tolist() == [0, 0]


def test_what_is_owed_is_worth_its_shortage_cost_and_what_is_beyond_demand_only_costs():
    demand = DiscreteDistribution(probability=np.array([[0.5, 0.5], [0.5, 0.5]]))
    values = next_unit_values(demand, [-1, 5], shortage_cost=[9.0, 9.0], holding_cost=1.0, largest=3)
    np.testing.assert_allclose(values, [[9.0, 4.0, -1.0], [-1.0, -1.0, -1.0]])


def test_a_large_case_is_within_a_thousandth_of_its_own_bound():
    rng = np.random.default_rng(1)
    demand = DiscreteDistribution(probability=rng.dirichlet(np.ones(30), 2000))
    values = next_unit_values(
        demand,
        rng.integers(0, 10, 2000),
        shortage_cost=rng.uniform(2, 20, 2000),
        holding_cost=1.0,
        largest=20,
    )
    shared = share_budget(values, rng.uniform(0.5, 30, 2000), 50_000.0)
    assert 0.999 * shared.bound <= shared.value <= shared.bound


def test_what_cannot_be_shared_is_refused():
    with pytest.raises(DataError, match="a budget must be >= 0; it is -1"):
        share_budget(VALUES, [1.0, 1.0], -1.0)
    with pytest.raises(DataError, match="one of series 1 costs 0"):
        share_budget(VALUES, [1.0, 0.0], 1.0)
    with pytest.raises(DataError, match="in series 0 it does from unit 2 to 3"):
        share_budget(np.array([[3.0, 1.0, 2.0]]), [1.0], 1.0)
