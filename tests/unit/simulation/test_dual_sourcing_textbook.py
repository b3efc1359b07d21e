"""Dual sourcing: instances, the exact optimum, classical rules, and the exact cost of policies."""

from dataclasses import replace

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.simulation.textbook.dual_sourcing import (
    DualSourcing,
    development_dual,
    dual_policy_cost,
    gijsbrechts_2022,
    live_long,
)
from allocast.simulation.textbook.dual_sourcing_optimum import DualOrderTable, solve_dual_sourcing
from allocast.simulation.textbook.dual_sourcing_rules import (
    DualIndex,
    SingleIndex,
    TailoredBaseSurge,
    best_capped_dual_index,
    best_dual_index,
)

SMALL = DualSourcing(lead_time=2, expedited_cost=110.0)


def test_the_six_instances_are_those_of_the_paper_and_no_setting_is_chosen_on_them() -> None:
    judged = gijsbrechts_2022()
    assert [(one.lead_time, one.expedited_cost) for one in judged] == [
        (lead_time, cost) for lead_time in (2, 3, 4) for cost in (105.0, 110.0)
    ]
    assert set(judged).isdisjoint(development_dual())


@pytest.mark.parametrize(
    "wrong",
    [
        {"lead_time": 1},
        {"lead_time": 5},
        {"expedited_cost": 90.0},
        {"shortage_cost": 105.0},
        {"holding_cost": 0.0},
    ],
)
def test_an_instance_of_dual_sourcing_that_makes_no_sense_is_refused(wrong) -> None:
    with pytest.raises(DataError, match="must be"):
        replace(SMALL, **wrong)


def test_wider_bounds_do_not_change_the_optimum() -> None:
    assert solve_dual_sourcing(SMALL, margin=6).cost == pytest.approx(
        solve_dual_sourcing(SMALL).cost, abs=1e-6
    )


def test_the_optimal_orders_cost_the_optimum_of_dual_sourcing() -> None:
    for instance in (SMALL, *development_dual()[-2:]):
        optimum = solve_dual_sourcing(instance)
        assert dual_policy_cost(instance, optimum.policy) == pytest.approx(optimum.cost, abs=1e-6)


def test_where_a_dual_policy_starts_does_not_matter_in_the_long_run() -> None:
    rule = DualIndex(expedite_to=4, order_to=8, cap=2)
    costs = [dual_policy_cost(SMALL, rule, start=np.array(start)) for start in ([0, 0], [-7, 5], [30, 1])]
    np.testing.assert_allclose(costs, costs[0], rtol=1e-10)


@pytest.mark.parametrize(
    "make",
    [
        lambda level: SingleIndex(expedite_to=level, order_to=level + 2),
        lambda level: DualIndex(expedite_to=level, order_to=level + 4),
        lambda level: DualIndex(expedite_to=level, order_to=level + 4, cap=2),
        lambda level: TailoredBaseSurge(expedite_to=level, regular=1),
    ],
)
def test_raising_all_levels_shifts_the_stock_and_nothing_else(make) -> None:
    lived = live_long(SMALL, make(0))
    for level in (3, 5):
        assert lived.cost(SMALL, shift=level) == pytest.approx(dual_policy_cost(SMALL, make(level)), abs=1e-8)


def test_a_cap_may_be_one_and_never_does_worse_than_no_cap() -> None:
    cheap = DualSourcing(lead_time=3, expedited_cost=105.0)
    capped, cost = best_capped_dual_index(cheap)
    assert capped.cap == 1
    assert cost < best_dual_index(cheap)[1]


def test_regular_orders_above_the_demand_are_refused_as_growing_without_bound() -> None:
    with pytest.raises(DataError, match="grow above"):
        dual_policy_cost(SMALL, TailoredBaseSurge(expedite_to=4, regular=3))


@pytest.mark.parametrize("orders", [[[0, -1]], [[0.5, 1.0]], [[1]], [[np.nan, 0.0]]])
def test_orders_to_two_suppliers_that_are_no_orders_are_refused(orders) -> None:
    with pytest.raises(DataError, match="must give whole orders"):
        dual_policy_cost(SMALL, lambda states: np.repeat(np.array(orders), len(states), axis=0))


def test_a_table_of_two_orders_says_which_state_it_does_not_know() -> None:
    table = DualOrderTable(lowest=-1, largest=2, orders=np.arange(12).reshape(2, 3, 2))
    np.testing.assert_array_equal(table(np.array([[-1, 2], [0, 0]])), [[4, 5], [6, 7]])
    for unknown in ([-2, 0], [1, 0], [0, 3], [0, -1]):
        with pytest.raises(DataError, match="no order for state"):
            table(np.array([unknown]))
