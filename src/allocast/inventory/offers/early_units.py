"""Units from other suppliers than the main one: for what the main line cannot bring in time, or at all."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from allocast.inventory.offers.kernels import best_extras, next_chance, shortage_until
from allocast.inventory.offers.offers import Offers
from allocast.inventory.situation import Situation
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray

__all__ = ["ExtraUnits", "early_units", "rest_beyond_capacity"]

BLOCK_SERIES = 2000  # whose scenarios are copied at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraUnits:
    """Orders on other lines than the main ones.

    Parameters
    ----------
    rows : array of int, shape (n_orders,)
        Of the offers; never falling.
    units : array of shape (n_orders,), whole units, > 0
    periods : array of int, shape (n_orders, n_paths)
        In which coming period each is there.
    gain, shortage_saved : arrays of shape (n_orders,), in money
        What each is expected to save beyond its own price and order cost; and the shortage in it alone.
    """

    rows: IntArray
    units: FloatArray
    periods: IntArray
    gain: FloatArray
    shortage_saved: FloatArray

    def __len__(self) -> int:
        return len(self.rows)

    @classmethod
    def none(cls, n_paths: int) -> "ExtraUnits":
        """No orders."""
        return cls(
            rows=np.zeros(0, dtype=np.int64),
            units=np.zeros(0),
            periods=np.zeros((0, n_paths), dtype=np.int64),
            gain=np.zeros(0),
            shortage_saved=np.zeros(0),
        )

    def take(self, which: IntArray) -> "ExtraUnits":
        """The chosen orders, in the given order."""
        return ExtraUnits(
            rows=self.rows[which],
            units=self.units[which],
            periods=self.periods[which],
            gain=self.gain[which],
            shortage_saved=self.shortage_saved[which],
        )

    def and_(self, other: "ExtraUnits") -> "ExtraUnits":
        """These and others, by rows."""
        both = ExtraUnits(
            rows=np.concatenate([self.rows, other.rows]),
            units=np.concatenate([self.units, other.units]),
            periods=np.concatenate([self.periods, other.periods]),
            gain=np.concatenate([self.gain, other.gain]),
            shortage_saved=np.concatenate([self.shortage_saved, other.shortage_saved]),
        )
        return both.take(np.argsort(both.rows, kind="stable"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """Series that wait for their main line: their scenarios, and until when on each path it cannot help."""

    demand: FloatArray
    inflow: FloatArray
    stock: FloatArray
    until: IntArray
    holding: FloatArray
    shortage: FloatArray
    owing: bool
    review: int

    @classmethod
    def of(cls, situation: Situation, series: IntArray) -> "_Waiting":
        scenarios, position = situation.scenarios, situation.position
        return cls(
            demand=scenarios.demand[series],
            inflow=scenarios.arrivals[series].copy(),
            stock=(position.on_hand - position.backordered)[series],
            until=scenarios.lead_time[series].astype(np.int64),
            holding=situation.costs.holding_cost[series],
            shortage=situation.costs.shortage_cost[series],
            owing=situation.costs.backorders,
            review=situation.review_periods,
        )

    def add(self, series: IntArray, units: FloatArray, periods: IntArray) -> None:
        """Let more arrive; ``inflow`` changes."""
        order, path = np.nonzero(periods < self.inflow.shape[2])
        np.add.at(self.inflow, (series[order], path, periods[order, path]), units[order])


def early_units(situation: Situation, offers: Offers, *, seed: int) -> ExtraUnits:
    """What to order from another supplier now, because the main line's order would come too late for it.

    On each path, an order placed now on the main line is there after its lead time. What is missed until then can be
    avoided only by another supplier who is there earlier, on that path: because he is faster, or because the main one
    happens to be late (of two independent arrivals the earlier one counts). A unit is worth having as long as the
    expected shortage that it avoids, and what it costs to hold it, come to more than its price is above the main
    line's. Three things keep from buying too much: what is left when the main line arrives is worth the main line's
    price only; what a later order could still bring, of this supplier or of one no dearer, counts no more than what it
    would be bought for then; and an order must pay for its order cost. Packs and minimum orders are those of the line.

    Where several other lines are worth it, the one that saves most is taken first, then the next for what remains.

    Parameters
    ----------
    situation : Situation
        Its sourcing is the main line of each series.
    offers : Offers
    seed : int, >= 0
        Of the lead times of the other lines.
    """
    main = offers.rows_of(situation.sourcing)
    other = np.setdiff1d(np.flatnonzero(offers.can_deliver), main)
    other = other[_may_be_worth(situation, offers, main, other, review=0)]
    found = ExtraUnits.none(situation.scenarios.demand.shape[1])
    for rows in _blocks(offers, other):
        series, own = np.unique(offers.series[rows], return_inverse=True)
        waiting = _Waiting.of(situation, series)
        found = found.and_(_chosen(offers, main, rows, own, waiting, np.full(len(rows), np.inf), seed))
    return found


def rest_beyond_capacity(
    situation: Situation, offers: Offers, wanted: FloatArray, *, known: ExtraUnits, seed: int
) -> ExtraUnits:
    """What to order from another supplier of what is wanted above the main line's capacity.

    As `early_units`, with the main line's order on its way, until the main line's next order could be there. So a unit
    that can wait for that order, or for a later one of the other supplier, waits.

    Parameters
    ----------
    situation : Situation
        Its sourcing is the main line of each series; what is ordered early is not in it.
    offers : Offers
    wanted : array of shape (n_series,), in units
        From the main line.
    known : ExtraUnits
        What is ordered early. No further units are taken from those lines.
    seed : int, >= 0
    """
    main = offers.rows_of(situation.sourcing)
    units = situation.sourcing.feasible_units(wanted)
    beyond = np.maximum(wanted - units, 0.0)
    other = np.setdiff1d(np.flatnonzero(offers.can_deliver & (beyond[offers.series] > 0)), main)
    other = np.setdiff1d(other, known.rows)
    found = ExtraUnits.none(situation.scenarios.demand.shape[1])
    for rows in _blocks(offers, other):
        series, own = np.unique(offers.series[rows], return_inverse=True)
        waiting = _Waiting.of(situation, series)
        ours = known.take(np.flatnonzero(np.isin(offers.series[known.rows], series)))
        place = np.searchsorted(series, offers.series[ours.rows])
        waiting.add(place, ours.units * offers.delivered_share[ours.rows], ours.periods)
        coming = (units * offers.delivered_share[main])[series]
        waiting.add(np.arange(len(series)), coming, waiting.until)
        waiting = replace(waiting, until=waiting.until + waiting.review)
        most = beyond[offers.series[rows]]
        found = found.and_(_chosen(offers, main, rows, own, waiting, most, seed))
    return found


def _may_be_worth(
    situation: Situation, offers: Offers, main: IntArray, rows: IntArray, *, review: int
) -> BoolArray:
    """Whether all that is missed until the main line can help comes to more than the smallest order would cost."""
    scenarios, position = situation.scenarios, situation.position
    series, own = np.unique(offers.series[rows], return_inverse=True)
    missed = shortage_until(
        series, scenarios.demand, scenarios.arrivals, position.on_hand - position.backordered,
        situation.costs.backorders, scenarios.lead_time, review,
    )  # fmt: skip
    stake = (missed * situation.costs.shortage_cost[series])[own]
    units = offers.smallest_order[rows] * offers.delivered_share[rows]
    worth: BoolArray = stake > _premium(offers, main, rows) * units + offers.sourcing.order_cost[rows]
    return worth


def _premium(offers: Offers, main: IntArray, rows: IntArray) -> FloatArray:
    """What a unit costs more than on the main line of its series, at least nothing, in money."""
    premium: FloatArray = np.maximum(offers.price[rows] - offers.price[main[offers.series[rows]]], 0.0)
    return premium


def _blocks(offers: Offers, rows: IntArray) -> Iterator[IntArray]:
    """Rows of whole series, of about so many series each, so that scenarios of few are held twice."""
    series, own = np.unique(offers.series[rows], return_inverse=True)
    for first in range(0, len(series), BLOCK_SERIES):
        yield rows[(own >= first) & (own < first + BLOCK_SERIES)]


def _chosen(
    offers: Offers,
    main: IntArray,
    other: IntArray,
    own: IntArray,
    waiting: _Waiting,
    most: FloatArray,
    seed: int,
) -> ExtraUnits:
    """The best line of each series, then the next best with that on its way, until none saves anything more."""
    premium = _premium(offers, main, other)
    periods = offers.lead_time_draws(other, waiting.demand.shape[1], seed)
    again = next_chance(own, premium, periods, waiting.review)
    found = ExtraUnits.none(waiting.demand.shape[1])
    left = np.arange(len(other))
    while len(left):
        packs, gain, saved = _worth_having(
            offers, other[left], own[left], waiting, most[left], premium[left], periods[left], again[left]
        )
        best = _best_of_each(own[left], gain)
        if not len(best):
            break
        taken = ExtraUnits(
            rows=other[left[best]],
            units=packs[best] * offers.sourcing.pack_units[other[left[best]]],
            periods=periods[left[best]],
            gain=gain[best],
            shortage_saved=saved[best],
        )
        series = own[left[best]]
        waiting.add(series, taken.units * offers.delivered_share[taken.rows], taken.periods)
        found = found.and_(taken)
        open_ = np.isin(own[left], series)
        open_[best] = False
        left = left[open_]
    return found


def _worth_having(
    offers: Offers,
    rows: IntArray,
    own: IntArray,
    waiting: _Waiting,
    most: FloatArray,
    premium: FloatArray,
    periods: IntArray,
    again: IntArray,
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Packs of each line that are worth having by themselves, what they save in all, and of shortage."""
    share, pack = offers.delivered_share[rows], offers.sourcing.pack_units[rows]
    useful = waiting.demand.sum(axis=2).max(axis=1, initial=0.0) - np.minimum(waiting.stock, 0.0)
    needed = np.minimum(np.ceil(useful[own] / (pack * share)), np.ceil(np.minimum(most, 1e15) / pack))
    fewest = offers.smallest_order[rows] / pack
    able = np.floor(np.minimum(offers.sourcing.capacity_units[rows], 1e15) / pack)
    found: tuple[IntArray, FloatArray, FloatArray] = best_extras(
        own, waiting.demand, waiting.inflow, waiting.stock, waiting.owing, periods, again, waiting.until,
        waiting.holding, waiting.shortage, premium, offers.sourcing.order_cost[rows], share, pack,
        fewest.astype(np.int64), np.minimum(np.maximum(needed, fewest), able).astype(np.int64),
    )  # fmt: skip
    return found


def _best_of_each(series: IntArray, gain: FloatArray) -> IntArray:
    """Place of the line with the largest gain of each series that has one; the first, where two are equal."""
    some = np.flatnonzero(gain > 0)
    order = some[np.lexsort((some, -gain[some], series[some]))]
    first = np.unique(series[order], return_index=True)[1]
    return order[first]
