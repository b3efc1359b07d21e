"""Demand distributions of the textbook systems, independent and alike from period to period."""

import numpy as np
from scipy import stats

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray
from allocast.numerics.discrete import DiscreteDistribution

__all__ = ["at_least", "geometric", "left_over", "poisson", "quantiles_of_sums", "rounded_gamma", "uniform"]

TAIL = 1e-16  # probability left out above the largest demand; it is put onto the largest


def poisson(mean: float) -> DiscreteDistribution:
    """Poisson demand, as a distribution of one row.

    Examples
    --------
    >>> poisson(5.0).quantile(0.8)
    array([7])
    """
    return _upto(stats.poisson(_positive(mean)))


def geometric(mean: float) -> DiscreteDistribution:
    """Geometric demand on 0, 1, 2, …: P(D = k) = (1 - a) a^k with a = mean / (1 + mean).

    Examples
    --------
    >>> geometric(5.0).probability[0, 0].round(4)
    np.float64(0.1667)
    """
    return _upto(stats.geom(1 / (1 + _positive(mean)), loc=-1))


def uniform(largest: int) -> DiscreteDistribution:
    """Demand that is 0, 1, …, ``largest`` with equal probabilities."""
    return DiscreteDistribution(probability=np.full((1, largest + 1), 1 / (largest + 1)))


def rounded_gamma(mean: float, variation: float) -> DiscreteDistribution:
    """Gamma demand rounded to whole units: P(D = k) = F(k + 1/2) - F(k - 1/2).

    Parameters
    ----------
    mean : float, > 0
    variation : float, > 0
        Standard deviation / mean of the gamma distribution.
    """
    shape = _positive(variation) ** -2
    law = stats.gamma(shape, scale=_positive(mean) / shape)
    largest = int(np.ceil(law.isf(TAIL)))
    above = law.sf(np.arange(largest) + 0.5)
    return DiscreteDistribution(probability=-np.diff(np.concatenate([[1.0], above, [0.0]]))[None])


def quantiles_of_sums(demand: DiscreteDistribution, level: float, count: int) -> list[int]:
    """Quantiles at one level of the demand of 1, 2, …, ``count`` periods.

    Examples
    --------
    >>> quantiles_of_sums(poisson(5.0), 0.8, 3)
    [7, 13, 18]
    """
    total, quantiles = demand, []
    for _ in range(count):
        quantiles.append(int(total.quantile(level)[0]))
        total = total.convolve(demand)
    return quantiles


def left_over(demand: DiscreteDistribution, largest: int) -> FloatArray:
    """Expected units left of 0, 1, …, ``largest`` after one period's demand, shape (largest + 1,)."""
    return np.cumsum(1 - at_least(demand, largest))  # E (x - D)+ is the sum of P(D < k) over k = 1, …, x


def at_least(demand: DiscreteDistribution, largest: int) -> FloatArray:
    """P(D >= 0), P(D >= 1), …, P(D >= largest), shape (largest + 1,).

    Examples
    --------
    >>> at_least(uniform(3), 4)
    array([1.  , 0.75, 0.5 , 0.25, 0.  ])
    """
    p = np.pad(demand.probability[0], (0, largest))[:largest]
    return np.asarray(np.maximum(1 - np.concatenate([[0.0], np.cumsum(p)]), 0.0))


def _upto(law: stats.rv_discrete) -> DiscreteDistribution:
    probability = law.pmf(np.arange(int(law.isf(TAIL)) + 1))
    probability[-1] += max(0.0, 1 - probability.sum())
    return DiscreteDistribution(probability=probability[None])


def _positive(number: float) -> float:
    if not 0 < number < np.inf:
        raise DataError(f"mean and variation of a demand must be finite and > 0; one is {number}.")
    return number
