"""An allocation as a program for HiGHS: linear where limits cross, in whole numbers where rules jump."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, linprog, milp
from scipy.sparse import csr_array, hstack, vstack

from allocast.errors import AllocastError
from allocast.inventory.allocation.arrays import Layout
from allocast.inventory.allocation.clearing import total_value
from allocast.inventory.allocation.problem import AllocationProblem
from allocast.inventory.allocation.solution import Solved
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray

__all__ = ["Relaxed", "promises", "relaxed", "whole_packs"]

_LARGE = 20_000  # pieces, from which on interior point is faster than simplex
_TIGHTER = 2e-6  # of a limit, where HiGHS's tolerance let packs through that do not fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxed:
    """The best allocation of parts of units: units of each claim, what they are worth, prices of the limits."""

    units: FloatArray
    value: float
    price: FloatArray


def relaxed(layout: Layout, problem: AllocationProblem | None = None) -> Relaxed:
    """The linear program: packs may be broken, and minimum orders are left out.

    A piece of a claim's value is a variable; as pieces grow flatter, they are filled in their order by themselves.

    Parameters
    ----------
    layout : Layout
    problem : AllocationProblem, optional
        For its promises; none are kept without it.
    """
    pieces, finite = _Pieces.of(layout), np.isfinite(layout.supply)
    promised, units = (csr_array((0, pieces.n_claims)), np.zeros(0)) if problem is None else promises(problem)
    rows = csr_array(vstack([_limit_rows(layout)[np.flatnonzero(finite)], -promised])) @ pieces.of_claim()
    found = linprog(
        -pieces.worth,
        A_ub=rows if rows.shape[0] else None,
        b_ub=np.concatenate([layout.supply[finite], -units]) if rows.shape[0] else None,
        bounds=np.column_stack([pieces.low, pieces.high]),
        method="highs-ipm" if len(pieces.claim) > _LARGE else "highs",
    )
    _require_solved(found)
    price = np.zeros(len(layout.supply))
    if rows.shape[0]:
        price[finite] = np.maximum(-found.ineqlin.marginals[: int(finite.sum())], 0.0)
    return Relaxed(units=pieces.of_claim() @ found.x, value=-float(found.fun), price=price)


def whole_packs(
    layout: Layout, problem: AllocationProblem, scored: BoolArray, *, seconds: float
) -> Solved | None:
    """The best whole packs that keep all rules, by branch and bound; None if no packs keep them.

    Parameters
    ----------
    layout : Layout
    problem : AllocationProblem
        For its promises and minimum orders.
    scored : array of bool, shape (n_claims,)
        Whose value counts.
    seconds : float
        After which the best found so far is taken.

    Raises
    ------
    AllocastError
        Nothing was found in time, or numbers are too far apart in size for HiGHS.
    """
    bound = -np.inf
    for shrunk in (1.0, 1.0 - _TIGHTER):
        found = _solve_whole(layout, problem, scored, shrunk, seconds)
        if found is None:
            return None
        packs, bound = found[0], max(bound, found[1])
        if (layout.left(packs) >= 0).all():
            value = float(total_value(layout.book, packs)[scored].sum())
            price = np.zeros(len(layout.supply))
            return Solved(packs=packs, value=value, bound=max(bound, value), price=price)
    raise AllocastError(
        "HiGHS's whole packs break a limit by more than rounding; state limits in larger units."
    )


def promises(problem: AllocationProblem) -> tuple[csr_array, FloatArray]:
    """Reservations as rows on units of claims, shape (n_promises, n_claims), and the units promised."""
    n = len(problem.claims)
    blocks = [csr_array((0, n))]
    units: list[FloatArray] = [np.zeros(0)]
    for promise in problem.reservations:
        group = np.broadcast_to(promise.group, n)
        claims = np.flatnonzero(group >= 0)
        shape = (len(promise.units), n)
        blocks.append(csr_array((np.ones(len(claims)), (group[claims], claims)), shape=shape))
        units.append(promise.units)
    return csr_array(vstack(blocks)), np.concatenate(units)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pieces:
    """Pieces of claims' values as variables: whose, bounds in units, worth of a unit."""

    claim: IntArray
    low: FloatArray
    high: FloatArray
    worth: FloatArray
    n_claims: int

    @classmethod
    def of(cls, layout: Layout) -> "_Pieces":
        book = layout.book
        most, least = book.most * book.pack, book.least * book.pack
        beyond = np.maximum(most - book.width.sum(axis=1), 0.0)
        width = np.column_stack([book.width, beyond])
        start = np.cumsum(width, axis=1) - width
        low, high = (np.clip(end[:, None] - start, 0.0, width) for end in (least, most))
        claim, place = np.nonzero(high > 0)
        worth = np.column_stack([book.value, book.beyond])
        return cls(
            claim=claim,
            low=low[claim, place],
            high=high[claim, place],
            worth=worth[claim, place],
            n_claims=len(most),
        )

    def of_claim(self) -> csr_array:
        """Sums pieces to units, shape (n_claims, n_pieces)."""
        n = len(self.claim)
        return csr_array((np.ones(n), (self.claim, np.arange(n))), shape=(self.n_claims, n))


def _limit_rows(layout: Layout) -> csr_array:
    """What a unit of each claim takes of each group, shape (n_groups, n_claims)."""
    family, claim = np.nonzero(layout.group >= 0)
    entries = layout.use[family, claim], (layout.group[family, claim], claim)
    return csr_array(entries, shape=(len(layout.supply), layout.group.shape[1]))


def _solve_whole(
    layout: Layout, problem: AllocationProblem, scored: BoolArray, shrunk: float, seconds: float
) -> tuple[IntArray, float] | None:
    """Variables: pieces, then packs of each claim, then whether each claim with a minimum order gets anything."""
    book, pieces = layout.book, _Pieces.of(layout)
    jumps = np.flatnonzero(problem.claims.minimum_order_units > book.pack)
    n, m, z = len(book.pack), len(pieces.claim), len(jumps)
    packed = csr_array((book.pack, (np.arange(n), np.arange(n))), shape=(n, n))
    promised, units = promises(problem)
    constraints = [
        _rule([pieces.of_claim(), -packed, csr_array((n, z))], 0.0, 0.0),
        _rule(
            [
                csr_array((len(layout.supply), m)),
                _limit_rows(layout) @ packed,
                csr_array((len(layout.supply), z)),
            ],
            -np.inf,
            layout.supply * shrunk,
        ),
        _rule([csr_array((len(units), m)), promised @ packed, csr_array((len(units), z))], units, np.inf),
        *_minimum_orders(layout, problem, jumps, m),
    ]
    found = milp(
        -np.concatenate([pieces.worth * scored[pieces.claim], np.zeros(n + z)]),
        integrality=np.concatenate([np.zeros(m), np.ones(n + z)]),
        bounds=Bounds(
            np.concatenate([np.zeros(m), book.least, np.zeros(z)]),
            np.concatenate([pieces.high, book.most, np.ones(z)]),
        ),
        constraints=[rule for rule in constraints if rule.A.shape[0]],
        options={"mip_rel_gap": 0.0, "time_limit": seconds},
    )
    if found.status == 2:
        return None
    _require_solved(found)
    bound = -float(found.fun) if found.status == 0 else -float(found.mip_dual_bound)
    return np.round(found.x[m : m + n]).astype(np.int64), bound


def _rule(blocks: list[csr_array], low: FloatArray | float, high: FloatArray | float) -> LinearConstraint:
    return LinearConstraint(csr_array(hstack(blocks)), low, high)


def _minimum_orders(
    layout: Layout, problem: AllocationProblem, jumps: IntArray, m: int
) -> list[LinearConstraint]:
    """Packs are none, or at least the minimum order and at most the most."""
    n, z, pack = len(layout.book.pack), len(jumps), layout.book.pack[jumps]
    some = csr_array((pack, (np.arange(z), jumps)), shape=(z, n))

    def switch(units: FloatArray) -> csr_array:
        return csr_array((-units, (np.arange(z), np.arange(z))), shape=(z, z))

    smallest = problem.claims.minimum_order_units[jumps]
    nothing = csr_array((z, m))
    return [
        _rule([nothing, some, switch(smallest)], 0.0, np.inf),
        _rule([nothing, some, switch(layout.book.most[jumps] * pack)], -np.inf, 0.0),
    ]


def _require_solved(found: OptimizeResult) -> None:
    if found.x is None:
        raise AllocastError(
            f"HiGHS found no allocation: {found.message} Give it more seconds, or state fewer minimum orders and "
            "reservations."
        )
