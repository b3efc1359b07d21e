"""Demand distributions of the textbooks on whole units, each one row of a `DiscreteDistribution`."""

import numpy as np
from scipy import stats

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.discrete import DiscreteDistribution

__all__ = ["geometric", "poisson", "rounded_gamma", "uniform"]

TAIL = 1e-12  # probability beyond the last unit; it is added to that of the last


def poisson(mean: float) -> DiscreteDistribution:
    """Poisson demand.

    Parameters
    ----------
    mean : float, in units, > 0

    Examples
    --------
    >>> poisson(5.0).mean.round(9)
    array([5.])
    """
    _require_positive("mean", mean)
    return _of(stats.poisson(mean))


def geometric(mean: float) -> DiscreteDistribution:
    """Geometric demand on 0, 1, 2, …: P(D = k) = (1 − q) q^k with q = mean / (1 + mean).

    Parameters
    ----------
    mean : float, in units, > 0

    References
    ----------
    Zipkin (2008), Old and new methods for lost-sales inventory systems, Operations Research 56(5).

    Examples
    --------
    >>> geometric(5.0).probability[0, :2].round(6)
    array([0.166667, 0.138889])
    """
    _require_positive("mean", mean)
    return _of(stats.geom(1.0 / (1.0 + mean), loc=-1))


def uniform(low: int, high: int) -> DiscreteDistribution:
    """Every whole number from ``low`` to ``high`` is equally likely.

    Parameters
    ----------
    low, high : int, in units, 0 <= low <= high

    Examples
    --------
    >>> uniform(0, 4).mean
    array([2.])
    """
    if not 0 <= low <= high:
        raise DataError(f"uniform demand needs 0 <= low <= high; they are {low} and {high}.")
    probability = np.zeros((1, high + 1))
    probability[0, low:] = 1.0 / (high - low + 1)
    return DiscreteDistribution(probability=probability)


def rounded_gamma(mean: float, variation: float) -> DiscreteDistribution:
    """Gamma demand, rounded to the nearest whole unit.

    Parameters
    ----------
    mean : float, in units, > 0
        Before rounding.
    variation : float, > 0
        Coefficient of variation, standard deviation ÷ mean, before rounding.

    References
    ----------
    De Moor, Gijsbrechts and Boute (2022), Reward shaping to improve the performance of deep reinforcement
    learning in perishable inventory management, European Journal of Operational Research 301(2).

    Examples
    --------
    >>> rounded_gamma(4.0, 0.5).probability[0, :2].round(4)
    array([0.0018, 0.0639])
    """
    _require_positive("mean", mean)
    _require_positive("variation", variation)
    demand = stats.gamma(variation**-2, scale=mean * variation**2)
    top = int(np.ceil(demand.isf(TAIL)))
    return _from_cumulative(demand.cdf(np.arange(top + 1) + 0.5))


def _of(demand: stats.rv_discrete) -> DiscreteDistribution:
    units: IntArray = np.arange(int(demand.isf(TAIL)) + 1)
    return _from_cumulative(demand.cdf(units))


def _from_cumulative(cumulative: FloatArray) -> DiscreteDistribution:
    """The distribution whose last unit takes all that is left."""
    cumulative = np.append(cumulative[:-1], 1.0)
    return DiscreteDistribution(probability=np.diff(cumulative, prepend=0.0)[None, :])


def _require_positive(name: str, value: float) -> None:
    if not 0 < value < np.inf:
        raise DataError(f"{name} must be > 0 and finite; it is {value}.")
