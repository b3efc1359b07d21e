"""What the formulas for policies in the long run refuse, each beside one that they take."""

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.inventory.formulas.base_stock import base_stock, normal_base_stock
from allocast.inventory.formulas.compound_demand import Moments
from allocast.inventory.formulas.fixed_quantity import fixed_quantity
from allocast.inventory.formulas.periodic_review import best_review, normal_order_up_to, review_level
from allocast.inventory.formulas.reorder_levels import reorder_level_cost, reorder_levels
from allocast.numerics.discrete import DiscreteDistribution
from allocast.numerics.discrete_laws import poisson

WEEKLY = poisson(np.array([6.0, 2.0]))
TWO = DiscreteDistribution.certain(np.array([2, 2]))
RATES = {"holding_cost": np.ones(2), "shortage_cost": np.full(2, 9.0)}


def test_a_series_without_demand_is_named_and_left_out() -> None:
    never = DiscreteDistribution(probability=np.array([[0.5, 0.5], [1.0, 0.0]]))
    reorder_levels(WEEKLY, WEEKLY, order_cost=np.zeros(2), **RATES)
    with pytest.raises(DataError, match=r"series 1 has none \(1 of 2 series affected\)"):
        reorder_levels(never, never, order_cost=np.zeros(2), **RATES)


@pytest.mark.parametrize("rule", [reorder_levels, None])
def test_an_order_cost_below_0_is_refused(rule) -> None:
    wrong = {"order_cost": np.array([1.0, -1.0]), **RATES}
    with pytest.raises(DataError, match="order_cost must be finite and >= 0"):
        rule(WEEKLY, WEEKLY, **wrong) if rule else fixed_quantity(WEEKLY.mean, WEEKLY, **wrong)


def test_an_order_up_to_level_lies_above_its_reorder_point() -> None:
    with pytest.raises(DataError, match="series 1 has 3 and 3"):
        reorder_level_cost(
            np.array([4, 3]), np.array([10, 3]), WEEKLY, WEEKLY, order_cost=np.ones(2), **RATES
        )


@pytest.mark.parametrize("batch", [[0, 4], [1.5, 4]])
def test_a_given_batch_is_whole(batch) -> None:
    fixed_quantity(WEEKLY.mean, WEEKLY, order_cost=np.ones(2), batch=np.array([1, 4]), **RATES)
    with pytest.raises(DataError, match="batch must be 2 whole numbers >= 1"):
        fixed_quantity(WEEKLY.mean, WEEKLY, order_cost=np.ones(2), batch=np.array(batch), **RATES)


def test_stock_is_looked_at_once_in_a_period_at_the_most() -> None:
    with pytest.raises(DataError, match="review_periods must be >= 1; it is 0"):
        review_level(WEEKLY, TWO, 0, **RATES)
    with pytest.raises(DataError, match="order_cost must be finite and >= 0"):
        best_review(WEEKLY, TWO, order_cost=np.array([1.0, -1.0]), **RATES)


def test_rows_do_not_mix() -> None:
    both = best_review(WEEKLY, TWO, order_cost=np.array([30.0, 5.0]), **RATES)
    for row in range(2):
        alone = best_review(
            WEEKLY.take(np.array([row])),
            TWO.take(np.array([row])),
            order_cost=np.array([[30.0, 5.0][row]]),
            holding_cost=np.ones(1),
            shortage_cost=np.array([9.0]),
        )
        assert (both.review_periods[row], both.order_up_to[row]) == (
            alone.review_periods[0],
            alone.order_up_to[0],
        )


def test_without_order_costs_every_period_is_a_review_and_the_level_a_base_stock() -> None:
    free = best_review(WEEKLY, TWO, order_cost=np.zeros(2), **RATES)
    plain = base_stock(WEEKLY, TWO, **RATES)
    np.testing.assert_array_equal(free.review_periods, [1, 1])
    np.testing.assert_array_equal(free.order_up_to, plain.units)
    levels = reorder_levels(
        WEEKLY, poisson(np.array([18.0, 6.0])), order_cost=np.zeros(2), **RATES
    )  # three periods
    np.testing.assert_array_equal(levels.order_up_to, plain.units)
    np.testing.assert_allclose(levels.cost, plain.cost)


def test_the_textbooks_levels_agree_with_each_other() -> None:
    demand = Moments(mean=np.array([100.0]), deviation=np.array([30.0]))
    lead_time = Moments(mean=np.array([3.0]), deviation=np.array([1.0]))
    rates = {"holding_cost": np.array([1.0]), "shortage_cost": np.array([19.0])}
    base = normal_base_stock(demand, lead_time, **rates).units
    np.testing.assert_allclose(base, normal_order_up_to(demand, lead_time, 1, np.array([0.95])))
