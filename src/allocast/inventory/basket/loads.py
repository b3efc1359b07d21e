"""Orders that suppliers take only together: whole containers, and a least value of all orders."""

import math
from dataclasses import dataclass, field

import numpy as np

from allocast.errors import DataError, InfeasibleError
from allocast.inventory.basket.prices import Groups
from allocast.inventory.basket.steps import worth_of_more_packs, worth_of_next_packs
from allocast.inventory.order_lines import OrderLines
from allocast.inventory.situation import Situation
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray, freeze
from allocast.numerics.checks import require_same_length

__all__ = ["Loads", "whole_loads"]

_MORE_PACKS = 60  # of a line, that a load may be filled with
_SLACK = 1e-9  # relative, for sums of floats that should be equal


@dataclass(frozen=True, slots=True, kw_only=True)
class Loads:
    """Groups of lines whose total is nothing, or whole containers of which the last is full enough.

    Parameters
    ----------
    name : tuple of str, of n_loads
    lines : tuple of arrays of int, of n_loads
        Which lines belong to each load.
    use : tuple of arrays, of n_loads
        What a unit of each of these lines takes of the load, >= 0.
    size : array of shape (n_loads,), > 0
        Of one container; infinite where there is only a least.
    least : array of shape (n_loads,), >= 0, at most the size
        What the last container must hold.

    Raises
    ------
    DataError
        Lengths differ, or a least is above its size.
    """

    name: tuple[str, ...]
    lines: tuple[IntArray, ...]
    use: tuple[FloatArray, ...]
    size: FloatArray
    least: FloatArray

    def __post_init__(self) -> None:
        require_same_length(size=self.size, least=self.least)
        same = len(self.name) == len(self.lines) == len(self.use) == len(self.size)
        if not same or (self.least > self.size).any() or (self.size <= 0).any():
            raise DataError("each load needs a name, a size above 0 and a least of at most its size.")

    def bounds(self, load: int, total: float) -> tuple[float, float, float]:
        """The nearest total from below, then the least and the most of the next that is taken above it.

        Examples
        --------
        Containers of 10 that must be filled to 8:

        >>> loads = Loads(name=("container",), lines=(np.array([0]),), use=(np.ones(1),),
        ...               size=np.array([10.0]), least=np.array([8.0]))
        >>> loads.bounds(0, 13.0)
        (10.0, 18.0, 20.0)
        >>> loads.accepts(0, 18.5), loads.accepts(0, 17.5), loads.accepts(0, 20.0), loads.accepts(0, 0.0)
        (True, False, True, True)
        """
        size = float(self.size[load])
        whole = 0.0 if np.isinf(size) else math.floor(total / size + _SLACK) * size
        return whole, whole + float(self.least[load]), whole + size

    def accepts(self, load: int, total: float) -> bool:
        """Whether a total is nothing, or whole containers of which the last is full enough."""
        below, least, _ = self.bounds(load, total)
        slack = _SLACK * max(1.0, total)
        return abs(total - below) <= slack or total >= least - slack


@dataclass(slots=True, kw_only=True)
class _Pile:
    """Orders as they change: how many of each line's steps are taken, and what that leaves of all limits."""

    begin: IntArray
    units: FloatArray
    saving: FloatArray
    taken: IntArray
    forced: IntArray
    ordered: FloatArray
    groups: Groups
    left: FloatArray
    cost: float = 0.0
    changed_by: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def next_step(self, lines: IntArray, beyond: int) -> tuple[IntArray, IntArray]:
        """The next step of each line that has one (beyond 0), or its last one that may be dropped (beyond -1)."""
        place = self.begin[lines] + self.taken[lines] + beyond
        low = self.begin[lines] + self.forced[lines]
        there = (place < self.begin[lines + 1]) if beyond == 0 else (place >= low)
        return lines[there], place[there]

    def move(self, line: int, step: int, sign: int, load: int) -> None:
        self.taken[line] += sign
        self.ordered[line] += sign * self.units[step]
        self.cost -= sign * self.saving[step]
        self.changed_by[line] = load
        for group, use in zip(self.groups.group[:, line], self.groups.use[:, line], strict=True):
            if group >= 0:
                self.left[group] -= sign * use * self.units[step]

    def fits(self, lines: IntArray, steps: IntArray) -> BoolArray:
        left = np.append(self.left, np.inf)[self.groups.group[:, lines]]
        return np.asarray((self.groups.use[:, lines] * self.units[steps] <= left).all(axis=0))

    def copy(self) -> "_Pile":
        return _Pile(
            begin=self.begin, units=self.units, saving=self.saving, taken=self.taken.copy(), forced=self.forced,
            ordered=self.ordered.copy(), groups=self.groups, left=self.left.copy(), cost=self.cost,
            changed_by=self.changed_by.copy(),
        )  # fmt: skip


def whole_loads(
    situation: Situation, lines: OrderLines, loads: Loads, *, least: FloatArray, groups: Groups
) -> tuple[FloatArray, IntArray, float]:
    """Orders filled up or trimmed until every load is whole, whichever costs less.

    One load after the other: it is filled with the next packs that save most, or lose least, for what they take of it,
    as far as they fit all limits; or its least valuable packs are dropped. Where loads share lines, those that filling
    another has broken are trimmed in the end. What trimming leaves of limits is not given to others.

    Parameters
    ----------
    situation : Situation
    lines : OrderLines
        Within all limits.
    loads : Loads of n_lines lines
    least : array of shape (n_lines,), in units
        That must be ordered.
    groups : Groups of n_lines lines
        All limits.

    Returns
    -------
    units : array of shape (n_lines,)
    changed_by : array of int, shape (n_lines,)
        The load that changed a line last; -1 where none did.
    cost : float, money
        What the loads cost beside the orders as they were, in expectation.

    Raises
    ------
    InfeasibleError
        What must be ordered makes no whole load, and cannot be filled up.
    """
    pile, may_fill = _pile(situation, lines, least, groups), True
    while True:
        broken = [
            load for load in range(len(loads.name)) if not loads.accepts(load, _total(loads, load, pile))
        ]
        if not broken:
            return freeze(pile.ordered), freeze(pile.changed_by), float(pile.cost)
        for load in broken:
            pile = _settled(pile, loads, load, may_fill)
        may_fill = False


def _pile(situation: Situation, lines: OrderLines, least: FloatArray, groups: Groups) -> _Pile:
    """Steps taken, and after them single packs on top, line by line."""
    given = worth_of_next_packs(situation, lines, np.minimum(least, lines.units))
    more = worth_of_more_packs(situation, lines, _MORE_PACKS)
    order = np.argsort(np.concatenate([given.line, more.line]), kind="stable")
    return _Pile(
        begin=given.begin + more.begin,
        units=np.concatenate([given.units, more.units])[order],
        saving=np.concatenate([given.saving, more.saving])[order],
        taken=np.diff(given.begin),
        forced=given.must.astype(np.int64),
        ordered=lines.units.copy(),
        groups=groups,
        left=groups.left(lines.units),
        changed_by=np.full(len(lines), -1),
    )


def _total(loads: Loads, load: int, pile: _Pile) -> float:
    return float(loads.use[load] @ pile.ordered[loads.lines[load]])


def _settled(pile: _Pile, loads: Loads, load: int, may_fill: bool) -> _Pile:
    """The load whole, or at least smaller."""
    total = _total(loads, load, pile)
    below, least, most = loads.bounds(load, total)
    trimmed = _moved(pile, loads, load, total, -1, below, below)
    filled = _moved(pile, loads, load, total, 1, least, most) if may_fill else None
    if trimmed is None and filled is None:
        raise InfeasibleError((loads.name[load], "least_units of its items"))
    if trimmed is None or (filled is not None and filled.cost <= trimmed.cost):
        return filled if filled is not None else pile
    return trimmed


def _moved(
    pile: _Pile, loads: Loads, load: int, total: float, sign: int, goal: float, most: float
) -> _Pile | None:
    """Steps added (sign 1) or dropped (sign -1), the best for what they use first, until the goal; None if not."""
    pile, slack = pile.copy(), _SLACK * max(1.0, total)
    takes = loads.use[load] > 0
    members, use = loads.lines[load][takes], np.zeros(len(pile.taken))
    use[members] = loads.use[load][takes]
    while sign * (goal - total) > slack:
        lines, steps = pile.next_step(members, 0 if sign > 0 else -1)
        size = use[lines] * pile.units[steps]
        if sign > 0:
            fits = pile.fits(lines, steps) & (total + size <= most + slack)
            lines, steps, size = lines[fits], steps[fits], size[fits]
        if not len(lines):
            return None
        best = int(np.argmax(sign * pile.saving[steps] / size))
        pile.move(int(lines[best]), int(steps[best]), sign, load)
        total += sign * float(size[best])
    return pile
