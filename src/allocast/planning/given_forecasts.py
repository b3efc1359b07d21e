"""From forecasts that are given to what to do, for some series as if they were all: by a seed of each series' own."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.forecast.demand_forecast import DemandForecast
from allocast.forecast.keyed_paths import keyed_paths
from allocast.inventory.approved_orders import ApprovedOrders
from allocast.inventory.costs import Costs
from allocast.inventory.order_lines import OrderLines
from allocast.inventory.policies import (
    FillRateLevel,
    FixedQuantity,
    OrderUpTo,
    PeriodicReview,
    ProjectedNeed,
    ReorderLevels,
    ReorderPoint,
)
from allocast.inventory.position import StockPosition
from allocast.inventory.situation import OrderDecision, Policy, Scenarios, Situation
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.discrete import DiscreteDistribution
from allocast.numerics.keyed_uniforms import keyed_uniforms
from allocast.planning.approved import with_approved
from allocast.planning.lead_times import lead_times_within
from allocast.planning.situate import delivered_shares, open_orders_of
from allocast.supply.arrivals import OpenOrderArrivals, ShareReceived
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.sourcing import Sourcing
from allocast.supply.supply_model import SupplyModel

__all__ = ["DECIDE_FROM_FORECASTS", "Given", "bare_panel", "decided", "require_forecasts_suffice"]

DECIDE_FROM_FORECASTS = (
    OrderUpTo, ProjectedNeed, ReorderPoint, FixedQuantity, PeriodicReview, FillRateLevel, ReorderLevels
)  # fmt: skip
"""Policies that look at no history: the scenarios tell them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What is given for some series that can be ordered, one row each.

    Parameters
    ----------
    predicted : DemandForecast
    frequency : Frequency
    lines : Sourcing
        Whom each would be ordered from.
    on_hand, backordered : arrays of shape (n_series,), in units
    costs : Costs
    lead_time : LeadTimeDistribution
        Of each line.
    coming : OpenOrderArrivals
    row : array of int, shape (n_open,)
        Which series each open order is for.
    approved : ApprovedOrders
    share : ShareReceived or None
        How much of an order comes in the end; None for all of it.
    """

    predicted: DemandForecast
    frequency: Frequency
    lines: Sourcing
    on_hand: FloatArray
    backordered: FloatArray
    costs: Costs
    lead_time: LeadTimeDistribution
    coming: OpenOrderArrivals
    row: IntArray
    approved: ApprovedOrders
    share: ShareReceived | None

    @classmethod
    def of(
        cls,
        predicted: DemandForecast,
        lines: Sourcing,
        *,
        frequency: Frequency,
        on_hand: FloatArray,
        backordered: FloatArray,
        costs: Costs,
        orders: PurchaseOrders,
        history: PurchaseOrders,
        approved: ApprovedOrders,
        supply: SupplyModel,
        share: ShareReceived | None,
    ) -> "Given":
        """With what a supply model says of lead times and of the open orders for these series.

        ``orders`` holds these; ``history`` is the whole book, for what is known of suppliers.
        """
        today, horizon = frequency.end_of(predicted.as_of), predicted.horizon
        window: dict[str, Any] = {"as_of": today, "period_days": frequency.days_ahead(today, horizon)}
        waiting, row = open_orders_of(orders, predicted.series)
        return cls(
            predicted=predicted,
            frequency=frequency,
            lines=lines,
            on_hand=on_hand,
            backordered=backordered,
            costs=costs,
            lead_time=lead_times_within(horizon, supply, lines, history=history, **window),
            coming=OpenOrderArrivals.predict(
                supply, history, n_periods=horizon, share=share, only=waiting, **window
            ),
            row=row,
            approved=approved,
            share=share,
        )

    def take(self, rows: IntArray) -> "Given":
        """The chosen series, in the given order, with the open orders for them."""
        place = np.full(len(self.on_hand), -1)
        place[rows] = np.arange(len(rows))
        ours = np.flatnonzero(place[self.row] >= 0)
        return replace(
            self,
            predicted=self.predicted.take(rows),
            lines=self.lines.take(rows),
            on_hand=self.on_hand[rows],
            backordered=self.backordered[rows],
            costs=self.costs.take(rows),
            lead_time=self.lead_time.take(rows),
            coming=self.coming.take(ours),
            row=place[self.row[ours]],
        )


def require_forecasts_suffice(policy: Policy) -> None:
    """Refuse a policy that looks at past demand.

    Raises
    ------
    DataError
        It is none of those that decide from forecasts alone.
    """
    if not isinstance(policy, DECIDE_FROM_FORECASTS):
        names = ", ".join(kind.__name__ for kind in DECIDE_FROM_FORECASTS)
        raise DataError(
            f"the policy {policy.name} looks at past demand, of which forecasts that are given say nothing; recommend "
            f"without --forecasts, or promote one of {names}."
        )


def decided(
    given: Given, *, policy: Policy, n_paths: int, seed: int
) -> tuple[Situation, OrderDecision, OrderLines]:
    """The first pass: what a policy wants of each series and what it becomes, before any limit that series share.

    A series' scenarios depend on its own name and the seed alone, so it is decided the same whatever stands beside it.
    """
    situation = _situation(given, n_paths, seed)
    decision = policy.decide(situation)
    return situation, decision, OrderLines.of(situation, decision)


def bare_panel(series: pd.DataFrame, as_of: np.datetime64, frequency: Frequency) -> DemandPanel:
    """Series of whose past nothing is known."""
    nothing = np.zeros((len(series), 1), dtype=bool)
    return DemandPanel(
        series=series,
        periods=np.array([as_of], dtype="datetime64[D]"),
        frequency=frequency,
        units=np.full(nothing.shape, np.nan),
        observed=nothing,
    )


def _situation(given: Given, n_paths: int, seed: int) -> Situation:
    predicted, coming, row = given.predicted, given.coming, given.row
    series, lead_time = predicted.series, given.lead_time
    names = (series["item_id"] + "\n" + series["location_id"]).to_numpy(object)
    uniforms = keyed_uniforms(names, 2, seed)
    situation = Situation(
        panel=bare_panel(series, predicted.as_of, given.frequency),
        position=StockPosition(
            on_hand=given.on_hand,
            backordered=given.backordered,
            open_series=row,
            open_units=coming.expected_in_the_end,
            arrival=coming.arrival_of_what_comes,
        ),
        costs=given.costs,
        sourcing=given.lines,
        lead_time=lead_time,
        scenarios=Scenarios(
            demand=keyed_paths(predicted, n_paths, (uniforms[:, 0] * 2.0**53).astype(np.uint64)),
            arrivals=coming.sample_inflow(row, len(series), n_paths, seed),
            lead_time=_evenly(lead_time.periods, uniforms[:, 1:], n_paths),
            delivered_share=None
            if given.share is None
            else delivered_shares(
                given.share, given.lines, series, given.frequency.end_of(predicted.as_of), n_paths, seed + 2
            ),
        ),
    )
    return with_approved(situation, given.approved)


def _evenly(periods: DiscreteDistribution, start: FloatArray, n_paths: int) -> "np.ndarray":
    """Lead times in equal steps of their distribution; the demand of a path has nothing to do with its place."""
    return periods.at((np.arange(n_paths) + start) / n_paths)
