"""A few periods ahead: the textbook program's example, and every order of a small case by recursion."""

from functools import cache

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.inventory.formulas.finite_horizon import finite_horizon
from allocast.numerics.discrete import DiscreteDistribution
from allocast.numerics.discrete_laws import rounded_normal

COSTS = {"order_cost": 3.0, "unit_cost": 1.0, "holding_cost": 0.5, "shortage_cost": 4.0}
SMALL = DiscreteDistribution(probability=np.array([[0.2, 0.3, 0.5], [0.6, 0.0, 0.4], [0.1, 0.8, 0.1]]))


def test_five_periods_of_normal_demand_as_stockpyl_solves_them() -> None:
    """stockpyl 1.0.2, ``finite_horizon_dp(5, 1, 20, 1, 20, 2, 50, 100, 20)``; its demand is cut at 4 deviations."""
    five = rounded_normal(np.full(5, 100.0), np.full(5, 20.0))
    best = finite_horizon(five, order_cost=50, unit_cost=2, holding_cost=1, shortage_cost=20)
    np.testing.assert_array_equal(best.reorder_point, [110, 110, 110, 110, 111])
    np.testing.assert_array_equal(best.order_up_to, [133, 133, 133, 133, 126])
    assert best.cost_from(0) == pytest.approx(1558.6946467384012, rel=2e-4)


def by_recursion(stock: int, discount: float) -> float:
    pmf = SMALL.probability

    @cache
    def value(t: int, x: int) -> float:
        if t == len(pmf):
            return 0.5 * max(x, 0) + 4 * max(-x, 0)
        return min(
            3.0 * (y > x)
            + (y - x)
            + sum(
                p * (0.5 * max(y - d, 0) + 4 * max(d - y, 0) + discount * value(t + 1, y - d))
                for d, p in enumerate(pmf[t])
            )
            for y in range(x, 9)
        )

    return value(0, stock)


@pytest.mark.parametrize("discount", [1.0, 0.8])
@pytest.mark.parametrize("stock", [-2, 0, 1, 4])
def test_no_orders_of_all_cost_less(stock, discount) -> None:
    best = finite_horizon(SMALL, discount=discount, **COSTS)
    assert best.cost_from(stock) == pytest.approx(by_recursion(stock, discount))


def test_where_buying_costs_more_than_owing_nothing_is_ever_ordered() -> None:
    best = finite_horizon(SMALL, **(COSTS | {"unit_cost": 50.0}))
    assert (best.reorder_point < -2).all()


@pytest.mark.parametrize(("name", "value"), [("order_cost", -1.0), ("discount", 0.0), ("discount", 1.1)])
def test_costs_and_discounts_out_of_range_are_refused(name, value) -> None:
    with pytest.raises(DataError, match="must be"):
        finite_horizon(SMALL, **(COSTS | {name: value}))


def test_a_stock_that_was_not_computed_has_no_cost() -> None:
    with pytest.raises(DataError, match="stock must lie within"):
        finite_horizon(SMALL, **COSTS).cost_from(1000)
