"""The best transfers where the ways that hang together form a tree: exact, from the leaves to the root, compiled.

Giver and receiver of each way are nodes. Cut a way, and what hangs behind it depends on the rest only by the units
that go over it: for each number of these the best of the part behind is found once. Where there is a circle of ways, or
units come to a receiver after different delays, this does not hold, and HiGHS solves the group (``joint_ways``).
"""

import numpy as np

from allocast.inventory.rebalancing.joint_ways import JointWays
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.compiled import compiled

__all__ = ["best_on_tree", "is_tree"]

LARGEST = 2000  # units on all ways of a group: the work grows with their square


def is_tree(ways: JointWays) -> bool:
    """Whether ways that hang together have no circle, one delay a receiver, and not too many units."""
    givers, receivers = np.unique(ways.giver), np.unique(ways.receiver)
    acyclic = len(ways.giver) == len(givers) + len(receivers) - 1
    return acyclic and len(np.unique(ways.point)) == len(receivers) and int(ways.most.sum()) <= LARGEST


def best_on_tree(ways: JointWays) -> IntArray:
    """Units on each way, which together save most.

    Parameters
    ----------
    ways : JointWays
        For which `is_tree` holds.

    Returns
    -------
    units : array of int, shape (n_ways,)
    """
    givers, giver = np.unique(ways.giver, return_inverse=True)
    points, receiver = np.unique(ways.point, return_inverse=True)
    tables = [-ways.costs[int(row)] for row in givers] + [ways.gains[int(row)] for row in points]
    totals = [np.append(0.0, np.cumsum(table)) for table in tables]
    begin = np.append(0, np.cumsum([len(total) for total in totals])).astype(np.int64)
    return _best_on_tree(
        giver, receiver + len(givers), ways.cost_per_unit, ways.cost_per_transfer, ways.pack_units, ways.most,
        np.concatenate(totals), begin,
    )  # fmt: skip


@compiled
def _best_on_tree(
    giver: IntArray, receiver: IntArray, per_unit: FloatArray, per_transfer: FloatArray, pack: IntArray,
    most: IntArray, total: FloatArray, begin: IntArray,
) -> IntArray:  # fmt: skip
    n, nodes, largest = len(giver), len(begin) - 1, most.sum()
    order, above = _from_the_root(giver, receiver, nodes)
    behind = np.full((n, largest + 1), -np.inf)  # best of the part behind a way, by the units over it
    inside = np.zeros((n, largest + 1), dtype=np.int64)  # units on the ways below its lower end then
    chosen = np.zeros(
        (n, largest + 1), dtype=np.int64
    )  # units on a way, by those on it and its sisters before it
    best = np.zeros(largest + 1)
    for place in range(nodes - 1, -1, -1):
        node, up = order[place], above[order[place]]
        best[:] = -np.inf
        best[0], reach = 0.0, 0
        for way in range(n):
            if way != up and (giver[way] == node or receiver[way] == node):
                reach = _join(best, reach, behind[way], chosen[way], most[way], pack[way])
        room = begin[node + 1] - begin[node] - 1
        if up < 0:
            top = _best_inside(best, reach, total[begin[node] : begin[node + 1]], 0, room)
            return _read(order, above, giver, receiver, inside, chosen, top)
        for over in range(0, min(most[up], room) + 1, pack[up]):
            t = _best_inside(best, reach, total[begin[node] : begin[node + 1]], over, room)
            fee = per_unit[up] * over + (per_transfer[up] if over > 0 else 0.0)
            behind[up, over], inside[up, over] = best[t] + total[begin[node] + t + over] - fee, t
    return np.zeros(n, dtype=np.int64)


@compiled
def _from_the_root(giver: IntArray, receiver: IntArray, nodes: int) -> tuple[IntArray, IntArray]:
    """Nodes in an order in which each comes after the one above it, and the way to that one (−1 for the root)."""
    order, above = np.zeros(nodes, dtype=np.int64), np.full(nodes, -1, dtype=np.int64)
    known, last = 0, 1
    while known < last:
        node = order[known]
        for way in range(len(giver)):
            if way != above[node] and (giver[way] == node or receiver[way] == node):
                other = receiver[way] if giver[way] == node else giver[way]
                order[last], above[other] = other, way
                last += 1
        known += 1
    return order, above


@compiled
def _join(best: FloatArray, reach: int, behind: FloatArray, chosen: IntArray, most: int, pack: int) -> int:
    """Add one way to what a node's ways below it can do together; how many units these may carry now."""
    for t in range(reach + most, -1, -1):
        value, units = -np.inf, 0
        for over in range(0, min(most, t) + 1, pack):
            if t - over <= reach and best[t - over] + behind[over] > value:
                value, units = best[t - over] + behind[over], over
        best[t], chosen[t] = value, units
    return reach + most


@compiled
def _best_inside(best: FloatArray, reach: int, total: FloatArray, over: int, room: int) -> int:
    """How many units the ways below a node carry at best, if so many go over the one above it."""
    found, value = 0, -np.inf
    for t in range(min(reach, room - over) + 1):
        if best[t] + total[t + over] > value:
            found, value = t, best[t] + total[t + over]
    return found


@compiled
def _read(
    order: IntArray,
    above: IntArray,
    giver: IntArray,
    receiver: IntArray,
    inside: IntArray,
    chosen: IntArray,
    top: int,
) -> IntArray:
    """Units on each way, from the root to the leaves."""
    n = len(giver)
    units, below = np.zeros(n, dtype=np.int64), np.zeros(len(order), dtype=np.int64)
    below[order[0]] = top
    for place in range(len(order)):
        node = order[place]
        left = below[node]
        for back in range(n - 1, -1, -1):
            if back != above[node] and (giver[back] == node or receiver[back] == node):
                units[back] = chosen[back, left]
                left -= units[back]
                other = receiver[back] if giver[back] == node else giver[back]
                below[other] = inside[back, units[back]]
    return units
