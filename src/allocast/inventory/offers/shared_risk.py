"""A rule against risk: no supplier gets more than a share of a series' order."""

from dataclasses import replace

import numpy as np

from allocast.inventory.offers.offers import Offers
from allocast.inventory.order_lines import OrderLines, binding_terms
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray

__all__ = ["share_risk"]


def share_risk(
    lines: OrderLines, offers: Offers, main: IntArray, cost: FloatArray, largest_share: float
) -> OrderLines:
    """The same units, of which the main supplier gets no more than a share, as far as packs and minimums let.

    What is above the share goes to the other supplier who costs least, in whole packs, rounded up; if he may not get
    so much either, or his capacity ends, the rest goes to the next. A part that would raise a series' order by more
    than the rounding to packs is not moved: the line then says so. Units that were given to another supplier to be
    there early stay with him.

    Parameters
    ----------
    lines : OrderLines
    offers : Offers
    main : array of int, shape (n_series,)
        Row of each series' main line.
    cost : array of shape (n_lines of the offers,), in money
        The lowest is asked first.
    largest_share : float in (0, 1]
    """
    order = np.lexsort((np.arange(len(offers)), offers.price, cost, offers.series))
    others = order[offers.can_deliver[order] & (main[offers.series[order]] != order)]
    most = np.floor(largest_share * lines.total(offers.n_series) + 1e-9)
    for candidates in _ranks(offers, others):
        lines = _moved(lines, offers, main, candidates, most, largest_share)
    return _told(lines, offers, main, others, most, largest_share)


def _ranks(offers: Offers, order: IntArray) -> list[IntArray]:
    """Of each series the best line, then the second, and so on; a list of rows for each rank."""
    series = offers.series[order]
    rank = np.arange(len(order)) - np.searchsorted(series, series)
    return [order[rank == place] for place in range(int(rank.max(initial=-1)) + 1)]


def _moved(
    lines: OrderLines,
    offers: Offers,
    main: IntArray,
    candidates: IntArray,
    most: FloatArray,
    largest_share: float,
) -> OrderLines:
    """Move what the main line of each series has above the most to the candidate."""
    series = offers.series[candidates]
    from_, to = _places(lines, offers, main)[series], _places(lines, offers, candidates)
    has = np.where(to >= 0, lines.units[to], 0.0)
    above = np.minimum(lines.units[from_] - most[series], most[series] - has)
    theirs, ours = offers.sourcing.take(candidates), offers.sourcing.take(main[series])
    moved = theirs.feasible_units(np.where(above > 0, has + above, 0.0)) - has
    stays = ours.feasible_units(np.maximum(lines.units[from_] - moved, 0.0))
    raised = stays + moved - lines.units[from_]
    fits = (above > 0) & (moved > 0) & (stays > 0) & (stays < lines.units[from_])
    fits &= raised <= theirs.pack_units + ours.pack_units - 2
    units, note = lines.units.copy(), lines.note.copy()
    told = f"No more than {100 * largest_share:.0f} % from one supplier."
    units[from_[fits]] = stays[fits]
    known, new = fits & (to >= 0), candidates[fits & (to < 0)]
    units[to[known]] += moved[known]
    for place in to[known]:
        note[place] = f"{note[place]} {told}".lstrip()
    kept = replace(lines, units=units, note=note)
    return (
        OrderLines.together(kept, _new_lines(offers, new, moved[fits & (to < 0)], told)) if len(new) else kept
    )


def _new_lines(offers: Offers, rows: IntArray, units: FloatArray, told: str) -> OrderLines:
    sourcing = offers.sourcing.take(rows)
    return OrderLines(
        series=offers.series[rows],
        sourcing=sourcing,
        lead_time=offers.lead_time.take(rows),
        wanted_units=units,
        units=units,
        binding=binding_terms(sourcing, units, units),
        note=np.full(len(rows), told, dtype=object),
    )


def _places(lines: OrderLines, offers: Offers, rows: IntArray) -> IntArray:
    """Place among the lines of each of these offers; −1 where there is none."""
    keys = zip(lines.series, lines.sourcing.supplier_id, strict=True)
    place = {key: at for at, key in enumerate(keys)}
    wanted = zip(offers.series[rows], offers.sourcing.supplier_id[rows], strict=True)
    return np.array([place.get(key, -1) for key in wanted], dtype=np.int64)


def _told(
    lines: OrderLines,
    offers: Offers,
    main: IntArray,
    others: IntArray,
    most: FloatArray,
    largest_share: float,
) -> OrderLines:
    """Main lines that are left above their share say so, where another supplier can deliver."""
    place = _places(lines, offers, main)
    rounding = np.maximum(offers.sourcing.pack_units[main] - 1, 0.0)
    over: BoolArray = np.isin(np.arange(len(main)), offers.series[others])
    over &= lines.units[place] > most + rounding
    note = lines.note.copy()
    told = f"More than {100 * largest_share:.0f} %: packs, minimum orders and capacities do not let it be divided."
    for at in place[over]:
        note[at] = f"{note[at]} {told}".lstrip()
    return replace(lines, note=note)
