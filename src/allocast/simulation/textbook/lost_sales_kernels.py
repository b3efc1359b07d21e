"""Compiled sweeps over the states of a lost-sales system.

A state is a row, the orders on their way ``(x_1, …, x_{L-1})``, and a column, the units on hand ``x_0``; values have
shape (n_rows, width). ``survival[x]`` is P(D >= x), ``cost[x]`` the expected cost of a period that begins with x.
"""

from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.compiled import compiled

__all__ = ["improve", "pass_on", "repeat"]


@compiled
def pass_on(
    value: FloatArray, row: int, arrives: int, on_hand: int, pmf: FloatArray, survival: FloatArray
) -> float:
    """Expected value of the next state: this row, with what demand leaves of ``on_hand`` plus what arrives."""
    total = survival[on_hand] * value[row, arrives]
    for d in range(min(on_hand, len(pmf))):
        total += pmf[d] * value[row, on_hand - d + arrives]
    return total  # type: ignore[no-any-return]


@compiled
def improve(
    value: FloatArray, new: FloatArray, orders: IntArray, cost: FloatArray, pmf: FloatArray,
    survival: FloatArray, due: IntArray, room: IntArray, child: IntArray, longest: IntArray,
) -> tuple[float, float]:  # fmt: skip
    """One step of value iteration; ``new`` and ``orders`` are overwritten.

    The value is convex in the order, so a walk from the last order finds the best one. ``due`` is ``x_1``, or -1 where
    nothing is on its way (L = 1) and the order itself arrives; ``child`` the row that an order of 0 leads to.

    Returns
    -------
    low, high : float
        The smallest and the largest rise: the optimal average cost lies between them.
    """
    low, high = 1e300, -1e300
    alone = due[0] < 0
    for row in range(len(due)):
        for on_hand in range(room[row] + 1):
            most = min(longest[row], room[row] - on_hand)
            order = min(orders[row, on_hand], most)
            if alone:
                best = pass_on(value, row, order, on_hand, pmf, survival)
            else:
                best = pass_on(value, child[row] + order, due[row], on_hand, pmf, survival)
            start = order
            for direction in (1, -1):
                if order != start:
                    break
                while 0 <= order + direction <= most:
                    other = order + direction
                    if alone:
                        found = pass_on(value, row, other, on_hand, pmf, survival)
                    else:
                        found = pass_on(value, child[row] + other, due[row], on_hand, pmf, survival)
                    if found >= best - 1e-12:
                        break
                    best, order = found, other
            orders[row, on_hand] = order
            new[row, on_hand] = cost[on_hand] + best
            rise = new[row, on_hand] - value[row, on_hand]
            low, high = min(low, rise), max(high, rise)
    return low, high


@compiled
def repeat(
    value: FloatArray, new: FloatArray, orders: IntArray, cost: FloatArray, pmf: FloatArray,
    survival: FloatArray, due: IntArray, room: IntArray, child: IntArray,
) -> None:  # fmt: skip
    """As ``improve``, with the orders as they are."""
    alone = due[0] < 0
    for row in range(len(due)):
        for on_hand in range(room[row] + 1):
            order = orders[row, on_hand]
            place, arrives = (row, order) if alone else (child[row] + order, due[row])
            new[row, on_hand] = cost[on_hand] + pass_on(value, place, arrives, on_hand, pmf, survival)


@compiled
def follow(
    value: FloatArray, new: FloatArray, row: IntArray, on_hand: IntArray, child: IntArray, arrives: IntArray,
    cost: FloatArray, pmf: FloatArray, survival: FloatArray, kept: float,
) -> tuple[float, float]:  # fmt: skip
    """One sweep under a policy over a list of states, stock above the width of ``value`` being cut off.

    ``cost`` is that of each state of the list, ``child`` and ``arrives`` what its order leads to; ``kept`` is the share
    of the old value that stays, which breaks cycles. Returns the smallest and the largest rise.
    """
    low, high, last = 1e300, -1e300, value.shape[1] - 1
    for k in range(len(row)):
        x, due = on_hand[k], arrives[k]
        total = cost[k] + survival[x] * value[child[k], due]
        for d in range(min(x, len(pmf))):
            total += pmf[d] * value[child[k], min(x - d + due, last)]
        rise = total - value[row[k], x]
        low, high = min(low, rise), max(high, rise)
        new[row[k], x] = total - kept * rise
    return low, high
