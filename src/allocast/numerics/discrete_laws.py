"""Well-known distributions on whole numbers, a row for each set of parameters."""

import numpy as np
from scipy.special import gammaln, ndtr, xlogy

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray
from allocast.numerics.discrete import DiscreteDistribution

__all__ = ["empirical", "poisson", "rounded_normal"]

REACH = 8.5  # standard deviations: what lies beyond has a probability near 1e-17 and is put onto the largest


def poisson(mean: FloatArray) -> DiscreteDistribution:
    """Poisson distributions.

    Parameters
    ----------
    mean : array of shape (n,), > 0

    Raises
    ------
    DataError
        A mean is not finite and above 0.

    Examples
    --------
    >>> poisson(np.array([2.0, 5.0])).quantile(0.8)
    array([3, 7])
    """
    mean = _above_zero("mean", mean)
    largest = int(
        np.max(mean + REACH * np.sqrt(mean) + 20)
    )  # 20: small means have long tails for their deviation
    k = np.arange(largest + 1)
    return _whole(np.exp(xlogy(k, mean[:, None]) - gammaln(k + 1) - mean[:, None]))


def rounded_normal(mean: FloatArray, deviation: FloatArray) -> DiscreteDistribution:
    """Normal variables rounded to whole numbers; what would be negative is 0.

    Parameters
    ----------
    mean, deviation : arrays of shape (n,), > 0

    Raises
    ------
    DataError
        A number is not finite and above 0.

    Examples
    --------
    >>> rounded_normal(np.array([5.0]), np.array([1.0])).probability.round(3)[0, 3:8]
    array([0.061, 0.242, 0.383, 0.242, 0.061])
    """
    mean, deviation = _above_zero("mean", mean), _above_zero("deviation", deviation)
    edges = np.arange(int(np.ceil(np.max(mean + REACH * deviation))) + 1) + 0.5
    below = ndtr((edges - mean[:, None]) / deviation[:, None])
    return _whole(np.diff(below, axis=1, prepend=0.0))


def empirical(samples: FloatArray) -> DiscreteDistribution:
    """How often each whole number stands among the samples of each row.

    Parameters
    ----------
    samples : array of shape (n, n_samples), whole numbers >= 0

    Raises
    ------
    DataError
        A sample is not a whole number >= 0.

    Examples
    --------
    >>> empirical(np.array([[0, 2, 2, 1]])).probability
    array([[0.25, 0.25, 0.5 ]])
    """
    values = np.asarray(samples)
    whole = np.rint(values).astype(np.int64)
    if (whole != values).any() or whole.min(initial=0) < 0:
        raise DataError("samples must be whole numbers >= 0; round them, or bring them to another unit.")
    n, width = len(whole), int(whole.max(initial=0)) + 1
    counts = np.bincount((whole + np.arange(n)[:, None] * width).ravel(), minlength=n * width)
    return DiscreteDistribution(probability=counts.reshape(n, width) / whole.shape[1])


def _whole(probability: FloatArray) -> DiscreteDistribution:
    """Rows whose small rest is put onto the largest number."""
    probability[:, -1] += np.maximum(1 - probability.sum(axis=1), 0.0)
    return DiscreteDistribution(probability=probability / probability.sum(axis=1, keepdims=True))


def _above_zero(name: str, values: FloatArray) -> FloatArray:
    numbers = np.asarray(values, dtype=np.float64)
    if not (np.isfinite(numbers) & (numbers > 0)).all():
        raise DataError(f"{name} must be finite and > 0; it is {numbers.tolist()}.")
    return numbers
