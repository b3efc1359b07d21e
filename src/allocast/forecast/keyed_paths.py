"""Sample paths that belong to their series: the same whichever other series are forecast beside it."""

import numpy as np

from allocast.forecast.demand_forecast import DemandForecast
from allocast.forecast.distribution import lean_towards
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.compiled import compiled

__all__ = ["keyed_paths"]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31, _11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
FEW = 64  # paths, up to which inserting is faster than a quick sort
_NARROWEST = 1e-12  # share of the way between two quantiles


def keyed_paths(forecast: DemandForecast, n_paths: int, seeds: "np.ndarray") -> FloatArray:
    """Joint futures of each series, as ``DemandForecast.sample_paths`` has them, from a seed of its own.

    The running totals of the paths are the values at probabilities (r + 1/2) / n of the forecast's totals, exactly, at
    every horizon. Which path gets which follows independent draws from the periods' own distributions. A path's place
    says nothing of its demand.

    Parameters
    ----------
    forecast : DemandForecast
    n_paths : int, >= 1
    seeds : array of uint64, shape (n_series,)

    Returns
    -------
    units : array of shape (n_series, n_paths, horizon), >= 0
    """
    mean = np.cumsum(forecast.mean, axis=1)
    lean = np.empty(mean.shape)
    for period in range(forecast.horizon):
        lean[:, period] = lean_towards(forecast.total_units[:, :, period], forecast.levels, mean[:, period])
    return _paths(
        np.moveaxis(forecast.period_units, 1, 2),
        np.moveaxis(forecast.total_units, 1, 2),
        np.asarray(forecast.levels, dtype=np.float64),
        lean,
        np.asarray(seeds, dtype=np.uint64),
        n_paths,
        forecast.whole,
    )


@compiled
def _paths(
    each: FloatArray,
    totals: FloatArray,
    levels: FloatArray,
    lean: FloatArray,
    seeds: "np.ndarray",
    n_paths: int,
    whole: bool,
) -> FloatArray:
    """The paths of `keyed_paths`; quantiles have shape (n_series, horizon, n_levels)."""
    n_series, horizon, n_levels = each.shape
    knots = np.zeros(n_levels + 1)
    knots[1:] = levels
    left, share, decay = _middles(knots, n_paths)
    per_tail = 1.0 / np.log((1 - levels[-2]) / (1 - levels[-1]))
    units = np.empty((n_series, n_paths, horizon))
    reached, wanted, target = np.empty(n_paths), np.empty(n_paths), np.empty(n_paths)
    by_reached = np.empty(n_paths, dtype=np.int64)
    rank, order = np.empty(n_paths, dtype=np.int64), np.empty(n_paths, dtype=np.int64)
    waiting = np.empty(n_paths, dtype=np.bool_)
    for series in range(n_series):
        state = seeds[series]
        for path in range(n_paths):
            reached[path], target[path], by_reached[path] = 0.0, 0.0, path
        for period in range(horizon):
            own = each[series, period]
            for path in range(n_paths):
                state = state + _STEP
                wanted[path] = reached[path] + _drawn(own, knots, _uniform(state), per_tail)
            _sort_by(wanted, order)
            for place in range(n_paths):
                rank[order[place]] = place
            _raise_to_middles(
                target, totals[series, period], lean[series, period], left, share, decay, per_tail
            )
            _deal(target, reached, order, rank, by_reached, waiting)
            for place in range(n_paths):
                path = by_reached[place]
                before = reached[path]
                reached[path] = target[place]
                step = np.rint(target[place]) - np.rint(before) if whole else target[place] - before
                units[series, path, period] = step
    return units


@compiled
def _sort_by(values: FloatArray, order: IntArray) -> None:
    """Places of the values from the smallest up, in ``order``; by insertion where they are few, which is faster."""
    if len(values) > FEW:
        order[:] = np.argsort(values)
        return
    for place in range(len(values)):
        own, gap = values[place], place
        while gap > 0 and values[order[gap - 1]] > own:
            order[gap] = order[gap - 1]
            gap -= 1
        order[gap] = place


@compiled
def _uniform(state: np.uint64) -> float:
    bits = state
    bits = (bits ^ (bits >> _30)) * _FIRST
    bits = (bits ^ (bits >> _27)) * _SECOND
    bits = bits ^ (bits >> _31)
    return float(np.float64(bits >> _11) * 2.0**-53)


@compiled
def _drawn(quantiles: FloatArray, knots: FloatArray, uniform: float, per_tail: float) -> float:
    """The value at a probability, as ``inverse_distribution`` has it without a lean."""
    last = len(quantiles) - 1
    if uniform >= knots[last + 1]:
        scale = (quantiles[last] - quantiles[last - 1]) * per_tail
        return float(quantiles[last] + scale * np.log((1 - knots[last + 1]) / (1 - uniform)))
    place = 0
    while uniform >= knots[place + 1]:
        place += 1
    low = quantiles[place - 1] if place > 0 else 0.0
    way = (uniform - knots[place]) / (knots[place + 1] - knots[place])
    return float(low + (quantiles[place] - low) * way)


@compiled
def _middles(knots: FloatArray, n_paths: int) -> tuple[IntArray, FloatArray, FloatArray]:
    """Of each probability (r + 1/2) / n: the knot below, the share of the way to the next, the tail's logarithm."""
    left = np.empty(n_paths, dtype=np.int64)
    share, decay = np.zeros(n_paths), np.zeros(n_paths)
    place, last = 0, len(knots) - 1
    for r in range(n_paths):
        middle = (r + 0.5) / n_paths
        while place < last and middle >= knots[place + 1]:
            place += 1
        left[r] = place
        if place == last:
            decay[r] = np.log((1 - knots[last]) / (1 - middle))
        else:
            share[r] = (middle - knots[place]) / (knots[place + 1] - knots[place])
    return left, share, decay


@compiled
def _raise_to_middles(
    target: FloatArray,
    quantiles: FloatArray,
    lean: float,
    left: IntArray,
    share: FloatArray,
    decay: FloatArray,
    per_tail: float,
) -> None:
    """The values at the middles of equal shares, none below what it was, in place."""
    last = len(quantiles) - 1
    scale = (quantiles[last] - quantiles[last - 1]) * per_tail * (1 + lean)
    start, end = max(-lean, 0.0), min(1.0 - lean, 1.0)
    width = max(end - start, _NARROWEST)
    for r in range(len(target)):
        place = left[r]
        if place > last:
            value = quantiles[last] + scale * decay[r]
        else:
            low = quantiles[place - 1] if place > 0 else 0.0
            way = min(max((share[r] - start) / width, 0.0), 1.0)
            value = low + (quantiles[place] - low) * way if way < 1 else quantiles[place]
        target[r] = max(target[r], value)


@compiled
def _deal(
    target: FloatArray,
    reached: FloatArray,
    wanted: IntArray,
    rank: IntArray,
    by_reached: IntArray,
    waiting: "np.ndarray",
) -> None:
    """Deal rising values to paths, none to one that has reached more; afterwards ``by_reached`` says to whom each went.

    As in ``remap_totals``: there is always one that may take the next value.
    """
    n_paths = len(target)
    waiting[:] = False
    entered, lowest = 0, n_paths
    for k in range(n_paths):
        while entered < n_paths and reached[by_reached[entered]] <= target[k]:
            place = rank[by_reached[entered]]
            waiting[place] = True
            lowest = min(lowest, place)
            entered += 1
        while not waiting[lowest]:
            lowest += 1
        waiting[lowest] = False
        by_reached[k] = wanted[lowest]  # read up to ``entered``, which is beyond k: not needed any more
