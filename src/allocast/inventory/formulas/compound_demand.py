"""Demand over a random number of periods: its two moments, and its whole distribution."""

from dataclasses import dataclass

import numpy as np

from allocast.numerics.arrays import FloatArray, freeze
from allocast.numerics.checks import require_at_least, require_same_length
from allocast.numerics.discrete import DiscreteDistribution

__all__ = ["Moments", "demand_over", "moments_over"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Mean and standard deviation of a variable of each series.

    Parameters
    ----------
    mean : array of shape (n_series,)
    deviation : array of shape (n_series,), >= 0

    Raises
    ------
    DataError
        Lengths differ, or a deviation is negative.
    """

    mean: FloatArray
    deviation: FloatArray

    def __post_init__(self) -> None:
        mean, deviation = (np.asarray(x, dtype=np.float64) for x in (self.mean, self.deviation))
        require_same_length(mean=mean, deviation=deviation)
        require_at_least("deviation", deviation)
        object.__setattr__(self, "mean", freeze(mean))
        object.__setattr__(self, "deviation", freeze(deviation))

    @classmethod
    def of(cls, law: DiscreteDistribution) -> "Moments":
        """The moments of each row of a distribution."""
        k, mean = np.arange(law.probability.shape[1]), law.mean
        return cls(mean=mean, deviation=np.sqrt((law.probability * (k - mean[:, None]) ** 2).sum(axis=1)))

    @classmethod
    def observed(cls, demand: FloatArray) -> "Moments":
        """Of what was observed of each series, shape (n_series, n_periods); NaN is left out, 0 where nothing was."""
        seen = ~np.isnan(demand)
        count = np.maximum(seen.sum(axis=1), 1)
        mean = np.where(seen, demand, 0.0).sum(axis=1) / count
        squares = np.where(seen, (demand - mean[:, None]) ** 2, 0.0).sum(axis=1)
        return cls(mean=mean, deviation=np.sqrt(squares / np.maximum(count - 1, 1)))


def moments_over(demand: Moments, periods: Moments) -> Moments:
    """Moments of the demand of a random number of periods: μ_d L and sqrt(L σ_d² + μ_d² σ_L²).

    Demand is independent from period to period, and of the number of periods.

    Parameters
    ----------
    demand : Moments
        Of one period, in units.
    periods : Moments
        Of the lead time or the protection interval.

    References
    ----------
    Silver, Pyke and Thomas, *Inventory and Production Management in Supply Chains*, 4th ed., section 6.10; Hadley and
    Whitin (1963), *Analysis of Inventory Systems*, section 3-8.

    Examples
    --------
    >>> demand = Moments(mean=np.array([10.0]), deviation=np.array([3.0]))
    >>> over = moments_over(demand, Moments(mean=np.array([4.0]), deviation=np.array([1.0])))
    >>> over.mean, over.deviation.round(3)  # sqrt(4 x 9 + 100 x 1)
    (array([40.]), array([11.662]))
    """
    variance = periods.mean * demand.deviation**2 + demand.mean**2 * periods.deviation**2
    return Moments(mean=demand.mean * periods.mean, deviation=np.sqrt(variance))


def demand_over(demand: DiscreteDistribution, periods: DiscreteDistribution) -> DiscreteDistribution:
    """The distribution of the demand of a random number of periods, exactly.

    Demand is independent from period to period, and of the number of periods. This is what the moments alone do not
    say: with a lead time that is mostly short and sometimes long it is nowhere near normal.

    Parameters
    ----------
    demand : DiscreteDistribution of n rows
        Of one period, in whole units.
    periods : DiscreteDistribution of n rows
        Of the lead time or the protection interval, in whole periods.

    Examples
    --------
    A coin is thrown once or twice, as another coin decides:

    >>> coin = DiscreteDistribution(probability=np.array([[0.5, 0.5]]))
    >>> throws = DiscreteDistribution(probability=np.array([[0.0, 0.5, 0.5]]))
    >>> demand_over(coin, throws).probability
    array([[0.375, 0.5  , 0.125]])
    """
    require_same_length(demand=demand.probability, periods=periods.probability)
    share = periods.probability
    longest = int(np.flatnonzero(share.any(axis=0)).max())
    width = longest * (demand.probability.shape[1] - 1) + 1
    total = np.zeros((len(share), width))
    sum_so_far = DiscreteDistribution.certain(np.zeros(len(share), dtype=np.int64))
    for k in range(longest + 1):
        if k > 0:
            sum_so_far = sum_so_far.convolve(demand)
        reach = sum_so_far.probability.shape[1]
        total[:, :reach] += share[:, k, None] * sum_so_far.probability
    return DiscreteDistribution(probability=total / total.sum(axis=1, keepdims=True))
