"""The optimal policy of a lost-sales system and its cost, by value iteration on Zipkin's reduced state space."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import IntArray, freeze
from allocast.numerics.checks import require_same_length
from allocast.simulation.textbook.demand_laws import at_least
from allocast.simulation.textbook.lost_sales import LostSales
from allocast.simulation.textbook.lost_sales_kernels import improve, repeat

__all__ = ["LostSalesOptimum", "OrderTable", "solve_lost_sales"]

REPEATS = 4  # sweeps with fixed orders between two that improve them
MOST_SWEEPS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTable:
    """Orders by state, callable with states: a policy given as a table.

    Parameters
    ----------
    pipelines : array of int, shape (n_rows, L - 1)
        Orders on their way, oldest first, in lexicographic order.
    orders : array of int, shape (n_rows, width)
        Column ``x`` holds the orders with ``x`` on hand; -1 where the table says nothing.

    Raises
    ------
    DataError
        Pipelines and orders are not equally many, or pipelines are not in order.
    """

    pipelines: IntArray
    orders: IntArray

    def __post_init__(self) -> None:
        require_same_length(pipelines=self.pipelines, orders=self.orders)
        rows = numbered(self.pipelines, int(self.pipelines.max(initial=0)) + 1)
        if (np.diff(rows) <= 0).any():
            first = int(np.argmax(np.diff(rows) <= 0)) + 1
            raise DataError(
                f"pipelines must be in lexicographic order, each once; row {first} is not. Sort them first."
            )
        object.__setattr__(self, "pipelines", freeze(np.asarray(self.pipelines)))
        object.__setattr__(self, "orders", freeze(np.asarray(self.orders)))

    def __call__(self, states: IntArray) -> IntArray:
        """Orders, shape (n,), in states of shape (n, L).

        Raises
        ------
        DataError
            A state is not in the table.
        """
        radix = int(max(self.pipelines.max(initial=0), states[:, 1:].max(initial=0))) + 1
        rows = numbered(self.pipelines, radix)
        wanted = numbered(states[:, 1:], radix)
        row = np.minimum(np.searchsorted(rows, wanted), len(rows) - 1)
        on_hand = np.minimum(states[:, 0], self.orders.shape[1] - 1)
        orders = np.where((rows[row] == wanted) & (on_hand == states[:, 0]), self.orders[row, on_hand], -1)
        if (orders < 0).any():
            first = states[int(np.argmax(orders < 0))].tolist()
            raise DataError(
                f"the table has no order for state {first} ({int((orders < 0).sum())} of {len(states)} states); "
                "start from an empty system, or use a policy given as a function."
            )
        return orders


@dataclass(frozen=True, slots=True, kw_only=True)
class LostSalesOptimum:
    """The least average cost of an instance, and orders that reach it.

    Parameters
    ----------
    cost : float, money a period
        Within ``tolerance`` of the optimum.
    policy : OrderTable
    n_states, n_sweeps : int
        How many states were looked at, how often.
    """

    cost: float
    policy: OrderTable
    n_states: int
    n_sweeps: int


def solve_lost_sales(instance: LostSales, *, tolerance: float = 1e-7) -> LostSalesOptimum:
    """The optimal average cost, exact up to the tolerance, by value iteration.

    No optimal order lifts the sum of the youngest ``k`` orders above the newsvendor quantile of ``k`` periods, or the
    inventory position above that of L + 1, and the cost is convex in the order (Zipkin 2008); so few states and
    few orders are looked at. The smallest and the largest rise of a sweep enclose the optimum (Odoni 1969).

    Parameters
    ----------
    instance : LostSales
    tolerance : float, > 0, money a period

    Examples
    --------
    >>> instance = LostSales(demand="poisson", mean=5.0, shortage_cost=4.0, lead_time=2)
    >>> round(solve_lost_sales(instance).cost, 4)
    4.3953

    References
    ----------
    Zipkin (2008), Operations Research 56(5), 1256-1263; Odoni (1969), Operations Research 17(5), 857-860.
    """
    box = _Box.of(instance)
    width = instance.levels[-1] + 1
    orders = np.zeros((len(box.pipelines), width), dtype=np.int64)
    low, high, sweeps = _iterate(instance, box, orders, tolerance)
    reached = np.arange(width) <= box.room[:, None]
    table = OrderTable(pipelines=box.pipelines, orders=np.where(reached, orders, -1))
    return LostSalesOptimum(cost=(low + high) / 2, policy=table, n_states=int(reached.sum()), n_sweeps=sweeps)


def _iterate(
    instance: LostSales, box: "_Box", orders: IntArray, tolerance: float
) -> tuple[float, float, int]:
    """Improve the orders, in place, until the bounds on the cost agree; the bounds, and how many sweeps it took."""
    value = np.zeros(orders.shape)
    new = np.zeros_like(value)
    cost = instance.expected_cost(orders.shape[1] - 1)
    pmf, survival = instance.law.probability[0], at_least(instance.law, orders.shape[1] - 1)
    follow = (orders, cost, pmf, survival, box.due, box.room, box.child)
    for sweep in range(1, MOST_SWEEPS, REPEATS + 1):
        low, high = improve(value, new, *follow, box.longest)
        value, new = new, value
        if high - low <= tolerance:
            return low, high, sweep
        for _ in range(REPEATS):
            repeat(value, new, *follow)
            value, new = new, value
    raise DataError(
        f"{instance.name}: the cost has not settled after {MOST_SWEEPS} sweeps: it lies between {low:.6g} and "
        f"{high:.6g}. Allow a larger tolerance."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Box:
    """The pipelines that an optimal policy can meet, and how they follow one another; arrays of shape (n_rows,).

    ``due`` is what arrives next (-1 with L = 1), ``room`` the largest stock on hand beside a pipeline, ``child`` the
    row that an order of 0 leads to (an order of z leads to ``child + z``) and ``longest`` the largest order.
    """

    pipelines: IntArray
    due: IntArray
    room: IntArray
    child: IntArray
    longest: IntArray

    @classmethod
    def of(cls, instance: LostSales) -> "_Box":
        levels = np.array(instance.levels)
        rows: IntArray = np.zeros((1, 0), dtype=np.int64)
        for _ in range(instance.lead_time - 1):
            rows = _lengthened(rows, levels)
        longest = _largest_order(rows, levels[: instance.lead_time])
        if instance.lead_time == 1:
            child, due = np.zeros(1, dtype=np.int64), np.full(1, -1)
        else:
            radix = int(levels[0]) + 1
            empty = np.pad(rows[:, 1:], ((0, 0), (0, 1)))
            child = np.searchsorted(numbered(rows, radix), numbered(empty, radix))
            due = rows[:, 0].copy()
        room = levels[-1] - rows.sum(axis=1)
        return cls(pipelines=rows, due=due, room=room, child=child, longest=longest)


def numbered(pipelines: IntArray, radix: int) -> IntArray:
    """One number for each pipeline, rising in lexicographic order, shape (n,); entries lie below ``radix``."""
    weights = radix ** np.arange(pipelines.shape[1] - 1, -1, -1, dtype=np.int64)
    return np.asarray(pipelines @ weights, dtype=np.int64)


def _largest_order(rows: IntArray, levels: IntArray) -> IntArray:
    """The most that can be ordered after each row: with its k youngest at most the level of k + 1 periods."""
    youngest = np.cumsum(rows[:, ::-1], axis=1)[:, : len(levels) - 1]
    before = np.pad(youngest, ((0, 0), (1, 0)))
    return np.asarray((levels[: before.shape[1]] - before).min(axis=1))


def _lengthened(rows: IntArray, levels: IntArray) -> IntArray:
    """Each row followed by every order that may come after it, in lexicographic order."""
    counts = _largest_order(rows, levels) + 1
    start = np.repeat(np.cumsum(counts) - counts, counts)
    order = np.arange(counts.sum()) - start
    return np.column_stack([np.repeat(rows, counts, axis=0), order])
