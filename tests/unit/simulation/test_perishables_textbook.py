"""A perishable item: instances, the optimum, best base stock, and the exact cost of policies."""

from dataclasses import replace

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.simulation.textbook.perishables import (
    Perishable,
    de_moor_2022,
    development_perishables,
    perishable_policy_cost,
)
from allocast.simulation.textbook.perishables_optimum import (
    BaseStock,
    best_perishable_base_stock,
    solve_perishable,
)

FIFO = Perishable(life=2, lead_time=1, issuing="fifo", waste_cost=7.0)
LIFO = replace(FIFO, issuing="lifo")


def test_the_eight_instances_are_those_of_the_paper_and_no_setting_is_chosen_on_them() -> None:
    judged = de_moor_2022()
    assert len({one.name for one in judged}) == 8
    assert {one.life for one in judged} == {2}
    assert set(judged).isdisjoint(development_perishables())


@pytest.mark.parametrize("wrong", [{"life": 1}, {"life": 4}, {"lead_time": 0}, {"lead_time": 3}])
def test_a_perishable_that_cannot_be_solved_is_refused(wrong) -> None:
    with pytest.raises(DataError, match="must be 2 or 3 periods"):
        replace(FIFO, **wrong)


def test_customers_take_the_oldest_or_the_freshest_units_first() -> None:
    state = np.array([[3, 4, 6]])  # three in their last period, four fresh, six on their way
    oldest = replace(FIFO, lead_time=2).after_demand(state)[0]
    freshest = replace(LIFO, lead_time=2).after_demand(state)[0]
    np.testing.assert_array_equal(oldest[0, 5], [2, 6, 0])
    np.testing.assert_array_equal(freshest[0, 5], [0, 6, 0])
    np.testing.assert_array_equal(freshest[0, 1], [3, 6, 0])


def test_waste_holding_and_shortage_are_charged_by_the_unit() -> None:
    certain = replace(FIFO, mean=4.0, variation=1e-3)  # demand is four
    _, cost = certain.after_demand(np.array([[6, 5], [1, 5], [1, 1]]))
    np.testing.assert_allclose(cost, [2 * 7.0 + 5 * 1.0, 2 * 1.0, 2 * 5.0], atol=1e-9)


def test_ordering_nothing_loses_all_demand() -> None:
    none = perishable_policy_cost(FIFO, lambda states: np.zeros(len(states)))
    periods = (1 - FIFO.discount**FIFO.horizon) / (1 - FIFO.discount)
    assert none == pytest.approx(FIFO.shortage_cost * FIFO.law.mean[0] * periods, rel=1e-9)


def test_the_best_base_stock_lies_above_the_optimum() -> None:
    for instance, level in ((FIFO, 7), (LIFO, 5)):
        rule, cost = best_perishable_base_stock(instance)
        assert rule.level == level
        assert solve_perishable(instance).cost < cost
        assert cost < perishable_policy_cost(instance, BaseStock(level=level + 1, largest_order=10))


@pytest.mark.parametrize("order", [-1, 11, 0.5, np.nan])
def test_orders_of_a_perishable_that_are_no_orders_are_refused(order) -> None:
    with pytest.raises(DataError, match="whole orders from 0 to 10"):
        perishable_policy_cost(FIFO, lambda states: np.full(len(states), order))
