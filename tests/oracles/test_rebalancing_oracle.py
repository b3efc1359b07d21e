"""Rebalancing against a shelf walked period by period, and against every possible set of transfers."""

import itertools

import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.inventory.costs import Costs
from allocast.inventory.position import StockPosition
from allocast.inventory.rebalancing import Lanes, rebalance
from allocast.inventory.rebalancing.joint_ways import JointWays, best_together
from allocast.inventory.rebalancing.tree_of_ways import best_on_tree, is_tree
from allocast.inventory.rebalancing.unit_values import unit_values
from allocast.inventory.rebalancing.ways import ways_between
from allocast.inventory.situation import Scenarios, Situation
from allocast.numerics.arrays import IntArray
from allocast.numerics.discrete import DiscreteDistribution
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.sourcing import Sourcing

N_PATHS, N_PERIODS, LONGEST, HOLDING, SHORTAGE = 7, 5, 9.0, 0.3, 4.0


def world(n_locations: int, seed: int, *, waits: bool = False) -> Situation:
    """One item in some places, with whole random stock, arrivals, demand and lead times."""
    rng = np.random.default_rng(seed)
    demand = rng.poisson(rng.uniform(0, 2, n_locations)[:, None, None], (n_locations, N_PATHS, N_PERIODS))
    lead_time = rng.integers(0, 4, (n_locations, N_PATHS))
    on_hand = rng.integers(0, 5, n_locations) * 1.0
    place = np.array([f"L{row}" for row in range(n_locations)], dtype=object)
    same, one = np.full(n_locations, "item", dtype=object), np.ones(n_locations)
    share = (lead_time[:, :, None] == np.arange(N_PERIODS)).mean(axis=1)
    return Situation(
        panel=DemandPanel(
            series=pd.DataFrame({"item_id": same, "location_id": place}),
            periods=np.array(["2024-01-01"], dtype="datetime64[D]"),
            frequency=Frequency.WEEKLY,
            units=np.ones((n_locations, 1)),
            observed=np.ones((n_locations, 1), dtype=bool),
        ),
        position=StockPosition.from_pipeline(on_hand, np.zeros((n_locations, 1)), 0 * one),
        costs=Costs(
            holding_cost=HOLDING * one,
            shortage_cost=SHORTAGE * one,
            order_cost=0 * one,
            unit_cost=0 * one,
            backorders=waits,
        ),
        sourcing=Sourcing(
            item_id=same, location_id=place, supplier_id=same, unit_cost=one, order_cost=one,
            minimum_order_units=0 * one, pack_units=one, lead_time_days=one, capacity_units=one,
        ),
        lead_time=LeadTimeDistribution(period_days=7, periods=DiscreteDistribution(probability=share)),
        scenarios=Scenarios(
            demand=demand.astype(np.float64),
            arrivals=rng.poisson(0.3, demand.shape).astype(np.float64),
            lead_time=lead_time,
        ),
    )  # fmt: skip


def given(situation: Situation, row: int, units: int) -> float:
    """Expected cost of a place that gives some units now: shortages until the order after this one count."""
    end = situation.scenarios.lead_time[row] + situation.review_periods
    return walked(situation, row, left=situation.position.on_hand[row] - units, counted=(0, end))


def received(situation: Situation, row: int, units: int, delay: int) -> float:
    """Expected cost of a place that gets some units: shortages from then until an order could come count."""
    counted = (delay, situation.scenarios.lead_time[row])
    on_hand = situation.position.on_hand[row]
    on_the_way = HOLDING * units * min(delay, N_PERIODS)
    return on_the_way + walked(situation, row, left=on_hand, more=units, delay=delay, counted=counted)


def walked(situation: Situation, row: int, *, left: float, counted, more: int = 0, delay: int = 0) -> float:
    """Day after day: what arrives, what is asked for, what is missed, what is held and for how long."""
    scenarios, waits, total = situation.scenarios, situation.costs.backorders, 0.0
    rate, most = scenarios.demand[row].mean(), LONGEST - N_PERIODS
    for path in range(N_PATHS):
        stock, (first, end) = left, counted
        for t in range(N_PERIODS):
            stock += scenarios.arrivals[row, path, t] + (more if t == delay else 0)
            stock -= scenarios.demand[row, path, t]
            total += SHORTAGE * max(-stock, 0.0) if first <= t < end[path] else 0.0
            stock = stock if waits else max(stock, 0.0)
            total += HOLDING * max(stock, 0.0)
        for k in range(1, int(max(stock, 0.0)) + 1):
            total += HOLDING * (most if rate == 0 else min(k / rate, most))
    return total / N_PATHS


def both_ways(n_locations: int, **terms: float) -> Lanes:
    """A lane between any two places."""
    ends = list(itertools.permutations([f"L{row}" for row in range(n_locations)], 2))
    text = {
        name: np.array(column, dtype=object)
        for name, column in zip(("from_location_id", "to_location_id"), zip(*ends, strict=True), strict=True)
    }
    numbers = {"cost_per_unit": 0.2, "cost_per_transfer": 0.0, "days": 0.0, "pack_units": 1.0} | terms
    return Lanes(**text, **{name: np.full(len(ends), value) for name, value in numbers.items()})


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("days", [0.0, 7.0, 10.0])
def test_each_next_unit_is_worth_what_walking_the_shelf_says(waits: bool, days: float) -> None:
    for seed in range(5):
        situation = world(2, seed, waits=waits)
        ways = ways_between(situation.panel.series, both_ways(2))
        delay = int(np.ceil(days / 7))
        values = unit_values(situation, ways, np.full(2, delay), longest_periods=LONGEST)
        for way in range(2):
            giver, receiver = int(ways.giver[way]), int(ways.receiver[way])
            costs = [given(situation, giver, k) for k in range(len(values.costs_of(giver)) + 1)]
            np.testing.assert_allclose(values.costs_of(giver), np.diff(costs), atol=1e-9)
            gains = values.gains_of(int(values.point[way]))
            money = [received(situation, receiver, k, delay) for k in range(len(gains) + 1)]
            np.testing.assert_allclose(gains, -np.diff(money), atol=1e-9)


def best_by_trying(situation: Situation, lanes: Lanes, delay: int) -> float:
    """The most that any transfers save, by trying all of them."""
    n, pack = situation.panel.n_series, int(lanes.pack_units[0])
    row = {name: place for place, name in enumerate(situation.panel.series["location_id"])}
    ends = [(row[a], row[b]) for a, b in zip(lanes.from_location_id, lanes.to_location_id, strict=True)]
    most = situation.position.on_hand.astype(int)
    give = [[given(situation, i, k) - given(situation, i, 0) for k in range(most[i] + 1)] for i in range(n)]
    top = int(most.sum())
    take = [
        [received(situation, i, 0, delay) - received(situation, i, k, delay) for k in range(top + 1)]
        for i in range(n)
    ]
    best = 0.0
    for units in itertools.product(*(range(0, most[a] + 1, pack) for a, _ in ends)):
        out, into = np.zeros(n, dtype=int), np.zeros(n, dtype=int)
        for (a, b), moved in zip(ends, units, strict=True):
            out[a] += moved
            into[b] += moved
        if (out <= most).all():
            money = sum(take[i][into[i]] - give[i][out[i]] for i in range(n))
            fees = lanes.cost_per_transfer @ (np.array(units) > 0) + lanes.cost_per_unit @ np.array(units)
            best = max(best, money - float(fees))
    return best


@pytest.mark.parametrize(
    "terms",
    [
        {},
        {"cost_per_transfer": 1.5},
        {"pack_units": 2.0},
        {"pack_units": 2.0, "cost_per_transfer": 0.7, "days": 7.0},
        {"cost_per_unit": 0.0},
    ],
)
@pytest.mark.parametrize("waits", [False, True])
def test_no_other_transfers_save_more(terms: dict[str, float], waits: bool) -> None:
    lanes, some = both_ways(3, **terms), 0.0
    for seed in range(4):
        situation = world(3, 100 + seed, waits=waits)
        found = rebalance(situation, lanes, longest_days=7 * LONGEST)
        expected = best_by_trying(situation, lanes, delay=int(np.ceil(terms.get("days", 0.0) / 7)))
        assert found.transfers.gain.sum() == pytest.approx(expected, abs=1e-6)
        assert found.gap <= 1e-6
        some += expected
    assert some > 0


@pytest.mark.parametrize(
    "terms", [{}, {"cost_per_transfer": 1.5}, {"pack_units": 2.0, "cost_per_transfer": 0.7}]
)
@pytest.mark.parametrize("seed", range(12))
def test_trees_of_ways_are_solved_as_the_mixed_integer_program_solves_them(terms, seed: int) -> None:
    rng = np.random.default_rng(seed)
    trees = [[0, 0, 0], [0, 1, 2], [0, 0, 1, 1]], [[0, 1, 2], [0, 0, 0], [0, 1, 1, 2]]
    shape = seed % 3
    giver, receiver = np.array(trees[0][shape]), 10 + np.array(trees[1][shape])
    n, pack = len(giver), int(terms.get("pack_units", 1))
    ways = JointWays(
        giver=giver,
        receiver=receiver,
        point=receiver,
        cost_per_unit=rng.uniform(0, 0.5, n),
        cost_per_transfer=np.full(n, terms.get("cost_per_transfer", 0.0)),
        pack_units=np.full(n, pack),
        most=pack * rng.integers(1, 8 // pack, n),
        costs={int(row): np.sort(rng.uniform(-0.5, 3, 8)) for row in np.unique(giver)},
        gains={int(row): np.sort(rng.uniform(-0.5, 4, 8))[::-1] for row in np.unique(receiver)},
    )
    assert is_tree(ways)
    exact, _ = best_together(ways)
    found = best_on_tree(ways)
    assert (found <= ways.most).all() and (found % pack == 0).all()
    assert worth(ways, found) == pytest.approx(worth(ways, exact), abs=1e-6)


def worth(ways: JointWays, units: IntArray) -> float:
    """Money saved by units on the ways."""
    money = -float(ways.cost_per_unit @ units + ways.cost_per_transfer @ (units > 0))
    for row, costs in ways.costs.items():
        money -= costs[: units[ways.giver == row].sum()].sum()
    for row, gains in ways.gains.items():
        money += gains[: units[ways.receiver == row].sum()].sum()
    return float(money)
