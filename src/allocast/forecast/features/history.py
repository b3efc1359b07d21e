"""Statistics of the history of some series at a run of origins: one pass over each series, into one buffer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from allocast.forecast.feature_settings import FeatureSettings
from allocast.forecast.features import kernels
from allocast.forecast.features.quantiles import rolling_quantile
from allocast.forecast.features.turning import BLOCK, turn
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.compiled import compiled

__all__ = ["Kind", "Statistic", "fill", "fill_columns", "room", "statistics"]

LEVEL_WINDOW = 13
OBSERVED_WINDOWS = (4, 13)


class Kind(IntEnum):
    """What a statistic is; those up to ``LEVEL`` are in units."""

    LAG = 0
    MEAN = 1
    DEVIATION = 2
    LARGEST = 3
    SMALLEST = 4
    QUANTILE = 5
    EXPONENTIAL = 6
    LEVEL = 7
    ZEROS = 8
    OBSERVED = 9
    SINCE_SALE = 10
    AGE = 11
    SCALE = 12


LAST_IN_UNITS = int(Kind.LEVEL)


@dataclass(frozen=True, slots=True)
class Statistic:
    """One feature of the history.

    Parameters
    ----------
    name : str
    kind : Kind
    window : int
        Periods, or the lag.
    number : float
        The level of a quantile, the decay of an exponential mean.
    """

    name: str
    kind: Kind
    window: int = 1
    number: float = 0.0


def statistics(settings: FeatureSettings) -> list[Statistic]:
    """The features of the history that the settings declare, each once."""
    s = settings
    found = [Statistic(f"lag_{lag}", Kind.LAG, lag) for lag in s.lags]
    found += _windowed(settings)
    for window, level in s.rolling_quantile:
        found.append(Statistic(f"quantile_{window}_{level:g}", Kind.QUANTILE, window, level))
    found += [Statistic(f"observed_{window}", Kind.OBSERVED, window) for window in OBSERVED_WINDOWS]
    for decay in s.exponential_mean:
        found.append(Statistic(f"exponential_mean_{decay:g}", Kind.EXPONENTIAL, number=decay))
    found.append(Statistic("scale", Kind.SCALE))
    found += [Statistic("age", Kind.AGE)] if s.age else []
    found += [Statistic("since_last_sale", Kind.SINCE_SALE)] if s.since_last_sale else []
    found.append(Statistic("level", Kind.LEVEL, LEVEL_WINDOW))
    return list(dict.fromkeys(found))


def _windowed(settings: FeatureSettings) -> Iterator[Statistic]:
    s = settings
    for name, kind, windows in (
        ("mean", Kind.MEAN, (*s.windows, *s.rolling_mean)),
        ("deviation", Kind.DEVIATION, (*s.windows, *s.rolling_deviation)),
        ("zeros", Kind.ZEROS, (*s.windows, *s.zeros)),
        ("largest", Kind.LARGEST, s.rolling_max),
        ("smallest", Kind.SMALLEST, s.rolling_min),
    ):
        for window in windows:
            yield Statistic(f"{name}_{window}", kind, window)


def room(n_series: int, n_origins: int, n_features: int) -> FloatArray:
    """A buffer for ``fill``: its last axis is padded to a multiple of four."""
    return np.empty((n_series, n_origins, -(-n_features // BLOCK) * BLOCK), dtype=np.float32)


def fill(
    wanted: Sequence[Statistic],
    values: FloatArray,
    out: FloatArray,
    *,
    scale: FloatArray | None = None,
    season: FloatArray | None = None,
    shared: FloatArray | None = None,
) -> FloatArray:
    """Statistics of some series at their last origins, row by row as LightGBM takes them.

    Parameters
    ----------
    wanted : sequence of Statistic
    values : float32 array of shape (n_series, n_periods)
        Until the last origin and no further; NaN is passed over.
    out : float32 array from ``room``, of shape (n_series, n_origins, n_features padded)
        Filled for the last ``n_origins`` of the periods.
    scale : float32 array as ``values``, optional
        What is in units is divided by it.
    season : array of shape (n_periods,), optional
        What demand is divided by before its level is taken.
    shared : array of shape (n_shared, n_origins), optional
        Features that are the same for all series, such as dates; they follow the statistics.

    Returns
    -------
    features : view of ``out`` without the padding, shape (n_series, n_origins, n_features)
    """
    staged = _staged(wanted, shared, out.shape[2], out.shape[1])
    _fill(*_history(wanted, values, scale, season), staged, True, out)
    features = out[:, :, : len(wanted) + (0 if shared is None else len(shared))]
    _fill_quantiles(wanted, values, scale, features.transpose(0, 2, 1))
    return features


def fill_columns(
    wanted: Sequence[Statistic],
    values: FloatArray,
    out: FloatArray,
    *,
    scale: FloatArray | None = None,
    season: FloatArray | None = None,
    shared: FloatArray | None = None,
) -> FloatArray:
    """The same feature by feature, as a table of columns has them: ``out`` has shape (n_series, n_features, n_origins).

    Nothing is turned into rows, which saves about a quarter of the time.
    """
    staged = _staged(wanted, shared, *out.shape[1:])
    _fill(*_history(wanted, values, scale, season), staged, False, out)
    _fill_quantiles(wanted, values, scale, out)
    return out


def _staged(
    wanted: Sequence[Statistic], shared: FloatArray | None, n_features: int, n_origins: int
) -> FloatArray:
    """Features of one series, each a row, with those that all series share in place."""
    staged = np.zeros((n_features, n_origins), dtype=np.float32)
    if shared is not None:
        staged[len(wanted) : len(wanted) + len(shared)] = shared
    return staged


def _history(
    wanted: Sequence[Statistic], values: FloatArray, scale: FloatArray | None, season: FloatArray | None
) -> tuple[FloatArray, FloatArray, FloatArray, Any]:
    """What is known of some series, as compiled code takes it."""
    return (
        values,
        np.empty((0, 0), dtype=np.float32) if scale is None else scale,
        np.ones(values.shape[1]) if season is None else 1.0 / season,
        _as_arrays(wanted),
    )


def _fill_quantiles(
    wanted: Sequence[Statistic], values: FloatArray, scale: FloatArray | None, out: FloatArray
) -> None:
    """Quantiles, of all series at once; ``out`` has shape (n_series, n_features, n_origins)."""
    first = values.shape[1] - out.shape[2]
    for place, statistic in enumerate(wanted):
        if statistic.kind == Kind.QUANTILE:
            own = rolling_quantile(values, statistic.window, statistic.number, first=first)
            out[:, place] = own if scale is None else own / scale[:, first:]


def _as_arrays(wanted: Sequence[Statistic]) -> tuple[IntArray, IntArray, FloatArray]:
    """Kinds, windows and numbers, as compiled code takes them."""
    return (
        np.array([s.kind for s in wanted], dtype=np.int64),
        np.array([s.window for s in wanted], dtype=np.int64),
        np.array([s.number for s in wanted], dtype=np.float64),
    )


@compiled
def _fill(values: Any, scale: Any, season: Any, wanted: Any, staged: Any, by_row: bool, out: Any) -> None:
    """All statistics but the quantiles, series by series, and what is staged already after them.

    A statistic is made for all periods of a series at once, and those of one series are then turned into rows.
    """
    n_series, n_periods = values.shape
    first = n_periods - staged.shape[1]
    running = np.zeros((5, n_periods + 1))
    count = np.zeros(n_periods + 1, dtype=np.int64)
    spare = np.empty((2, 2 * n_periods), dtype=np.float32)
    known = np.empty((3, n_periods))
    inverse = np.ones(n_periods - first, dtype=np.float32)
    shares = _shares(wanted, n_periods)
    for s in range(n_series):
        made = staged if by_row else out[s]
        complete = _prepare(values[s], season, wanted[0], running, count, known)
        for f in range(wanted[0].size):
            _one(values[s], wanted, f, running, count, complete, first, spare, known, shares, made[f])
        if scale.size:
            _scale_all(wanted[0], scale[s, first:], inverse, made)
        if by_row:
            turn(staged, out[s])
        else:
            made[wanted[0].size :] = staged[wanted[0].size :]


@compiled
def _shares(wanted: Any, n_periods: int) -> Any:
    """1 ÷ the weights of each exponential mean, then of a plain one: the same for all series without gaps."""
    shares = np.empty((wanted[0].size + 1, n_periods))
    for f in range(wanted[0].size):
        if wanted[0][f] == Kind.EXPONENTIAL:
            kernels.decayed_shares(n_periods, wanted[2][f], shares[f])
    kernels.decayed_shares(n_periods, 1.0, shares[wanted[0].size])
    return shares


@compiled
def _prepare(values: Any, season: Any, kinds: Any, running: Any, count: Any, known: Any) -> bool:
    """The running totals that the statistics are made of; says whether all values are known."""
    complete = kernels.known_values(values, known[0])
    kernels.running_count(values, complete, count)
    if _has(kinds, Kind.DEVIATION):
        kernels.running_squares(known[0], running[0], running[1])
    else:
        kernels.running_total(known[0], running[0])
    if _has(kinds, Kind.ZEROS):
        kernels.zeros(values, known[1])
        kernels.running_total(known[1], running[2])
    if _has(kinds, Kind.LEVEL):
        kernels.products(known[0], season, known[1])
        kernels.running_total(known[1], running[3])
    return bool(complete)


@compiled
def _has(kinds: Any, kind: int) -> bool:
    for one in kinds:  # noqa: SIM110 - compiled code takes no generator
        if one == kind:
            return True
    return False


@compiled
def _one(
    values: Any,
    wanted: Any,
    f: int,
    running: Any,
    count: Any,
    complete: bool,
    first: int,
    spare: Any,
    known: Any,
    shares: Any,
    out: Any,
) -> None:
    """One statistic of one series."""
    kind, window, number = wanted[0][f], wanted[1][f], wanted[2][f]
    share = shares[wanted[0].size]
    if kind == Kind.LAG:
        kernels.lagged(values, window, first, out)
    elif kind == Kind.MEAN:
        kernels.means(running[0], count, window, complete, first, share, out)
    elif kind == Kind.DEVIATION:
        kernels.deviations(running[0], running[1], count, window, complete, first, out)
    elif kind == Kind.ZEROS:
        kernels.means(running[2], count, window, complete, first, share, out)
    elif kind == Kind.LEVEL:
        kernels.means(running[3], count, window, complete, first, share, out)
    elif kind == Kind.OBSERVED:
        kernels.shares_observed(count, window, first, out)
    elif kind == Kind.LARGEST:
        kernels.extremes(values, window, 1.0, first, spare[0], spare[1], out)
    elif kind == Kind.SMALLEST:
        kernels.extremes(values, window, -1.0, first, spare[0], spare[1], out)
    elif kind == Kind.EXPONENTIAL:
        _exponential(values, number, complete, first, known, shares[f], out)
    elif kind == Kind.SINCE_SALE:
        kernels.periods_since_sale(values, first, out)
    elif kind == Kind.AGE:
        kernels.ages(count, first, out)


@compiled
def _exponential(
    values: Any, decay: float, complete: bool, first: int, known: Any, share: Any, out: Any
) -> None:
    total, seen = known[1], known[2]
    kernels.decayed_total(known[0], decay, total)
    if complete:
        kernels.weighted(total[first:], share[first:], out)
        return
    for t in range(seen.size):
        seen[t] = 1.0 if values[t] == values[t] else 0.0
    weight = np.empty(seen.size)
    kernels.decayed_total(seen, decay, weight)
    kernels.exponential_means(values, total, weight, first, out)


@compiled
def _scale_all(kinds: Any, scale: Any, inverse: Any, staged: Any) -> None:
    """What is in units becomes a multiple of the scale."""
    for t in range(scale.size):
        inverse[t] = np.float32(1.0) / scale[t]
    for f in range(kinds.size):
        if kinds[f] == Kind.SCALE:
            staged[f, :] = scale
        elif kinds[f] <= LAST_IN_UNITS:
            kernels.scale_by(inverse, staged[f])
