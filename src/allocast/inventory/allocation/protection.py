"""Stock protected for better-paying classes that come later: Littlewood's rule for two classes, EMSR-b for more."""

import numpy as np
from numpy.typing import ArrayLike

from allocast.errors import DataError
from allocast.inventory.allocation.clearing import protect
from allocast.inventory.allocation.problem import AllocationProblem
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.discrete import DiscreteDistribution

__all__ = ["littlewood", "nested_units", "protection_levels"]


def littlewood(demand: DiscreteDistribution, revenue: ArrayLike, next_revenue: ArrayLike) -> IntArray:
    """Units to protect for a class from a lower one that asks first, shape (n,).

    A unit is held back as long as it is sold to the class with a probability that makes more of it than the sure
    revenue of the lower class. This is optimal for two classes.

    Parameters
    ----------
    demand : DiscreteDistribution of n rows
        Of the class.
    revenue, next_revenue : arrays that fit (n,), money per unit, revenue > 0
        Of the class and of the lower one.

    References
    ----------
    Littlewood (1972); Talluri and van Ryzin, *The Theory and Practice of Revenue Management* (2004), section 2.2.1:
    the smallest y with P(D > y) <= next_revenue / revenue.

    Examples
    --------
    >>> die = DiscreteDistribution(probability=np.full((1, 7), [0, 1/6, 1/6, 1/6, 1/6, 1/6, 1/6]))
    >>> littlewood(die, revenue=10.0, next_revenue=5.0)
    array([3])
    """
    high, low = (np.asarray(each, dtype=np.float64).reshape(-1, 1) for each in (revenue, next_revenue))
    if not ((high > 0).all() and (low >= 0).all()):
        raise DataError("revenue must be above 0, and that of the lower class >= 0.")
    enough = 1.0 - demand.cumulative <= low / high + 1e-12
    smallest: IntArray = np.argmax(enough, axis=1)
    return smallest


def protection_levels(demand: DiscreteDistribution, revenue: ArrayLike, supply: int) -> IntArray:
    """Units to protect for the first, the first two, … classes from those below, by EMSR-b, shape (n_classes - 1,).

    The classes above are taken as one, with the sum of their demands and the mean of their revenues; Littlewood's rule
    is then applied to it and the next class. Demands are added as full distributions, not as normals.

    Parameters
    ----------
    demand : DiscreteDistribution of n_classes rows
        Independent between classes, of which the last asks first.
    revenue : array of shape (n_classes,), money per unit, > 0, not rising
    supply : int, >= 0, in units

    References
    ----------
    Belobaba (1992); Talluri and van Ryzin (2004), section 2.2.4.2, EMSR-b.

    Examples
    --------
    >>> die = DiscreteDistribution(probability=np.full((3, 7), [0, 1/6, 1/6, 1/6, 1/6, 1/6, 1/6]))
    >>> protection_levels(die, [10.0, 5.0, 1.0], supply=20)
    array([ 3, 10])
    """
    earned = np.asarray(revenue, dtype=np.float64)
    if earned.shape != (len(demand),) or not (earned > 0).all() or (np.diff(earned) > 0).any():
        raise DataError(f"revenue must be above 0 and not rise over {len(demand)} classes; it is {earned}.")
    probability = np.ascontiguousarray(demand.probability)
    values = np.broadcast_to(np.arange(probability.shape[1], dtype=np.float64), probability.shape)
    levels = np.zeros(len(demand) - 1, dtype=np.int64)
    protect(np.ascontiguousarray(values), probability, earned, int(supply), levels)
    return levels


def nested_units(problem: AllocationProblem) -> FloatArray:
    """What each claim is sure to find: what is protected for it and those above, less what is for those above.

    Claims of one supply group are classes, by what a unit earns. A class may also have what is left of those below it;
    the units add up to the supply.

    Raises
    ------
    DataError
        There is more than one limit, or claims have rules that nesting does not know.
    """
    _require_plain(problem)
    limit, claims = problem.limits[0], problem.claims
    revenue = claims.shortage_cost + claims.holding_cost
    net = np.ascontiguousarray(np.maximum(claims.demand_units - claims.position[:, None], 0.0))
    group = np.broadcast_to(limit.group, len(claims))
    order = np.lexsort((-revenue, group))
    order = order[group[order] >= 0]
    units = np.zeros(len(claims))
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    for rows in np.split(order, starts[1:]):
        if len(rows):
            supply = int(limit.available[group[rows[0]]] + 1e-9)
            levels = np.zeros(len(rows) - 1, dtype=np.int64)
            protect(net[rows], claims.probability[rows], revenue[rows], supply, levels)
            units[rows] = np.diff(np.maximum.accumulate(np.concatenate([[0], levels, [supply]])))
    return units


def _require_plain(problem: AllocationProblem) -> None:
    claims = problem.claims
    limits = problem.limits
    if (
        len(limits) != 1
        or (np.asarray(limits[0].use) != 1).any()
        or not np.isfinite(limits[0].available).all()
    ):
        raise DataError("the rule 'nested' takes one limit, finite, of which each unit uses 1: the supply.")
    plain = (
        (claims.pack_units == 1).all()
        and (claims.least_units == 0).all()
        and np.isinf(claims.most_units).all()
        and (claims.minimum_order_units <= 1).all()
        and not problem.reservations
    )
    if not plain or len(np.unique(claims.tier)) > 1:
        raise DataError(
            "the rule 'nested' knows neither packs, bounds, minimum orders, tiers nor reservations; drop them, or use "
            "'marginal_value'."
        )
    if not (claims.shortage_cost + claims.holding_cost > 0).all():
        raise DataError("the rule 'nested' needs a shortage_cost above 0 for every claim.")
