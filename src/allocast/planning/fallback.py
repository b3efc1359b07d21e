"""Where series go when suppliers are lost: to the line that is then best, or nowhere."""

from collections.abc import Collection
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import pandas as pd

from allocast.errors import UnknownNameError
from allocast.inventory.costs import Costs
from allocast.inventory.offers import Offers, SourcingRules, line_costs, main_lines
from allocast.inventory.situation import Scenarios, Situation
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.discrete import DiscreteDistribution
from allocast.planning.offers import offers_within
from allocast.planning.situate import preferred_lines
from allocast.supply.arrivals import ShareReceived
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.order_fates import sample_shares, series_keys
from allocast.supply.orders.order_features import OrderLines
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.sourcing import Sourcing
from allocast.supply.supply_model import SupplyModel

__all__ = ["Fallback"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """What is needed to find other suppliers for a situation's series.

    Parameters
    ----------
    sourcing : Sourcing
        All lines.
    orders : PurchaseOrders
        As known on the day of the situation.
    supply : SupplyModel
    share : ShareReceived, optional
        How much of an order comes in the end; by default all of it.
    rules : SourcingRules
        By which the best line is found.
    seed : int, >= 0
        Of lead times that lines are compared on, and of shares.
    """

    sourcing: Sourcing
    orders: PurchaseOrders
    supply: SupplyModel
    share: ShareReceived | None = None
    rules: SourcingRules = field(default_factory=SourcingRules)
    seed: int = 0

    def without(self, situation: Situation, lost: Collection[str]) -> Situation:
        """The situation with nobody ordering from some suppliers.

        Series of theirs take the line of others that costs least in all, with its terms and lead times; where there is
        none they keep their line with a capacity of 0, so that nothing can be ordered. Each path keeps its luck: where
        the old supplier is slow the new one is slow (common random numbers). What is on order still comes.

        Parameters
        ----------
        situation : Situation
        lost : collection of str

        Raises
        ------
        UnknownNameError
            Nobody has a line with such a supplier.
        DataError
            No other line of a series delivers within the forecast.
        """
        names = set(self.sourcing.supplier_id)
        for name in lost:
            if name not in names:
                raise UnknownNameError("supplier", name, sorted(names))
        gone = np.isin(self.sourcing.supplier_id.astype(str), list(lost))
        affected = np.isin(situation.sourcing.supplier_id.astype(str), list(lost))
        kept = self.sourcing.take(np.flatnonzero(~gone))
        other = preferred_lines(situation.panel.series, kept) >= 0
        stuck = affected & ~other
        capacity = np.where(stuck, 0.0, situation.sourcing.capacity_units)
        left = replace(situation, sourcing=replace(situation.sourcing, capacity_units=capacity))
        rows = np.flatnonzero(affected & other)
        return self._moved(left, kept, rows) if len(rows) else left

    def _moved(self, situation: Situation, kept: Sourcing, rows: IntArray) -> Situation:
        """The situation with the best of the lines that are kept in some rows."""
        offers = self._offers(situation, kept, rows)
        demand, costs = situation.scenarios.demand[rows], situation.costs.take(rows)
        on_the_way = self.rules.holding_on_the_way
        main = main_lines(
            offers, line_costs(offers, demand, costs, seed=self.seed, holding_on_the_way=on_the_way)
        )
        new = offers.lead_time.take(main).periods
        lines = _replaced(situation.sourcing, rows, offers.sourcing.take(main))
        return replace(
            situation,
            sourcing=lines,
            costs=_costs_of(situation, lines),
            lead_time=LeadTimeDistribution(
                period_days=situation.lead_time.period_days,
                periods=_with_rows(situation.lead_time.periods, rows, new),
            ),
            scenarios=self._scenarios(situation, lines, rows, new),
        )

    def _offers(self, situation: Situation, kept: Sourcing, rows: IntArray) -> Offers:
        horizon, panel = situation.scenarios.demand.shape[2], situation.panel
        today = panel.frequency.end_of(panel.as_of)
        series: pd.DataFrame = panel.series.iloc[rows].reset_index(drop=True)
        return offers_within(
            horizon,
            series,
            kept,
            supply=self.supply,
            history=self.orders,
            share=self.share,
            as_of=today,
            period_days=panel.frequency.days_ahead(today, horizon),
        )

    def _scenarios(
        self, situation: Situation, lines: Sourcing, rows: IntArray, new: DiscreteDistribution
    ) -> Scenarios:
        """The scenarios with lead times and shares of other lines in some rows."""
        scenarios = situation.scenarios
        drawn, share = scenarios.lead_time.copy(), scenarios.delivered_share
        drawn[rows] = _with_the_same_luck(drawn[rows], new)
        if self.share is not None and share is not None:
            share = share.copy()
            share[rows] = self._shares(self.share, situation, lines.take(rows), rows)
        return replace(scenarios, lead_time=drawn, delivered_share=share)

    def _shares(
        self, model: ShareReceived, situation: Situation, lines: Sourcing, rows: IntArray
    ) -> FloatArray:
        today = situation.panel.frequency.end_of(situation.panel.as_of)
        placed = [OrderLines.of_sourcing(lines, today)]
        keys, n_paths = series_keys(situation.panel.series.iloc[rows]), situation.scenarios.demand.shape[1]
        return sample_shares(model, placed, keys, n_paths=n_paths, n_periods=1, seed=self.seed + 1)[
            :, :, 0, 0
        ]


def _replaced(lines: Sourcing, rows: IntArray, new: Sourcing) -> Sourcing:
    """The lines with others in some rows."""
    columns: dict[str, Any] = {}
    for one in fields(lines):
        columns[one.name] = getattr(lines, one.name).copy()
        columns[one.name][rows] = getattr(new, one.name)
    return Sourcing(**columns)


def _with_rows(old: DiscreteDistribution, rows: IntArray, new: DiscreteDistribution) -> DiscreteDistribution:
    """Distributions with others in some rows."""
    width = max(new.probability.shape[1], old.probability.shape[1])
    wide = [np.pad(one.probability, ((0, 0), (0, width - one.probability.shape[1]))) for one in (old, new)]
    wide[0][rows] = wide[1]
    return DiscreteDistribution(probability=wide[0])


def _costs_of(situation: Situation, lines: Sourcing) -> Costs:
    """The costs with the new lines' order cost, where order costs are the lines' own."""
    own = bool((situation.costs.order_cost == situation.sourcing.order_cost).all())
    return replace(situation.costs, order_cost=lines.order_cost) if own else situation.costs


def _with_the_same_luck(drawn: IntArray, other: DiscreteDistribution) -> IntArray:
    """Draws from other distributions that are slow on the paths on which given ones are, shape (n, n_paths)."""
    n_paths = drawn.shape[1]
    middles = np.broadcast_to((np.arange(n_paths) + 0.5) / n_paths, drawn.shape)
    values = np.empty_like(drawn)
    np.put_along_axis(values, np.argsort(drawn, axis=1, kind="stable"), other.at(middles), axis=1)
    return values
