"""Rolling quantiles of many series at once, exact, by windows that are kept sorted side by side."""

from typing import Any

import numpy as np

from allocast.numerics.arrays import FloatArray
from allocast.numerics.compiled import compiled

__all__ = ["rolling_quantile"]

LANES = 128  # series that go through one window of instructions together
UNKNOWN = np.float32(np.inf)


def rolling_quantile(values: FloatArray, window: int, level: float, *, first: int = 0) -> FloatArray:
    """Quantile of what is not NaN among the last ``window`` periods; NaN where nothing was observed.

    Each series keeps its window sorted, 128 series side by side. One sweep over the places of the window takes the
    value that leaves out and puts the one that enters in: with s the sorted window, d[i] = s[i + 1] if s[i] >= leaving
    else s[i] is the window without it, and max(d[i - 1], min(d[i], entering)) is it with the new one. A sweep has no
    branches, so it runs as vector instructions. What was not observed is kept as infinity, at the end.

    Parameters
    ----------
    values : array of shape (n_series, n_periods)
    window : int, >= 1
    level : float in [0, 1]
        Between two values it is interpolated linearly, as by ``numpy.quantile``.
    first : int
        Only the periods from here on are written.

    Returns
    -------
    quantiles : float32 array of shape (n_series, n_periods - first)

    Examples
    --------
    >>> rolling_quantile(np.array([[4.0, np.nan, 1.0, 2.0]]), 3, 0.5)
    array([[4. , 4. , 2.5, 1.5]], dtype=float32)
    """
    start = max(first + 1 - window, 0)
    tail = np.asarray(values[:, start:], dtype=np.float32)
    out = np.empty((len(tail), tail.shape[1] - (first - start)), dtype=np.float32)
    if tail.size:
        _quantiles(tail, min(window, tail.shape[1]), level, first - start, out)
    return out


@compiled
def _sweep(here: Any, after: Any, leaving: Any, entering: Any, before: Any) -> None:
    """One place of the windows of all lanes; ``before`` carries d[i - 1] along."""
    for k in range(here.size):
        without = after[k] if here[k] >= leaving[k] else here[k]
        smaller = without if without < entering[k] else entering[k]
        here[k] = before[k] if before[k] > smaller else smaller
        before[k] = without


@compiled
def _between(lower: Any, upper: Any, share: Any, out: Any) -> None:
    for k in range(out.size):
        out[k] = lower[k] + share * (upper[k] - lower[k])


@compiled
def _pick(ordered: Any, known: Any, level: float, out: Any) -> None:
    """The quantile of each lane, of as many values as it knows."""
    for k in range(out.size):
        if known[k] == 0:
            out[k] = np.nan
            continue
        place = level * (known[k] - 1)
        low = int(place)
        share = np.float32(place - low)
        lower = ordered[low, k]
        out[k] = lower + share * (ordered[low + 1, k] - lower) if share > 0 else lower


@compiled
def _count(leaving: Any, entering: Any, known: Any) -> bool:
    """Keep count of the known values of each lane; says whether all lanes know equally many."""
    least, most = known.size * 1024, 0
    for k in range(known.size):
        known[k] += (entering[k] < UNKNOWN) - (leaving[k] < UNKNOWN)
        least, most = min(least, known[k]), max(most, known[k])
    return bool(least == most)


@compiled
def _windows(lanes: Any, window: int, level: float, out: Any) -> None:
    """Quantiles of some series whose periods are the rows of ``lanes``."""
    width = lanes.shape[1]
    ordered = np.full((window + 1, width), UNKNOWN, dtype=np.float32)
    nothing = np.full(width, UNKNOWN, dtype=np.float32)
    before = np.empty(width, dtype=np.float32)
    known = np.zeros(width, dtype=np.int64)
    for t in range(len(lanes)):
        leaving = lanes[t - window] if t >= window else nothing
        entering = lanes[t]
        before[:] = -UNKNOWN
        for i in range(window):
            _sweep(ordered[i], ordered[i + 1], leaving, entering, before)
        if _count(leaving, entering, known) and known[0] > 0:
            place = level * (known[0] - 1)
            low = int(place)
            high = low + 1 if place > low else low
            _between(ordered[low], ordered[high], np.float32(place - low), out[t])
        else:
            _pick(ordered, known, level, out[t])


@compiled
def _quantiles(values: Any, window: int, level: float, skipped: int, out: Any) -> None:
    """128 series at a time, turned so that lanes lie side by side."""
    n_series, n_periods = values.shape
    for start in range(0, n_series, LANES):
        width = min(LANES, n_series - start)
        lanes = np.empty((n_periods, width), dtype=np.float32)
        result = np.empty((n_periods, width), dtype=np.float32)
        for k in range(width):
            for t in range(n_periods):
                value = values[start + k, t]
                lanes[t, k] = value if value == value else UNKNOWN
        _windows(lanes, window, level, result)
        for k in range(width):
            for t in range(skipped, n_periods):
                out[start + k, t - skipped] = result[t, k]
