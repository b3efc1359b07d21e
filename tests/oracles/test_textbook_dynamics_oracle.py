"""Policies of textbook systems run through ``simulation.dynamics`` cost what was computed: one order of events."""

import numpy as np
import pytest

from allocast.simulation.dynamics import Stock, advance, place
from allocast.simulation.textbook.dual_sourcing import DualSourcing, dual_policy_cost
from allocast.simulation.textbook.dual_sourcing_rules import DualIndex
from allocast.simulation.textbook.lost_sales import LostSales
from allocast.simulation.textbook.lost_sales_cost import policy_cost
from allocast.simulation.textbook.lost_sales_rules import CappedBaseStock

RUNS, WARM_UP, PERIODS = 400, 50, 500


def empty(lead_time: int) -> Stock:
    return Stock(on_hand=np.zeros(RUNS), backordered=np.zeros(RUNS), pipeline=np.zeros((RUNS, lead_time + 1)))


def state_of(stock: Stock, lead_time: int) -> np.ndarray:
    here = stock.on_hand + stock.pipeline[:, 0] - stock.backordered
    return np.column_stack([here, stock.pipeline[:, 1:lead_time]]).astype(np.int64)


def mean_and_error(costs: list[np.ndarray]) -> tuple[float, float]:
    average = np.mean(costs[WARM_UP:], axis=0)
    return float(average.mean()), float(average.std(ddof=1) / np.sqrt(RUNS))


@pytest.mark.parametrize("lead_time", [1, 2, 4])
def test_lost_sales_cost_in_the_dynamics_what_was_computed(lead_time) -> None:
    instance = LostSales(demand="poisson", mean=5.0, shortage_cost=9.0, lead_time=lead_time)
    policy, rng = CappedBaseStock(level=9 + 5 * lead_time, cap=7), np.random.default_rng(lead_time)
    stock, costs = empty(lead_time), []
    for _ in range(WARM_UP + PERIODS):
        orders = policy(state_of(stock, lead_time)).astype(np.float64)
        demand = rng.poisson(5.0, RUNS).astype(np.float64)
        stock, ledger = advance(place(stock, orders, lead_time), demand, holding_cost=1.0, shortage_cost=9.0)
        costs.append(ledger.cost)
    mean, error = mean_and_error(costs)
    assert error < 0.02
    assert abs(mean - policy_cost(instance, policy).cost) < 4 * error


def test_dual_sourcing_costs_in_the_dynamics_what_was_computed() -> None:
    instance = DualSourcing(lead_time=3, expedited_cost=110.0)
    policy, rng = DualIndex(expedite_to=4, order_to=10, cap=2), np.random.default_rng(3)
    stock, costs = empty(3), []
    for _ in range(WARM_UP + PERIODS):
        orders = policy(state_of(stock, 3)).astype(np.float64)
        demand = rng.integers(0, 5, RUNS).astype(np.float64)
        stock = place(place(stock, orders[:, 0], 0), orders[:, 1], 3)
        stock, ledger = advance(stock, demand, holding_cost=5.0, shortage_cost=495.0, backorders=True)
        costs.append(ledger.cost + orders @ [110.0, 100.0])
    mean, error = mean_and_error(costs)
    assert error < 0.4
    assert abs(mean - dual_policy_cost(instance, policy)) < 4 * error
