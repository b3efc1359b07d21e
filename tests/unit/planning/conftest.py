"""A plan for a few series: a forecast that is known, suppliers that keep to their contract."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency, next_periods
from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_forecast import DemandForecast
from allocast.inventory.approved_orders import ApprovedOrders
from allocast.inventory.basket import Limits
from allocast.inventory.costs import Costs
from allocast.inventory.policies import OrderUpTo
from allocast.inventory.recommendation import Lineage, Recommendations
from allocast.inventory.situation import Policy, Situation
from allocast.planning.plan import plan
from allocast.planning.situate import Stock
from allocast.supply.arrivals import ShareReceived
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.sourcing import Sourcing
from allocast.supply.supply_model import ContractLeadTimes, SupplyModel

AS_OF = np.datetime64("2024-01-08")
TODAY = AS_OF + 6  # the Sunday that ends the week
WEEKLY_DEMAND = 10.0


class Watched:
    """A policy that keeps the situations it was shown."""

    def __init__(self, policy: Policy) -> None:
        self.policy, self.seen = policy, list[Situation]()
        self.name = policy.name

    def decide(self, situation: Situation):
        self.seen.append(situation)
        return self.policy.decide(situation)


def text(values: Any) -> Any:
    return np.array(list(values), dtype=object)


def build_panel(items: str, weekly: Any = WEEKLY_DEMAND, **attributes: Any) -> DemandPanel:
    """Series named by single letters, all in one place, each with the same demand every week."""
    n = len(items)
    return DemandPanel(
        series=pd.DataFrame({"item_id": list(items), "location_id": "here", "group": "g", **attributes}),
        periods=np.array([AS_OF - 7, AS_OF]),
        frequency=Frequency.WEEKLY,
        units=np.repeat(np.broadcast_to(np.float64(weekly), n)[:, None], 2, axis=1),
        observed=np.ones((n, 2), dtype=bool),
    )


def as_last_week(panel: DemandPanel, horizon: int = 6) -> DemandForecast:
    """Demand is sure to be that of the last week."""
    n, weekly = panel.n_series, panel.units[:, -1:]
    return DemandForecast(
        series=panel.series[["item_id", "location_id"]],
        as_of=panel.as_of,
        periods=next_periods(panel.as_of, horizon, panel.frequency),
        levels=np.array([1e-9, 1 - 1e-9]),
        period_units=np.broadcast_to(weekly[:, None], (n, 2, horizon)),
        total_units=np.broadcast_to((weekly * np.arange(1, horizon + 1))[:, None], (n, 2, horizon)),
        mean=np.broadcast_to(weekly, (n, horizon)),
    )


def build_lines(items: str, **columns: Any) -> Sourcing:
    """One line an item, from supplier s, two weeks, unless said otherwise."""
    n = len(items)
    numbers = {
        "unit_cost": 3.0,
        "order_cost": 0.0,
        "minimum_order_units": 0.0,
        "pack_units": 1.0,
        "lead_time_days": 14.0,
        "capacity_units": np.inf,
    }
    given = {
        name: np.broadcast_to(np.float64(columns.get(name, value)), n) for name, value in numbers.items()
    }
    return Sourcing(
        item_id=text(items),
        location_id=text(["here"] * n),
        supplier_id=text(columns.get("supplier_id", "s" * n)),
        **given,
    )


def build_book(items: str = "", **columns: Any) -> PurchaseOrders:
    """Open orders of ten units from supplier s, placed today, unless said otherwise."""
    n = len(items)
    days = {"ordered_on": TODAY, "promised_on": "NaT", "received_on": "NaT"}
    dates = {
        name: np.full(n, np.array(columns.get(name, day), dtype="datetime64[D]"))
        for name, day in days.items()
    }
    return PurchaseOrders(
        order_line_id=text(f"line {place}" for place in range(n)),
        supplier_id=text("s" * n),
        item_id=text(items),
        location_id=text(["here"] * n),
        units_ordered=np.broadcast_to(np.float64(columns.get("units_ordered", 10.0)), n),
        units_received=np.broadcast_to(np.float64(columns.get("units_received", 0.0)), n),
        shipment_id=text(f"line {place}" for place in range(n)),
        attributes=pd.DataFrame(index=range(n)),
        **dates,
    )


@pytest.fixture(scope="session")
def lineage() -> Lineage:
    return Lineage(
        as_of=AS_OF,
        policy="order_up_to",
        policy_version="policy/4",
        policy_run_id="p1",
        agent_model="",
        agent_run_id="",
        demand_model="demand/2",
        demand_run_id="d1",
        supply_model="supply/7",
        supply_run_id="s1",
        data_digest="abc",
    )


@pytest.fixture(scope="session")
def make_lines() -> Callable[..., Sourcing]:
    return build_lines


@pytest.fixture(scope="session")
def make_panel() -> Callable[..., DemandPanel]:
    return build_panel


@pytest.fixture(scope="session")
def make_book() -> Callable[..., PurchaseOrders]:
    return build_book


@pytest.fixture(scope="session")
def watched() -> Callable[[Policy], Watched]:
    return Watched


@pytest.fixture
def make_plan(lineage) -> Callable[..., Recommendations]:
    def make(
        items: str,
        on_hand: Any = 0.0,
        *,
        lines: Sourcing | None = None,
        book: PurchaseOrders | None = None,
        supply: SupplyModel | None = None,
        policy: Policy | None = None,
        backordered: Any = 0.0,
        weekly: Any = WEEKLY_DEMAND,
        shortage_cost: Any = 4.0,
        share: ShareReceived | None = None,
        limits: Limits | None = None,
        approved: ApprovedOrders | None = None,
        **attributes: Any,
    ) -> Recommendations:
        n = len(items)
        lines = build_lines(items) if lines is None else lines
        return plan(
            build_panel(items, weekly, **attributes),
            orders=build_book() if book is None else book,
            stock=Stock(
                on_hand=np.broadcast_to(np.float64(on_hand), n),
                backordered=np.broadcast_to(np.float64(backordered), n),
            ),
            sourcing=lines,
            costs=Costs(
                holding_cost=np.ones(n),
                shortage_cost=np.broadcast_to(np.float64(shortage_cost), n),
                order_cost=np.zeros(n),
                unit_cost=np.zeros(n),
            ),
            forecast=as_last_week,
            supply=ContractLeadTimes(sourcing=lines) if supply is None else supply,
            policy=OrderUpTo() if policy is None else policy,
            lineage=lineage,
            n_paths=40,
            rng=np.random.default_rng(1),
            share=share,
            limits=limits,
            approved=approved,
        )

    return make


class SpreadTimes(ContractLeadTimes):
    """One, two, three or four weeks, each as likely as another."""

    def survival(self, lines, *, days, given, history, as_of):
        del given, history, as_of
        return np.tile(np.clip(1.0 - np.ceil(days[:1] / 7) / 4, 0.0, 1.0), (len(lines), 1))


@pytest.fixture
def spread_times(make_lines) -> SupplyModel:
    return SpreadTimes(sourcing=make_lines("a"))


@pytest.fixture(scope="session")
def last_week() -> Callable[..., DemandForecast]:
    return as_last_week
