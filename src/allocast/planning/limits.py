"""Shared limits as the orders of one day meet them, and the orders cut to what they allow."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from allocast.errors import InfeasibleError, UnknownNameError
from allocast.inventory.basket import Basket, Cut, Limits, cut_to_limits, whole_loads, worth_of_next_packs
from allocast.inventory.basket.prices import Groups
from allocast.inventory.order_lines import OrderLines
from allocast.inventory.recommendation import Status
from allocast.inventory.situation import Situation
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray, TextArray
from allocast.planning.commitments import Commitments
from allocast.planning.shared_limits import shared_limits
from allocast.planning.supplier_loads import has_loads, supplier_loads

__all__ = ["LimitedLines", "keep_limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitedLines:
    """Order lines within all limits, and how they came about.

    Parameters
    ----------
    lines : OrderLines
    before : array of shape (n_lines,), in units
        What suppliers would have been asked for without limits.
    cut : Cut
    row : array of int, shape (n_basket,)
        The line of each line of the basket.
    load : array of text, shape (n_lines,)
        The container or minimum order value that a line was filled or trimmed for; empty where none.
    """

    lines: OrderLines
    before: FloatArray
    cut: Cut
    row: IntArray
    load: TextArray

    def told(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows of `explain` with what the limits did to them, one row a line."""
        after, reason = self.lines.units, table["reason"].to_numpy(object).copy()
        status = table["status"].to_numpy(object).copy()
        stopped, ends = np.full(len(after), -1), self._ends()
        stopped[self.row] = self.cut.stopped_by
        for row in map(int, np.flatnonzero(after != self.before)):
            begin, before = f"{reason[row]} ", f"{self.before[row]:.0f}"
            why = self._why(row, ends[stopped[row]])
            if after[row] == 0:
                reason[row], status[row] = (
                    f"Nothing ordered: {before} are wanted, but {why}",
                    str(Status.LIMITED),
                )
            elif self.before[row] == 0:
                reason[row] = f"Order {after[row]:.0f}, of which the policy wants nothing: {why}"
            else:
                reason[row] = (
                    begin + f"{'Cut' if after[row] < self.before[row] else 'Raised'} from {before}: {why}"
                )
        return table.assign(reason=reason, status=status)

    def _ends(self) -> list[str]:
        """How each group of all limits ends a line."""
        named = zip(self.cut.names, self.cut.price, strict=True)
        return [*(f"{name} ends here{_price(price)}." for name, price in named), ""]

    def _why(self, row: int, ends: str) -> str:
        """What made a line other than it was."""
        more = self.lines.units[row] > self.before[row]
        if self.load[row]:
            ways = (
                "to fill it costs less than to drop it"
                if more
                else "to fill it costs more, or nothing more fits"
            )
            return f"{self.load[row]} must be whole, and {ways}."
        if more:
            return "so much must be ordered."
        return ends


def _price(price: float) -> str:
    if price > 0:
        return f"; one more of it would save {price:.3g}"
    return ", for what saves nothing in expectation or is more than it has left"


def keep_limits(limits: Limits, situation: Situation, lines: OrderLines, known: Commitments) -> LimitedLines:
    """The most valuable part of the orders that all limits allow.

    Parameters
    ----------
    limits : Limits
    situation : Situation
    lines : OrderLines
        As wanted, in packs and minimum orders.
    known : Commitments
        Of the whole panel.

    Raises
    ------
    InfeasibleError
        What must be ordered does not fit; it names a smallest set of rules that contradict each other.
    DataError
        A price, a volume or a category that a limit goes by is not known.
    """
    least = _least(limits, situation, lines)
    asked = replace(lines, units=np.maximum(lines.units, lines.sourcing.feasible_units(least)))
    row = _by_name(asked, has_loads(limits.suppliers, asked.sourcing.supplier_id))
    basket = _basket(situation, asked, row, least)
    series = situation.panel.series.iloc[asked.series[row]]
    cut = cut_to_limits(basket, shared_limits(limits, basket, series, known))
    units = np.zeros(len(lines))
    names, load = (np.full(len(lines), "", dtype=object) for _ in range(2))
    names[row] = np.array([*cut.names, "least_units"], dtype=object)[cut.stopped_by]
    loads = supplier_loads(limits.suppliers, basket, series)
    if loads.name:
        groups = Groups.of(cut.limits, len(basket))
        given = _taken(asked, row, cut.units)
        filled, by, cost = whole_loads(situation, given, loads, least=least[row], groups=groups)
        value = cut.value - cost
        cut = replace(cut, units=filled, value=value, bound=max(cut.bound, value))
        load[row] = np.array([*loads.name, ""], dtype=object)[by]
        names = np.where(load != "", load, names)
    units[row] = cut.units
    return LimitedLines(lines=lines.cut_to(units, names), before=lines.units, cut=cut, row=row, load=load)


def _least(limits: Limits, situation: Situation, lines: OrderLines) -> FloatArray:
    """Units that must be ordered on each line: on the first of its series."""
    least = np.zeros(len(lines))
    series = situation.panel.series
    keys = zip(series["item_id"], series["location_id"], strict=True)
    place = {key: row for row, key in enumerate(keys)} if limits.least_units else {}
    for key, units in limits.least_units.items():
        if key not in place:
            valid = [" at ".join(one) for one in place]
            raise UnknownNameError("series to order at least some units of", " at ".join(key), valid)
        least[int(np.searchsorted(lines.series, place[key]))] = units
    short = lines.sourcing.feasible_units(least) < least
    if short.any():
        line = int(np.argmax(short))
        terms = lines.sourcing
        raise InfeasibleError(
            (
                f"least_units of {terms.item_id[line]} at {terms.location_id[line]} ({least[line]:g})",
                f"capacity_units of its supplier {terms.supplier_id[line]} ({terms.capacity_units[line]:g})",
            )
        )
    return least


def _by_name(lines: OrderLines, fillers: BoolArray) -> IntArray:
    """Lines with something to order, or that may fill a load; sorted by item, location and supplier."""
    some = np.flatnonzero((lines.units > 0) | fillers)
    terms = lines.sourcing.take(some)
    keys = (terms.supplier_id, terms.location_id, terms.item_id)
    order: IntArray = some[np.lexsort([pd.factorize(key, sort=True)[0] for key in keys])]
    return order


def _taken(lines: OrderLines, row: IntArray, units: FloatArray) -> OrderLines:
    """Some lines, with other units."""
    return OrderLines(
        series=lines.series[row],
        sourcing=lines.sourcing.take(row),
        lead_time=lines.lead_time.take(row),
        wanted_units=lines.wanted_units[row],
        units=units,
        binding=lines.binding[row],
    )


def _basket(situation: Situation, lines: OrderLines, row: IntArray, least: FloatArray) -> Basket:
    kept = _taken(lines, row, lines.units[row])
    own = situation.costs.unit_cost[kept.series]
    price = np.where(np.isnan(kept.sourcing.unit_cost), own, kept.sourcing.unit_cost)
    return Basket(
        item_id=kept.sourcing.item_id,
        location_id=kept.sourcing.location_id,
        supplier_id=kept.sourcing.supplier_id,
        unit_cost=price,
        pack_units=kept.sourcing.pack_units,
        steps=worth_of_next_packs(situation, kept, least[row]),
    )
