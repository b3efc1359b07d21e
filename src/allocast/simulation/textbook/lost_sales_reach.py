"""The states that a policy for a lost-sales system can ever come to."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, IntArray
from allocast.simulation.textbook.lost_sales import OrderRule

__all__ = ["LARGEST_ORDER", "Reached", "reach"]

LARGEST_ORDER = 255  # a pipeline is numbered with eight bits an order


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """All states that can follow one another under a policy; arrays of shape (n_states,), but ``pipelines``.

    Parameters
    ----------
    pipelines : array of int, shape (n_rows, L - 1)
    row, on_hand : arrays of int
        The state: its pipeline and what is on hand.
    child, arrives : arrays of int
        What its order leads to: the next pipeline, and the units that arrive.
    largest : int
        No state has more on hand.
    """

    pipelines: IntArray
    row: IntArray
    on_hand: IntArray
    child: IntArray
    arrives: IntArray
    largest: int


def reach(policy: OrderRule, start: IntArray, *, most_on_hand: int) -> Reached:
    """Follow a policy from one state through everything that demand can do.

    With ``x`` on hand and ``y`` arriving the next state has any number from y to y + x on hand; what lies above
    ``most_on_hand`` is cut off there.

    Parameters
    ----------
    policy : function of states of shape (n, L), whole orders of shape (n,)
    start : array of int, shape (L,)
    most_on_hand : int

    Raises
    ------
    DataError
        The policy gives orders that are not whole, negative, too large, or of the wrong shape.
    """
    rows = _Rows(start[1:])
    stock = start[:1].astype(np.int64)
    row, on_hand = rows.add(np.zeros(1, dtype=np.int64), stock, stock, most_on_hand)
    found = []
    while len(row) > 0:
        orders = _checked(policy(np.column_stack([on_hand, rows.pipelines[row]])), len(row))
        longer = np.column_stack([rows.pipelines[row], orders])
        child, arrives = rows.numbers(longer[:, 1:]), np.minimum(longer[:, 0], most_on_hand)
        found.append((row, on_hand, child, arrives))
        row, on_hand = rows.add(child, arrives, arrives + on_hand, most_on_hand)
    row, on_hand, child, arrives = (np.concatenate(part) for part in zip(*found, strict=True))
    return Reached(
        pipelines=rows.pipelines, row=row, on_hand=on_hand, child=child, arrives=arrives,
        largest=int(on_hand.max()),
    )  # fmt: skip


class _Rows:
    """Pipelines numbered in the order in which they are met, and which stocks have been seen beside each."""

    def __init__(self, first: IntArray) -> None:
        self.pipelines = np.zeros((0, len(first)), dtype=np.int64)
        self.known: dict[int, int] = {}
        self.seen = np.zeros((0, 64), dtype=bool)
        self.numbers(first[None].astype(np.int64))

    def numbers(self, pipelines: IntArray) -> IntArray:
        """The row of each pipeline, shape (n,); new ones get the next numbers."""
        keys = pipelines @ (1 << (8 * np.arange(pipelines.shape[1], dtype=np.int64)))
        distinct, first, place = np.unique(keys, return_index=True, return_inverse=True)
        new = [k for k, key in enumerate(distinct.tolist()) if key not in self.known]
        for k in new:
            self.known[int(distinct[k])] = len(self.known)
        self.pipelines = np.concatenate([self.pipelines, pipelines[first[new]]])
        self.seen = np.pad(self.seen, ((0, len(new)), (0, 0)))
        return np.array([self.known[key] for key in distinct.tolist()])[place]

    def add(self, row: IntArray, low: IntArray, high: IntArray, most: int) -> tuple[IntArray, IntArray]:
        """Mark stocks from low to high beside each row; the rows and stocks that are new."""
        high = np.minimum(high, most)
        self._widen(int(high.max(initial=0)) + 1)
        touched, place = np.unique(row, return_inverse=True)
        steps = np.zeros((len(touched), self.seen.shape[1] + 1), dtype=np.int32)
        np.add.at(steps, (place, low), 1)
        np.add.at(steps, (place, high + 1), -1)
        new: BoolArray = (np.cumsum(steps, axis=1)[:, :-1] > 0) & ~self.seen[touched]
        self.seen[touched] |= new
        where, on_hand = np.nonzero(new)
        return touched[where], on_hand

    def _widen(self, width: int) -> None:
        if width > self.seen.shape[1]:
            more = max(width, 2 * self.seen.shape[1]) - self.seen.shape[1]
            self.seen = np.pad(self.seen, ((0, 0), (0, more)))


def _checked(orders: IntArray, count: int) -> IntArray:
    orders = np.asarray(orders)
    whole = np.rint(orders)
    if orders.shape != (count,) or not np.array_equal(orders, whole):
        raise DataError(
            f"a policy must give {count} whole orders, one a state; it gave {orders.dtype} {orders.shape}."
        )
    if count and not (whole.min() >= 0 and whole.max() <= LARGEST_ORDER):
        raise DataError(
            f"orders must lie in [0, {LARGEST_ORDER}]; the policy ordered {whole.min():g} to {whole.max():g}."
        )
    return whole.astype(np.int64)
