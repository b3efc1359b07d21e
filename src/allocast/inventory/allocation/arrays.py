"""A problem as arrays: steps of worth, bounds in packs, and all groups of all limits in one numbering."""

from dataclasses import dataclass, replace

import numpy as np

from allocast.inventory.allocation.clearing import Book, Nest, bounds_of, left_of, steps_of
from allocast.inventory.allocation.problem import AllocationProblem
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray

__all__ = ["Layout", "nested"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the solvers look at.

    Parameters
    ----------
    book : Book
        With each claim's least and most packs.
    group : array of int, shape (n_limits, n_claims)
        Numbers of groups over all limits; -1 where a limit does not touch a claim.
    use : array of shape (n_limits, n_claims)
    supply : array of shape (n_groups,)
    first : array of int, shape (n_limits + 1,)
        Where the groups of each limit begin.
    """

    book: Book
    group: IntArray
    use: FloatArray
    supply: FloatArray
    first: IntArray

    @classmethod
    def of(cls, problem: AllocationProblem) -> "Layout":
        """The arrays of a problem."""
        n = len(problem.claims)
        sizes = [len(limit.available) for limit in problem.limits]
        first = np.cumsum([0, *sizes])
        group, use = np.empty((len(sizes), n), dtype=np.int64), np.empty((len(sizes), n))
        for f, limit in enumerate(problem.limits):
            group[f] = np.where(limit.group >= 0, limit.group + first[f], -1)
            use[f] = limit.use
        supply = np.concatenate([np.zeros(0), *(limit.available for limit in problem.limits)])
        return cls(book=_book(problem), group=group, use=use, supply=supply, first=first)

    def bounded(self, least: IntArray, most: IntArray) -> "Layout":
        """The same with other bounds in packs."""
        return replace(self, book=self.book._replace(least=least, most=most))

    def left(self, packs: IntArray) -> FloatArray:
        """What packs leave of each group, shape (n_groups,); with the slack that sums of floats need."""
        return left_of(self.group, self.use, self.book.pack, packs, self.supply)


def _book(problem: AllocationProblem) -> Book:
    claims = problem.claims
    width, value = np.empty(claims.demand_units.shape), np.empty(claims.demand_units.shape)
    steps_of(
        claims.demand_units, claims.probability, claims.shortage_cost, claims.holding_cost, claims.position,
        width, value,
    )  # fmt: skip
    least, most = _bounds(problem)
    return Book(
        width=width,
        value=value,
        beyond=np.asarray(-claims.holding_cost),
        pack=claims.pack_units,
        least=least,
        most=most,
    )


def _bounds(problem: AllocationProblem) -> tuple[IntArray, IntArray]:
    """Packs that each claim gets at least, and at most: its cap, or all that it or a rule can want."""
    claims = problem.claims
    wanted = np.maximum(claims.demand_units[:, -1] - claims.position, claims.minimum_order_units)
    for promise in problem.reservations:
        wanted = np.maximum(wanted, np.where(promise.group >= 0, promise.units[promise.group], 0.0))
    least, most = np.empty(len(claims), dtype=np.int64), np.empty(len(claims), dtype=np.int64)
    bounds_of(wanted, claims.most_units, claims.least_units, claims.pack_units, least, most)
    return least, most


def nested(layout: Layout) -> tuple[Nest, IntArray, IntArray] | None:
    """The limits as two layers, one within the other, if they are at most two and do so.

    Returns
    -------
    nest : Nest
    inner, outer : arrays of int
        The group in the layout's numbering of each inner and outer group; -1 for those made up of claims that a limit
        does not touch.
    """
    n = layout.group.shape[1]
    none = np.full(n, -1)
    families = [*layout.group, none, none][: max(2, len(layout.group))]
    if len(families) > 2 or n == 0:
        return None
    uses = [*layout.use, np.zeros(n), np.zeros(n)]
    for inner, outer in ((0, 1), (1, 0)):
        if _within(families[inner], families[outer]):
            return _nest(layout, families[inner], families[outer], uses[inner], uses[outer])
    return None


def _within(inner: IntArray, outer: IntArray) -> bool:
    """Whether all claims of each inner group belong to one outer group."""
    touched: BoolArray = inner >= 0
    owner = np.zeros(inner.max(initial=0) + 1, dtype=np.int64)
    owner[inner[touched]] = outer[touched]
    return bool((owner[inner[touched]] == outer[touched]).all())


def _nest(
    layout: Layout, inner: IntArray, outer: IntArray, inner_use: FloatArray, outer_use: FloatArray
) -> tuple[Nest, IntArray, IntArray]:
    key = outer * (inner.max() + 2) + inner
    rows = np.arange(len(key)) if (np.diff(key) >= 0).all() else np.argsort(key, kind="stable")
    sorted_key = key[rows]
    starts = np.flatnonzero(np.concatenate([[True], sorted_key[1:] != sorted_key[:-1]]))
    of_inner, of_outer = inner[rows[starts]], outer[rows[starts]]
    outer_starts = np.flatnonzero(np.concatenate([[True], of_outer[1:] != of_outer[:-1]]))
    owners = of_outer[outer_starts]
    supply = np.append(layout.supply, np.inf)  # the last for those that a limit does not touch
    nest = Nest(
        rows=rows,
        inner_start=np.append(starts, len(rows)),
        outer_start=np.append(outer_starts, len(starts)),
        inner_use=np.ascontiguousarray(np.where(inner >= 0, inner_use, 0.0)),
        outer_use=np.ascontiguousarray(np.where(outer >= 0, outer_use, 0.0)),
        inner_supply=supply[of_inner],
        outer_supply=supply[owners],
    )
    return nest, of_inner, owners
