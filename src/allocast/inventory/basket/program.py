"""The best whole steps within all limits, for HiGHS."""

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from allocast.inventory.basket.prices import Groups
from allocast.inventory.basket.steps import Steps
from allocast.numerics.arrays import IntArray

__all__ = ["SMALL", "best_steps"]

SMALL = 400
"""Steps up to which the best are searched where prices leave a gap."""
_NODES = 2_000  # of branch and bound: a count, not a time, so that the answer is always the same
_TIGHTER = 1e-9


def best_steps(steps: Steps, groups: Groups) -> tuple[IntArray, float]:
    """How many steps of each line save most within the limits, and a bound on what any save.

    Parameters
    ----------
    steps : Steps
        Not pooled: a line may end at any of them.
    groups : Groups

    Returns
    -------
    taken : array of int, shape (n_lines,)
        None where nothing was found within a set number of nodes.
    bound : float, money
    """
    n, line = len(steps), steps.line
    finite = np.flatnonzero(np.isfinite(groups.available))
    family, touched = np.nonzero(groups.group[:, line] >= 0)
    size = groups.use[family, line[touched]] * steps.units[touched]
    rows = csr_array((size, (groups.group[family, line[touched]], touched)), shape=(len(groups.available), n))
    later = np.flatnonzero(line[1:] == line[:-1]) + 1
    k = np.arange(len(later))
    in_turn = csr_array(
        (
            np.concatenate([np.ones(len(later)), -np.ones(len(later))]),
            (np.tile(k, 2), np.concatenate([later, later - 1])),
        ),
        shape=(len(later), n),
    )
    rules = [
        LinearConstraint(rows[finite], -np.inf, groups.available[finite] * (1 - _TIGHTER)),
        LinearConstraint(in_turn, -np.inf, 0.0),
    ]
    found = milp(
        -steps.value,
        integrality=np.ones(n),
        bounds=Bounds(0.0, 1.0),
        constraints=[rule for rule in rules if rule.A.shape[0]],
        options={"mip_rel_gap": 0.0, "node_limit": _NODES},
    )
    nothing = np.zeros(len(steps.begin) - 1, dtype=np.int64)
    if found.x is None:
        return nothing, np.inf
    taken = np.bincount(line, found.x > 0.5, minlength=len(nothing)).astype(np.int64)
    if (groups.left(steps.units_of(taken)) < 0).any():
        return nothing, np.inf
    bound = -float(found.fun) if found.status == 0 else -float(found.mip_dual_bound)
    return taken, bound
