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
    "decayed_shares",
    "decayed_total",
    "deviations",
    "exponential_means",
    "extremes",
    "known_values",
    "lagged",
    "means",
    "periods_since_sale",
    "products",
    "running_count",
    "running_squares",
    "running_total",
    "scale_by",
    "shares_observed",
    "weighted",
    "zeros",
]

TOGETHER = 16
Vector = Any  # a one-dimensional array, as numba sees it


@compiled
def running_total(values: Vector, total: Vector) -> None:
    """Running total of float64 values, one longer than they are; only one in four additions waits for another."""
    running, whole = 0.0, values.size - values.size % 4
    for t in range(0, whole, 4):
        one = values[t]
        two = one + values[t + 1]
        three = two + values[t + 2]
        four = three + values[t + 3]
        total[t + 1], total[t + 2] = running + one, running + two
        total[t + 3], total[t + 4] = running + three, running + four
        running += four
    some = 0.0
    for t in range(whole, values.size):
        some += values[t]
        total[t + 1] = running + some


@compiled
def known_values(values: Vector, out: Vector) -> bool:
    """The values in float64, with 0 for what is NaN; says whether all are known."""
    unknown = 0
    for t in range(values.size):
        seen = values[t] == values[t]
        out[t] = np.float64(values[t]) if seen else 0.0
        unknown += not seen
    return unknown == 0


@compiled
def running_count(values: Vector, complete: bool, count: Vector) -> None:
    """How many values are known until each period, one longer than they are."""
    if complete and count[values.size] == values.size:
        return  # it was complete before
    known = 0
    for t in range(values.size):
        known += values[t] == values[t]
        count[t + 1] = known


@compiled
def weighted(values: Vector, weight: Vector, out: Vector) -> None:
    """Each of the first values times its weight, rounded to float32."""
    for t in range(out.size):
        out[t] = np.float32(values[t] * weight[t])


@compiled
def running_squares(values: Vector, total: Vector, square: Vector) -> None:
    """Running totals of float64 values, the same as ``running_total``, and of their squares."""
    running, squares, whole = 0.0, 0.0, values.size - values.size % 4
    for t in range(0, whole, 4):
        first, second, third, fourth = values[t], values[t + 1], values[t + 2], values[t + 3]
        two = first + second
        three = two + third
        four = three + fourth
        total[t + 1], total[t + 2] = running + first, running + two
        total[t + 3], total[t + 4] = running + three, running + four
        running += four
        one = first * first
        two = one + second * second
        three = two + third * third
        four = three + fourth * fourth
        square[t + 1], square[t + 2] = squares + one, squares + two
        square[t + 3], square[t + 4] = squares + three, squares + four
        squares += four
    some, of_squares = 0.0, 0.0
    for t in range(whole, values.size):
        some, of_squares = some + values[t], of_squares + values[t] * values[t]
        total[t + 1], square[t + 1] = running + some, squares + of_squares


@compiled
def zeros(values: Vector, out: Vector) -> None:
    """1 where a value is zero."""
    for t in range(values.size):
        out[t] = 1.0 if values[t] == 0.0 else 0.0


@compiled
def products(values: Vector, factor: Vector, out: Vector) -> None:
    """Each times its factor; 0 where that is no number."""
    for t in range(values.size):
        product = values[t] * factor[t]
        out[t] = product if product == product else 0.0


@compiled
def _means_so_far(now: Vector, count: Vector, out: Vector) -> None:
    """Where the window reaches before the first period."""
    for t in range(out.size):
        out[t] = np.float32(now[t] * (1.0 / np.float64(count[t])))


@compiled
def _means_of_all(now: Vector, before: Vector, share: float, out: Vector) -> None:
    for t in range(out.size):
        out[t] = np.float32((now[t] - before[t]) * share)


@compiled
def _means_of_known(now: Vector, before: Vector, count: Vector, earlier: Vector, out: Vector) -> None:
    for t in range(out.size):
        out[t] = np.float32((now[t] - before[t]) * (1.0 / np.float64(count[t] - earlier[t])))


@compiled
def means(
    total: Vector, count: Vector, window: int, complete: bool, first: int, share: Vector, out: Vector
) -> None:
    """Means of the last ``window`` periods at the periods from ``first`` on; NaN where nothing was observed.

    ``share`` is 1 ÷ how many periods there are until each, which is what counts where all were observed.
    """
    partial = min(max(window - first, 0), out.size)
    if complete:
        weighted(total[first + 1 :], share[first:], out[:partial])
    else:
        _means_so_far(total[first + 1 :], count[first + 1 :], out[:partial])
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
    ``one`` and ``other`` are float32 arrays of twice as many periods as there are, to work in.
    """
    window = min(window, values.size)
    _from_the_windows_start(values, first + 1 - window, np.float32(sign), one)
    size, width = values.size - (first + 1 - window), 1
    while width < window:
        step = min(width, window - width)
        size -= step
        _larger(one[:size], one[step : step + size], other[:size])
        one, other = other, one
        width += step
    turn = np.float32(sign)
    for t in range(out.size):
        out[t] = one[t] * turn if one[t] > -np.inf else np.float32(np.nan)


@compiled
def _from_the_windows_start(values: Vector, start: int, sign: Any, out: Vector) -> None:
    """Values × sign from ``start`` on, with -inf for what is unknown or before the first period."""
    before = max(-start, 0)
    for t in range(before):
        out[t] = -np.inf
    known, rest = values[start + before :], out[before:]
    for t in range(known.size):
        rest[t] = known[t] * sign if known[t] == known[t] else np.float32(-np.inf)


@compiled
def decayed_total(values: Vector, decay: float, total: Vector) -> None:
    """Running total of float64 values in which each period counts ``decay`` times the one after it."""
    running, whole = 0.0, values.size - values.size % 4
    square, cube, fourth = decay**2, decay**3, decay**4
    for t in range(0, whole, 4):
        one = values[t]
        two = one * decay + values[t + 1]
        three = two * decay + values[t + 2]
        four = three * decay + values[t + 3]
        total[t], total[t + 1] = running * decay + one, running * square + two
        total[t + 2], total[t + 3] = running * cube + three, running * fourth + four
        running = running * fourth + four
    some, power = 0.0, 1.0
    for t in range(whole, values.size):
        some, power = some * decay + values[t], power * decay
        total[t] = running * power + some


@compiled
def decayed_shares(n_periods: int, decay: float, share: Vector) -> None:
    """1 ÷ the weights ``decay`` ** age together, where everything was observed."""
    decayed_total(np.ones(n_periods), decay, share)
    share[:] = 1.0 / share


@compiled
def exponential_means(values: Vector, total: Vector, weight: Vector, first: int, out: Vector) -> None:
    """Means with weights ``decay`` ** age over what was observed, from totals; NaN before the first observation.

    An unobserved period leaves a mean as it was: taken anew, total and weight would both vanish in a long gap.
    """
    mean = np.nan
    for t in range(values.size):
        if values[t] == values[t]:
            mean = total[t] * (1.0 / weight[t])
        if t >= first:
            out[t - first] = np.float32(mean)


@compiled
def lagged(values: Vector, lag: int, first: int, out: Vector) -> None:
    """The value ``lag`` - 1 periods before each period: lag 1 is the period itself."""
    missing = min(max(lag - 1 - first, 0), out.size)
    for t in range(missing):
        out[t] = np.nan
    before, rest = values[first + missing - lag + 1 :], out[missing:]
    for t in range(rest.size):
        rest[t] = before[t]


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
