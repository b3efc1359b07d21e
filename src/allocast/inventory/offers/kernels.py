"""Compiled: what it costs to wait for the main line, path by path, and how many units of another are worth having."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocast.numerics.compiled import compiled

__all__ = [
    "best_extras",
    "cost_of_waiting",
    "demand_until",
    "mean_demand",
    "savings_by_expediting",
    "shortage_until",
]

Array = NDArray[Any]
_TOLERANCE = 1e-9


@compiled
def demand_until(demand: Array, series: Array, interval: Array) -> Array:
    """Demand of the first periods, so many as each line's interval on each path, shape (n_lines, n_paths)."""
    total = np.zeros(interval.shape)
    for i in range(len(series)):
        for path in range(interval.shape[1]):
            for t in range(interval[i, path]):
                total[i, path] += demand[series[i], path, t]
    return total


@compiled
def mean_demand(demand: Array, series: Array) -> Array:
    """Demand of a period, on average over paths and periods, of each line's series, shape (n_lines,)."""
    mean = np.zeros(len(series))
    for i in range(len(series)):
        if i > 0 and series[i] == series[i - 1]:
            mean[i] = mean[i - 1]
        else:
            mean[i] = demand[series[i]].mean()
    return mean


@compiled
def shortage_until(
    series: Array, demand: Array, inflow: Array, stock: Array, owing: bool, until: Array, review: int
) -> Array:
    """Expected units missed, or owed at ends of periods, until a main order is there; of each series named."""
    missed = np.zeros(len(series))
    n_paths, n_periods = demand.shape[1:]
    for i in range(len(series)):
        s = series[i]
        for path in range(n_paths):
            level = stock[s]
            for t in range(min(until[s, path] + review, n_periods)):
                level += inflow[s, path, t] - demand[s, path, t]
                missed[i] += max(-level, 0.0)
                if not owing:
                    level = max(level, 0.0)
        missed[i] /= n_paths
    return missed


@compiled
def next_chance(series: Array, premium: Array, periods: Array, review: int) -> Array:
    """From which period on a later order could help that is no dearer than each line, shape (n_lines, n_paths).

    Lines are sorted by series; the later order may be on the same line or on another.
    """
    soonest = periods + review
    for i in range(len(series)):
        for step in (-1, 1):
            j = i + step
            while 0 <= j < len(series) and series[j] == series[i]:
                if premium[j] <= premium[i]:
                    for path in range(periods.shape[1]):
                        soonest[i, path] = min(soonest[i, path], periods[j, path] + review)
                j += step
    return soonest


@compiled
def layers(owed: Array, count: int, shortage: float, later: float) -> float:
    """What backlogs of several periods cost, if each unit waits at its cost a period, or is bought once for ``later``.

    A unit of the smallest backlog waits in all of the periods, one above the next to largest in one only.
    """
    for i in range(1, count):  # sorted, smallest first
        value, k = owed[i], i
        while k > 0 and owed[k - 1] > value:
            owed[k] = owed[k - 1]
            k -= 1
        owed[k] = value
    cost, below = 0.0, 0.0
    for i in range(count):
        cost += (owed[i] - below) * min(shortage * (count - i), later)
        below = owed[i]
    return cost


@compiled
def cost_of_waiting(
    demand: Array,
    inflow: Array,
    stock: float,
    owing: bool,
    extra: float,
    early: Array,
    again: Array,
    until: Array,
    holding: float,
    shortage: float,
    later: float,
    owed: Array,
) -> tuple[float, float]:
    """Expected holding and shortage until the main line can help, and the shortage in it, with some extra units.

    From the period ``again`` on, in which a later order of this kind would be there, a unit missed costs no more than
    what it would be bought for then.
    """
    kept, short = 0.0, 0.0
    n_paths, n_periods = demand.shape
    for path in range(n_paths):
        level, count = stock, 0
        for t in range(min(until[path], n_periods)):
            level += inflow[path, t] - demand[path, t]
            if t == early[path]:
                level += extra
            missed = max(-level, 0.0)
            kept += holding * max(level, 0.0)
            if not owing:
                level = max(level, 0.0)
            if t < again[path]:
                short += shortage * missed
            elif owing:
                owed[count] = missed
                count += 1
            else:
                short += min(shortage, later) * missed
        short += layers(owed, count, shortage, later)
    return (kept + short) / n_paths, short / n_paths


@compiled
def best_extras(
    series: Array,
    demand: Array,
    inflow: Array,
    stock: Array,
    owing: bool,
    early: Array,
    again: Array,
    until: Array,
    holding: Array,
    shortage: Array,
    premium: Array,
    order_cost: Array,
    share: Array,
    pack: Array,
    fewest: Array,
    most: Array,
) -> tuple[Array, Array, Array]:
    """Whole packs of each line that cost least together with waiting, what they save in all, and in shortage.

    The cost is convex in the number of packs, so that the best is where the next pack would save nothing; none where
    even the best saves less than an order costs. ``fewest`` and ``most`` are packs.
    """
    n, n_periods = len(series), demand.shape[2]
    packs, gain, saved = np.zeros(n, dtype=np.int64), np.zeros(n), np.zeros(n)
    owed = np.empty(n_periods)
    for i in range(n):
        s, step = series[i], pack[i] * share[i]
        later = premium[i]
        nothing, short = cost_of_waiting(
            demand[s], inflow[s], stock[s], owing, 0.0, early[i], again[i], until[s],
            holding[s], shortage[s], later, owed,
        )  # fmt: skip
        if short <= premium[i] * fewest[i] * step + order_cost[i] or most[i] < fewest[i]:
            continue
        low, high = fewest[i], most[i]
        while low < high:
            middle = (low + high) // 2
            here = cost_of_waiting(
                demand[s], inflow[s], stock[s], owing, middle * step, early[i], again[i], until[s],
                holding[s], shortage[s], later, owed,
            )[0]  # fmt: skip
            further = cost_of_waiting(
                demand[s], inflow[s], stock[s], owing, (middle + 1) * step, early[i], again[i], until[s],
                holding[s], shortage[s], later, owed,
            )[0]  # fmt: skip
            if further + premium[i] * step - here >= -_TOLERANCE:
                high = middle
            else:
                low = middle + 1
        best, still = cost_of_waiting(
            demand[s], inflow[s], stock[s], owing, low * step, early[i], again[i], until[s],
            holding[s], shortage[s], later, owed,
        )  # fmt: skip
        saving = nothing - best - premium[i] * low * step - order_cost[i]
        if saving > _TOLERANCE:
            packs[i], gain[i], saved[i] = low, saving, short - still
    return packs, gain, saved


@compiled
def served(
    demand: Array, inflow: Array, stock: float, owing: bool, until: int, holding: float, shortage: float
) -> float:
    """Holding and shortage of the first periods of one path, in money."""
    cost, level = 0.0, stock
    for t in range(until):
        level += inflow[t] - demand[t]
        cost += holding * max(level, 0.0) + shortage * max(-level, 0.0)
        if not owing:
            level = max(level, 0.0)
    return cost


@compiled
def savings_by_expediting(
    first: Array,
    demand: Array,
    stock: Array,
    owing: bool,
    until: Array,
    periods: Array,
    units: Array,
    expedited: Array,
    holding: Array,
    shortage: Array,
) -> Array:
    """Expected saving of each order if it alone were there in its expedited period, shape (n_orders,), in money.

    Orders are sorted by series; those of series ``s`` begin at ``first[s]``.
    """
    n_paths, n_periods = demand.shape[1:]
    saving, inflow = np.zeros(len(periods)), np.zeros(n_periods)
    for s in range(len(first) - 1):
        for path in range(n_paths if first[s] < first[s + 1] else 0):
            end = min(until[s, path], n_periods)
            inflow[:] = 0.0
            for i in range(first[s], first[s + 1]):
                if periods[i, path] < n_periods:
                    inflow[periods[i, path]] += units[i, path]
            usual = served(demand[s, path], inflow, stock[s], owing, end, holding[s], shortage[s])
            for i in range(first[s], first[s + 1]):
                late, soon = periods[i, path], expedited[i]
                if soon >= late or soon >= n_periods or units[i, path] <= 0.0:
                    continue
                inflow[soon] += units[i, path]
                if late < n_periods:
                    inflow[late] -= units[i, path]
                moved = served(demand[s, path], inflow, stock[s], owing, end, holding[s], shortage[s])
                saving[i] += usual - moved
                inflow[soon] -= units[i, path]
                if late < n_periods:
                    inflow[late] += units[i, path]
        saving[first[s] : first[s + 1]] /= n_paths
    return saving
