"""Compiled sweeps over the states of a lost-sales system.

A state is a row, the orders on their way ``(x_1, …, x_{L-1})``, and a column, the units on hand ``x_0``; values have
shape (n_rows, width). ``survival[x]`` is P(D >= x), ``cost[x]`` the expected cost of a period that begins with x.
"""

from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.compiled import compiled

__all__ = ["follow", "improve", "repeat"]


@compiled
def pass_on(
    value: FloatArray, order: int, on_hand: int, due: int, child: int, pmf: FloatArray, survival: FloatArray
) -> float:
    """Expected value of the next state: its row has the order at the end, its stock what demand leaves and what is due.

    ``due`` is ``x_1``, or -1 where nothing is on its way (L = 1): then the order itself arrives, and there is one row.
    ``child`` is the row that an order of 0 leads to.
    """
    row, arrives = (child, order) if due < 0 else (child + order, due)
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

    The value is convex in the order, so a walk from the last order, up or else down, finds the best one.

    Returns
    -------
    low, high : float
        The smallest and the largest rise: the optimal average cost lies between them.
    """
    low, high = 1e300, -1e300
    for row in range(len(due)):
        for x in range(room[row] + 1):
            most = min(longest[row], room[row] - x)
            start = order = min(orders[row, x], most)
            best = pass_on(value, order, x, due[row], child[row], pmf, survival)
            for direction in (1, -1):
                while order * direction >= start * direction and 0 <= order + direction <= most:
                    found = pass_on(value, order + direction, x, due[row], child[row], pmf, survival)
                    if found >= best - 1e-12:
                        break
                    best, order = found, order + direction
            orders[row, x] = order
            new[row, x] = cost[x] + best
            rise = new[row, x] - value[row, x]
            low, high = min(low, rise), max(high, rise)
    return low, high


@compiled
def repeat(
    value: FloatArray, new: FloatArray, orders: IntArray, cost: FloatArray, pmf: FloatArray,
    survival: FloatArray, due: IntArray, room: IntArray, child: IntArray,
) -> None:  # fmt: skip
    """As ``improve``, with the orders as they are."""
    for row in range(len(due)):
        for x in range(room[row] + 1):
            ahead = pass_on(value, orders[row, x], x, due[row], child[row], pmf, survival)
            new[row, x] = cost[x] + ahead


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
