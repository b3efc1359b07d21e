"""Compiled: the search for the best (s, S) and (R, Q) policies, series by series.

``G`` is the expected cost of a period that begins with a position, from the losses of the demand until that period's
end. ``m`` is the renewal density: how often, between two orders, the position is ``j`` units below S at a review.

The (s, S) search goes step by step as Zheng and Federgruen (1991) write it. That for (R, Q) is Federgruen and Zheng's
(1992): the Q best levels to be at lie next to each other, as G is convex, so that each larger batch adds the cheaper of
its two neighbours. Once a neighbour alone costs no less than the best policy so far, no larger batch can be better.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocast.numerics.compiled import compiled

__all__ = ["reorder_level_costs", "search_fixed_quantity", "search_reorder_levels"]

Array = NDArray[Any]


@compiled
def period_cost(y: int, losses: Array, mean: float, holding: float, shortage: float) -> float:
    """G(y): holding and shortage cost at a position of y, which may be negative."""
    if y < 0:
        return shortage * (mean - y)
    loss = losses[y] if y < len(losses) else 0.0
    return holding * (y - mean) + (holding + shortage) * loss


@compiled
def extend(m: Array, known: int, wanted: int, pmf: Array) -> Array:
    """The renewal density with at least so many entries known, in an array that may be a longer one."""
    if wanted > len(m):
        longer = np.zeros(2 * wanted)
        longer[:known] = m[:known]
        m = longer
    for j in range(known, wanted):
        total = 1.0 if j == 0 else 0.0
        for k in range(1, min(j, len(pmf) - 1) + 1):
            total += pmf[k] * m[j - k]
        m[j] = total / (1 - pmf[0])
    return m


@compiled
def pair_cost(
    low: int, high: int, m: Array, losses: Array, mean: float, fixed: float, holding: float, shortage: float
) -> float:
    """c(s, S) = (K + sum of m(j) G(S − j)) / (sum of m(j)), j = 0, …, S − s − 1."""
    total, length = fixed, 0.0
    for j in range(high - low):
        total += m[j] * period_cost(high - j, losses, mean, holding, shortage)
        length += m[j]
    return total / length


@compiled
def reorder_level_costs(
    low: Array,
    high: Array,
    pmf: Array,
    losses: Array,
    mean: Array,
    fixed: Array,
    holding: Array,
    shortage: Array,
) -> Array:
    """c(s, S) of each row."""
    cost = np.empty(len(pmf))
    for i in range(len(pmf)):
        m = extend(np.zeros(1), 0, high[i] - low[i], pmf[i])
        cost[i] = pair_cost(low[i], high[i], m, losses[i], mean[i], fixed[i], holding[i], shortage[i])
    return cost


@compiled
def best_pair(
    pmf: Array, losses: Array, mean: float, fixed: float, holding: float, shortage: float
) -> tuple[int, int, float]:
    """The best s and S of one series, and their cost."""
    level = 0  # step 0: the level that costs least in one period, and the best s below it
    while period_cost(level + 1, losses, mean, holding, shortage) < period_cost(
        level, losses, mean, holding, shortage
    ):
        level += 1
    best, s = level, level - 1
    known = 1
    m = extend(np.zeros(64), 0, known, pmf)
    cost = pair_cost(s, best, m, losses, mean, fixed, holding, shortage)
    while cost > period_cost(s, losses, mean, holding, shortage):
        s -= 1
        m = extend(m, known, best - s, pmf)
        known = max(known, best - s)
        cost = pair_cost(s, best, m, losses, mean, fixed, holding, shortage)
    candidate = best + 1  # step 1: larger S, as long as a period at S alone costs no more than the best pair
    while period_cost(candidate, losses, mean, holding, shortage) <= cost:
        m = extend(m, known, candidate - s, pmf)
        known = max(known, candidate - s)
        if pair_cost(s, candidate, m, losses, mean, fixed, holding, shortage) < cost:
            best = candidate
            cost = pair_cost(s, best, m, losses, mean, fixed, holding, shortage)
            while s + 1 < best and cost <= period_cost(s + 1, losses, mean, holding, shortage):
                s += 1
                cost = pair_cost(s, best, m, losses, mean, fixed, holding, shortage)
        candidate += 1
    return s, best, cost


@compiled
def search_reorder_levels(
    pmf: Array, losses: Array, mean: Array, fixed: Array, holding: Array, shortage: Array
) -> tuple[Array, Array, Array]:
    """The best s, S and their cost, of each row."""
    n = len(pmf)
    low, high, cost = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64), np.empty(n)
    for i in range(n):
        low[i], high[i], cost[i] = best_pair(pmf[i], losses[i], mean[i], fixed[i], holding[i], shortage[i])
    return low, high, cost


@compiled
def best_batch_and_point(
    ordered: Array,
    losses: Array,
    mean: float,
    fixed: float,
    holding: float,
    shortage: float,
    given: int,
) -> tuple[int, int, float]:
    """The best R and Q of one series, and their cost; Q as given, if it is above 0."""
    low = 0
    while period_cost(low + 1, losses, mean, holding, shortage) < period_cost(
        low, losses, mean, holding, shortage
    ):
        low += 1
    high, batch = low, 1
    total = period_cost(low, losses, mean, holding, shortage)
    best_point, best_batch = low - 1, 1
    best = total + fixed * ordered[min(1, len(ordered) - 1)]
    while True:
        below = period_cost(low - 1, losses, mean, holding, shortage)
        above = period_cost(high + 1, losses, mean, holding, shortage)
        if (given > 0 and batch == given) or (given == 0 and min(below, above) >= best):
            return best_point, best_batch, best
        if below < above:
            low -= 1
        else:
            high += 1
        batch += 1
        total += min(below, above)
        cost = (total + fixed * ordered[min(batch, len(ordered) - 1)]) / batch
        if given > 0 or cost < best:
            best_point, best_batch, best = low - 1, batch, cost


@compiled
def search_fixed_quantity(
    ordered: Array,
    losses: Array,
    mean: Array,
    fixed: Array,
    holding: Array,
    shortage: Array,
    given: Array,
) -> tuple[Array, Array, Array]:
    """The best R, Q and their cost, of each row."""
    n = len(losses)
    point, batch, cost = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64), np.empty(n)
    for i in range(n):
        point[i], batch[i], cost[i] = best_batch_and_point(
            ordered[i], losses[i], mean[i], fixed[i], holding[i], shortage[i], given[i]
        )
    return point, batch, cost
