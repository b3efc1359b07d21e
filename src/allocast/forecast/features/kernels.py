"""Compiled statistics of the history of one series, each written for a run of consecutive periods.

A function here is given the history until the last origin and nothing later. What it writes for a period comes from
that period and those before it: from running totals, which start at the first period, so that the same numbers come
out whatever run of periods is asked for. Totals are float64; values and results are float32. NaN is passed over.
"""

from typing import Any

import numpy as np

from allocast.numerics.compiled import compiled

__all__ = [
    "ages",
    "deviations",
    "exponential_means",
    "extremes",
    "lagged",
    "means",
    "periods_since_sale",
    "scale_by",
    "shares_observed",
    "total_of_products",
    "total_of_zeros",
    "totals",
]

SMALLEST_WEIGHT = 1e-100
Vector = Any  # a one-dimensional array, as numba sees it


@compiled
def totals(values: Vector, total: Vector, square: Vector, count: Vector) -> bool:
    """Running totals of values, squares and how many, each one longer than the values; says whether all are known."""
    running, squares, known = 0.0, 0.0, 0
    for t in range(values.size):
        seen = values[t] == values[t]
        value = float(values[t]) if seen else 0.0
        running += value
        squares += value * value
        known += seen
        total[t + 1] = running
        square[t + 1] = squares
        count[t + 1] = known
    return bool(known == values.size)


@compiled
def total_of_products(values: Vector, factor: Vector, total: Vector) -> None:
    """Running total of values × factor."""
    running = 0.0
    for t in range(values.size):
        product = np.float64(values[t]) * factor[t]
        running += product if product == product else 0.0
        total[t + 1] = running


@compiled
def total_of_zeros(values: Vector, total: Vector) -> None:
    """Running number of zeros."""
    running = 0.0
    for t in range(values.size):
        running += values[t] == 0.0
        total[t + 1] = running


@compiled
def _means_of_all(now: Vector, before: Vector, share: float, out: Vector) -> None:
    for t in range(out.size):
        out[t] = np.float32((now[t] - before[t]) * share)


@compiled
def _means_of_known(now: Vector, before: Vector, count: Vector, earlier: Vector, out: Vector) -> None:
    for t in range(out.size):
        out[t] = np.float32((now[t] - before[t]) * (1.0 / np.float64(count[t] - earlier[t])))


@compiled
def means(total: Vector, count: Vector, window: int, complete: bool, first: int, out: Vector) -> None:
    """Means of the last ``window`` periods at the periods from ``first`` on; NaN where nothing was observed."""
    partial = min(max(window - first, 0), out.size)
    for t in range(partial):  # the window reaches before the first period
        out[t] = np.float32(total[first + t + 1] * (1.0 / np.float64(count[first + t + 1])))
    if partial == out.size:
        return
    now, before = total[first + partial + 1 :], total[first + partial + 1 - window :]
    if complete:
        _means_of_all(now, before, 1.0 / window, out[partial:])
    else:
        known, earlier = count[first + partial + 1 :], count[first + partial + 1 - window :]
        _means_of_known(now, before, known, earlier, out[partial:])


@compiled
def _deviations_of_all(
    now: Vector, before: Vector, square: Vector, earlier: Vector, share: float, out: Vector
) -> None:
    for t in range(out.size):
        mean = (now[t] - before[t]) * share
        variance = (square[t] - earlier[t]) * share - mean * mean
        out[t] = np.sqrt(np.float32(variance if variance > 0.0 else 0.0))


@compiled
def _deviation(total: float, square: float, count: float) -> float:
    share = 1.0 / count
    mean = total * share
    variance = square * share - mean * mean
    if variance != variance:
        return np.nan
    return np.sqrt(np.float32(variance if variance > 0.0 else 0.0))  # type: ignore[no-any-return]


@compiled
def deviations(
    total: Vector, square: Vector, count: Vector, window: int, complete: bool, first: int, out: Vector
) -> None:
    """Population standard deviations of the last ``window`` periods; NaN where nothing was observed."""
    partial = min(max(window - first, 0), out.size)
    for t in range(partial):
        at = first + t + 1
        out[t] = _deviation(total[at], square[at], np.float64(count[at]))
    if partial == out.size:
        return
    at, before = first + partial + 1, first + partial + 1 - window
    if complete:
        _deviations_of_all(
            total[at:], total[before:], square[at:], square[before:], 1.0 / window, out[partial:]
        )
        return
    for t in range(out.size - partial):
        out[partial + t] = _deviation(
            total[at + t] - total[before + t],
            square[at + t] - square[before + t],
            np.float64(count[at + t] - count[before + t]),
        )


@compiled
def _larger(one: Vector, other: Vector, out: Vector) -> None:
    for t in range(out.size):
        out[t] = one[t] if one[t] > other[t] else other[t]


@compiled
def extremes(
    values: Vector, window: int, sign: float, first: int, one: Vector, other: Vector, out: Vector
) -> None:
    """Largest (sign 1) or smallest (sign -1) of the last ``window`` periods; NaN where nothing was observed.

    The largest of a window is the larger of two windows half as long, one beside the other, and so on down; windows
    that overlap do as well, since nothing is counted. That takes about log2(window) passes, each over plain arrays.
    """
    start = max(first + 1 - window, 0)
    size = values.size - start
    turn = np.float32(sign)
    one, other = one[:size], other[:size]
    for t in range(size):
        value = values[start + t] * turn
        one[t] = value if value == value else np.float32(-np.inf)
    width = 1
    while 2 * width <= min(window, size):
        other[:width] = one[:width]
        _larger(one[width:], one, other[width:])
        one, other = other, one
        width *= 2
    rest = min(window, size) - width
    other[:rest] = one[:rest]
    _larger(one[rest:], one, other[rest:])
    for t in range(out.size):
        value = other[first - start + t]
        out[t] = value * turn if value > -np.inf else np.nan


@compiled
def exponential_means(values: Vector, decay: float, complete: bool, first: int, out: Vector) -> None:
    """Means with weights ``decay`` ** age over what was observed; NaN before the first observation."""
    total, weight = 0.0, 0.0
    if complete:
        for t in range(values.size):
            total = total * decay + np.float64(values[t])
            weight = weight * decay + 1.0
            if t >= first:
                out[t - first] = total / weight
        return
    for t in range(values.size):
        value = np.float64(values[t])
        if value == value:
            total, weight = total * decay + value, weight * decay + 1.0
        elif weight > SMALLEST_WEIGHT:  # below it, numbers are about to vanish; their ratio is what counts
            total, weight = total * decay, weight * decay
        if t >= first:
            out[t - first] = total / weight if weight > 0.0 else np.nan


@compiled
def lagged(values: Vector, lag: int, first: int, out: Vector) -> None:
    """The value ``lag`` - 1 periods before each period: lag 1 is the period itself."""
    missing = min(max(lag - 1 - first, 0), out.size)
    out[:missing] = np.nan
    out[missing:] = values[first + missing - lag + 1 : first + out.size - lag + 1]


@compiled
def periods_since_sale(values: Vector, first: int, out: Vector) -> None:
    """Periods since something was sold, 0 in a period with sales; NaN before the first."""
    last = -1
    for t in range(values.size):
        if values[t] > 0.0:
            last = t
        if t >= first:
            out[t - first] = np.float32(t - last) if last >= 0 else np.nan


@compiled
def shares_observed(count: Vector, window: int, first: int, out: Vector) -> None:
    """Share of the last ``window`` periods, or of as many as there are, that was observed."""
    for t in range(out.size):
        at = first + t + 1
        size = min(window, at)
        out[t] = np.float32((count[at] - count[at - size]) / size)


@compiled
def ages(count: Vector, first: int, out: Vector) -> None:
    """Periods since the first observed one, which counts as 1; 0 before it."""
    launch = 0
    while launch < count.size - 1 and count[launch + 1] == 0:
        launch += 1
    for t in range(out.size):
        out[t] = np.float32(max(first + t + 1 - launch, 0))


@compiled
def scale_by(inverse: Vector, out: Vector) -> None:
    """Multiply in place."""
    for t in range(out.size):
        out[t] *= inverse[t]
