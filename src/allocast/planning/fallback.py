"""Where series go when suppliers are lost: to the next cheapest line, or nowhere."""

from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from allocast.errors import UnknownNameError
from allocast.inventory.costs import Costs
from allocast.inventory.situation import Situation
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.discrete import DiscreteDistribution
from allocast.planning.lead_times import lead_times_within
from allocast.planning.situate import preferred_lines
from allocast.supply.lead_time import LeadTimeDistribution
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
    """

    sourcing: Sourcing
    orders: PurchaseOrders
    supply: SupplyModel

    def without(self, situation: Situation, lost: Collection[str]) -> Situation:
        """The situation with nobody ordering from some suppliers.

        Series of theirs take the cheapest line of others, with its terms and lead times; where there is none they
        keep their line with a capacity of 0, so that nothing can be ordered. Each path keeps its luck: where the old
        supplier is slow the new one is slow (common random numbers). What is on order still comes.

        Parameters
        ----------
        situation : Situation
        lost : collection of str

        Raises
        ------
        UnknownNameError
            Nobody has a line with such a supplier.
        DataError
            A new line's lead time reaches beyond the forecast.
        """
        names = set(self.sourcing.supplier_id)
        for name in lost:
            if name not in names:
                raise UnknownNameError("supplier", name, sorted(names))
        gone = np.isin(self.sourcing.supplier_id.astype(str), list(lost))
        affected = np.isin(situation.sourcing.supplier_id.astype(str), list(lost))
        kept = self.sourcing.take(np.flatnonzero(~gone))
        line = preferred_lines(situation.panel.series, kept)
        able = np.flatnonzero(affected & (line >= 0))
        lines = _replaced(situation.sourcing, able, kept.take(line[able]))
        capacity = np.where(affected & (line < 0), 0.0, lines.capacity_units)
        return self._at(situation, replace(lines, capacity_units=capacity), able)

    def _at(self, situation: Situation, lines: Sourcing, rows: IntArray) -> Situation:
        """The situation with new lines in some rows."""
        if not len(rows):
            return replace(situation, sourcing=lines)
        new = self._lead_times(situation, lines.take(rows))
        old = situation.lead_time.periods.probability
        width = max(new.shape[1], old.shape[1])
        probability = np.pad(old, ((0, 0), (0, width - old.shape[1])))
        probability[rows] = np.pad(new, ((0, 0), (0, width - new.shape[1])))
        drawn = situation.scenarios.lead_time.copy()
        drawn[rows] = _with_the_same_luck(drawn[rows], DiscreteDistribution(probability=new))
        return replace(
            situation,
            sourcing=lines,
            costs=_costs_of(situation, lines),
            lead_time=LeadTimeDistribution(
                period_days=situation.lead_time.period_days,
                periods=DiscreteDistribution(probability=probability),
            ),
            scenarios=replace(situation.scenarios, lead_time=drawn),
        )

    def _lead_times(self, situation: Situation, lines: Sourcing) -> FloatArray:
        horizon, panel = situation.scenarios.demand.shape[2], situation.panel
        today = panel.frequency.end_of(panel.as_of)
        found = lead_times_within(
            horizon,
            self.supply,
            lines,
            history=self.orders,
            as_of=today,
            period_days=panel.frequency.days_ahead(today, horizon),
        )
        return found.periods.probability


def _replaced(lines: Sourcing, rows: IntArray, new: Sourcing) -> Sourcing:
    """The lines with others in some rows."""
    columns: dict[str, Any] = {}
    for one in fields(lines):
        columns[one.name] = getattr(lines, one.name).copy()
        columns[one.name][rows] = getattr(new, one.name)
    return Sourcing(**columns)


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
