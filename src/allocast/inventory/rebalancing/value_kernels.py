"""Compiled: what the k-th unit more or less is worth at a place, averaged over sampled futures.

On one path let ``net[t]`` be the demand less the arrivals of the periods up to t, and ``x`` the stock. Where missed
demand is lost, what is lost up to t is ``max(0, max of net[0..t] − x)``: the shelf is a queue that reflects at zero.
Where it waits, what is owed after t is ``max(0, net[t] − x)``. Either is called the deficit here. The k-th unit taken
away is missed where the deficit reaches above ``−k``; the k-th unit that is brought in period a helps where the deficit
has grown by more than k − 1 since then. Fractions of units count as fractions.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocast.numerics.compiled import compiled

__all__ = ["give_costs", "largest_need", "receive_gains"]

Array = NDArray[Any]


@compiled
def largest_need(
    demand: Array, arrivals: Array, stock: Array, series: Array, delay: Array, waits: bool
) -> Array:
    """The most units, of all paths, that could be used up within the horizon if they came after a delay."""
    need = np.zeros(len(series), dtype=np.int64)
    for row in range(len(series)):
        i, most = series[row], 0.0
        for path in range(demand.shape[1]):
            net, top, before = 0.0, 0.0, 0.0
            for t in range(demand.shape[2]):
                if t == delay[row]:
                    before = top
                net += demand[i, path, t] - arrivals[i, path, t]
                owed = max(net - stock[i], 0.0)
                top = max(top, owed)
                if t >= delay[row]:
                    most = max(most, owed if waits else top - before)
        need[row] = int(np.ceil(most - 1e-9))
    return need


@compiled
def spread(table: Array, start: float, weight: float) -> None:
    """Add weight × clip(k − start, 0, 1) to the differences of a table over k = 1, 2, …."""
    first = max(int(np.floor(start + 1e-9)) + 1, 1)  # the first k with a part above start
    if first < len(table):
        part = min(max(first - start, 0.0), 1.0)
        table[first] += weight * part
        if first + 1 < len(table):
            table[first + 1] += weight * (1.0 - part)


@compiled
def give_costs(
    demand: Array,
    arrivals: Array,
    stock: Array,
    until: Array,
    offset: Array,
    holding: Array,
    shortage: Array,
    longest: float,
    waits: bool,
) -> Array:
    """Expected cost of giving the 1st, 2nd, … unit of each series, ragged by ``offset``: missed demand less holding."""
    n, paths, periods = demand.shape
    costs = np.zeros(offset[n])
    for i in range(n):
        size = offset[i + 1] - offset[i]
        if size == 0:
            continue
        missed, gone = np.zeros(size + 2), np.zeros(size + 2)
        whole, slope = np.zeros(size + 2), np.zeros(size + 2)
        rate = demand[i].sum() / (paths * periods)
        for path in range(paths):
            net, highest = 0.0, -np.inf
            for t in range(periods):
                net += demand[i, path, t] - arrivals[i, path, t]
                highest = net if waits else max(highest, net)
                room = stock[i] - highest  # units that are not needed until t
                spread(gone, room, 1.0)
                if t < until[i, path] and (waits or t == until[i, path] - 1):
                    spread(missed, room, 1.0)
            left = stock[i] - net if waits else stock[i] - net + max(highest - stock[i], 0.0)
            spare = stock[i] - highest
            later_given(whole, slope, min(spare, left), left, rate, longest - periods)
        add_given(
            costs, offset[i], size, missed, gone, whole, slope, periods, paths, holding[i], shortage[i], rate
        )
    return costs


@compiled
def later_given(whole: Array, slope: Array, spare: float, left: float, rate: float, most: float) -> None:
    """Add the periods beyond the horizon that the k-th unit from the top would lie: min((left − k + 1)/rate, most).

    Units are spare, so still there at the horizon, for k <= spare.
    """
    last = min(int(np.floor(spare + 1e-9)), len(whole) - 2)
    if last < 1 or most <= 0:
        return
    full = last if rate <= 0 else min(int(np.floor(left + 1 - most * rate)), last)
    if full >= 1:
        whole[1] += most
        whole[full + 1] -= most
    begin = max(full + 1, 1)
    if begin <= last:
        whole[begin] += (left + 1) / rate
        whole[last + 1] -= (left + 1) / rate
        slope[begin] += 1.0
        slope[last + 1] -= 1.0


@compiled
def add_given(
    costs: Array, at: int, size: int, missed: Array, gone: Array, whole: Array, slope: Array,
    periods: int, paths: int, holding: float, shortage: float, rate: float,
) -> None:  # fmt: skip
    """Sum the differences up to a cost for each unit; it never falls from unit to unit."""
    m, g, w, s = 0.0, 0.0, 0.0, 0.0
    for k in range(1, size + 1):
        m, g, w, s = m + missed[k], g + gone[k], w + whole[k], s + slope[k]
        later = w - (s * k / rate if s > 0.5 else 0.0)
        lies = (periods * paths - g + later) / paths
        costs[at + k - 1] = shortage * m / paths - holding * lies
        if k > 1:
            costs[at + k - 1] = max(costs[at + k - 1], costs[at + k - 2])


@compiled
def receive_gains(
    demand: Array,
    arrivals: Array,
    stock: Array,
    until: Array,
    series: Array,
    delay: Array,
    offset: Array,
    holding: Array,
    shortage: Array,
    longest: float,
    waits: bool,
) -> Array:
    """Expected gain of the 1st, 2nd, … unit that comes to a series after a delay, ragged by ``offset``."""
    paths, periods = demand.shape[1], demand.shape[2]
    gains = np.zeros(offset[len(series)])
    for row in range(len(series)):
        i, size = series[row], offset[row + 1] - offset[row]
        if size == 0:
            continue
        saved, used = np.zeros(size + 1), np.zeros(size + 1)
        later = np.zeros(size + 1)
        rate = demand[i].sum() / (paths * periods)
        for path in range(paths):
            net, top, before, deficit = 0.0, 0.0, 0.0, 0.0
            for t in range(periods):
                if t == delay[row]:
                    before = top
                net += demand[i, path, t] - arrivals[i, path, t]
                owed = max(net - stock[i], 0.0)
                top = max(top, owed)
                if t >= delay[row]:
                    deficit = owed if waits else top - before
                    count_units(used, deficit, 1.0)
                    if t < until[i, path] and (waits or t == until[i, path] - 1):
                        count_units(saved, deficit, 1.0)
            left = max(stock[i] - net, 0.0) if waits else stock[i] - net + top
            later_received(later, deficit, left, rate, longest - periods)
        for k in range(1, size + 1):
            lies = periods - used[k] / paths + later[k] / paths  # the way there is the receiver's
            gain = shortage[i] * saved[k] / paths - holding[i] * lies
            gains[offset[row] + k - 1] = min(gain, gains[offset[row] + k - 2]) if k > 1 else gain
    return gains


@compiled
def count_units(table: Array, deficit: float, weight: float) -> None:
    """Add weight × clip(deficit − k + 1, 0, 1) to each k."""
    k = 1
    while k < len(table) and deficit > k - 1:
        table[k] += weight * min(deficit - k + 1, 1.0)
        k += 1


@compiled
def later_received(table: Array, deficit: float, left: float, rate: float, most: float) -> None:
    """Add the periods beyond the horizon that the k-th unit lies: behind what is left, and before the units used up."""
    if most <= 0:
        return
    for k in range(1, len(table)):
        ahead = left + k - deficit
        if ahead > 0:
            share = min(k - deficit, 1.0)
            if share > 0:
                table[k] += share * (most if rate <= 0 else min(ahead / rate, most))
