"""Scenarios against a slow walk through every series and path in plain Python, and against asking on every path."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.inventory.costs import Costs
from allocast.inventory.policies import OrderUpTo
from allocast.inventory.position import StockPosition
from allocast.inventory.situation import OrderDecision, Scenarios, Situation
from allocast.simulation.what_if import Change, what_if
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.sourcing import Sourcing

N, PATHS, PERIODS, PACK, LEAST, CAPACITY = 3, 7, 9, 4, 6, 30
LEVEL, TRIGGER = 26.0, 15.0


@dataclass(frozen=True, kw_only=True)
class TwoLevels:
    """(s, S) with fixed levels."""

    name: str = "two_levels"

    def decide(self, situation):
        n = situation.panel.n_series
        return OrderDecision.up_to(np.full(n, LEVEL), situation.position.units, np.full(n, TRIGGER))


def build_situation(*, backorders, share):
    rng = np.random.default_rng(3)
    text, ones = np.array(list("abc"), dtype=object), np.ones(N)
    arrivals = rng.integers(0, 4, (N, PATHS, PERIODS)) * (np.arange(PERIODS) == 1) * 1.0
    owed = np.array([0.0, 2.0, 0.0]) * backorders
    return Situation(
        panel=DemandPanel(
            series=pd.DataFrame({"item_id": text, "location_id": "here"}),
            periods=np.datetime64("2024-01-01") + 7 * np.arange(3),
            frequency=Frequency.WEEKLY,
            units=np.full((N, 3), 5.0),
            observed=np.ones((N, 3), dtype=bool),
        ),
        position=StockPosition.from_pipeline(np.array([3.0, 0.0, 40.0]), arrivals.mean(axis=1), owed),
        costs=Costs(
            holding_cost=1.5 * ones,
            shortage_cost=4.0 * ones,
            order_cost=2.0 * ones,
            unit_cost=ones,
            backorders=backorders,
        ),
        sourcing=Sourcing(
            item_id=text,
            location_id=text,
            supplier_id=text,
            unit_cost=3.0 * ones,
            order_cost=ones,
            minimum_order_units=LEAST * ones,
            pack_units=PACK * ones,
            lead_time_days=7 * ones,
            capacity_units=CAPACITY * ones,
            co2e_kg_per_unit=0.25 * ones,
        ),
        lead_time=LeadTimeDistribution.certain(14 * ones, period_days=7),
        scenarios=Scenarios(
            demand=rng.poisson(4.0, (N, PATHS, PERIODS)).astype(np.float64),
            arrivals=arrivals,
            lead_time=rng.integers(0, 4, (N, PATHS)),
            delivered_share=rng.choice([0.5, 0.8, 1.0], (N, PATHS)) if share else None,
        ),
    )


def accepted(wanted):
    """Units that the supplier accepts."""
    if wanted <= 0:
        return 0
    units = PACK
    while units < max(wanted, LEAST):
        units += PACK
    return min(units, CAPACITY // PACK * PACK)


def walked(situation, series, path, luck, *, later=0, n_periods):
    """Totals of one series on one path."""
    scenarios, costs = situation.scenarios, situation.costs
    due = {k + later: units for k, units in enumerate(scenarios.arrivals[series, path])}
    stock, owed = situation.position.on_hand[series], situation.position.backordered[series]
    totals = dict.fromkeys(
        ("holding_cost", "shortage_cost", "order_cost", "missed", "stock", "purchases"), 0.0
    )
    for now in range(n_periods):
        waiting = sum(units for period, units in due.items() if period >= now)
        position = stock + waiting - owed
        if now == 0:
            position = situation.position.units[series]
        units = accepted(LEVEL - position) if position < TRIGGER else 0
        share = (
            1.0 if scenarios.delivered_share is None else scenarios.delivered_share[series, luck[now][path]]
        )
        sent = int(np.ceil(units * share - 1e-9))
        arrives = now + scenarios.lead_time[series, luck[now][path]] + later
        due[arrives] = due.get(arrives, 0.0) + sent
        stock += due.pop(now, 0.0)
        asked = scenarios.demand[series, path, now]
        served = min(stock, owed + asked)
        missed = owed + asked - served
        stock, owed = stock - served, missed if costs.backorders else 0.0
        totals["holding_cost"] += 1.5 * stock
        totals["shortage_cost"] += 4.0 * missed
        totals["order_cost"] += 2.0 * (units > 0)
        totals["missed"] += min(missed, asked)
        totals["stock"] += stock
        totals["purchases"] += 3.0 * sent
    return totals


@pytest.mark.parametrize("backorders", [False, True])
@pytest.mark.parametrize("share", [False, True])
@pytest.mark.parametrize("later", [0, 2])
def test_money_and_units_are_those_of_a_walk_in_plain_python(backorders, share, later):
    situation, n_periods = build_situation(backorders=backorders, share=share), 7
    result = what_if(
        situation,
        TwoLevels(),
        [Change(name="later", lead_time_added_periods=later)],
        n_periods=n_periods,
        rng=np.random.default_rng(5),
    )
    rng = np.random.default_rng(5)
    luck = [np.arange(PATHS), *(rng.permutation(PATHS) for _ in range(n_periods - 1))]
    for path in range(PATHS):
        rows = [walked(situation, i, path, luck, later=later, n_periods=n_periods) for i in range(N)]
        for name in rows[0]:
            expected = sum(row[name] for row in rows)
            assert result.outcomes[1].of(name)[:, path].sum() == pytest.approx(expected), name


def test_a_policy_whose_level_is_free_of_its_stock_orders_as_if_asked_on_every_path():
    situation = replace(build_situation(backorders=False, share=False), service_target=np.full(N, 0.8))
    n_periods = 6
    result = what_if(situation, OrderUpTo(), [], n_periods=n_periods, rng=np.random.default_rng(5)).baseline
    rng = np.random.default_rng(5)
    luck = [np.arange(PATHS), *(rng.permutation(PATHS) for _ in range(n_periods - 1))]
    ordered = np.zeros((n_periods, PATHS))
    for path in range(PATHS):
        ordered[:, path] = asked_on_a_path(situation, path, luck, n_periods)
    assert (result.of("ordered") == ordered).all()


def asked_on_a_path(situation, path, luck, n_periods):
    """Units ordered in each period, the policy being asked with the stock of one path."""
    scenarios = situation.scenarios
    last = scenarios.demand[:, :, PERIODS - n_periods :]
    demand = np.concatenate([scenarios.demand, last], axis=2)
    pipeline = np.zeros((N, PERIODS + n_periods))
    pipeline[:, :PERIODS] = scenarios.arrivals[:, path]
    stock, units = situation.position.on_hand.copy(), []
    for now in range(n_periods):
        position = StockPosition.from_pipeline(stock, pipeline[:, now : now + PERIODS], np.zeros(N))
        seen = replace(scenarios, demand=demand[:, :, now : now + PERIODS])
        own = situation if now == 0 else replace(situation, position=position, scenarios=seen)
        order = situation.sourcing.feasible_units(OrderUpTo().decide(own).wanted_units)
        for i in range(N):
            pipeline[i, now + scenarios.lead_time[i, luck[now][path]]] += order[i]
        stock = np.maximum(stock + pipeline[:, now] - demand[:, path, now], 0.0)
        units.append(order.sum())
    return units


def test_a_price_of_money_buys_the_best_units_there_are():
    """Single units of unit price: no other way to spend the budget is expected to save more."""
    situation = build_situation(backorders=False, share=False)
    lines = replace(
        situation.sourcing,
        pack_units=np.ones(N),
        minimum_order_units=np.zeros(N),
        unit_cost=np.ones(N),
        capacity_units=np.full(N, np.inf),
    )
    costs = replace(situation.costs, shortage_cost=np.array([9.0, 5.0, 2.0]))
    arrived = StockPosition.from_pipeline(np.zeros(N), np.zeros((N, PERIODS)), np.zeros(N))
    scenarios = replace(situation.scenarios, arrivals=np.zeros((N, PATHS, PERIODS)))
    start = replace(situation, sourcing=lines, costs=costs, position=arrived, scenarios=scenarios)
    demand = start.lead_time_demand().units

    def saved(units):
        served = np.minimum(demand, units[:, None]).mean(axis=1)
        return float((costs.shortage_cost * served - costs.holding_cost * (units - served)).sum())

    for money in (5, 11, 17):
        change = Change(name="b", budget=float(money))
        bought = what_if(start, TwoLevels(), [change], n_periods=1, rng=np.random.default_rng(5)).outcomes[1]
        total = int(bought.of("ordered").max())
        ways = [(a, b, total - a - b) for a in range(total + 1) for b in range(total + 1 - a)]
        best = max(saved(np.array(way, dtype=np.float64)) for way in ways)
        assert total <= money
        assert saved(_of_each(start, change)) == pytest.approx(best)


def _of_each(start, change):
    """Units of each series, read off emissions that mark one at a time."""
    units = []
    for row in range(N):
        marked = replace(start.sourcing, co2e_kg_per_unit=np.where(np.arange(N) == row, 1.0, 0.0))
        result = what_if(
            replace(start, sourcing=marked), TwoLevels(), [change], n_periods=1, rng=np.random.default_rng(5)
        )
        units.append(result.outcomes[1].co2e_kg)
    return np.array(units)
