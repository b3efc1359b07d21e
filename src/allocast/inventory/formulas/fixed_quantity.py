"""The best (R, Q) policy, exactly: order Q, or as many times Q as it takes, wherever the position has fallen to R.

Demand is independent and alike from period to period, in whole units; what is missed waits. The position is then at
each of R + 1, …, R + Q for an equal share of the time, so that a policy costs the average of Q levels and its orders.
"""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.inventory.formulas.compound_demand import Moments
from allocast.inventory.formulas.level_kernels import search_fixed_quantity
from allocast.inventory.formulas.losses import discrete_losses, require_costs
from allocast.inventory.formulas.lot_size import economic_order_quantity
from allocast.inventory.formulas.safety_stock import normal_safety_stock
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.checks import require_at_least, require_same_length
from allocast.numerics.discrete import DiscreteDistribution

__all__ = ["FixedQuantity", "fixed_quantity", "fixed_quantity_at_reviews", "normal_fixed_quantity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedQuantity:
    """An (R, Q) policy for each series and its cost.

    Parameters
    ----------
    reorder_point : array of int, shape (n_series,), in units
        R: an order is placed where the position is at or below it.
    batch : array of int, shape (n_series,), in units, >= 1
        Q: what each order brings; as many times as it takes to be above R.
    cost : array of shape (n_series,), money per period
        Of holding, shortages and orders in the long run.
    """

    reorder_point: IntArray
    batch: IntArray
    cost: FloatArray


def fixed_quantity(
    demand_rate: FloatArray,
    lead_time_demand: DiscreteDistribution,
    *,
    order_cost: FloatArray,
    holding_cost: FloatArray,
    shortage_cost: FloatArray,
    batch: IntArray | None = None,
) -> FixedQuantity:
    """The best (R, Q) policy where stock is watched at all times and units are asked for one by one.

    Parameters
    ----------
    demand_rate : array of shape (n_series,), units per period
    lead_time_demand : DiscreteDistribution of n_series rows
        Poisson with the rate times the lead time, or any other.
    order_cost : array of shape (n_series,), money per order, >= 0
    holding_cost, shortage_cost : arrays of shape (n_series,), money per unit and period, > 0
    batch : array of int, shape (n_series,), in units, >= 1, optional
        Given batches, for which the best reorder points are found; by default the best batches, too.

    Raises
    ------
    DataError
        A cost, a rate or a batch is out of its range.

    References
    ----------
    Federgruen and Zheng (1992), An efficient algorithm for computing an optimal (r, Q) policy in continuous review
    stochastic inventory systems, Operations Research 40(4), 808-813; Snyder and Shen, *Fundamentals of Supply Chain
    Theory*, 2nd ed., equation (5.48), example 5.8.

    Examples
    --------
    >>> from allocast.numerics.discrete_laws import poisson
    >>> best = fixed_quantity(np.array([1.5]), poisson(np.array([3.0])), order_cost=np.array([100.0]),
    ...                       holding_cost=np.array([20.0]), shortage_cost=np.array([150.0]))
    >>> best.reorder_point, best.batch, best.cost.round(5)
    (array([3]), array([5]), array([107.92358]))
    """
    rate = np.asarray(demand_rate, dtype=np.float64)
    require_at_least("demand_rate", rate)
    return _search(rate[:, None], lead_time_demand, order_cost, holding_cost, shortage_cost, batch)


def fixed_quantity_at_reviews(
    demand: DiscreteDistribution,
    interval_demand: DiscreteDistribution,
    *,
    order_cost: FloatArray,
    holding_cost: FloatArray,
    shortage_cost: FloatArray,
    batch: IntArray | None = None,
) -> FixedQuantity:
    """The best (R, nQ) policy where stock is looked at once a period; an order costs the same for any n.

    Parameters
    ----------
    demand : DiscreteDistribution of n_series rows
        Between two reviews: one is followed by an order with probability E min(D, Q) / Q.
    interval_demand : DiscreteDistribution of n_series rows
        Over the protection interval.
    order_cost, holding_cost, shortage_cost, batch
        As for ``fixed_quantity``.

    Raises
    ------
    DataError
        A cost or a batch is out of its range.

    References
    ----------
    Zheng and Chen (1992), Inventory policies with quantized ordering, Naval Research Logistics 39(3), 285-305; Hadley
    and Whitin (1963), *Analysis of Inventory Systems*, section 5-3.

    Examples
    --------
    As an (R, nQ) policy is one of few (s, S) policies less, it costs a little more than the best of these:

    >>> from allocast.numerics.discrete_laws import poisson
    >>> weekly = poisson(np.array([6.0]))
    >>> best = fixed_quantity_at_reviews(weekly, weekly, order_cost=np.array([5.0]), holding_cost=np.array([1.0]),
    ...                                  shortage_cost=np.array([4.0]))
    >>> best.reorder_point, best.batch, best.cost.round(5)
    (array([4]), array([9]), array([8.27685]))
    """
    require_same_length(demand=demand.probability, interval_demand=interval_demand.probability)
    served = demand.mean[:, None] - discrete_losses(demand)  # E min(D, q) for q = 0, …, K
    return _search(served, interval_demand, order_cost, holding_cost, shortage_cost, batch)


def normal_fixed_quantity(
    demand_rate: FloatArray,
    lead_time_demand: Moments,
    *,
    order_cost: FloatArray,
    holding_cost: FloatArray,
    cycle_service_level: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """The usual approximation: Q the economic order quantity, R the mean plus z σ of normal lead-time demand.

    Parameters
    ----------
    demand_rate : array of shape (n_series,), units per period
    lead_time_demand : Moments
    order_cost : array of shape (n_series,), money per order
    holding_cost : array of shape (n_series,), money per unit and period
    cycle_service_level : array of shape (n_series,), in (0, 1)
        For a fill rate instead, take R from ``fill_rate.reorder_point_for_fill_rate``.

    Returns
    -------
    reorder_point, batch : arrays of shape (n_series,), in units

    Raises
    ------
    DataError
        A service level is not within 0 and 1.

    References
    ----------
    Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., equations (3.4) and (5.21), example 5.5.

    Examples
    --------
    >>> over = Moments(mean=np.array([1300 / 12]), deviation=np.array([150 / 12**0.5]))
    >>> point, batch = normal_fixed_quantity(np.array([1300.0]), over, order_cost=np.array([8.0]),
    ...     holding_cost=np.array([0.225]), cycle_service_level=np.array([7.5 / 7.725]))
    >>> point.round(3), batch.round(3)
    (array([190.337]), array([304.047]))
    """
    batch = economic_order_quantity(demand_rate, order_cost=order_cost, holding_cost=holding_cost)
    return lead_time_demand.mean + normal_safety_stock(lead_time_demand, cycle_service_level), batch


def _search(
    ordered: FloatArray,
    interval_demand: DiscreteDistribution,
    order_cost: FloatArray,
    holding_cost: FloatArray,
    shortage_cost: FloatArray,
    batch: IntArray | None,
) -> FixedQuantity:
    n = len(interval_demand)
    require_costs(n, holding_cost=holding_cost, shortage_cost=shortage_cost)
    fixed = np.asarray(order_cost, dtype=np.float64)
    require_same_length(interval_demand=interval_demand.probability, ordered=ordered, order_cost=fixed)
    require_at_least("order_cost", fixed)
    given = np.zeros(n, dtype=np.int64) if batch is None else np.asarray(batch)
    if batch is not None and (given.shape != (n,) or (given < 1).any() or (given != np.rint(given)).any()):
        raise DataError(f"batch must be {n} whole numbers >= 1; it is {given.tolist()}.")
    losses, mean = discrete_losses(interval_demand), interval_demand.mean
    holding, shortage = (np.asarray(x, dtype=np.float64) for x in (holding_cost, shortage_cost))
    point, size, cost = search_fixed_quantity(
        ordered, losses, mean, fixed, holding, shortage, given.astype(np.int64)
    )
    return FixedQuantity(reorder_point=point, batch=size, cost=cost)
