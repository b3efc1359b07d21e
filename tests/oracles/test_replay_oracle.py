"""Replay against the same world lived by one series at a time, with a list of orders for a pipeline."""

import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency, next_periods
from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_forecast import DemandForecast
from allocast.inventory.costs import Costs
from allocast.inventory.situation import OrderDecision
from allocast.numerics.discrete import DiscreteDistribution
from allocast.simulation.dynamics import Stock
from allocast.simulation.replay import World, replay
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.sourcing import Sourcing

N_SERIES, N_PERIODS, LONGEST = 4, 9, 3
HOLDING, SHORTAGE, PER_ORDER = 0.25, 1.5, 2.0


class FromAList:
    """Orders what was written down beforehand."""

    name = "from a list"

    def __init__(self, orders: np.ndarray) -> None:
        self.orders = iter(orders.T)

    def decide(self, situation) -> OrderDecision:
        units = next(self.orders)
        assert len(units) == len(situation.position.on_hand)
        return OrderDecision(wanted_units=units, trigger=units, level=units)


def lived_one_by_one(world: World, orders: np.ndarray, series: int) -> dict[str, list[float]]:
    """One series through its periods, an order being a number of units and the period before which it is due."""
    on_hand, owed = float(world.stock.on_hand[series]), float(world.stock.backordered[series])
    waiting = [(float(units), due) for due, units in enumerate(world.stock.pipeline[series])]
    book: dict[str, list[float]] = {name: [] for name in ("sold", "missed", "on_hand", "cost")}
    for period, demand in enumerate(world.demand[series]):
        ordered = float(orders[series, period]) if period < world.n_decisions else 0.0
        waiting.append((ordered, period + int(world.lead_time[series, period])))
        on_hand += sum(units for units, due in waiting if due == period)
        sold = min(on_hand, float(demand) + owed)
        missed = float(demand) + owed - sold
        on_hand -= sold
        owed = missed if world.costs.backorders else 0.0
        cost = HOLDING * on_hand + SHORTAGE * missed + (PER_ORDER if ordered > 0 else 0.0)
        for name, value in zip(book, (sold, missed, on_hand, cost), strict=True):
            book[name].append(value)
    return book


def nothing_is_forecast(panel: DemandPanel) -> DemandForecast:
    n, horizon = panel.n_series, LONGEST + 1
    return DemandForecast(
        series=panel.series,
        as_of=panel.as_of,
        periods=next_periods(panel.as_of, horizon, panel.frequency),
        levels=np.array([0.25, 0.75]),
        period_units=np.zeros((n, 2, horizon)),
        total_units=np.zeros((n, 2, horizon)),
        mean=np.zeros((n, horizon)),
    )


def random_world(rng: np.random.Generator, *, backorders: bool) -> World:
    text, ones = np.full(N_SERIES, "x", dtype=object), np.ones(N_SERIES)
    return World(
        known=DemandPanel(
            series=pd.DataFrame({"item_id": [str(row) for row in range(N_SERIES)], "location_id": "here"}),
            periods=np.array(["2024-01-01"], dtype="datetime64[D]"),
            frequency=Frequency.DAILY,
            units=np.ones((N_SERIES, 1)),
            observed=np.ones((N_SERIES, 1), dtype=bool),
        ),
        demand=rng.poisson(6, (N_SERIES, N_PERIODS)).astype(float),
        lead_time=rng.integers(0, LONGEST + 1, (N_SERIES, N_PERIODS)),
        stock=Stock(
            on_hand=rng.integers(0, 12, N_SERIES).astype(float),
            backordered=rng.integers(0, 4, N_SERIES) * float(backorders),
            pipeline=rng.integers(0, 9, (N_SERIES, LONGEST + 1)).astype(float),
        ),
        costs=Costs(
            holding_cost=HOLDING * ones,
            shortage_cost=SHORTAGE * ones,
            order_cost=PER_ORDER * ones,
            unit_cost=ones,
            backorders=backorders,
        ),
        sourcing=Sourcing(
            item_id=text, location_id=text, supplier_id=text, unit_cost=ones, order_cost=ones,
            minimum_order_units=0 * ones, pack_units=ones, lead_time_days=ones, capacity_units=np.inf * ones,
        ),
        n_decisions=N_PERIODS - 2,
    )  # fmt: skip


@pytest.mark.parametrize("backorders", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_a_replay_is_each_series_lived_one_by_one(seed: int, backorders: bool) -> None:
    rng = np.random.default_rng(seed)
    world = random_world(rng, backorders=backorders)
    orders = rng.integers(0, 14, (N_SERIES, N_PERIODS)) * (rng.random((N_SERIES, N_PERIODS)) < 0.6)
    share = np.full((N_SERIES, LONGEST + 1), 1 / (LONGEST + 1))
    lead_time = LeadTimeDistribution(period_days=1, periods=DiscreteDistribution(probability=share))
    policy = FromAList(orders.astype(float))
    result = replay(world, [policy], forecast=nothing_is_forecast, lead_time=lead_time, n_paths=2, rng=rng)[0]
    for series in range(N_SERIES):
        for name, slow in lived_one_by_one(world, orders, series).items():
            np.testing.assert_allclose(getattr(result, name)[series], slow, err_msg=f"{name} of {series}")
