"""The newsvendor: one level of stock for one uncertain demand, too much against too little."""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, ndtri, pdtr, pdtrc, pdtrik, xlogy

from allocast.inventory.formulas.losses import level_costs, normal_density, require_costs
from allocast.inventory.lead_time_demand import sample_quantile
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.checks import require_at_least
from allocast.numerics.discrete import DiscreteDistribution

__all__ = [
    "CostedLevel",
    "newsvendor_discrete",
    "newsvendor_normal",
    "newsvendor_poisson",
    "newsvendor_samples",
    "quantile_of_rows",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CostedLevel:
    """A level of stock for each series, and what it is expected to cost.

    Parameters
    ----------
    units : array of shape (n_series,), in units
    cost : array of shape (n_series,), money per period
    """

    units: FloatArray | IntArray
    cost: FloatArray


def newsvendor_normal(
    mean: FloatArray, deviation: FloatArray, *, holding_cost: FloatArray, shortage_cost: FloatArray
) -> CostedLevel:
    """The best level for normal demand: S* = μ + z σ with Φ(z) = p / (p + h), at a cost of (h + p) σ φ(z).

    Parameters
    ----------
    mean, deviation : arrays of shape (n_series,), in units
    holding_cost, shortage_cost : arrays of shape (n_series,), money per unit, > 0

    References
    ----------
    Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., equations (4.24), (4.30) and (4.37), example 4.3.

    Examples
    --------
    >>> best = newsvendor_normal(np.array([50.0]), np.array([8.0]), holding_cost=np.array([0.18]),
    ...                          shortage_cost=np.array([0.70]))
    >>> best.units.round(3), best.cost.round(5)
    (array([56.604]), array([1.99761]))
    """
    mean, deviation = np.asarray(mean, dtype=np.float64), np.asarray(deviation, dtype=np.float64)
    require_costs(len(mean), holding_cost=holding_cost, shortage_cost=shortage_cost)
    require_at_least("deviation", deviation)
    z = ndtri(shortage_cost / (shortage_cost + holding_cost))
    cost = (holding_cost + shortage_cost) * deviation * normal_density(z)
    return CostedLevel(units=mean + z * deviation, cost=cost)


def newsvendor_poisson(
    mean: FloatArray, *, holding_cost: FloatArray, shortage_cost: FloatArray
) -> CostedLevel:
    """The best whole level for Poisson demand.

    Parameters
    ----------
    mean : array of shape (n_series,), in units, > 0
    holding_cost, shortage_cost : arrays of shape (n_series,), money per unit, > 0

    References
    ----------
    Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., equation (4.6), example 4.7 without order cost.

    Examples
    --------
    >>> best = newsvendor_poisson(np.array([6.0]), holding_cost=np.array([1.0]), shortage_cost=np.array([4.0]))
    >>> best.units, best.cost.round(5)
    (array([8.]), array([3.57011]))
    """
    mean = np.asarray(mean, dtype=np.float64)
    require_costs(len(mean), mean=mean, holding_cost=holding_cost, shortage_cost=shortage_cost)
    ratio = shortage_cost / (shortage_cost + holding_cost)
    about = np.maximum(np.ceil(pdtrik(ratio, mean)), 0.0)
    level = np.where(pdtr(np.maximum(about - 1, 0), mean) >= ratio, np.maximum(about - 1, 0), about)
    level = np.where(pdtr(level, mean) >= ratio, level, level + 1)  # the inverse is off by one in places
    at = np.exp(xlogy(level, mean) - gammaln(level + 1) - mean)
    short = mean * at - (level - mean) * pdtrc(level, mean)
    cost = holding_cost * (level - mean) + (holding_cost + shortage_cost) * short
    return CostedLevel(units=level, cost=cost)


def newsvendor_discrete(
    demand: DiscreteDistribution, *, holding_cost: FloatArray, shortage_cost: FloatArray
) -> CostedLevel:
    """The best whole level for any demand in whole units: the smallest S with F(S) >= p / (p + h).

    Parameters
    ----------
    demand : DiscreteDistribution of n_series rows
    holding_cost, shortage_cost : arrays of shape (n_series,), money per unit, > 0

    References
    ----------
    Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., section 4.3.2, equation (4.6).

    Examples
    --------
    >>> die = DiscreteDistribution(probability=np.array([[0, 1/6, 1/6, 1/6, 1/6, 1/6, 1/6]]))
    >>> best = newsvendor_discrete(die, holding_cost=np.array([1.0]), shortage_cost=np.array([2.0]))
    >>> best.units, best.cost.round(3)
    (array([4]), array([2.]))
    """
    require_costs(len(demand), holding_cost=holding_cost, shortage_cost=shortage_cost)
    level = quantile_of_rows(demand, shortage_cost / (shortage_cost + holding_cost))
    cost = level_costs(demand, level, holding_cost=holding_cost, shortage_cost=shortage_cost)
    return CostedLevel(units=level, cost=cost)


def newsvendor_samples(
    samples: FloatArray, *, holding_cost: FloatArray, shortage_cost: FloatArray
) -> CostedLevel:
    """The best level for demand that is known by samples: their quantile at the critical ratio.

    Parameters
    ----------
    samples : array of shape (n_series, n_samples), in units
    holding_cost, shortage_cost : arrays of shape (n_series,), money per unit, > 0

    Returns
    -------
    best : CostedLevel
        The cost is the average over the samples: a little less than will be paid, as the level was chosen by them.

    References
    ----------
    Levi, Roundy and Shmoys (2007), Provably near-optimal sampling-based policies for stochastic inventory control
    models, Mathematics of Operations Research 32(4), 821-839, section 2; the quantile is ``sample_quantile``.

    Examples
    --------
    >>> best = newsvendor_samples(np.arange(1.0, 10)[None, :], holding_cost=np.array([1.0]),
    ...                           shortage_cost=np.array([4.0]))
    >>> best.units, best.cost.round(3)
    (array([8.]), array([3.556]))
    """
    require_costs(len(samples), holding_cost=holding_cost, shortage_cost=shortage_cost)
    level = sample_quantile(samples, shortage_cost / (shortage_cost + holding_cost))
    short = np.maximum(samples - level[:, None], 0.0).mean(axis=1)
    cost = holding_cost * (level - samples.mean(axis=1)) + (holding_cost + shortage_cost) * short
    return CostedLevel(units=level, cost=cost)


def quantile_of_rows(demand: DiscreteDistribution, level: FloatArray) -> IntArray:
    """Each row's smallest k with P(D <= k) >= its own level, shape (n,).

    Examples
    --------
    >>> coin = DiscreteDistribution(probability=np.full((2, 2), 0.5))
    >>> quantile_of_rows(coin, np.array([0.5, 0.6]))
    array([0, 1])
    """
    reached = demand.cumulative >= np.asarray(level, dtype=np.float64)[:, None] - 1e-12
    smallest: IntArray = np.argmax(reached, axis=1)
    return smallest
