"""What a series has from its group: a scale while its own history is short, recent means, the mean so far.

All of it comes from sums over the group's series. Numbers are rounded to a fixed grain before they are added, so that
sums are exact: no order of the series changes a bit of them, and sums of parts can be added to those of the whole.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.compiled import compiled

__all__ = [
    "SMALLEST_SCALE", "group_means", "means_at", "means_so_far", "relative_sums", "shrunk_scale", "unit_sums",
]  # fmt: skip

SMALLEST_SCALE = 0.02  # a series of a group that never sold is scaled as if it sold a unit in 50 periods
GRAIN = 2.0**-24  # exact up to sums of half a billion, and of whole units to 2**53
PRIOR_PERIODS = 4.0  # a group's mean weighs at most as much as so many own periods
ENOUGH_PERIODS = 13  # observed in the window, and the group is asked no more


def unit_sums(values: FloatArray, codes: IntArray, n_codes: int) -> FloatArray:
    """Units of the series with each code in each period, and how many of them were observed.

    Parameters
    ----------
    values : float32 array of shape (n_series, n_periods)
    codes : array of int, shape (n_series,)
    n_codes : int

    Returns
    -------
    sums : array of shape (2, n_codes, n_periods)
        First the units, then the numbers observed.

    Examples
    --------
    >>> unit_sums(np.array([[1.0, np.nan], [2.0, 4.0]], dtype=np.float32), np.array([0, 0]), 1).tolist()
    [[[3.0, 4.0]], [[2.0, 1.0]]]
    """
    sums = np.zeros((2, n_codes, values.shape[1]))
    _add(values, codes, GRAIN, sums[0], sums[1])
    return sums


def relative_sums(values: FloatArray, scale: FloatArray, codes: IntArray, n_codes: int) -> FloatArray:
    """Sums of values ÷ scale, otherwise as `unit_sums`."""
    sums = np.zeros((2, n_codes, values.shape[1]))
    _add_relative(values, scale, codes, GRAIN, sums[0], sums[1])
    return sums


def shrunk_scale(
    values: FloatArray, window: int, lenders: Sequence[tuple[IntArray, FloatArray]]
) -> FloatArray:
    """Mean of the last ``window`` periods, helped by the group's while little was observed, at every period.

    (sum of what was observed + k × mean of the group) ÷ (n observed + k), where k falls from 4 to 0 as n rises from 0
    to 13, or to the window if that is shorter: a series without history has the scale of its group, and one with
    13 observed periods its own alone, so that one that sells little is not measured by others that sell much.

    Parameters
    ----------
    values : float32 array of shape (n_series, n_periods)
    window : int, >= 1
    lenders : sequence of pairs of codes, shape (n_series,), and of the `unit_sums` of these codes
        The first that knows anything in the window lends its mean; bring one of all series last.

    Returns
    -------
    scale : float32 array as ``values``, >= ``SMALLEST_SCALE``
    """
    prior = np.full(values.shape, np.nan, dtype=np.float32)
    for codes, sums in lenders:
        _lend(window, codes, sums[0].copy(), sums[1].copy(), prior)
        if not np.isnan(prior[:, -1]).any() and not np.isnan(prior).any():
            break
    _shrink(values, window, prior)
    return prior


def group_means(sums: FloatArray) -> FloatArray:
    """Mean over the series of each group in each period, float32; NaN where none is known.

    Parameters
    ----------
    sums : array of shape (2, n_groups, n_periods)
        As of `relative_sums`.
    """
    return _ratio(sums[0], sums[1])


def means_so_far(sums: FloatArray, everybody: FloatArray) -> FloatArray:
    """Mean units of all observed periods so far of the series with each code, drawn towards that of all series.

    Every mean starts with 4 periods at the mean of all.

    Parameters
    ----------
    sums : array of shape (2, n_codes, n_periods)
        As of `unit_sums`.
    everybody : array of shape (2, 1, n_periods)
        The same of all series.

    Returns
    -------
    means : float32 array of shape (n_codes, n_periods), NaN while nothing was observed anywhere
    """
    total, count = np.cumsum(sums, axis=2)
    everywhere = group_means(np.cumsum(everybody, axis=2))
    mean: FloatArray = ((total + PRIOR_PERIODS * everywhere) / (count + PRIOR_PERIODS)).astype(np.float32)
    return mean


def means_at(
    values: FloatArray, rows: IntArray, ends: IntArray, window: int, *, first: IntArray | None = None
) -> FloatArray:
    """Mean of what is not NaN in the last ``window`` periods at some cells, shape (n_cells,).

    Parameters
    ----------
    values : array of shape (n_rows, n_periods)
    rows, ends : arrays of int, shape (n_cells,)
        NaN comes out where an end lies before the first period.
    window : int
    first : array of int, shape (n_cells,), optional
        Nothing before it counts; 0 by default.

    Examples
    --------
    >>> means_at(np.array([[1.0, np.nan, 5.0]]), np.array([0, 0]), np.array([2, -1]), 2)
    array([ 5., nan], dtype=float32)
    """
    out = np.empty(len(rows), dtype=np.float32)
    _means_at(values, rows, ends, window, np.zeros_like(ends) if first is None else first, out)
    return out


def _ratio(total: FloatArray, count: FloatArray) -> FloatArray:
    out = np.full(total.shape, np.nan, dtype=np.float32)
    np.divide(total, count, out=out, where=count > 0, casting="same_kind")
    return out


@compiled
def _lend(window: int, codes: Any, total: Any, count: Any, prior: Any) -> None:
    """The mean of each group over its members' windows, where no earlier group has lent one."""
    n_series, n_periods = prior.shape
    for g in range(len(total)):
        _window_sums(total[g], window)
        _window_sums(count[g], window)
    for s in range(n_series):
        own, known = total[codes[s]], count[codes[s]]
        for t in range(n_periods):
            if prior[s, t] != prior[s, t] and known[t] > 0:
                prior[s, t] = own[t] / known[t]


@compiled
def _shrink(values: Any, window: int, prior: Any) -> None:
    """From the group's mean to the scale, in place."""
    for s in range(len(values)):
        total, known = 0.0, 0.0
        for t in range(values.shape[1]):
            if values[s, t] == values[s, t]:
                total += values[s, t]
                known += 1.0
            if t >= window and values[s, t - window] == values[s, t - window]:
                total -= values[s, t - window]
                known -= 1.0
            lent = prior[s, t] if prior[s, t] == prior[s, t] else 0.0
            weight = PRIOR_PERIODS * max(1.0 - known / min(window, ENOUGH_PERIODS), 0.0)
            prior[s, t] = max((total + weight * lent) / (known + weight), SMALLEST_SCALE)


@compiled
def _window_sums(values: Any, window: int) -> None:
    """Sums of the last ``window`` places, in place, from the last to the first."""
    running = 0.0
    total = np.empty(values.size + 1)
    total[0] = 0.0
    for t in range(values.size):
        running += values[t]
        total[t + 1] = running
    for t in range(values.size):
        values[t] = total[t + 1] - total[max(t + 1 - window, 0)]


@compiled
def _add(values: Any, codes: Any, grain: float, total: Any, count: Any) -> None:
    finer = 1.0 / grain
    for s in range(len(values)):
        own, known = total[codes[s]], count[codes[s]]
        for t in range(values.shape[1]):
            seen = values[s, t] == values[s, t]
            own[t] += np.rint(values[s, t] * finer) * grain if seen else 0.0
            known[t] += seen


@compiled
def _add_relative(values: Any, scale: Any, codes: Any, grain: float, total: Any, count: Any) -> None:
    finer = 1.0 / grain
    for s in range(len(values)):
        own, known = total[codes[s]], count[codes[s]]
        for t in range(values.shape[1]):
            seen = values[s, t] == values[s, t]
            own[t] += np.rint(values[s, t] / scale[s, t] * finer) * grain if seen else 0.0
            known[t] += seen


@compiled
def _means_at(values: Any, rows: Any, ends: Any, window: int, first: Any, out: Any) -> None:
    for k in range(out.size):
        total, known = 0.0, 0
        for t in range(max(ends[k] - window + 1, first[k]), ends[k] + 1):
            value = np.float64(values[rows[k], t])
            if value == value:
                total += value
                known += 1
        out[k] = total / known if known > 0 else np.nan
