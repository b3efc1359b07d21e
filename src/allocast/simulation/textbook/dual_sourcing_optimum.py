"""The optimal policy of a dual-sourcing system and its cost, by value iteration."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray, freeze
from allocast.numerics.compiled import compiled
from allocast.simulation.textbook.dual_sourcing import DualSourcing

__all__ = ["DualOrderTable", "DualSourcingOptimum", "solve_dual_sourcing"]

MOST_SWEEPS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DualOrderTable:
    """Orders by state, callable with states: a policy given as a table.

    Parameters
    ----------
    lowest : int
        Net inventory of the first row.
    largest : int
        No regular order is larger; pipelines are numbered with it.
    orders : array of int, shape (n_stocks, n_pipelines, 2)
        Expedited and regular.
    """

    lowest: int
    largest: int
    orders: IntArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "orders", freeze(np.asarray(self.orders)))

    def __call__(self, states: IntArray) -> IntArray:
        """Orders, shape (n, 2), in states of shape (n, l).

        Raises
        ------
        DataError
            A state is not in the table.
        """
        row, waiting = states[:, 0] - self.lowest, states[:, 1:]
        outside = (
            (row < 0) | (row >= len(self.orders)) | ((waiting < 0) | (waiting > self.largest)).any(axis=1)
        )
        if outside.any():
            first = states[int(np.argmax(outside))].tolist()
            raise DataError(
                f"the table has no order for state {first} ({int(outside.sum())} of {len(states)} states); "
                "start from an empty system, or use a policy given as a function."
            )
        weights = (self.largest + 1) ** np.arange(waiting.shape[1] - 1, -1, -1)
        return np.asarray(self.orders[row, waiting @ weights])


@dataclass(frozen=True, slots=True, kw_only=True)
class DualSourcingOptimum:
    """The least average cost of an instance, purchases included, and orders that reach it."""

    cost: float
    policy: DualOrderTable
    n_states: int
    n_sweeps: int


def solve_dual_sourcing(
    instance: DualSourcing, *, tolerance: float = 1e-7, margin: int = 0
) -> DualSourcingOptimum:
    """The optimal average cost by value iteration.

    Looked at are net inventories from twice the largest demand below zero to that of two periods more than the lead
    time, and regular orders up to twice the largest demand; ``margin`` widens all three. Expediting is only ever an
    order up to some stock, so that the best stock is found once for each pipeline. The smallest and
    the largest rise of a sweep enclose the optimum (Odoni 1969).

    Parameters
    ----------
    instance : DualSourcing
    tolerance : float, > 0, money a period
    margin : int, >= 0, units

    Examples
    --------
    >>> round(solve_dual_sourcing(DualSourcing(lead_time=2, expedited_cost=105.0)).cost, 4)
    216.7698

    References
    ----------
    Odoni (1969), On finding the maximal gain for Markov decision processes, Operations Research 17(5), 857-860.
    """
    top, largest = instance.largest_demand, 2 * instance.largest_demand + margin
    lowest = -2 * top - margin
    stocks = np.arange(lowest, (instance.lead_time + 2) * top + margin + 1)
    shape = (len(stocks), (largest + 1) ** (instance.lead_time - 1))
    value, new = np.zeros(shape), np.zeros(shape)
    orders = np.zeros((*shape, 2), dtype=np.int64)
    bought = (instance.expedited_cost, instance.regular_cost)
    for sweep in range(1, MOST_SWEEPS + 1):
        low, high = _improve(
            value, new, orders, instance.expected_cost(stocks), instance.law.probability[0], bought, largest
        )
        value, new = new, value
        if high - low <= tolerance:
            table = DualOrderTable(lowest=lowest, largest=largest, orders=orders)
            return DualSourcingOptimum(
                cost=(low + high) / 2, policy=table, n_states=value.size, n_sweeps=sweep
            )
    raise DataError(
        f"{instance.name}: the cost has not settled after {MOST_SWEEPS} sweeps: it lies between {low:.6g} and "
        f"{high:.6g}. Allow a larger tolerance."
    )


@compiled
def _improve(
    value: FloatArray, new: FloatArray, orders: IntArray, cost: FloatArray, pmf: FloatArray,
    bought: tuple[float, float], largest: int,
) -> tuple[float, float]:  # fmt: skip
    """One step of value iteration; ``new`` and ``orders`` are overwritten, the bounds on the cost returned."""
    n_stocks, n_pipelines = value.shape
    oldest = n_pipelines // (largest + 1)
    low, high = 1e300, -1e300
    for pipeline in range(n_pipelines):
        due, child = pipeline // oldest, (pipeline % oldest) * (largest + 1)
        ahead, up_to = 1e300, 0
        for stock in range(n_stocks - 1, -1, -1):
            ahead += bought[0]  # one unit more to expedite than from the stock above
            best, regular = 1e300, 0
            if stock >= len(pmf) - 1:  # below, demand could lead out of the table: expedite
                for order in range(largest + 1):
                    found = cost[stock] + bought[1] * order
                    for d in range(len(pmf)):
                        found += pmf[d] * value[min(stock - d + due, n_stocks - 1), child + order]
                    if found < best - 1e-12:
                        best, regular = found, order
            if best < ahead:
                ahead, up_to = best, stock
                orders[stock, pipeline, 0], orders[stock, pipeline, 1] = 0, regular
            else:
                orders[stock, pipeline, 0] = up_to - stock
                orders[stock, pipeline, 1] = orders[up_to, pipeline, 1]
            new[stock, pipeline] = ahead
            rise = ahead - value[stock, pipeline]
            low, high = min(low, rise), max(high, rise)
    return low, high
