"""Builders of situations; each test spells out only what it is about."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.inventory.costs import Costs
from allocast.inventory.position import StockPosition
from allocast.inventory.recommendation import Lineage
from allocast.inventory.situation import Scenarios, Situation
from allocast.numerics.discrete import DiscreteDistribution
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.sourcing import Sourcing

AS_OF = np.datetime64("2024-01-08")


def build_sourcing(n: int, **terms: Any) -> Sourcing:
    """One supplier that accepts any order, unless said otherwise."""
    numbers = {
        "unit_cost": 3.0,
        "order_cost": 0.0,
        "minimum_order_units": 0.0,
        "pack_units": 1.0,
        "lead_time_days": 7.0,
        "capacity_units": np.inf,
    }
    columns = {name: np.broadcast_to(np.float64(value), n) for name, value in (numbers | terms).items()}
    return Sourcing(
        item_id=np.array([f"i{row}" for row in range(n)], dtype=object),
        location_id=np.full(n, "here", dtype=object),
        supplier_id=np.full(n, "s", dtype=object),
        **columns,
    )


def build_costs(n: int, *, backorders: bool = False, **rates: Any) -> Costs:
    numbers = {"holding_cost": 1.0, "shortage_cost": 4.0, "order_cost": 0.0, "unit_cost": 3.0} | rates
    columns = {name: np.broadcast_to(np.float64(value), n) for name, value in numbers.items()}
    return Costs(**columns, backorders=backorders)


def build_position(on_hand: Any, backordered: Any = 0.0, pipeline: Any = None) -> StockPosition:
    """Stock with what is on order due for certain: column k in the k-th coming period."""
    on_hand = np.asarray(on_hand, dtype=np.float64)
    due = np.zeros((len(on_hand), 1)) if pipeline is None else np.asarray(pipeline, dtype=np.float64)
    return StockPosition.from_pipeline(on_hand, due, np.broadcast_to(np.float64(backordered), len(on_hand)))


def build_situation(
    demand: Any,
    on_hand: Any = None,
    *,
    lead_time: Any = 1,
    position: StockPosition | None = None,
    review_periods: int = 1,
    costs: dict[str, Any] | None = None,
    units: Any = None,
    **terms: Any,
) -> Situation:
    """Demand paths, stock and lead time (periods: certain if one number, else one a path)."""
    demand = np.asarray(demand, dtype=np.float64)
    n, n_paths, n_periods = demand.shape
    if position is None:
        position = build_position(np.zeros(n) if on_hand is None else on_hand)
    taken = np.broadcast_to(np.asarray(lead_time, dtype=np.int64), (n, n_paths))
    share = (taken[:, :, None] == np.arange(n_periods)).mean(axis=1)
    units = np.ones((n, 2)) if units is None else np.asarray(units, dtype=np.float64)
    n_known = units.shape[1]
    return Situation(
        panel=DemandPanel(
            series=pd.DataFrame({"item_id": [f"i{row}" for row in range(n)], "location_id": "here"}),
            periods=AS_OF - 7 * np.arange(n_known)[::-1],
            frequency=Frequency.WEEKLY,
            units=units,
            observed=~np.isnan(units),
        ),
        position=position,
        costs=build_costs(n, **(costs or {})),
        sourcing=build_sourcing(n, **terms),
        lead_time=LeadTimeDistribution(period_days=7, periods=DiscreteDistribution(probability=share)),
        scenarios=Scenarios(
            demand=demand,
            arrivals=position.sample_arrivals(n_paths, n_periods, np.random.default_rng(0)),
            lead_time=taken,
        ),
        review_periods=review_periods,
    )


@pytest.fixture(scope="session")
def make_costs() -> Callable[..., Costs]:
    return build_costs


@pytest.fixture(scope="session")
def make_position() -> Callable[..., StockPosition]:
    return build_position


@pytest.fixture(scope="session")
def make_situation() -> Callable[..., Situation]:
    return build_situation


@pytest.fixture(scope="session")
def lineage() -> Lineage:
    return Lineage(
        as_of=AS_OF,
        policy="order_up_to(critical ratio)",
        policy_version="demo-policy/4",
        policy_run_id="p1",
        agent_model="",
        agent_run_id="",
        demand_model="demo-demand/2",
        demand_run_id="d1",
        supply_model="demo-supply/7",
        supply_run_id="s1",
        data_digest="sha256:abc",
    )
