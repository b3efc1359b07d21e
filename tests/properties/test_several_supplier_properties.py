"""What holds for orders from several suppliers, whatever the world: never dearer, within terms, blind to row order."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.inventory.costs import Costs
from allocast.inventory.offers import (
    Offers,
    SourcingRules,
    early_units,
    line_costs,
    main_lines,
    order_from,
    with_early,
)
from allocast.inventory.order_lines import OrderLines
from allocast.inventory.policies import ProjectedNeed
from allocast.inventory.position import StockPosition
from allocast.inventory.situation import Scenarios, Situation
from allocast.numerics.discrete import DiscreteDistribution
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.sourcing import Sourcing

few = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 10**6)
N_PATHS, N_PERIODS = 16, 7


def text(values: Any) -> Any:
    return np.array(list(values), dtype=object)


def random_offers(rng: np.random.Generator, n_series: int) -> Offers:
    """One to three suppliers a series, on any terms."""
    series = np.repeat(np.arange(n_series), rng.integers(1, 4, n_series))
    n = len(series)
    first = np.searchsorted(series, series)
    pack = rng.choice([1.0, 1.0, 4.0], n)
    sourcing = Sourcing(
        item_id=text(f"i{place}" for place in series),
        location_id=text(["here"] * n),
        supplier_id=text(f"s{place}" for place in np.arange(n) - first),
        unit_cost=np.where(rng.random(n) < 0.1, np.nan, rng.integers(5, 12, n)),
        order_cost=rng.choice([0.0, 5.0], n),
        minimum_order_units=rng.choice([0.0, 0.0, 7.0], n),
        pack_units=pack,
        lead_time_days=np.full(n, 7.0),
        capacity_units=rng.choice([3.0, 10.0, np.inf, np.inf], n),
    )
    law = DiscreteDistribution(probability=rng.dirichlet(np.full(N_PERIODS - 1, 0.4), n))
    share = rng.choice([0.0, 0.7, 1.0, 1.0, 1.0], n)
    lead_time = LeadTimeDistribution(period_days=7, periods=law)
    return Offers(series=series, sourcing=sourcing, lead_time=lead_time, delivered_share=share)


def decided(seed: int, rules: SourcingRules, order: Any = None) -> tuple[Situation, Offers, OrderLines]:
    """A random world, its series in another order if one is given, and what is ordered in it."""
    rng = np.random.default_rng(seed)
    n, offers = 4, random_offers(rng, 4)
    demand = rng.poisson(rng.uniform(1, 8, (n, 1, 1)), (n, N_PATHS, N_PERIODS)) * 1.0
    costs = Costs(
        holding_cost=rng.uniform(0, 2, n),
        shortage_cost=rng.uniform(0, 20, n),
        order_cost=np.zeros(n),
        unit_cost=np.zeros(n),
        backorders=bool(rng.integers(2)),
    )
    on_hand, pipeline = rng.integers(0, 9, n) * 1.0, rng.integers(0, 5, (n, 3)) * 1.0
    order = np.arange(n) if order is None else np.array(order)
    rows = np.concatenate([np.flatnonzero(offers.series == one) for one in order])
    offers = Offers(
        series=np.repeat(np.arange(n), np.bincount(offers.series)[order]),
        sourcing=offers.sourcing.take(rows),
        lead_time=offers.lead_time.take(rows),
        delivered_share=offers.delivered_share[rows],
    )
    cost = line_costs(offers, demand[order], costs.take(order), seed=2)
    main = main_lines(offers, cost)
    situation = Situation(
        panel=DemandPanel(
            series=pd.DataFrame({"item_id": [f"i{one}" for one in order], "location_id": "here"}),
            periods=np.array([np.datetime64("2024-01-01")]),
            frequency=Frequency.WEEKLY,
            units=np.ones((n, 1)),
            observed=np.ones((n, 1), dtype=bool),
        ),
        position=StockPosition.from_pipeline(on_hand[order], pipeline[order], np.zeros(n)),
        costs=costs.take(order),
        sourcing=offers.sourcing.take(main),
        lead_time=offers.lead_time.take(main),
        scenarios=Scenarios(
            demand=demand[order],
            arrivals=np.repeat(np.pad(pipeline[order], ((0, 0), (0, 4)))[:, None], N_PATHS, axis=1),
            lead_time=offers.lead_time_draws(main, N_PATHS, 9),
        ),
    )
    early = early_units(situation, offers, seed=2)
    decision = ProjectedNeed().decide(with_early(situation, offers, early))
    lines = order_from(situation, decision, offers, early=early, cost=cost, rules=rules, seed=2)
    return situation, offers, lines


def until_main(situation: Situation, extra: np.ndarray) -> np.ndarray:
    """Holding and shortage of each series until its main line can be there, with more arriving, in money."""
    scenarios, costs = situation.scenarios, situation.costs
    level = np.repeat(situation.position.on_hand[:, None], N_PATHS, axis=1)
    total = np.zeros(level.shape)
    for t in range(N_PERIODS):
        level = level + scenarios.arrivals[:, :, t] + extra[:, :, t] - scenarios.demand[:, :, t]
        money = costs.holding_cost[:, None] * np.maximum(level, 0)
        money = money + costs.shortage_cost[:, None] * np.maximum(-level, 0)
        total += np.where(t < scenarios.lead_time, money, 0.0)
        level = level if costs.backorders else np.maximum(level, 0)
    return total.mean(axis=1)


@few
@given(seeds)
def test_early_units_never_cost_more_than_waiting_for_the_main_line(seed) -> None:
    situation, offers, _ = decided(seed, SourcingRules())
    early = early_units(situation, offers, seed=2)
    extra = np.zeros((4, N_PATHS, N_PERIODS))
    price = np.zeros(4)
    main = offers.rows_of(situation.sourcing)
    for row, units, periods in zip(early.rows, early.units, early.periods, strict=True):
        series = offers.series[row]
        delivered = units * offers.delivered_share[row]
        extra[series, np.arange(N_PATHS), periods] += delivered
        premium = max(offers.price[row] - offers.price[main[series]], 0.0)
        price[series] += premium * delivered + offers.sourcing.order_cost[row]
    with_them, without = until_main(situation, extra) + price, until_main(situation, 0 * extra)
    assert (with_them <= without + 1e-6).all()


@few
@given(seeds, st.sampled_from([1.0, 0.7, 0.5]))
def test_no_line_breaks_its_suppliers_terms_and_each_supplier_has_one(seed, share) -> None:
    _, offers, lines = decided(seed, SourcingRules(largest_share=share))
    assert (lines.units <= lines.sourcing.capacity_units).all()
    assert (lines.units == lines.sourcing.feasible_units(lines.units)).all()
    pairs = list(zip(lines.series, lines.sourcing.supplier_id, strict=True))
    assert len(set(pairs)) == len(pairs) and set(lines.series) == set(range(offers.n_series))


@few
@given(seeds, st.permutations(range(4)))
def test_the_order_of_series_does_not_matter(seed, order) -> None:
    rules = SourcingRules(largest_share=0.7)
    _, _, lines = decided(seed, rules)
    _, _, other = decided(seed, rules, order)
    keys = [
        f"{item} {supplier}"
        for item, supplier in zip(lines.sourcing.item_id, lines.sourcing.supplier_id, strict=True)
    ]
    theirs = [
        f"{item} {supplier}"
        for item, supplier in zip(other.sourcing.item_id, other.sourcing.supplier_id, strict=True)
    ]
    assert sorted(zip(keys, lines.units, strict=True)) == sorted(zip(theirs, other.units, strict=True))
    assert sorted(lines.note) == sorted(other.note)


@few
@given(seeds, st.floats(1.01, 3.0))
def test_a_dearer_second_line_is_never_given_more_to_bring_early(seed, factor) -> None:
    situation, offers, _ = decided(seed, SourcingRules())
    main = offers.rows_of(situation.sourcing)
    series, count = np.unique(offers.series, return_counts=True)
    two = np.isin(offers.series, series[count <= 2])  # with three, another may take over
    dearer = np.where(np.isin(np.arange(len(offers)), main), 1.0, factor) * offers.sourcing.unit_cost
    changed = replace(offers, sourcing=replace(offers.sourcing, unit_cost=dearer))

    def units(some: Offers) -> np.ndarray:
        found = early_units(situation, some, seed=2)
        return np.bincount(found.rows, weights=found.units, minlength=len(offers))

    assert (units(changed)[two] <= units(offers)[two] + 1e-9).all()
