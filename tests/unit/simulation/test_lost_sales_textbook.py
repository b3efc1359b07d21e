"""Lost sales with a lead time: instances, the exact optimum, and the exact cost of policies."""

from dataclasses import replace

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.simulation.textbook.lost_sales import LostSales, development_2008, zipkin_2008
from allocast.simulation.textbook.lost_sales_cost import policy_cost
from allocast.simulation.textbook.lost_sales_optimum import OrderTable, solve_lost_sales
from allocast.simulation.textbook.lost_sales_rules import (
    CappedBaseStock,
    ConstantOrder,
    Myopic,
    best_base_stock,
    best_capped_base_stock,
    best_constant_order,
)

SMALL = LostSales(demand="poisson", mean=5.0, shortage_cost=4.0, lead_time=2)


def test_the_instances_of_zipkin_are_the_32_of_his_tables() -> None:
    instances = zipkin_2008()
    assert len({instance.name for instance in instances}) == 32
    assert {instance.lead_time for instance in instances} == {1, 2, 3, 4}


def test_settings_are_chosen_on_instances_that_are_not_judged() -> None:
    judged = {instance.name for instance in zipkin_2008()}
    assert judged.isdisjoint(instance.name for instance in development_2008())


@pytest.mark.parametrize(
    "wrong", [{"lead_time": 0}, {"lead_time": 8}, {"shortage_cost": 0.0}, {"holding_cost": -1.0}]
)
def test_an_instance_that_makes_no_sense_is_refused(wrong) -> None:
    with pytest.raises(DataError, match="must be"):
        replace(SMALL, **wrong)


def test_demand_without_a_mean_is_refused_when_it_is_asked_for() -> None:
    with pytest.raises(DataError, match="finite and > 0; one is 0"):
        _ = replace(SMALL, mean=0.0).law


@pytest.mark.parametrize(
    ("demand", "shortage_cost", "lead_time", "cost"),
    [("poisson", 4.0, 1, 4.040711), ("poisson", 39.0, 3, 10.038478), ("geometric", 9.0, 3, 16.136741)],
)
def test_the_optimum_is_the_known_one(demand, shortage_cost, lead_time, cost) -> None:
    instance = LostSales(demand=demand, mean=5.0, shortage_cost=shortage_cost, lead_time=lead_time)
    assert solve_lost_sales(instance).cost == pytest.approx(cost, abs=1e-6)


@pytest.mark.parametrize("lead_time", [1, 2, 3])
def test_the_optimal_orders_cost_the_optimum(lead_time) -> None:
    instance = replace(SMALL, demand="geometric", lead_time=lead_time)
    optimum = solve_lost_sales(instance)
    assert policy_cost(instance, optimum.policy).cost == pytest.approx(optimum.cost, abs=1e-6)


def test_a_holding_cost_in_other_money_scales_the_optimum() -> None:
    tripled = replace(SMALL, holding_cost=3.0, shortage_cost=12.0)
    assert solve_lost_sales(tripled).cost == pytest.approx(3 * solve_lost_sales(SMALL).cost, abs=1e-6)


def test_where_a_policy_starts_does_not_matter_in_the_long_run() -> None:
    rule = CappedBaseStock(level=17, cap=5)
    costs = [policy_cost(SMALL, rule, start=np.array(start)).cost for start in ([0, 0], [40, 12])]
    assert costs[0] == pytest.approx(costs[1], abs=1e-6)


def test_orders_that_never_settle_into_one_cycle_are_refused() -> None:
    def stuck(states):  # what is left of nine units decides whether three are ordered for ever, or none
        middling = (states[:, 0] > 4) & (states[:, 0] < 9)
        return np.where((states[:, 1] > 0) | middling, 3, 0)

    with pytest.raises(DataError, match="has not settled"):
        policy_cost(SMALL, stuck, start=np.array([9, 0]))


def test_stock_that_grows_without_bound_is_refused() -> None:
    with pytest.raises(DataError, match="grow"):
        policy_cost(replace(SMALL, lead_time=1), ConstantOrder(units=8), most_on_hand=255)


@pytest.mark.parametrize(
    ("orders", "said"),
    [
        (lambda states: np.full(len(states), -1), "must lie in"),
        (lambda states: np.full(len(states), 256), "must lie in"),
        (lambda states: np.full(len(states), 0.5), "whole orders"),
        (lambda states: np.full(len(states), np.nan), "whole orders"),
        (lambda states: np.zeros((len(states), 1)), "whole orders"),
    ],
)
def test_orders_that_are_no_orders_are_refused(orders, said) -> None:
    with pytest.raises(DataError, match=said):
        policy_cost(SMALL, orders)


def test_a_start_or_a_largest_stock_that_does_not_fit_is_refused() -> None:
    rule = CappedBaseStock(level=17, cap=5)
    with pytest.raises(DataError, match="start must have shape"):
        policy_cost(SMALL, rule, start=np.zeros(3))
    with pytest.raises(DataError, match="at least the largest order, 255; it is 254"):
        policy_cost(SMALL, rule, most_on_hand=254)


def test_a_table_whose_pipelines_are_out_of_order_is_refused() -> None:
    for pipelines in ([[2], [0]], [[1], [1]]):
        with pytest.raises(DataError, match="lexicographic order, each once; row 1 is not"):
            OrderTable(pipelines=np.array(pipelines), orders=np.zeros((2, 3), dtype=np.int64))


def test_a_table_says_which_state_it_does_not_know() -> None:
    table = OrderTable(pipelines=np.array([[0], [2]]), orders=np.array([[3, 2], [1, -1]]))
    np.testing.assert_array_equal(table(np.array([[1, 0], [0, 2]])), [2, 1])
    for unknown in ([1, 2], [0, 1], [0, 3], [2, 0]):
        with pytest.raises(DataError, match=rf"no order for state \[{unknown[0]}, {unknown[1]}\]"):
            table(np.array([[0, 0], unknown]))


def test_the_best_rules_lie_between_the_optimum_and_one_another() -> None:
    optimum = solve_lost_sales(SMALL).cost
    base, capped = best_base_stock(SMALL), best_capped_base_stock(SMALL)
    assert (base[0].level, capped[0].level, capped[0].cap) == (16, 17, 5)
    assert optimum < capped[1] < base[1] < best_constant_order(SMALL)[1]


def test_the_best_constant_order_costs_the_same_at_every_lead_time() -> None:
    units, cost = best_constant_order(SMALL)
    assert policy_cost(SMALL, units).cost == pytest.approx(cost, abs=1e-5)


def test_the_myopic_rule_orders_up_to_the_newsvendor_level_when_nothing_can_be_left() -> None:
    orders = Myopic(instance=SMALL)(np.array([[0, 0], [60, 0]]))
    np.testing.assert_array_equal(orders, [SMALL.levels[0], 0])
