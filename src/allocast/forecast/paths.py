"""Sample paths from quantiles, and paths whose totals follow quantiles of their own."""

import numpy as np

from allocast.forecast.distribution import inverse_distribution
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.compiled import compiled

__all__ = ["paths_from_quantiles", "remap_totals", "whole_steps"]


def paths_from_quantiles(
    period_units: FloatArray, levels: FloatArray, n_paths: int, rng: np.random.Generator
) -> FloatArray:
    """Draws for every period, stratified so that each period's sample matches its quantiles closely.

    Parameters
    ----------
    period_units : array of shape (n_series, n_levels, horizon)
    levels : array of shape (n_levels,)
    n_paths : int
    rng : Generator

    Returns
    -------
    units : array of shape (n_series, n_paths, horizon)
    """
    n, _, horizon = period_units.shape
    strata = rng.permuted(np.broadcast_to(np.arange(n_paths), (n, horizon, n_paths)), axis=2)
    uniforms = (strata + rng.random(strata.shape)) / n_paths
    rows = np.moveaxis(period_units, 1, 2).reshape(n * horizon, len(levels))
    draws = inverse_distribution(rows, levels, uniforms.reshape(n * horizon, n_paths))
    return np.moveaxis(draws.reshape(n, horizon, n_paths), 1, 2)


def remap_totals(
    paths: FloatArray, totals: FloatArray, levels: FloatArray, lean: FloatArray | None = None
) -> FloatArray:
    """Change paths so that their running totals have given quantiles at every horizon.

    The totals of a horizon become the values at probabilities (r + 1/2) / n of its distribution, exactly. Which
    path gets which value keeps to the ranks of the totals that the paths would have had, as far as no total may
    fall: values are dealt from the smallest up, each to the lowest-ranked path that has not reached more already.

    Parameters
    ----------
    paths : array of shape (n_series, n_paths, horizon)
    totals : array of shape (n_series, n_levels, horizon), not falling along levels and horizons
    levels : array of shape (n_levels,)
    lean : array of shape (n_series, horizon), in [-1, 1], optional
        Of each total's distribution.

    Returns
    -------
    paths : array of shape (n_series, n_paths, horizon), >= 0

    Notes
    -----
    Cost is linear in series × horizons, and n log n in the paths.
    """
    n_series, n_paths, horizon = paths.shape
    middle = np.broadcast_to((np.arange(n_paths) + 0.5) / n_paths, (n_series, n_paths))
    reached: FloatArray = np.zeros((n_series, n_paths))
    target = reached
    result = np.empty(paths.shape)
    for period in range(horizon):
        own = None if lean is None else lean[:, period]
        target = np.maximum(target, inverse_distribution(totals[:, :, period], levels, middle, own))
        wanted = np.argsort(reached + paths[:, :, period], axis=1, kind="stable")
        after = _deal(target, reached, wanted, np.argsort(reached, axis=1, kind="stable"))
        result[:, :, period] = after - reached
        reached = after
    return result


@compiled
def _deal(target: FloatArray, reached: FloatArray, wanted: IntArray, by_reached: IntArray) -> FloatArray:
    """Deal each row's rising values to its paths, none to a path that has reached more.

    There is always one that may take the next value: the k-th smallest value is at least the k-th smallest reached.
    """
    n_series, n_paths = target.shape
    after = np.empty_like(reached)
    rank = np.empty(n_paths, dtype=np.int64)
    waiting = np.zeros(n_paths, dtype=np.bool_)
    for row in range(n_series):
        for place in range(n_paths):
            rank[wanted[row, place]] = place
        entered, lowest = 0, n_paths
        for k in range(n_paths):
            while entered < n_paths and reached[row, by_reached[row, entered]] <= target[row, k]:
                place = rank[by_reached[row, entered]]
                waiting[place] = True
                lowest = min(lowest, place)
                entered += 1
            while not waiting[lowest]:
                lowest += 1
            waiting[lowest] = False
            after[row, wanted[row, lowest]] = target[row, k]
    return after


def whole_steps(paths: FloatArray) -> FloatArray:
    """Paths whose running totals are rounded to whole units.

    Examples
    --------
    >>> whole_steps(np.array([[[0.4, 0.4, 3.0]]]))
    array([[[0., 1., 3.]]])
    """
    totals = np.rint(np.cumsum(paths, axis=2))
    whole: FloatArray = np.diff(totals, axis=2, prepend=0.0)
    return whole
