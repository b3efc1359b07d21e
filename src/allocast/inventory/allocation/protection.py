"""Stock protected for better-paying classes that come later: Littlewood's rule for two classes, EMSR-b for more."""

import numpy as np
from numpy.typing import ArrayLike

from allocast.errors import DataError
from allocast.inventory.allocation.problem import AllocationProblem
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.compiled import compiled
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
    _protect(np.ascontiguousarray(values), probability, earned, int(supply), levels)
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
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    supply = (limit.available[group[order[starts]]] + 1e-9).astype(np.int64)
    probability = np.ascontiguousarray(claims.probability[order])
    sure, units = np.zeros(len(order)), np.zeros(len(claims))
    _protect_groups(net[order], probability, revenue[order], np.append(starts, len(order)), supply, sure)
    units[order] = sure
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


@compiled
def _protect(
    demand: FloatArray, probability: FloatArray, revenue: FloatArray, supply: int, protected: IntArray
) -> None:
    """Units held back for the first, the first two, … classes, of shape (n_classes - 1,); ``protected`` is filled.

    The demands of the classes above are added up as distributions, as far as the supply goes; their revenue is the
    mean by expected demand.
    """
    above, mean, weighted = np.zeros(supply + 1), 0.0, 0.0
    above[0] = 1.0
    for j in range(len(protected)):
        total = np.zeros(supply + 1)
        for k in range(demand.shape[1]):
            more = min(int(demand[j, k] + 0.5), supply)
            for y in range(supply + 1):
                total[min(y + more, supply)] += above[y] * probability[j, k]
            mean += demand[j, k] * probability[j, k]
            weighted += revenue[j] * demand[j, k] * probability[j, k]
        above, average = total, weighted / mean if mean > 0.0 else revenue[j]
        at_most, y = above[0], 0
        while y < supply and 1.0 - at_most > revenue[j + 1] / average + 1e-12:
            y += 1
            at_most += above[y]
        protected[j] = y


@compiled
def _protect_groups(
    demand: FloatArray,
    probability: FloatArray,
    revenue: FloatArray,
    start: IntArray,
    supply: IntArray,
    units: FloatArray,
) -> None:
    """What is protected for each class and not for those above it, in groups of classes; ``units`` is filled.

    Group g has the classes start[g] to start[g + 1], the best-paying first; the last has what the others leave.
    """
    for g in range(len(supply)):
        first, last = start[g], start[g + 1]
        levels = np.zeros(last - first - 1, np.int64)
        _protect(demand[first:last], probability[first:last], revenue[first:last], supply[g], levels)
        before = 0
        for j in range(len(levels)):
            upto = max(levels[j], before)
            units[first + j] = upto - before
            before = upto
        units[last - 1] = supply[g] - before
