"""From what is known to what to do: forecast, lead times, scenarios, policy, recommendations."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_forecast import DemandForecast
from allocast.inventory.costs import Costs
from allocast.inventory.position import StockPosition
from allocast.inventory.recommendation import (
    COLUMNS,
    Lineage,
    Recommendations,
    Status,
    explain,
    without_order,
)
from allocast.inventory.situation import Policy, Scenarios, Situation
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.planning.lead_times import lead_times_within
from allocast.supply.arrivals import OpenOrderArrivals, ShareReceived
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.sourcing import Sourcing
from allocast.supply.supply_model import SupplyModel

__all__ = ["Stock", "plan", "preferred_lines"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Counted stock of each series of a panel, at the end of its last period.

    Parameters
    ----------
    on_hand, backordered : arrays of shape (n_series,), in units
        NaN in ``on_hand`` where no figure is known.
    """

    on_hand: FloatArray
    backordered: FloatArray


def plan(
    panel: DemandPanel,
    *,
    orders: PurchaseOrders,
    stock: Stock,
    sourcing: Sourcing,
    costs: Costs,
    forecast: Callable[[DemandPanel], DemandForecast],
    supply: SupplyModel,
    policy: Policy,
    lineage: Lineage,
    n_paths: int,
    rng: np.random.Generator,
    share: ShareReceived | None = None,
) -> Recommendations:
    """Recommend an order, or say why there is none, for every series of a panel.

    Parameters
    ----------
    panel : DemandPanel
        As known at the end of its last period, the day of the decision.
    orders : PurchaseOrders
        As known then: later ones and later receipts not among them.
    stock : Stock
    sourcing : Sourcing
        Any number of lines a series; the cheapest is ordered from.
    costs : Costs
        One row a series.
    forecast : function of a DemandPanel
    supply : SupplyModel
    policy : Policy
    lineage : Lineage
    n_paths : int
        Scenarios a series.
    rng : Generator
    share : ShareReceived, optional
        How much of an open order comes in the end; by default all of it.

    Returns
    -------
    recommendations : Recommendations
        One row a series, in the panel's order; then those that have a supplier but no demand yet.
    """
    line = preferred_lines(panel.series, sourcing)
    counted = ~np.isnan(stock.on_hand)
    able = np.flatnonzero((line >= 0) & counted)
    parts = [
        without_order(
            panel.series[line < 0], Status.NO_SUPPLIER, "Cannot order: no supplier is named.", lineage
        ),
        without_order(
            panel.series[(line >= 0) & ~counted],
            Status.NO_STOCK_FIGURE,
            "Cannot decide: no stock figure is known; count it.",
            lineage,
        ),
    ]
    if len(able):
        situation = _situation(
            panel,
            able,
            line[able],
            orders,
            stock,
            sourcing,
            costs,
            forecast(panel),
            supply,
            share,
            n_paths,
            rng,
        )
        decision = policy.decide(situation)
        units = situation.sourcing.feasible_units(decision.wanted_units)
        parts.append(explain(situation, decision, units, lineage))
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    known = _in_order(table, panel.series)[COLUMNS]
    new = without_order(
        _without_history(panel.series, sourcing),
        Status.NO_HISTORY,
        "Cannot forecast: nothing is known of its demand yet.",
        lineage,
    )
    return Recommendations(table=pd.concat([known, new[COLUMNS]], ignore_index=True) if len(new) else known)


def preferred_lines(series: pd.DataFrame, sourcing: Sourcing) -> IntArray:
    """Place of the cheapest sourcing line of each series, shape (n_series,); −1 where there is none.

    A line without a price comes after all that have one.
    """
    price = np.where(np.isnan(sourcing.unit_cost), np.inf, sourcing.unit_cost)
    order = np.argsort(price, kind="stable")[::-1]  # the cheapest is written last and stays
    by_series = dict(
        zip(zip(sourcing.item_id[order], sourcing.location_id[order], strict=True), order, strict=True)
    )
    keys = zip(series["item_id"], series["location_id"], strict=True)
    return np.array([by_series.get(key, -1) for key in keys], dtype=np.int64)


def _situation(
    panel: DemandPanel,
    able: IntArray,
    line: IntArray,
    orders: PurchaseOrders,
    stock: Stock,
    sourcing: Sourcing,
    costs: Costs,
    predicted: DemandForecast,
    supply: SupplyModel,
    share: ShareReceived | None,
    n_paths: int,
    rng: np.random.Generator,
) -> Situation:
    """All that is known about the series that can be ordered."""
    horizon, today = predicted.horizon, panel.frequency.end_of(panel.as_of)
    window: dict[str, Any] = {"as_of": today, "period_days": panel.frequency.days_ahead(today, horizon)}
    lines = sourcing.take(line)
    lead_time = lead_times_within(horizon, supply, lines, history=orders, **window)
    chosen = panel.take(able)
    waiting, row = _open_orders(orders, chosen.series)
    coming = OpenOrderArrivals.predict(supply, orders, n_periods=horizon, share=share, only=waiting, **window)
    position = StockPosition(
        on_hand=stock.on_hand[able],
        backordered=stock.backordered[able],
        open_series=row,
        open_units=coming.expected_in_the_end,
        arrival=coming.arrival_of_what_comes,
    )
    scenarios = Scenarios(
        demand=predicted.sample_paths(n_paths, rng)[able],
        arrivals=coming.sample_inflow(row, len(able), n_paths, int(rng.integers(2**31))),
        lead_time=lead_time.periods.spread(n_paths, rng),
    )
    return Situation(
        panel=chosen,
        position=position,
        costs=costs.take(able),
        sourcing=lines,
        lead_time=lead_time,
        scenarios=scenarios,
    )


def _open_orders(orders: PurchaseOrders, series: pd.DataFrame) -> tuple[PurchaseOrders, IntArray]:
    """Open orders for these series, and the row of each one's series."""
    place = {key: row for row, key in enumerate(zip(series["item_id"], series["location_id"], strict=True))}
    keys = zip(orders.item_id, orders.location_id, strict=True)
    row = np.array([place.get(key, -1) for key in keys], dtype=np.int64)
    wanted = np.flatnonzero(orders.is_open & (row >= 0))
    return orders.take(wanted), row[wanted]


def _without_history(series: pd.DataFrame, sourcing: Sourcing) -> pd.DataFrame:
    """Series that somebody can deliver but that are not among those with demand."""
    lines = pd.DataFrame({"item_id": sourcing.item_id, "location_id": sourcing.location_id}).drop_duplicates()
    known = pd.MultiIndex.from_frame(series[["item_id", "location_id"]])
    return lines[~pd.MultiIndex.from_frame(lines).isin(known)]


def _in_order(table: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    return series[["item_id", "location_id"]].merge(table, on=["item_id", "location_id"], how="left")
