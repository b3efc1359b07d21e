"""Units from other suppliers against plain enumeration: every number of packs, path by path, unit by unit."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.inventory.costs import Costs
from allocast.inventory.offers import Offers, early_units, line_costs, main_lines
from allocast.inventory.position import StockPosition
from allocast.inventory.situation import Scenarios, Situation
from allocast.numerics.discrete import DiscreteDistribution
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.sourcing import Sourcing

N_PERIODS, N_PATHS = 8, 30
HOLDING, SHORTAGE = 1.0, 9.0


def text(values: Any) -> Any:
    return np.array(list(values), dtype=object)


def random_offers(rng: np.random.Generator, n_series: int, **terms: Any) -> Offers:
    """A slow cheap line and a fast dear one for each series, both of them uncertain."""
    series = np.repeat(np.arange(n_series), 2)
    law = np.zeros((len(series), N_PERIODS))
    law[::2, 2:6], law[1::2, :3] = rng.dirichlet(np.ones(4), n_series), rng.dirichlet(np.ones(3), n_series)
    given = {
        "order_cost": 0.0,
        "minimum_order_units": 0.0,
        "pack_units": 1.0,
        "capacity_units": np.inf,
    } | terms
    sourcing = Sourcing(
        item_id=text(f"i{place}" for place in series),
        location_id=text(["here"] * len(series)),
        supplier_id=text(["slow", "fast"] * n_series),
        unit_cost=np.tile([10.0, 10.0 + rng.choice([0.0, 0.5, 2.0, 5.0])], n_series),
        lead_time_days=np.full(len(series), 7.0),
        **{name: np.full(len(series), value) for name, value in given.items()},
    )
    lead_time = LeadTimeDistribution(period_days=7, periods=DiscreteDistribution(probability=law))
    share = np.tile([1.0, rng.choice([1.0, 0.8])], n_series)
    return Offers(series=series, sourcing=sourcing, lead_time=lead_time, delivered_share=share)


def random_situation(rng: np.random.Generator, offers: Offers, *, backorders: bool) -> Situation:
    n = offers.n_series
    slow = np.arange(0, len(offers), 2)
    position = StockPosition.from_pipeline(
        rng.integers(0, 12, n) * 1.0,
        rng.integers(0, 5, (n, 4)) * 1.0,
        rng.integers(0, 3, n) * float(backorders),
    )
    return Situation(
        panel=DemandPanel(
            series=pd.DataFrame({"item_id": [f"i{row}" for row in range(n)], "location_id": "here"}),
            periods=np.array([np.datetime64("2024-01-01")]),
            frequency=Frequency.WEEKLY,
            units=np.ones((n, 1)),
            observed=np.ones((n, 1), dtype=bool),
        ),
        position=position,
        costs=Costs(
            holding_cost=np.full(n, HOLDING),
            shortage_cost=np.full(n, SHORTAGE),
            order_cost=np.zeros(n),
            unit_cost=np.zeros(n),
            backorders=backorders,
        ),
        sourcing=offers.sourcing.take(slow),
        lead_time=offers.lead_time.take(slow),
        scenarios=Scenarios(
            demand=rng.poisson(4, (n, N_PATHS, N_PERIODS)) * 1.0,
            arrivals=position.sample_arrivals(N_PATHS, N_PERIODS, rng),
            lead_time=offers.lead_time.periods.take(slow).spread(N_PATHS, rng),
        ),
    )


def waiting_cost(
    situation: Situation, s: int, path: int, arrives: int, units: float, premium: float
) -> float:
    """Of one path, in the plainest way; what can still be bought later costs its premium at most."""
    scenarios, level, cost, owed = situation.scenarios, 0.0, 0.0, []
    level = situation.position.on_hand[s] - situation.position.backordered[s]
    for t in range(scenarios.lead_time[s, path]):
        level += (
            scenarios.arrivals[s, path, t] + (units if t == arrives else 0.0) - scenarios.demand[s, path, t]
        )
        short = max(-level, 0.0)
        cost += HOLDING * max(level, 0.0)
        if situation.costs.backorders:
            if t > arrives:
                owed.append(short)
            else:
                cost += SHORTAGE * short
        else:
            cost += (min(SHORTAGE, premium) if t > arrives else SHORTAGE) * short
            level = max(level, 0.0)
    step = 0.1  # backlogs are in tenths of units, as shares are
    for layer in range(round(max(owed, default=0.0) / step)):
        waits = sum(short > layer * step + step / 2 for short in owed)
        cost += step * min(SHORTAGE * waits, premium)
    return cost


def in_all(situation: Situation, offers: Offers, s: int, arrives: np.ndarray, order: float) -> float:
    """Waiting, premium and order cost of ordering so much from the fast supplier."""
    row = 2 * s + 1
    share, premium = offers.delivered_share[row], offers.price[row] - offers.price[row - 1]
    paths = [
        waiting_cost(situation, s, path, arrives[path], share * order, premium) for path in range(N_PATHS)
    ]
    return float(np.mean(paths) + premium * share * order + offers.sourcing.order_cost[row] * (order > 0))


@pytest.mark.parametrize("backorders", [False, True])
@pytest.mark.parametrize("terms", [{}, {"pack_units": 3.0, "minimum_order_units": 5.0}, {"order_cost": 30.0}])
def test_early_units_cost_least_of_all_numbers_of_packs(backorders, terms) -> None:
    rng = np.random.default_rng(5)
    for _ in range(4):
        offers = random_offers(rng, 3, **terms)
        situation = random_situation(rng, offers, backorders=backorders)
        found = early_units(situation, offers, seed=3)
        units = np.zeros(3)
        units[offers.series[found.rows]] = found.units
        for s in range(3):
            row = 2 * s + 1
            arrives = offers.lead_time_draws(np.array([row]), N_PATHS, 3)[0]
            packs = np.arange(offers.smallest_order[row], 60, offers.sourcing.pack_units[row])
            best = min(in_all(situation, offers, s, arrives, order) for order in [0.0, *packs])
            assert in_all(situation, offers, s, arrives, units[s]) == pytest.approx(best, abs=1e-6)


def test_the_cost_of_a_line_is_that_of_its_best_level() -> None:
    rng = np.random.default_rng(2)
    offers = random_offers(rng, 4, order_cost=6.0, minimum_order_units=10.0)
    situation = random_situation(rng, offers, backorders=True)
    demand = situation.scenarios.demand
    found = line_costs(offers, demand, situation.costs, seed=1)
    for row, s in enumerate(offers.series):
        if offers.delivered_share[row] < 1:
            continue
        periods = offers.lead_time_draws(np.array([row]), N_PATHS, 1)[0]
        asked = np.array([demand[s, path, : periods[path] + 1].sum() for path in range(N_PATHS)])
        levels = [
            HOLDING * np.maximum(level - asked, 0).mean() + SHORTAGE * np.maximum(asked - level, 0).mean()
            for level in range(80)
        ]
        mean = demand[s].mean()
        rest = mean * offers.price[row] + 6.0 * mean / 10.0 + HOLDING * (10.0 - mean) / 2
        assert found[row] == pytest.approx(rest + min(levels))
    assert (found[main_lines(offers, found)] == found.reshape(4, 2).min(axis=1)).all()
