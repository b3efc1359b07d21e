"""Why rules cannot all hold: a smallest set of them that already contradicts itself, in the words of the problem."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array, eye_array, hstack, vstack

from allocast.errors import InfeasibleError
from allocast.inventory.allocation.arrays import Layout
from allocast.inventory.allocation.problem import AllocationProblem
from allocast.inventory.allocation.program import _limit_rows, promises
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray

__all__ = ["conflict_of", "smallest_conflict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """All rules as rows over units of claims, A units >= b, each with its name; minimum orders by themselves.

    ``jump`` says which claim a row makes all or nothing, -1 for ordinary rows.
    """

    rows: csr_array
    least: FloatArray
    names: tuple[str, ...]
    jump: IntArray
    pack: FloatArray

    def take(self, kept: IntArray) -> "_Rules":
        return _Rules(
            rows=self.rows[kept],
            least=self.least[kept],
            names=tuple(self.names[i] for i in kept),
            jump=self.jump[kept],
            pack=self.pack,
        )


def conflict_of(problem: AllocationProblem) -> InfeasibleError:
    """The error that names a smallest set of rules that no allocation keeps."""
    return InfeasibleError(smallest_conflict(problem))


def smallest_conflict(problem: AllocationProblem) -> tuple[str, ...]:
    """Names of rules that cannot all hold, each of which could if it alone were dropped; empty if all can.

    The rules that pull at the solution of a program that breaks as little as possible already contradict each other
    (Farkas); from them, rules without which the rest still cannot hold are dropped one after another.

    References
    ----------
    Chinneck, *Feasibility and Infeasibility in Optimization* (2008), chapter 6: the elastic and the deletion filter.
    """
    rules = _all_rules(problem)
    kept = _pulling(rules)
    broken = len(kept) > 0
    if not broken:
        if _can_hold(rules):
            return ()
        kept = np.arange(len(rules.names))
    for i in kept.copy():
        rest = kept[kept != i]
        without = rules.take(rest)
        if not (_pulling(without).size == 0 if broken else _can_hold(without)):
            kept = rest
    return tuple(rules.names[i] for i in kept)


def _all_rules(problem: AllocationProblem) -> _Rules:
    claims, layout = problem.claims, Layout.of(problem)
    n, identity = len(claims), csr_array(eye_array(len(claims)))
    limited = np.flatnonzero(np.isfinite(layout.supply))
    promised, units = promises(problem)
    floors = np.flatnonzero(claims.least_units > 0)
    caps = np.flatnonzero(np.isfinite(claims.most_units))
    jumps = np.flatnonzero(claims.minimum_order_units > claims.pack_units)
    blocks = [-_limit_rows(layout)[limited], promised, identity[floors], -identity[caps], identity[jumps]]
    least = [
        -layout.supply[limited],
        units,
        layout.book.least[floors] * claims.pack_units[floors],
        -np.floor(claims.most_units[caps] / claims.pack_units[caps] + 1e-9) * claims.pack_units[caps],
        claims.minimum_order_units[jumps],
    ]
    called = [limit.called(g) for limit in problem.limits for g in range(len(limit.available))]
    names = [
        *(f"{called[g]} ({layout.supply[g]:g})" for g in limited),
        *(f"{p.called(g)} ({p.units[g]:g})" for p in problem.reservations for g in range(len(p.units))),
        *(f"least_units of {claims.called(int(c))} ({claims.least_units[c]:g})" for c in floors),
        *(f"most_units of {claims.called(int(c))} ({claims.most_units[c]:g})" for c in caps),
        *(
            f"minimum_order_units of {claims.called(int(c))} ({claims.minimum_order_units[c]:g})"
            for c in jumps
        ),
    ]
    jump = np.concatenate([np.full(sum(map(len, least[:-1])), -1), jumps])
    return _Rules(
        rows=csr_array(vstack([csr_array((0, n)), *blocks])),
        least=np.concatenate(least),
        names=tuple(names),
        jump=jump,
        pack=claims.pack_units,
    )


def _pulling(rules: _Rules) -> IntArray:
    """Rules that contradict each other even if packs may be broken; none if all can hold so."""
    plain = np.flatnonzero(rules.jump < 0)
    m, n = len(plain), len(rules.pack)
    if m == 0:
        return plain
    scale = np.maximum(1.0, np.abs(rules.least[plain]))
    found = linprog(
        np.concatenate([np.zeros(n), np.ones(m)]),
        A_ub=-csr_array(hstack([rules.rows[plain], csr_array((scale, (np.arange(m), np.arange(m))))])),
        b_ub=-rules.least[plain],
        bounds=(0, None),
        method="highs",
    )
    if found.fun <= 1e-7:
        return plain[:0]
    pulling: IntArray = plain[np.abs(found.ineqlin.marginals * scale) > 1e-9]
    return pulling


def _can_hold(rules: _Rules) -> bool:
    """Whether whole packs keep all rules."""
    plain = rules.jump < 0
    jumps = np.flatnonzero(~plain)
    n, z = len(rules.pack), len(jumps)
    packed = csr_array((rules.pack, (np.arange(n), np.arange(n))), shape=(n, n))
    most = _most(rules, plain)
    switched = csr_array((-rules.least[jumps], (np.arange(z), np.arange(z))), shape=(z, z))
    ceiling = csr_array((-most[rules.jump[jumps]], (np.arange(z), np.arange(z))), shape=(z, z))
    rows = rules.rows @ packed
    constraints = [
        LinearConstraint(
            csr_array(hstack([rows[plain], csr_array((int(plain.sum()), z))])), rules.least[plain], np.inf
        ),
        LinearConstraint(csr_array(hstack([rows[jumps], switched])), 0.0, np.inf),
        LinearConstraint(csr_array(hstack([rows[jumps], ceiling])), -np.inf, 0.0),
    ]
    found = milp(
        np.zeros(n + z),
        integrality=np.ones(n + z),
        bounds=Bounds(0.0, np.concatenate([np.ceil(most / rules.pack), np.ones(z)])),
        constraints=[rule for rule in constraints if rule.A.shape[0]],
    )
    return bool(found.status == 0)


def _most(rules: _Rules, plain: BoolArray) -> FloatArray:
    """Units beyond which no claim needs to go for any rule to hold, shape (n_claims,)."""
    wanted = np.maximum(rules.least, 0.0)
    largest = float(wanted[plain].sum() + wanted[~plain].sum())
    most: FloatArray = np.full(len(rules.pack), largest) + rules.pack
    return most
