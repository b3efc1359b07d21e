"""The exact average cost of any policy for a lost-sales system."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.checks import require_shape
from allocast.simulation.textbook.demand_laws import at_least
from allocast.simulation.textbook.lost_sales import LostSales, OrderRule
from allocast.simulation.textbook.lost_sales_kernels import follow
from allocast.simulation.textbook.lost_sales_reach import LARGEST_ORDER, Reached, reach

__all__ = ["PolicyCost", "policy_cost"]

MOST_SWEEPS = 20_000
PATIENCE = 500  # sweeps after which half of the old value is kept, so that cycles die out
NEGLIGIBLE = 1e-9  # units a period that may be cut off at the largest stock


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCost:
    """What a policy costs in the long run.

    Parameters
    ----------
    cost : float, money a period
        Within ``tolerance`` of the truth.
    n_states, n_sweeps : int
        How many states the policy can come to, and how often they were swept.
    """

    cost: float
    n_states: int
    n_sweeps: int


def policy_cost(
    instance: LostSales,
    policy: OrderRule,
    *,
    start: IntArray | None = None,
    tolerance: float = 1e-7,
    most_on_hand: int = 1000,
) -> PolicyCost:
    """The average cost of a policy, computed, not simulated.

    The policy is asked only for the states that it can itself come to from ``start``, whatever they are: nothing is
    assumed about bounds, and no order is changed. On these, values are iterated until the smallest and the largest
    rise, which enclose the average cost, agree. Stock above ``most_on_hand`` is cut off; where that
    happens at all, the expected units cut off a period are computed too, and more than 1e-9 are refused.

    Parameters
    ----------
    instance : LostSales
    policy : function of whole states of shape (n, L), whole orders of shape (n,)
        Called with many states at once, some tens of times. An ``OrderTable`` is one.
    start : array of int, shape (L,), optional
        An empty system if not given.
    tolerance : float, > 0, money a period
    most_on_hand : int, >= 255

    Raises
    ------
    DataError
        ``start`` or ``most_on_hand`` do not fit, orders are not whole numbers from 0 to 255, stock grows without
        bound, or the average cost does not settle: it depends on chance which of several cycles the policy ends in.

    Examples
    --------
    Order up to 16 units, the best such level (Zipkin 2008, table 3: 4.64).

    >>> instance = LostSales(demand="poisson", mean=5.0, shortage_cost=4.0, lead_time=2)
    >>> round(policy_cost(instance, lambda x: np.maximum(16 - x.sum(axis=1), 0)).cost, 2)
    4.64
    """
    first = np.zeros(instance.lead_time, dtype=np.int64) if start is None else np.asarray(start)
    require_shape("start", first, (instance.lead_time,))
    if most_on_hand < LARGEST_ORDER:
        raise DataError(
            f"most_on_hand must be at least the largest order, {LARGEST_ORDER}; it is {most_on_hand}."
        )
    reached = reach(policy, first, most_on_hand=most_on_hand)
    cost, sweeps = _average(
        instance, reached, instance.expected_cost(reached.largest)[reached.on_hand], tolerance
    )
    cut = _cut_off(instance, reached, most_on_hand)
    if cut.any() and _average(instance, reached, cut, NEGLIGIBLE)[0] > NEGLIGIBLE:
        raise DataError(
            f"the policy lets stock on hand grow above {most_on_hand} units, where it is cut off; "
            "order less in states with much stock, or raise most_on_hand."
        )
    return PolicyCost(cost=cost, n_states=len(reached.row), n_sweeps=sweeps)


def _average(instance: LostSales, reached: Reached, cost: FloatArray, tolerance: float) -> tuple[float, int]:
    """Long-run average of a cost of each state, and the number of sweeps."""
    width = reached.largest + 1
    pmf, survival = instance.law.probability[0], at_least(instance.law, reached.largest)
    value = np.zeros((len(reached.pipelines), width))
    new = np.zeros_like(value)
    for sweep in range(1, MOST_SWEEPS + 1):
        kept = 0.5 if sweep > PATIENCE else 0.0
        low, high = follow(
            value, new, reached.row, reached.on_hand, reached.child, reached.arrives,
            cost, pmf, survival, kept,
        )  # fmt: skip
        value, new = new, value
        if high - low <= tolerance:
            return (low + high) / 2, sweep
    raise DataError(
        f"the average cost has not settled after {MOST_SWEEPS} sweeps: it lies between {low:.6g} and {high:.6g}. "
        "The policy ends in one of several cycles, or stock grows without bound."
    )


def _cut_off(instance: LostSales, reached: Reached, most: int) -> FloatArray:
    """Expected units cut off after each state, shape (n_states,)."""
    spare = np.maximum(reached.on_hand + reached.arrives - most, 0)
    over = np.zeros(len(spare))
    pmf = instance.law.probability[0]
    for d in range(min(len(pmf), int(spare.max(initial=0)))):
        over += pmf[d] * np.maximum(np.minimum(spare, reached.on_hand) - d, 0)
    return over
