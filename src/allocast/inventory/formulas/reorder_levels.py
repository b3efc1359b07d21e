"""The best (s, S) policy, exactly: order up to S wherever the position has fallen to s.

Demand is independent and alike from period to period, in whole units; what is missed waits.
"""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.inventory.formulas.level_kernels import reorder_level_costs, search_reorder_levels
from allocast.inventory.formulas.losses import discrete_losses, require_costs
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.checks import require_same_length
from allocast.numerics.discrete import DiscreteDistribution

__all__ = ["ReorderLevels", "reorder_level_cost", "reorder_levels"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReorderLevels:
    """An (s, S) policy for each series and its cost.

    Parameters
    ----------
    reorder_point : array of int, shape (n_series,), in units
        s: an order is placed where the position is at or below it.
    order_up_to : array of int, shape (n_series,), in units
        S, above s.
    cost : array of shape (n_series,), money per period
        Of holding, shortages and orders in the long run.
    """

    reorder_point: IntArray
    order_up_to: IntArray
    cost: FloatArray


def reorder_levels(
    demand: DiscreteDistribution,
    interval_demand: DiscreteDistribution,
    *,
    order_cost: FloatArray,
    holding_cost: FloatArray,
    shortage_cost: FloatArray,
) -> ReorderLevels:
    """The (s, S) policy that costs least in the long run.

    Parameters
    ----------
    demand : DiscreteDistribution of n_series rows
        Between two reviews.
    interval_demand : DiscreteDistribution of n_series rows
        Over the protection interval; with a lead time of 0 it is ``demand`` itself.
    order_cost : array of shape (n_series,), money per order, >= 0
    holding_cost, shortage_cost : arrays of shape (n_series,), money per unit and period, > 0

    Raises
    ------
    DataError
        A cost is out of its range, or a series has no demand.

    References
    ----------
    Zheng and Federgruen (1991), Finding optimal (s, S) policies is about as simple as evaluating a single policy,
    Operations Research 39(4), 654-665; Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., example 4.7.

    Examples
    --------
    >>> from allocast.numerics.discrete_laws import poisson
    >>> weekly = poisson(np.array([6.0]))
    >>> best = reorder_levels(weekly, weekly, order_cost=np.array([5.0]), holding_cost=np.array([1.0]),
    ...                       shortage_cost=np.array([4.0]))
    >>> best.reorder_point, best.order_up_to, best.cost.round(5)
    (array([4]), array([10]), array([8.03411]))
    """
    costs = _checked(demand, interval_demand, order_cost, holding_cost, shortage_cost)
    losses, mean = discrete_losses(interval_demand), interval_demand.mean
    smallest, largest, cost = search_reorder_levels(demand.probability, losses, mean, *costs)
    return ReorderLevels(reorder_point=smallest, order_up_to=largest, cost=cost)


def reorder_level_cost(
    reorder_point: IntArray,
    order_up_to: IntArray,
    demand: DiscreteDistribution,
    interval_demand: DiscreteDistribution,
    *,
    order_cost: FloatArray,
    holding_cost: FloatArray,
    shortage_cost: FloatArray,
) -> FloatArray:
    """What any (s, S) policies cost per period in the long run, shape (n_series,).

    Parameters
    ----------
    reorder_point, order_up_to : arrays of int, shape (n_series,), in units
        The second above the first.
    demand, interval_demand, order_cost, holding_cost, shortage_cost
        As for ``reorder_levels``.

    Raises
    ------
    DataError
        An order-up-to level is not above its reorder point, or as for ``reorder_levels``.

    References
    ----------
    Zheng and Federgruen (1991), equations (1) to (4).

    Examples
    --------
    >>> from allocast.numerics.discrete_laws import poisson
    >>> weekly = poisson(np.array([6.0]))
    >>> reorder_level_cost(np.array([4]), np.array([10]), weekly, weekly, order_cost=np.array([5.0]),
    ...                    holding_cost=np.array([1.0]), shortage_cost=np.array([4.0])).round(5)
    array([8.03411])
    """
    costs = _checked(demand, interval_demand, order_cost, holding_cost, shortage_cost)
    smallest, largest = np.asarray(reorder_point), np.asarray(order_up_to)
    if (largest <= smallest).any():
        row = int(np.argmax(largest <= smallest))
        raise DataError(
            f"order_up_to must be above reorder_point; series {row} has {largest[row]} and {smallest[row]}."
        )
    losses, mean = discrete_losses(interval_demand), interval_demand.mean
    return np.asarray(reorder_level_costs(smallest, largest, demand.probability, losses, mean, *costs))


def _checked(
    demand: DiscreteDistribution,
    interval_demand: DiscreteDistribution,
    order_cost: FloatArray,
    holding_cost: FloatArray,
    shortage_cost: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    n = len(demand)
    require_same_length(
        demand=demand.probability, interval_demand=interval_demand.probability, order_cost=order_cost
    )
    require_costs(n, holding_cost=holding_cost, shortage_cost=shortage_cost)
    fixed = np.asarray(order_cost, dtype=np.float64)
    if not (np.isfinite(fixed) & (fixed >= 0)).all():
        raise DataError(f"order_cost must be finite and >= 0; it is {fixed.tolist()}.")
    never = demand.probability[:, 0] >= 1 - 1e-12
    if never.any():
        raise DataError(
            f"a series without demand has no reorder point; series {int(np.argmax(never))} has none "
            f"({int(never.sum())} of {n} series affected). Leave such series out."
        )
    return fixed, np.asarray(holding_cost, dtype=np.float64), np.asarray(shortage_cost, dtype=np.float64)
