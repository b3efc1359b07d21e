"""Builders of small worlds to replay; each test spells out only what it is about."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency, next_periods
from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_forecast import DemandForecast
from allocast.inventory.costs import Costs
from allocast.inventory.situation import OrderDecision, Situation
from allocast.numerics.discrete import DiscreteDistribution
from allocast.simulation.dynamics import Stock
from allocast.simulation.replay import ReplayResult, World, replay
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.sourcing import Sourcing

FIRST = np.datetime64("2024-01-01")


class Spy:
    """A policy that writes down what it was shown, and orders by its plan or by what was sold last."""

    name = "spy"

    def __init__(self, orders: list[list[float]] | None = None) -> None:
        self.orders, self.seen = orders, list[Situation]()

    def decide(self, situation: Situation) -> OrderDecision:
        self.seen.append(situation)
        if self.orders is None:
            wanted = situation.panel.units[:, -1] + situation.scenarios.demand.mean(axis=(1, 2))
        else:
            wanted = np.array([series[len(self.seen) - 1] for series in self.orders], dtype=np.float64)
        return OrderDecision(wanted_units=wanted, trigger=wanted, level=wanted)


def build_panel(units: Any, observed: Any = None) -> DemandPanel:
    units = np.asarray(units, dtype=np.float64)
    return DemandPanel(
        series=pd.DataFrame({"item_id": [f"i{row}" for row in range(len(units))], "location_id": "here"}),
        periods=FIRST + 7 * np.arange(units.shape[1]),
        frequency=Frequency.WEEKLY,
        units=units,
        observed=~np.isnan(units) if observed is None else np.asarray(observed),
    )


def forecast_from_the_last_period(panel: DemandPanel, horizon: int = 6) -> DemandForecast:
    """Between nothing and twice what was last sold, so that a look at later sales would change every path."""
    middle = np.repeat(panel.units[:, -1:], horizon, axis=1)
    each = np.stack([0.5 * middle, 1.5 * middle], axis=1)
    return DemandForecast(
        series=panel.series,
        as_of=panel.as_of,
        periods=next_periods(panel.as_of, horizon, panel.frequency),
        levels=np.array([0.25, 0.75]),
        period_units=each,
        total_units=np.cumsum(each, axis=2),
        mean=middle,
    )


def build_sourcing(n: int, **terms: float) -> Sourcing:
    text, ones = np.full(n, "x", dtype=object), np.ones(n)
    return Sourcing(
        item_id=text,
        location_id=text,
        supplier_id=text,
        unit_cost=ones,
        order_cost=0 * ones,
        minimum_order_units=terms.get("minimum_order_units", 0.0) * ones,
        pack_units=terms.get("pack_units", 1.0) * ones,
        lead_time_days=7 * ones,
        capacity_units=np.inf * ones,
    )


def build_world(demand: Any, **parts: Any) -> World:
    """Nothing on hand, lead time of one period, an order before every period, unless said otherwise."""
    demand = np.asarray(demand, dtype=np.float64)
    n, n_periods = demand.shape
    pipeline = np.asarray(parts.get("pipeline", np.zeros((n, 5))), dtype=np.float64)
    rates = {"holding_cost": 1.0, "shortage_cost": 4.0, "order_cost": 0.0} | parts.get("costs", {})
    return World(
        known=build_panel(parts.get("known", np.full((n, 3), 7.0))),
        demand=demand,
        lead_time=np.broadcast_to(np.asarray(parts.get("lead_time", 1)), demand.shape),
        stock=Stock(
            on_hand=np.broadcast_to(np.float64(parts.get("on_hand", 0.0)), n),
            backordered=np.zeros(n),
            pipeline=pipeline,
        ),
        costs=Costs(
            **{name: np.full(n, rate) for name, rate in rates.items()},
            unit_cost=np.zeros(n),
            backorders=parts.get("backorders", False),
        ),
        sourcing=build_sourcing(n, **parts.get("terms", {})),
        n_decisions=parts.get("n_decisions", n_periods),
    )


def run_replay(world: World, *policies: Any, believed: Any = None, seed: int = 0) -> list[ReplayResult]:
    """Replay with a lead time believed to be (0.2, 0.5, 0.3) on 0, 1, 2 periods, unless said otherwise."""
    share = np.tile([0.2, 0.5, 0.3] if believed is None else believed, (len(world.demand), 1))
    lead_time = LeadTimeDistribution(period_days=7, periods=DiscreteDistribution(probability=share))
    return replay(
        world,
        policies,
        forecast=forecast_from_the_last_period,
        lead_time=lead_time,
        n_paths=8,
        rng=np.random.default_rng(seed),
    )


@pytest.fixture(scope="session")
def make_replay_world() -> Callable[..., World]:
    return build_world


@pytest.fixture(scope="session")
def make_replay_panel() -> Callable[..., DemandPanel]:
    return build_panel


@pytest.fixture(scope="session")
def run() -> Callable[..., list[ReplayResult]]:
    return run_replay


@pytest.fixture(scope="session")
def spy() -> type[Spy]:
    return Spy


@pytest.fixture(scope="session")
def forecast_of_last() -> Callable[[DemandPanel], DemandForecast]:
    return forecast_from_the_last_period
