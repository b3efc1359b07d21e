"""A simulated world with a cheap slow supplier and a dear fast one: what it is worth to order from both."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.inventory.costs import Costs
from allocast.inventory.offers import (
    ExtraUnits,
    Offers,
    SourcingRules,
    early_units,
    line_costs,
    main_lines,
    order_from,
    with_early,
)
from allocast.inventory.policies import OrderUpTo, ProjectedNeed
from allocast.inventory.position import StockPosition
from allocast.inventory.situation import Scenarios, Situation
from allocast.numerics.discrete import DiscreteDistribution
from allocast.simulation.dynamics import Rates, Rules, Stock, Terms, advance, place
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.sourcing import Sourcing

N_SERIES, N_PERIODS, WARM_UP, HORIZON, N_PATHS = 100, 40, 10, 10, 60
SLOW = [0, 0, 0, 0.4, 0.3, 0.2, 0, 0, 0.1, 0]
FAST = [0, 0.8, 0.2, 0, 0, 0, 0, 0, 0, 0]
LAWS = DiscreteDistribution(probability=np.array([SLOW, FAST]))
PRICES = np.array([10.0, 13.0])
MEAN = np.random.default_rng(7).lognormal(2.2, 0.5, N_SERIES)


def text(values: Any) -> Any:
    return np.array(list(values), dtype=object)


def demands(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Negative binomial demand of each series, shape (n_series, *shape)."""
    mean = MEAN.reshape(-1, *[1] * len(shape))
    return rng.poisson(rng.gamma(4.0, mean / 4.0, (N_SERIES, *shape))) * 1.0


def offers_of(suppliers: list[int]) -> Offers:
    n = N_SERIES * len(suppliers)
    which = np.tile(suppliers, N_SERIES)
    sourcing = Sourcing(
        item_id=text(f"i{row // len(suppliers)}" for row in range(n)),
        location_id=text(["here"] * n),
        supplier_id=text(f"s{one}" for one in which),
        unit_cost=PRICES[which],
        order_cost=np.zeros(n),
        minimum_order_units=np.zeros(n),
        pack_units=np.ones(n),
        lead_time_days=np.full(n, 7.0),
        capacity_units=np.full(n, np.inf),
    )
    lead_time = LeadTimeDistribution(period_days=7, periods=LAWS.take(which))
    series = np.repeat(np.arange(N_SERIES), len(suppliers))
    return Offers(series=series, sourcing=sourcing, lead_time=lead_time, delivered_share=np.ones(n))


class Run:
    """One way to order, followed through the same demand and the same lead times of each supplier."""

    def __init__(self, suppliers: list[int], *, split: bool, backorders: bool) -> None:
        self.offers, self.rules = offers_of(suppliers), SourcingRules(split=split)
        self.policy = OrderUpTo() if backorders else ProjectedNeed()
        self.system = Rules(suppliers=2, waiting_share=float(backorders))
        self.costs = replace(
            Costs.uniform(N_SERIES, holding_cost=1.0, shortage_cost=20.0), backorders=backorders
        )
        self.stock = Stock(
            on_hand=np.rint(3 * MEAN),
            backordered=np.zeros(N_SERIES),
            pipeline=np.zeros((N_SERIES, HORIZON + 1)),
        )
        self.book: list[tuple[int, np.ndarray, np.ndarray]] = []
        self.cost = np.zeros(N_SERIES)

    def situation(self, now: int, demand: np.ndarray) -> tuple[Situation, np.ndarray]:
        cost = line_costs(self.offers, demand, self.costs, seed=now)
        main = main_lines(self.offers, cost)
        position = self.position(now)
        rng = np.random.default_rng([now, 5])
        situation = Situation(
            panel=DemandPanel(
                series=pd.DataFrame(
                    {"item_id": [f"i{row}" for row in range(N_SERIES)], "location_id": "here"}
                ),
                periods=np.array([np.datetime64("2024-01-01")]),
                frequency=Frequency.WEEKLY,
                units=np.ones((N_SERIES, 1)),
                observed=np.ones((N_SERIES, 1), dtype=bool),
            ),
            position=position,
            costs=self.costs,
            sourcing=self.offers.sourcing.take(main),
            lead_time=self.offers.lead_time.take(main),
            scenarios=Scenarios(
                demand=demand,
                arrivals=position.sample_arrivals(N_PATHS, HORIZON, rng),
                lead_time=self.offers.lead_time_draws(main, N_PATHS, now),
            ),
        )
        return situation, cost

    def position(self, now: int) -> StockPosition:
        """As it may be believed: open orders by their age."""
        series, units, arrival = (
            [np.zeros(0, dtype=np.int64)],
            [np.zeros(0)],
            [LAWS.take(np.zeros(0, dtype=int))],
        )
        for placed, ordered, due in self.book:
            for supplier in (0, 1):
                rows = np.flatnonzero((ordered[:, supplier] > 0) & (due[:, supplier] >= now))
                law = LeadTimeDistribution(period_days=7, periods=LAWS.take(np.full(len(rows), supplier)))
                series.append(rows)
                units.append(ordered[rows, supplier])
                arrival.append(law.remaining(now - placed))
        return StockPosition(
            on_hand=self.stock.on_hand,
            backordered=self.stock.backordered,
            open_series=np.concatenate(series),
            open_units=np.concatenate(units),
            arrival=DiscreteDistribution.stack(arrival),
        )

    def live(self, now: int, foreseen: np.ndarray, asked: np.ndarray, lead_time: np.ndarray) -> None:
        situation, cost = self.situation(now, foreseen)
        none = ExtraUnits.none(N_PATHS)
        early = early_units(situation, self.offers, seed=now) if self.rules.split else none
        decision = self.policy.decide(with_early(situation, self.offers, early))
        how: dict[str, Any] = {"early": early, "cost": cost, "rules": self.rules, "seed": now}
        lines = order_from(situation, decision, self.offers, **how)
        ordered = np.zeros((N_SERIES, 2))
        supplier = np.array([int(name[1:]) for name in lines.sourcing.supplier_id])
        np.add.at(ordered, (lines.series, supplier), lines.units)
        self.book.append((now, ordered, now + lead_time))
        self.stock, _ = place(self.system, self.stock, ordered, lead_time, terms=Terms(unit_cost=PRICES))
        rates = Rates(holding_cost=1.0, shortage_cost=20.0)
        self.stock, ledger = advance(self.system, self.stock, asked, rates)
        if now >= WARM_UP:  # a premium is paid over the cheapest supplier
            self.cost += ledger.cost + ordered @ (PRICES - PRICES.min())


@pytest.mark.parametrize("backorders", [False, True])
def test_ordering_from_both_costs_less_than_from_the_cheapest_alone(backorders) -> None:
    rng, belief = np.random.default_rng(11), np.random.default_rng(12)
    both = Run([0, 1], split=True, backorders=backorders)
    cheapest = Run([0], split=False, backorders=backorders)
    asked = demands(rng, N_PERIODS)
    taken = np.stack([LAWS.take(np.full(N_SERIES, s)).sample(N_PERIODS, rng) for s in (0, 1)], axis=2)
    for now in range(N_PERIODS):
        foreseen = demands(belief, N_PATHS, HORIZON)
        for run in (both, cheapest):
            run.live(now, foreseen, asked[:, now], taken[:, now])
    saved = cheapest.cost - both.cost
    assert saved.mean() > 2 * saved.std(ddof=1) / np.sqrt(N_SERIES)  # surely, not by luck
    assert saved.mean() > 0.05 * cheapest.cost.mean()
