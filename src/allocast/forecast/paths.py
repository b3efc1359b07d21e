"""Sample paths from quantiles, and paths whose totals follow quantiles of their own."""

import numpy as np

from allocast.numerics.arrays import FloatArray, IntArray

__all__ = ["inverse_distribution", "paths_from_quantiles", "remap_totals"]


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


def remap_totals(paths: FloatArray, anchors: IntArray, totals: FloatArray, levels: FloatArray) -> FloatArray:
    """Stretch paths so that their running totals at the anchors have given quantiles; ranks are kept.

    The path with the r-th smallest total gets the value at probability (r + 1/2) / n of the target
    distribution, and the periods since the previous anchor share the change in proportion to what they held.

    Parameters
    ----------
    paths : array of shape (n_series, n_paths, horizon)
    anchors : array of int, shape (n_anchors,), rising
    totals : array of shape (n_series, n_levels, n_anchors)
    levels : array of shape (n_levels,)

    Returns
    -------
    paths : array of shape (n_series, n_paths, horizon), >= 0
    """
    paths = paths.copy()
    n_series, n_paths, _ = paths.shape
    middle = np.broadcast_to((np.arange(n_paths) + 0.5) / n_paths, (n_series, n_paths))
    start, reached = 0, np.zeros((n_series, n_paths))
    for place, end in enumerate(anchors):
        segment = paths[:, :, start:end]
        held = segment.sum(axis=2)
        rank = np.argsort(np.argsort(reached + held, axis=1, kind="stable"), axis=1)
        target = np.take_along_axis(inverse_distribution(totals[:, :, place], levels, middle), rank, axis=1)
        wanted = np.maximum(target - reached, 0.0)
        share = np.divide(segment, held[:, :, None], out=np.full(segment.shape, 1 / (end - start)),
                          where=held[:, :, None] > 0)  # fmt: skip
        paths[:, :, start:end] = share * wanted[:, :, None]
        reached, start = reached + wanted, int(end)
    return paths
