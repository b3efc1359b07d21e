"""From what is known to what to do: forecast, lead times, scenarios, policy, recommendations."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_forecast import DemandForecast
from allocast.inventory.approved_orders import ApprovedOrders
from allocast.inventory.basket import Limits
from allocast.inventory.costs import Costs
from allocast.inventory.offers import ExtraUnits, SourcingRules, early_units, order_from, with_early
from allocast.inventory.order_lines import OrderLines
from allocast.inventory.rebalancing import Lanes, no_transfers
from allocast.inventory.recommendation import (
    COLUMNS,
    Lineage,
    Recommendations,
    Status,
    explain,
    without_order,
)
from allocast.inventory.situation import OrderDecision, Policy
from allocast.planning.approved import with_approved
from allocast.planning.commitments import Commitments
from allocast.planning.limits import LimitedLines, keep_limits
from allocast.planning.move_first import Moved, move_first
from allocast.planning.situate import Sourced, Stock, preferred_lines, situate
from allocast.supply.arrivals import ShareReceived
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.sourcing import Sourcing
from allocast.supply.supply_model import SupplyModel

__all__ = ["plan"]


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
    lanes: Lanes | None = None,
    limits: Limits | None = None,
    rules: SourcingRules | None = None,
    approved: ApprovedOrders | None = None,
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
        Any number of lines a series; the one that costs least in all is ordered from, others where that saves money.
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
        How much of an order comes in the end; by default all of it.
    lanes : Lanes, optional
        Between locations: stock is moved before any is bought. By default nothing is moved.
    limits : Limits, optional
        What all orders share: money, room, suppliers' capacity; by default nothing.
    rules : SourcingRules, optional
        About several suppliers.
    approved : ApprovedOrders, optional
        As known then, and not placed yet: they count as on order.

    Returns
    -------
    recommendations : Recommendations
        One row a series and supplier, in the panel's order; then those that have a supplier but no demand yet.
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
    transfers = no_transfers()
    limited: LimitedLines | None = None
    if len(able):
        sourced = situate(
            panel,
            able,
            sourcing,
            orders=orders,
            stock=stock,
            costs=costs,
            predicted=forecast(panel),
            supply=supply,
            share=share,
            n_paths=n_paths,
            rng=rng,
            rules=rules,
        )
        if approved is not None:
            sourced = replace(sourced, situation=with_approved(sourced.situation, approved))
        moved = move_first(sourced.situation, lanes)
        transfers, situation = moved.table, moved.situation
        decision, lines = _decide(sourced, moved, policy, rules or SourcingRules())
        if limits is not None:
            known_orders = Commitments(panel=panel, stock=stock, orders=orders, sourcing=sourcing)
            limited = keep_limits(limits, situation, lines, known_orders)
            lines = limited.lines
        rows = explain(situation, decision, lines, lineage, transfer_units=moved.units)
        parts.append(rows if limited is None else limited.told(rows))
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    known = _in_order(table, panel.series)[COLUMNS]
    new = without_order(
        _without_history(panel.series, sourcing),
        Status.NO_HISTORY,
        "Cannot forecast: nothing is known of its demand yet.",
        lineage,
    )
    table = pd.concat([known, new[COLUMNS]], ignore_index=True) if len(new) else known
    return Recommendations(table=table, transfers=transfers, cut=limited.cut if limited is not None else None)


def _decide(
    sourced: Sourced, moved: Moved, policy: Policy, rules: SourcingRules
) -> tuple[OrderDecision, OrderLines]:
    """First what the main line cannot bring in time, then what it is to bring, then from whom the rest comes."""
    situation, offers, seed = moved.situation, sourced.offers, sourced.seed
    none = ExtraUnits.none(situation.scenarios.demand.shape[1])
    early = early_units(situation, offers, seed=seed) if rules.split else none
    decision = moved.told(policy.decide(with_early(situation, offers, early)))
    lines = order_from(situation, decision, offers, early=early, cost=sourced.cost, rules=rules, seed=seed)
    return decision, lines


def _without_history(series: pd.DataFrame, sourcing: Sourcing) -> pd.DataFrame:
    """Series that somebody can deliver but that are not among those with demand."""
    lines = pd.DataFrame({"item_id": sourcing.item_id, "location_id": sourcing.location_id}).drop_duplicates()
    known = pd.MultiIndex.from_frame(series[["item_id", "location_id"]])
    return lines[~pd.MultiIndex.from_frame(lines).isin(known)]


def _in_order(table: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    return series[["item_id", "location_id"]].merge(table, on=["item_id", "location_id"], how="left")
