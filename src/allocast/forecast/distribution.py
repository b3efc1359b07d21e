"""Distributions known by some of their quantiles and by their mean: values, probabilities, and what means they allow.

Quantiles leave open how demand lies between them and above the highest. Here it is piecewise uniform with an
exponential tail, and leans, between each two quantiles alike, towards the upper or the lower: so far that the mean is
the one forecast. A ``lean`` of 0 is no lean; at 1 all between two quantiles lies at the upper, at -1 at the lower.
"""

import numpy as np

from allocast.numerics.arrays import FloatArray

__all__ = ["inverse_distribution", "lean_towards", "means_allowed", "probability_within"]


def inverse_distribution(
    quantiles: FloatArray, levels: FloatArray, uniforms: FloatArray, lean: FloatArray | None = None
) -> FloatArray:
    """Values at given probabilities of distributions known by some of their quantiles.

    Linear between the quantiles, down to 0 at probability 0, and an exponential tail above the highest level:
    its scale continues the last two quantiles. With a lean the share of way between two quantiles is gone sooner or
    later, and the tail is longer or shorter.

    Parameters
    ----------
    quantiles : array of shape (n_rows, n_levels), >= 0, not falling
    levels : array of shape (n_levels,), in (0, 1), rising; at least two
    uniforms : array of shape (n_rows, n_samples), in [0, 1)
    lean : array of shape (n_rows,), in [-1, 1], optional

    Returns
    -------
    values : array of shape (n_rows, n_samples)

    Examples
    --------
    >>> inverse_distribution(np.array([[2.0, 4.0]]), np.array([0.25, 0.75]), np.array([[0.0, 0.5, 0.75]]))
    array([[0., 3., 4.]])
    >>> inverse_distribution(np.array([[2.0, 4.0]]), np.array([0.25, 0.75]), np.array([[0.5]]), np.array([0.5]))
    array([[4.]])
    """
    knots, values = _knots(quantiles, levels)
    left = np.minimum(np.searchsorted(knots, uniforms, side="right") - 1, len(knots) - 2)
    low = np.take_along_axis(values, left, axis=1)
    high = np.take_along_axis(values, left + 1, axis=1)
    share = (uniforms - knots[left]) / (knots[left + 1] - knots[left])
    scale = _tail_scale(quantiles, levels)
    if lean is not None:
        start, end = np.maximum(-lean, 0.0)[:, None], np.minimum(1.0 - lean, 1.0)[:, None]
        share = np.clip((share - start) / np.maximum(end - start, _NARROWEST), 0.0, 1.0)
        scale = scale * (1 + lean)[:, None]
    beyond = quantiles[:, -1:] + scale * np.log((1 - levels[-1]) / (1 - uniforms))
    inside = np.where(share < 1, low + (high - low) * share, high)  # exactly: there may be a mass
    drawn: FloatArray = np.where(uniforms >= levels[-1], beyond, inside)
    return drawn


def probability_within(
    quantiles: FloatArray, levels: FloatArray, units: FloatArray, lean: FloatArray | None = None
) -> FloatArray:
    """Probability of at most some units: what ``inverse_distribution`` inverts.

    Parameters
    ----------
    quantiles : array of shape (n_rows, n_levels), >= 0, not falling
    levels : array of shape (n_levels,), in (0, 1), rising; at least two
    units : array of shape (n_rows, n_values), >= 0
    lean : array of shape (n_rows,), in [-1, 1], optional

    Returns
    -------
    probabilities : array of shape (n_rows, n_values), in [0, 1]

    Examples
    --------
    >>> probability_within(np.array([[2.0, 4.0]]), np.array([0.25, 0.75]), np.array([[0.0, 3.0, 4.0]]))
    array([[0.  , 0.5 , 0.75]])
    """
    knots, values = _knots(quantiles, levels)
    reached = (values[:, None, :] <= units[:, :, None]).sum(axis=2) - 1
    left = np.minimum(reached, len(knots) - 2)
    low = np.take_along_axis(values, left, axis=1)
    gap = np.take_along_axis(values, left + 1, axis=1) - low
    share = np.divide(units - low, gap, out=np.ones(units.shape), where=gap > 0)
    scale = _tail_scale(quantiles, levels)
    if lean is not None:
        start, end = np.maximum(-lean, 0.0)[:, None], np.minimum(1.0 - lean, 1.0)[:, None]
        share = start + share * (end - start)
        scale = scale * (1 + lean)[:, None]
    inside = knots[left] + share * (knots[left + 1] - knots[left])
    excess = np.broadcast_to(units - quantiles[:, -1:], units.shape)
    decay = np.divide(-excess, scale, out=np.full(units.shape, -np.inf), where=scale > 0)
    beyond = 1 - (1 - levels[-1]) * np.exp(np.minimum(decay, 0.0))
    within: FloatArray = np.where(reached == len(knots) - 1, beyond, inside)
    return within


def means_allowed(quantiles: FloatArray, levels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Smallest and largest mean that some quantiles leave room for, each of shape (n_rows,).

    Parameters
    ----------
    quantiles : array of shape (n_rows, n_levels), >= 0, not falling
    levels : array of shape (n_levels,), in (0, 1), rising; at least two

    Examples
    --------
    >>> low, high = means_allowed(np.array([[2.0, 2.0]]), np.array([0.25, 0.75]))
    >>> float(low[0]), float(high[0])
    (1.5, 2.0)
    """
    knots, values = _knots(quantiles, levels)
    width = np.append(np.diff(knots), 1 - levels[-1])
    low = _weighted(values, width)
    room = _weighted(np.diff(values, axis=1), width[:-1])
    return low, low + room + 2 * _tail_scale(quantiles, levels)[:, 0] * width[-1]


def lean_towards(quantiles: FloatArray, levels: FloatArray, mean: FloatArray) -> FloatArray:
    """The lean at which distributions have a mean, or as near as their quantiles allow, shape (n_rows,).

    Parameters
    ----------
    quantiles : array of shape (n_rows, n_levels), >= 0, not falling
    levels : array of shape (n_levels,), in (0, 1), rising; at least two
    mean : array of shape (n_rows,)
    """
    low, high = means_allowed(quantiles, levels)
    place = np.divide(mean - low, high - low, out=np.full(mean.shape, 0.5), where=high > low)
    lean: FloatArray = np.clip(2 * place - 1, -1.0, 1.0)
    return lean


_NARROWEST = 1e-12  # share of the way between two quantiles


def _weighted(values: FloatArray, weight: FloatArray) -> FloatArray:
    """Weighted sum of each row, to the last bit the same whatever rows stand beside it."""
    total: FloatArray = np.zeros(len(values))
    for place, own in enumerate(weight):
        total = total + own * values[:, place]
    return total


def _knots(quantiles: FloatArray, levels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Probabilities from 0 on, and the value at each, shape (n_rows, n_levels + 1)."""
    values = np.concatenate([np.zeros((len(quantiles), 1)), quantiles], axis=1)
    return np.concatenate([[0.0], levels]), values


def _tail_scale(quantiles: FloatArray, levels: FloatArray) -> FloatArray:
    """Mean excess above the highest quantile, shape (n_rows, 1)."""
    gap: FloatArray = quantiles[:, -1:] - quantiles[:, -2:-1]
    scale: FloatArray = gap / np.log((1 - levels[-2]) / (1 - levels[-1]))
    return scale
