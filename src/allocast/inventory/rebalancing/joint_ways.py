"""The best transfers on ways that share a giver or a receiver, as a small mixed-integer program for HiGHS."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray

__all__ = ["JointWays", "best_together"]

STEPS = 100  # larger tables of unit values are averaged over so many equal steps
LARGEST_SEARCH = 2000  # nodes of branch and bound: a count, as seconds would not repeat
SMALLEST_GAP = 1e-7  # share of the objective


@dataclass(frozen=True, slots=True, kw_only=True)
class JointWays:
    """Ways of one item that hang together.

    Parameters
    ----------
    giver, receiver, point : arrays of int, shape (n_ways,)
    cost_per_unit, cost_per_transfer : arrays of shape (n_ways,), in money
    pack_units : array of int, shape (n_ways,)
    most : array of int, shape (n_ways,), whole packs
        What is best on each way alone. Others only lower what its units are worth, so it is never more.
    costs : mapping of giver to array
        Of its 1st, 2nd, … unit; never falls.
    gains : mapping of point to array
        Of its 1st, 2nd, … unit; never rises.
    """

    giver: IntArray
    receiver: IntArray
    point: IntArray
    cost_per_unit: FloatArray
    cost_per_transfer: FloatArray
    pack_units: IntArray
    most: IntArray
    costs: dict[int, FloatArray]
    gains: dict[int, FloatArray]


def best_together(ways: JointWays) -> tuple[IntArray, float]:
    """Units on each way, and how much better in money the best there is might be at most (0 where it is proved).

    Variables are packs on each way, whether a way is used where that costs anything, and how far the units of each
    giver and each receiver reach into their steps of equal value. As giving never becomes cheaper and receiving never
    worth more, the steps fill in their order by themselves.

    Parameters
    ----------
    ways : JointWays

    Raises
    ------
    DataError
        The solver gives up.
    """
    packs, behind = _solved(ways, whole=bool((ways.pack_units > 1).any()))
    if np.abs(packs - np.rint(packs)).max() > 1e-6:  # single units come out whole by themselves, but for ties
        packs, behind = _solved(ways, whole=True)
    return np.rint(packs).astype(np.int64) * ways.pack_units, behind


def _solved(ways: JointWays, *, whole: bool) -> tuple[FloatArray, float]:
    """Packs on each way, and the money they may be short of the best."""
    program = _Program()
    n, most = len(ways.giver), ways.most // ways.pack_units
    packs = program.add(-ways.cost_per_unit * ways.pack_units, most, whole=whole)
    used = program.add(-ways.cost_per_transfer, (ways.cost_per_transfer > 0).astype(np.int64), whole=True)
    for way in np.flatnonzero(ways.cost_per_transfer > 0):
        program.row([packs[way], used[way]], [1.0, -float(most[way])], -np.inf, 0.0)
    for giver in np.unique(ways.giver):
        value, size = _steps(ways.costs[int(giver)][: ways.most[ways.giver == giver].sum()])
        program.balance(packs, ways.pack_units, ways.giver == giver, program.add(-value, size))
    for receiver in np.unique(ways.receiver):
        _receive(program, ways, packs, receiver)
    found, behind = program.solve()
    return found[:n], behind


def _receive(program: "_Program", ways: JointWays, packs: IntArray, receiver: int) -> None:
    """Units of all delays fill the same places in the receiver's queue, each at the worth of its own delay."""
    points = np.unique(ways.point[ways.receiver == receiver])
    longest = min(
        max(len(ways.gains[int(point)]) for point in points), ways.most[ways.receiver == receiver].sum()
    )
    filled = []
    for point in points:
        own = ways.gains[int(point)][:longest]
        value, size = _steps(np.append(own, np.full(longest - len(own), -np.inf)))
        possible = np.isfinite(value)
        filled.append(program.add(np.where(possible, value, 0.0), np.where(possible, size, 0)))
        program.balance(packs, ways.pack_units, ways.point == point, filled[-1])
    for step in range(len(size)) if len(points) > 1 else ():
        program.row([steps[step] for steps in filled], [1.0] * len(filled), -np.inf, float(size[step]))


def _steps(values: FloatArray) -> tuple[FloatArray, IntArray]:
    """Mean value and number of units of each step; a step is one unit where there are few."""
    width = -(-len(values) // STEPS)
    starts = np.arange(0, len(values), width)
    size = np.diff(np.append(starts, len(values)))
    return np.add.reduceat(values, starts) / size, size


class _Program:
    """A mixed-integer program that grows by columns and rows; it is maximised."""

    def __init__(self) -> None:
        self.value, self.upper, self.whole = list[float](), list[float](), list[int]()
        self.column, self.entry, self.begin = list[int](), list[float](), [0]
        self.low, self.high = list[float](), list[float]()

    def add(self, value: FloatArray, upper: IntArray, whole: bool = False) -> IntArray:
        """Places of new variables between 0 and an upper bound."""
        place = np.arange(len(self.value), len(self.value) + len(value))
        self.value.extend(value.tolist())
        self.upper.extend(upper.tolist())
        self.whole.extend([int(whole)] * len(value))
        return place

    def row(self, columns: list[int], entries: list[float], low: float, high: float) -> None:
        """A new constraint."""
        self.column.extend(columns)
        self.entry.extend(entries)
        self.begin.append(len(self.column))
        self.low.append(low)
        self.high.append(high)

    def balance(self, packs: IntArray, pack_units: IntArray, rows: FloatArray, steps: IntArray) -> None:
        """Units on some ways are the units in some steps."""
        ways = np.flatnonzero(rows)
        self.row([*packs[ways], *steps], [*pack_units[ways].astype(float), *[-1.0] * len(steps)], 0.0, 0.0)

    def solve(self) -> tuple[FloatArray, float]:
        """The best values, and the money by which they might fall short of the best there is."""
        shape = (len(self.low), len(self.value))
        matrix = csr_array((self.entry, self.column, self.begin), shape=shape)
        found = milp(
            -np.asarray(self.value),
            integrality=self.whole,
            bounds=Bounds(0, self.upper),
            constraints=LinearConstraint(matrix, self.low, self.high),
            options={"mip_rel_gap": SMALLEST_GAP, "node_limit": LARGEST_SEARCH},
        )
        if found.x is None:
            raise DataError(f"no transfers could be found: {found.message}")
        return found.x, max(float(found.fun - found.mip_dual_bound), 0.0)
