"""Base stock: where an order costs nothing, raise the position to one level in every period."""

import numpy as np

from allocast.inventory.formulas.compound_demand import Moments, demand_over, moments_over
from allocast.inventory.formulas.newsvendor import CostedLevel, newsvendor_discrete, newsvendor_normal
from allocast.numerics.arrays import FloatArray
from allocast.numerics.discrete import DiscreteDistribution

__all__ = ["base_stock", "normal_base_stock"]


def base_stock(
    demand: DiscreteDistribution,
    lead_time: DiscreteDistribution,
    *,
    holding_cost: FloatArray,
    shortage_cost: FloatArray,
) -> CostedLevel:
    """The best level for independent demand that waits, from the whole distribution of lead-time demand.

    With a certain lead time this is the optimum of all policies. With a random one it assumes that each order's lead
    time is drawn anew and that orders do not overtake each other.

    Parameters
    ----------
    demand : DiscreteDistribution of n_series rows
        Of one period.
    lead_time : DiscreteDistribution of n_series rows
        Whole periods, 0 for an order that is there at the start of the next one.
    holding_cost, shortage_cost : arrays of shape (n_series,), money per unit and period, > 0

    References
    ----------
    Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., section 4.3.4: the newsvendor's level for the
    demand of lead time + 1 periods; Zipkin, *Foundations of Inventory Management*, section 7.4, for random lead times.

    Examples
    --------
    >>> from allocast.numerics.discrete_laws import poisson
    >>> two = DiscreteDistribution.certain(np.array([2]))
    >>> best = base_stock(poisson(np.array([2.0])), two, holding_cost=np.array([1.0]), shortage_cost=np.array([4.0]))
    >>> best.units, best.cost.round(5)  # as the newsvendor with a mean of 6
    (array([8]), array([3.57011]))
    """
    one = DiscreteDistribution.certain(np.ones(len(demand), dtype=np.int64))
    over = demand_over(demand, lead_time.convolve(one))
    return newsvendor_discrete(over, holding_cost=holding_cost, shortage_cost=shortage_cost)


def normal_base_stock(
    demand: Moments, lead_time: Moments, *, holding_cost: FloatArray, shortage_cost: FloatArray
) -> CostedLevel:
    """The same level from the moments alone: μ_d (L + 1) + z sqrt((L + 1) σ_d² + μ_d² σ_L²).

    Parameters
    ----------
    demand : Moments
        Of one period, in units.
    lead_time : Moments
        In periods.
    holding_cost, shortage_cost : arrays of shape (n_series,), money per unit and period, > 0

    References
    ----------
    Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., section 4.3.4; ``moments_over``.

    Examples
    --------
    >>> demand = Moments(mean=np.array([50.0]), deviation=np.array([8.0]))
    >>> none = Moments(mean=np.array([0.0]), deviation=np.array([0.0]))
    >>> rates = {"holding_cost": np.array([0.18]), "shortage_cost": np.array([0.70])}
    >>> normal_base_stock(demand, none, **rates).units.round(3)
    array([56.604])
    """
    interval = Moments(mean=lead_time.mean + 1, deviation=lead_time.deviation)
    over = moments_over(demand, interval)
    return newsvendor_normal(
        over.mean, over.deviation, holding_cost=holding_cost, shortage_cost=shortage_cost
    )
