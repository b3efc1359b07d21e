"""Policies of textbook systems run through ``simulation.dynamics`` cost what was computed: one order of events."""

import numpy as np
import pytest

from allocast.simulation.dynamics import Rates, Rules, Stock, Terms, advance, place
from allocast.simulation.textbook.dual_sourcing import DualSourcing, dual_policy_cost
from allocast.simulation.textbook.dual_sourcing_rules import DualIndex
from allocast.simulation.textbook.lost_sales import LostSales
from allocast.simulation.textbook.lost_sales_cost import policy_cost
from allocast.simulation.textbook.lost_sales_rules import CappedBaseStock
from allocast.simulation.textbook.perishables import Perishable, perishable_policy_cost
from allocast.simulation.textbook.perishables_optimum import BaseStock

RUNS, WARM_UP, PERIODS = 400, 50, 500


def lived(rules, rates, terms, policy, lead_times, demand) -> np.ndarray:
    """Cost of each period and run, shape (n_periods, RUNS), from an empty system."""
    longest = int(np.max(lead_times))
    stock, costs = Stock.empty(rules, (RUNS,), longest_lead_time=longest), []
    for units in demand:
        orders = policy(state_of(stock, longest)).astype(np.float64)
        stock, placed = place(rules, stock, orders, lead_times, terms=terms)
        stock, ledger = advance(rules, stock, units.astype(np.float64), rates)
        costs.append(ledger.cost + placed.cost)
    return np.array(costs)


def state_of(stock: Stock, lead_time: int) -> np.ndarray:
    """What is on hand, by life if it spoils, once the next receipt is in; then what is on its way after it."""
    here = stock.on_hand.reshape(RUNS, -1).copy()
    here[:, -1] += stock.pipeline[:, 0] - stock.backordered
    return np.column_stack([here, stock.pipeline[:, 1:lead_time]]).astype(np.int64)


def agrees(each: np.ndarray, computed: float) -> bool:
    """Whether a cost lies within four standard errors of the mean of the runs, an error of half a percent."""
    error = each.std(ddof=1) / np.sqrt(RUNS)
    return bool(error < 0.005 * computed and abs(each.mean() - computed) < 4 * error)


@pytest.mark.parametrize("lead_time", [1, 2, 4])
def test_lost_sales_cost_in_the_dynamics_what_was_computed(lead_time) -> None:
    instance = LostSales(demand="poisson", mean=5.0, shortage_cost=9.0, lead_time=lead_time)
    policy = CappedBaseStock(level=9 + 5 * lead_time, cap=7)
    demand = np.random.default_rng(lead_time).poisson(5.0, (WARM_UP + PERIODS, RUNS))
    rates = Rates(holding_cost=1.0, shortage_cost=9.0)
    costs = lived(Rules(), rates, None, policy, lead_time, demand)[WARM_UP:]
    assert agrees(costs.mean(axis=0), policy_cost(instance, policy).cost)


def test_dual_sourcing_costs_in_the_dynamics_what_was_computed() -> None:
    instance, policy = (
        DualSourcing(lead_time=3, expedited_cost=110.0),
        DualIndex(expedite_to=4, order_to=10, cap=2),
    )
    demand = np.random.default_rng(3).integers(0, 5, (WARM_UP + PERIODS, RUNS))
    rules, rates = Rules(suppliers=2, waiting_share=1.0), Rates(holding_cost=5.0, shortage_cost=495.0)
    terms = Terms(unit_cost=np.array([110.0, 100.0]))
    costs = lived(rules, rates, terms, policy, np.array([0, 3]), demand)[WARM_UP:]
    assert agrees(costs.mean(axis=0), dual_policy_cost(instance, policy))


@pytest.mark.parametrize("issuing", ["fifo", "lifo"])
def test_a_perishable_costs_in_the_dynamics_what_was_computed(issuing) -> None:
    instance = Perishable(life=3, lead_time=2, issuing=issuing, waste_cost=7.0)
    policy, rng = BaseStock(level=13, largest_order=10), np.random.default_rng(5)
    demand = np.rint(rng.gamma(4.0, 1.0, (instance.warm_up + instance.horizon, RUNS)))
    rules = Rules(shelf_life=3, issuing=issuing)
    rates = Rates(holding_cost=1.0, shortage_cost=5.0, waste_cost=7.0)
    costs = lived(rules, rates, Terms(unit_cost=3.0), policy, 2, demand)[instance.warm_up :]
    discounted = instance.discount ** np.arange(instance.horizon) @ costs
    assert agrees(discounted, perishable_policy_cost(instance, policy))
