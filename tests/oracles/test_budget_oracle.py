"""Series that share a budget, decided by a price of money, against the exact solution found by dynamic programming."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from allocast.agents.budgets.budgeted_policy import BudgetedPolicy
from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.inventory.costs import Costs
from allocast.inventory.policies import OrderUpTo
from allocast.inventory.position import StockPosition
from allocast.inventory.situation import Scenarios, Situation
from allocast.numerics.discrete import DiscreteDistribution
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.sourcing import Sourcing

MEAN = np.array([3.0, 8.0, 15.0, 5.0, 20.0, 11.0])
UNIT_COST = np.array([1.0, 1.0, 2.0, 3.0, 2.0, 1.0])
HOLDING, SHORTAGE = 0.2 * UNIT_COST, np.array([4.0, 3.0, 6.0, 15.0, 5.0, 2.0])
N_PATHS, MOST = 4000, 40


def one_period() -> Situation:
    """Six items, nothing in stock, one order for one period; demand in its exact proportions."""
    n = len(MEAN)
    places = (np.arange(N_PATHS) + 0.5) / N_PATHS
    demand = stats.poisson(MEAN[:, None]).ppf(places)[:, :, None]
    text, zeros = np.full(n, "x", dtype=object), np.zeros(n)
    now = DiscreteDistribution.certain(np.zeros(n, dtype=np.int64))
    return Situation(
        panel=DemandPanel(
            series=pd.DataFrame({"item_id": list("abcdef"), "location_id": "here"}),
            periods=np.array(["2024-01-01"], dtype="datetime64[D]"),
            frequency=Frequency.WEEKLY,
            units=np.ones((n, 1)),
            observed=np.ones((n, 1), dtype=bool),
        ),
        position=StockPosition.from_pipeline(zeros, np.zeros((n, 1)), zeros),
        costs=Costs(holding_cost=HOLDING, shortage_cost=SHORTAGE, order_cost=zeros, unit_cost=UNIT_COST),
        sourcing=Sourcing(
            item_id=text,
            location_id=text,
            supplier_id=text,
            unit_cost=UNIT_COST,
            order_cost=zeros,
            minimum_order_units=zeros,
            pack_units=zeros + 1,
            lead_time_days=zeros,
            capacity_units=zeros + np.inf,
        ),
        lead_time=LeadTimeDistribution(period_days=7, periods=now),
        scenarios=Scenarios(
            demand=demand, arrivals=np.zeros_like(demand), lead_time=np.zeros((n, N_PATHS), dtype=np.int64)
        ),
    )


def expected_cost(situation: Situation) -> np.ndarray:
    """Of each item with 0, 1, … units, shape (n_items, MOST + 1)."""
    gap = np.arange(MOST + 1)[:, None, None] - situation.scenarios.demand[:, :, 0]
    left, short = np.maximum(gap, 0).mean(axis=2), np.maximum(-gap, 0).mean(axis=2)
    return (HOLDING * left + SHORTAGE * short).T


def least_cost(cost: np.ndarray, budget: int) -> float:
    """By dynamic programming over the items and the whole money left."""
    best = np.zeros(budget + 1)
    for item, price in zip(cost, UNIT_COST.astype(int), strict=True):
        options = [
            np.concatenate([np.full(price * units, np.inf), best[: budget + 1 - price * units]]) + item[units]
            for units in range(MOST + 1)
            if price * units <= budget
        ]
        best = np.min(options, axis=0)
    return float(best[-1])


@pytest.mark.parametrize("budget", [15, 40, 60, 80, 100, 115])
def test_a_price_of_money_shares_a_budget_nearly_as_well_as_is_possible(budget: int) -> None:
    situation = one_period()
    cost = expected_cost(situation)
    decision = BudgetedPolicy(policy=OrderUpTo(), budget=budget).decide(situation)
    units = decision.wanted_units.astype(int)
    assert units @ UNIT_COST <= budget
    assert cost[np.arange(6), units].sum() <= 1.01 * least_cost(cost, budget)


def test_with_money_enough_nothing_changes_and_money_has_no_price() -> None:
    situation, policy = one_period(), BudgetedPolicy(policy=OrderUpTo(), budget=1000.0)
    np.testing.assert_array_equal(
        policy.decide(situation).wanted_units, OrderUpTo().decide(situation).wanted_units
    )
    assert policy.price(situation) == 0.0


def test_the_price_is_what_one_more_unit_of_money_saves() -> None:
    situation = one_period()
    cost = expected_cost(situation)
    for budget in (40, 90):
        saved = (least_cost(cost, budget - 6) - least_cost(cost, budget + 6)) / 12
        price = BudgetedPolicy(policy=OrderUpTo(), budget=budget).price(situation)
        assert price == pytest.approx(saved, rel=0.25)


def test_packs_that_leave_a_gap_are_paid_all_the_same() -> None:
    situation = one_period()
    packs = replace(situation.sourcing, pack_units=np.full(6, 6.0), minimum_order_units=np.full(6, 12.0))
    for budget in (20.0, 70.0, 110.0):
        decision = BudgetedPolicy(policy=OrderUpTo(), budget=budget).decide(
            replace(situation, sourcing=packs)
        )
        units = decision.wanted_units
        assert units @ UNIT_COST <= budget
        np.testing.assert_array_equal(packs.feasible_units(units), units)
        assert units.sum() > 0
