"""One row for each period that somebody was at risk in: what a hazard is learned from."""

from dataclasses import dataclass

import numpy as np

from allocast.numerics.arrays import BoolArray, FloatArray, IntArray

__all__ = ["PersonPeriods", "count_person_periods", "person_periods"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PersonPeriods:
    """Person-periods, those in which nothing happened first, each part in the order of the rows.

    Parameters
    ----------
    row, period : arrays of shape (n,)
        Whose, and which.
    exposure : array of shape (n,), in days, > 0
        How long the row was at risk within the period.
    happened : array of bool, shape (n,)
        Whether the event ended it.
    stands_for : array of shape (n,), >= 1
        Person-periods that it speaks for, where not all were kept.
    """

    row: IntArray
    period: IntArray
    exposure: FloatArray
    happened: BoolArray
    stands_for: FloatArray

    def __len__(self) -> int:
        return len(self.row)


def person_periods(
    duration: FloatArray,
    event: BoolArray,
    entry: FloatArray,
    edges: FloatArray,
    *,
    share: float,
    rng: np.random.Generator,
) -> PersonPeriods:
    """Cut times at risk into periods; keep all periods with an event and a share of the others.

    The others are laid end to end and cut into stretches of 1 ÷ ``share``; one is drawn from each stretch. So each is
    as likely to be kept as any other, every row and every period gets its share almost exactly, and those not kept are
    never made: memory grows with what is kept.

    Parameters
    ----------
    duration, entry : arrays of shape (n,), in days, 0 <= entry <= duration
        Watched in (entry, duration]; where they are equal there is no person-period.
    event : array of bool, shape (n,)
        Whether it ended with the event.
    edges : array of shape (n_periods + 1,), in days, rising from 0
        The last period goes on for ever.
    share : float, in (0, 1]
        Of the person-periods without an event, how many are kept, each standing for 1 ÷ ``share``.
    rng : Generator

    Examples
    --------
    >>> cut = person_periods(np.array([5.0]), np.array([True]), np.array([1.0]), np.array([0.0, 2.0, 4.0, 6.0]),
    ...                      share=1.0, rng=np.random.default_rng(0))
    >>> cut.period, cut.exposure, cut.happened
    (array([0, 1, 2]), array([1., 2., 1.]), array([False, False,  True]))
    """
    first, last = _first_and_last(duration, entry, edges)
    quiet = np.where(duration > entry, last - first + ~event, 0)
    upto = np.cumsum(quiet)
    kept = _one_of_each_stretch(int(upto[-1]) if len(upto) else 0, share, rng)
    row = np.searchsorted(upto, kept, side="right")
    period = kept - (upto[row] - quiet[row]) + first[row]
    ended = np.flatnonzero(event & (duration > entry))
    row, period = np.concatenate([row, ended]), np.concatenate([period, last[ended]])
    ends = np.append(edges[1:-1], np.inf)
    return PersonPeriods(
        row=row,
        period=period,
        exposure=np.minimum(ends[period], duration[row]) - np.maximum(edges[period], entry[row]),
        happened=np.arange(len(row)) >= len(kept),
        stands_for=np.where(np.arange(len(row)) < len(kept), 1.0 / share, 1.0),
    )


def count_person_periods(
    duration: FloatArray, event: BoolArray, entry: FloatArray, edges: FloatArray
) -> tuple[int, int]:
    """How many person-periods there are without an event, and with one."""
    first, last = _first_and_last(duration, entry, edges)
    watched = duration > entry
    return int(((last - first + ~event) * watched).sum()), int((event & watched).sum())


def _first_and_last(duration: FloatArray, entry: FloatArray, edges: FloatArray) -> tuple[IntArray, IntArray]:
    """Periods that each row was at risk in; a period holds its end, not its start."""
    return (
        np.searchsorted(edges[1:-1], entry, side="right"),
        np.searchsorted(edges[1:-1], duration, side="left"),
    )


def _one_of_each_stretch(n: int, share: float, rng: np.random.Generator) -> IntArray:
    """Places below n, rising: one drawn from each stretch of 1 ÷ share places."""
    if share >= 1:
        return np.arange(n)
    drawn = (np.arange(int(np.ceil(n * share))) + rng.random(int(np.ceil(n * share)))) / share
    places: IntArray = drawn.astype(np.int64)
    return places[places < n]
