"""Sample paths from quantiles, and paths whose totals follow quantiles of their own."""

import numpy as np

from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.compiled import compiled

__all__ = [
    "inverse_distribution",
    "paths_from_quantiles",
    "probability_within",
    "remap_totals",
    "whole_steps",
]


def inverse_distribution(quantiles: FloatArray, levels: FloatArray, uniforms: FloatArray) -> FloatArray:
    """Values at given probabilities of distributions known by some of their quantiles.

    Linear between the quantiles, down to 0 at probability 0, and an exponential tail above the highest level:
    its scale continues the last two quantiles.

    Parameters
    ----------
    quantiles : array of shape (n_rows, n_levels), >= 0, not falling
    levels : array of shape (n_levels,), in (0, 1), rising; at least two
    uniforms : array of shape (n_rows, n_samples), in [0, 1)

    Returns
    -------
    values : array of shape (n_rows, n_samples)

    Examples
    --------
    >>> inverse_distribution(np.array([[2.0, 4.0]]), np.array([0.25, 0.75]), np.array([[0.0, 0.5, 0.75]]))
    array([[0., 3., 4.]])
    """
    knots = np.concatenate([[0.0], levels])
    values = np.concatenate([np.zeros((len(quantiles), 1)), quantiles], axis=1)
    left = np.minimum(np.searchsorted(knots, uniforms, side="right") - 1, len(knots) - 2)
    low = np.take_along_axis(values, left, axis=1)
    high = np.take_along_axis(values, left + 1, axis=1)
    inside = low + (high - low) * (uniforms - knots[left]) / (knots[left + 1] - knots[left])
    scale = (values[:, -1:] - values[:, -2:-1]) / np.log((1 - levels[-2]) / (1 - levels[-1]))
    beyond = values[:, -1:] + scale * np.log((1 - levels[-1]) / (1 - uniforms))
    drawn: FloatArray = np.where(uniforms > levels[-1], beyond, inside)
    return drawn


def probability_within(quantiles: FloatArray, levels: FloatArray, units: FloatArray) -> FloatArray:
    """Probability of at most some units: what ``inverse_distribution`` inverts.

    Parameters
    ----------
    quantiles : array of shape (n_rows, n_levels), >= 0, not falling
    levels : array of shape (n_levels,), in (0, 1), rising; at least two
    units : array of shape (n_rows, n_values), >= 0

    Returns
    -------
    probabilities : array of shape (n_rows, n_values), in [0, 1]

    Examples
    --------
    >>> probability_within(np.array([[2.0, 4.0]]), np.array([0.25, 0.75]), np.array([[0.0, 3.0, 4.0]]))
    array([[0.  , 0.5 , 0.75]])
    """
    knots = np.concatenate([[0.0], levels])
    values = np.concatenate([np.zeros((len(quantiles), 1)), quantiles], axis=1)
    reached = (values[:, None, :] <= units[:, :, None]).sum(axis=2) - 1
    left = np.minimum(reached, len(knots) - 2)
    low = np.take_along_axis(values, left, axis=1)
    gap = np.take_along_axis(values, left + 1, axis=1) - low
    share = np.divide(units - low, gap, out=np.ones(units.shape), where=gap > 0)
    inside = knots[left] + share * (knots[left + 1] - knots[left])
    scale = (values[:, -1:] - values[:, -2:-1]) / np.log((1 - levels[-2]) / (1 - levels[-1]))
    excess = np.broadcast_to(units - values[:, -1:], units.shape)
    decay = np.divide(-excess, scale, out=np.full(units.shape, -np.inf), where=scale > 0)
    beyond = 1 - (1 - levels[-1]) * np.exp(np.minimum(decay, 0.0))
    within: FloatArray = np.where(reached == len(knots) - 1, beyond, inside)
    return within


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


def remap_totals(paths: FloatArray, totals: FloatArray, levels: FloatArray) -> FloatArray:
    """Change paths so that their running totals have given quantiles at every horizon.

    The totals of a horizon become the values at probabilities (r + 1/2) / n of its distribution, exactly. Which
    path gets which value keeps to the ranks of the totals that the paths would have had, as far as no total may
    fall: values are dealt from the smallest up, each to the lowest-ranked path that has not reached more already.

    Parameters
    ----------
    paths : array of shape (n_series, n_paths, horizon)
    totals : array of shape (n_series, n_levels, horizon), not falling along levels and horizons
    levels : array of shape (n_levels,)

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
        target = np.maximum(target, inverse_distribution(totals[:, :, period], levels, middle))
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
