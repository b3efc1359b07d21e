"""Calibration of counts: the probability integral transform, randomised where an outcome holds much probability.

A continuous outcome has one place in its predictive distribution, and the places are uniform if the forecast is
right. An outcome that can be forecast with a probability of its own (no sale at all) has a range of places, from the
probability of less to the probability of at most that. Drawing from the range, or spreading the outcome over it, makes
the places uniform again.
"""

import numpy as np

from allocast.numerics.arrays import FloatArray

__all__ = ["calibration_error", "covered", "histogram", "place_range", "randomised"]


def place_range(
    actual: FloatArray, quantiles: FloatArray, levels: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Probability of less than what came, and of at most that, as far as quantiles tell.

    An outcome between two quantiles lies anywhere between their levels. One that equals some quantiles reaches from
    halfway between the last level below them and their first to halfway between their last and the next above: where
    exactly the distribution jumps is not known from quantiles. Less than 0 is impossible.

    Parameters
    ----------
    actual : array of shape (n_series, horizon), NaN where not observed
    quantiles : array of shape (n_series, n_levels, horizon), not falling along the levels
    levels : array of shape (n_levels,), rising

    Returns
    -------
    lower, upper : arrays of shape (n_series, horizon), in [0, 1]; NaN where not observed

    Examples
    --------
    >>> lower, upper = place_range(np.array([[0.0, 3.0]]), np.array([[[0, 2], [0, 4.0]]]), np.array([0.4, 0.6]))
    >>> lower, upper
    (array([[0. , 0.4]]), array([[0.8, 0.6]]))
    """
    edges = np.concatenate([[0.0], levels, [1.0]])
    less = (quantiles < actual[:, None, :]).sum(axis=1)
    at_most = (quantiles <= actual[:, None, :]).sum(axis=1)
    equal = at_most > less
    before = np.where(actual > 0, (edges[less] + edges[np.minimum(less + 1, len(levels))]) / 2, 0.0)
    after = (edges[at_most] + edges[at_most + 1]) / 2
    lower, upper = np.where(equal, before, edges[less]), np.where(equal, after, edges[at_most + 1])
    unseen = np.isnan(actual)
    return np.where(unseen, np.nan, lower), np.where(unseen, np.nan, upper)


def randomised(lower: FloatArray, upper: FloatArray, rng: np.random.Generator) -> FloatArray:
    """One draw from each range, shape as ``lower``; uniform on (0, 1) where forecasts are right.

    Examples
    --------
    >>> randomised(np.array([0.25]), np.array([0.25]), np.random.default_rng(1))
    array([0.25])
    """
    places: FloatArray = lower + (upper - lower) * rng.random(lower.shape)
    return places


def covered(lower: FloatArray, upper: FloatArray, level: float) -> FloatArray:
    """Probability that a draw from each range is at most a level, shape as ``lower``: coverage without the draw.

    Examples
    --------
    >>> covered(np.array([0.0, 0.5]), np.array([0.8, 1.0]), 0.6)
    array([0.75, 0.2 ])
    """
    width = upper - lower
    share = np.divide(level - lower, width, out=(level >= lower).astype(np.float64), where=width > 0)
    inside: FloatArray = np.where(np.isnan(lower), np.nan, np.clip(share, 0.0, 1.0))
    return inside


def histogram(lower: FloatArray, upper: FloatArray, n_bins: int = 10) -> FloatArray:
    """Share of outcomes in each of equal bins of (0, 1), each outcome spread over its range, shape (n_bins,).

    This is what the histogram of randomised places is on average.

    References
    ----------
    Czado, Gneiting and Held, *Predictive model assessment for count data*, Biometrics 65 (2009), section 2.

    Examples
    --------
    >>> histogram(np.array([0.0, 0.5]), np.array([0.5, 1.0]), n_bins=2)
    array([0.5, 0.5])
    >>> histogram(np.array([0.0]), np.array([0.8]), n_bins=2)
    array([0.625, 0.375])
    """
    edges = np.linspace(0, 1, n_bins + 1)[1:-1]
    cumulative = np.array([0.0, *(float(np.nanmean(covered(lower, upper, edge))) for edge in edges), 1.0])
    shares: FloatArray = np.diff(cumulative)
    return shares


def calibration_error(shares: FloatArray) -> float:
    """Share of outcomes in the wrong bin of a histogram of places: 0 is calibrated, positive is not.

    Examples
    --------
    >>> calibration_error(np.array([0.25, 0.25, 0.25, 0.25]))
    0.0
    >>> calibration_error(np.array([0.5, 0.5, 0.0, 0.0]))
    0.5
    """
    return float(np.abs(shares - 1 / len(shares)).sum() / 2)
