"""Shadow prices of shared limits for orders in steps, and what no orders can exceed at them."""

from dataclasses import dataclass, replace

import numpy as np

from allocast.inventory.allocation import AllocationProblem, Claims, Limit, allocate
from allocast.inventory.basket.steps import Steps
from allocast.numerics.arrays import FloatArray, IntArray

__all__ = ["Groups", "best_bound", "clearing_prices"]

_PIECES = 40  # of each line's worth, as far as prices look
_MOST_PIECES = 4_000_000
_MOST_CROSSING = 150_000  # where limits cross and HiGHS is asked
_ROUNDS = 3  # of clearing each limit at the others' prices, after that
_SLACK = 1e-9  # relative, for sums of floats that should be equal


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """All groups of all limits in one numbering.

    Parameters
    ----------
    group : array of int, shape (n_limits, n_lines)
        Numbers over all limits; -1 where a limit does not touch a line.
    use : array of shape (n_limits, n_lines), per unit ordered
    available : array of shape (n_groups,)
    """

    group: IntArray
    use: FloatArray
    available: FloatArray

    @classmethod
    def of(cls, limits: tuple[Limit, ...], n_lines: int) -> "Groups":
        """The groups of limits of so many lines."""
        first = np.cumsum([0, *(len(limit.available) for limit in limits)])
        group, use = np.empty((len(limits), n_lines), dtype=np.int64), np.empty((len(limits), n_lines))
        for f, limit in enumerate(limits):
            group[f] = np.where(limit.group >= 0, limit.group + first[f], -1)
            use[f] = limit.use
        available = np.concatenate([np.zeros(0), *(limit.available for limit in limits)])
        return cls(group=group, use=use, available=available)

    def used(self, units: FloatArray) -> FloatArray:
        """What given units take of each group, shape (n_groups,)."""
        touched = self.group >= 0
        parts = (self.use * units)[touched]
        return np.bincount(self.group[touched], parts, minlength=len(self.available)) * 1.0

    def without(self, units: FloatArray) -> "Groups":
        """The groups with what is left once some units are ordered."""
        return replace(self, available=np.maximum(self.available - self.used(units), 0.0))

    def left(self, units: FloatArray) -> FloatArray:
        """What units leave of each group, with the slack that sums of floats need; shape (n_groups,)."""
        slack = np.where(np.isfinite(self.available), _SLACK * np.maximum(1.0, self.available), 0.0)
        return self.available + slack - self.used(units)

    def unit_price(self, price: FloatArray) -> FloatArray:
        """What a unit of each line costs at prices of the groups, shape (n_lines,)."""
        paid = np.where(self.group >= 0, np.append(price, 0.0)[self.group] * self.use, 0.0)
        total: FloatArray = paid.sum(axis=0)
        return total

    def that_may_bind(self, units: FloatArray) -> "Groups":
        """Without limits, and groups of limits, in which there is room for all units."""
        may = np.append(self.left(units) < 0, False)
        group = np.where(may[self.group], self.group, -1)
        some = (group >= 0).any(axis=1)
        return replace(self, group=group[some], use=self.use[some])


def clearing_prices(hull: Steps, pack_units: FloatArray, groups: Groups) -> FloatArray:
    """What one more of each group would save, shape (n_groups,).

    Lines that only need limits with room for everything are left out, and so are these limits. What the others' steps
    are worth goes to `allocate` as claims whose demand has that worth: a unit worth v of at most v₁ is asked for with
    probability v / v₁.

    Parameters
    ----------
    hull : Steps
        Pooled.
    pack_units : array of shape (n_lines,)
    groups : Groups
    """
    price = np.zeros(len(groups.available))
    wanted = hull.units_of(np.diff(hull.begin))
    binding = groups.that_may_bind(wanted)
    rows = np.flatnonzero((binding.group >= 0).any(axis=0) & (wanted > 0))
    if not len(rows):
        return price
    limits, numbers = [], []
    for f, group in enumerate(binding.group[:, rows]):
        number, place = np.unique(group, return_inverse=True)
        touched = number >= 0
        numbers.append(number[touched])
        limits.append(
            Limit(
                name=str(f),
                available=groups.available[number[touched]],
                group=place - int((~touched).sum()),
                use=binding.use[f, rows],
            )
        )
    cross = _cross(binding.group[:, rows])
    pieces = _MOST_CROSSING if cross else _MOST_PIECES
    claims = _claims(hull, rows, pack_units, min(_PIECES, max(pieces // len(rows), 2)))
    problem = AllocationProblem(claims=claims, limits=tuple(limits))
    found = allocate(problem, exact=False).prices
    for f, number in enumerate(numbers):
        price[number] = found[str(f)]
    return _cleared_in_turn(hull, binding, price) if cross else price


def _cleared_in_turn(hull: Steps, groups: Groups, price: FloatArray) -> FloatArray:
    """Each limit's lowest prices at which it is kept at the prices of the others, a few times over.

    This is descent along coordinates on `best_bound`, which never rises by it: HiGHS saw single pieces of what lines
    are worth, here each step counts.
    """
    price, line, rate = price.copy(), hull.line, hull.value / hull.units
    for f in [*range(len(groups.group))] * _ROUNDS:
        group, use = groups.group[f], groups.use[f]
        touched = (group >= 0) & (use > 0)
        others = groups.unit_price(price) - np.where(touched, price[group] * use, 0.0)
        worth = np.where(touched[line], rate - others[line], 0.0) / np.where(touched, use, 1.0)[line]
        steps = np.flatnonzero(worth > 0)
        steps = steps[np.lexsort((-worth[steps], group[line[steps]]))]
        of, size = group[line[steps]], (hull.units * use[line])[steps]
        total = np.cumsum(size)
        starts = np.flatnonzero(np.concatenate([[True], of[1:] != of[:-1]])[: len(of)])
        before = np.repeat((total - size)[starts], np.diff(np.append(starts, len(of))))
        over = np.flatnonzero(total - before > groups.available[of] * (1 + _SLACK) + _SLACK)
        last, first = np.unique(of[over], return_index=True)
        price[np.unique(group[touched])] = 0.0
        price[last] = worth[steps[over[first]]]
    return price


def best_bound(hull: Steps, groups: Groups, price: FloatArray) -> float:
    """What no orders exceed: at any prices, what the limits cost in all and what steps gain beyond that.

    Everett, "Generalized Lagrange multiplier method", Operations Research 11 (1963), 399-417.
    """
    priced = price > 0
    gain = hull.value - hull.units * groups.unit_price(price)[hull.line]
    return float(price[priced] @ groups.available[priced] + np.maximum(gain, 0.0).sum())


def _cross(group: IntArray) -> bool:
    """Whether groups are more than two layers, one within the other."""
    if len(group) < 2:
        return False
    pairs = np.unique(group[:2], axis=1)
    return len(group) > 2 or len(pairs.T) > max(len(np.unique(row)) for row in pairs)


def _claims(hull: Steps, rows: IntArray, pack_units: FloatArray, most: int) -> Claims:
    """Claims whose units are worth what the steps of some lines are, in at most so many pieces a line."""
    n_steps = np.diff(hull.begin)
    most = min(int(n_steps[rows].max()), most)
    at = np.full(len(n_steps), -1)
    at[rows] = np.arange(len(rows))
    line = hull.line
    place = np.arange(len(hull)) - hull.begin[line]
    piece = np.where(n_steps[line] > most, place * most // np.maximum(n_steps[line], 1), place)
    cell = (at[line] * most + piece)[at[line] >= 0]
    width, worth = (
        np.bincount(cell, part[at[line] >= 0], minlength=len(rows) * most).reshape(-1, most)
        for part in (hull.units, hull.value)
    )
    rate = np.minimum.accumulate(np.divide(worth, width, out=np.zeros_like(worth), where=width > 0), axis=1)
    top = rate[:, 0]
    share = np.divide(rate, top[:, None], out=np.zeros_like(rate), where=top[:, None] > 0)
    share[:, 0] = 1.0
    ends: FloatArray = np.cumsum(width, axis=1) * 1.0
    return Claims(
        demand_units=ends,
        probability=share - np.column_stack([share[:, 1:], np.zeros(len(rows))]),
        shortage_cost=top,
        pack_units=pack_units[rows],
        most_units=ends[:, -1],
    )
