"""(R, S): look at the stock every R periods and raise the position to S; the level, and how often to look."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.inventory.formulas.compound_demand import Moments, demand_over, moments_over
from allocast.inventory.formulas.newsvendor import CostedLevel, newsvendor_discrete
from allocast.inventory.formulas.safety_stock import normal_safety_stock
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.checks import require_at_least, require_shape
from allocast.numerics.discrete import DiscreteDistribution

__all__ = ["PeriodicReview", "best_review", "normal_order_up_to", "review_level"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodicReview:
    """How often each series is looked at, up to what level it is ordered, and what that costs.

    Parameters
    ----------
    review_periods : array of int, shape (n_series,), in periods
    order_up_to : array of int, shape (n_series,), in units
    cost : array of shape (n_series,), money per period
    """

    review_periods: IntArray
    order_up_to: IntArray
    cost: FloatArray


def review_level(
    demand: DiscreteDistribution,
    lead_time: DiscreteDistribution,
    review_periods: int,
    *,
    holding_cost: FloatArray,
    shortage_cost: FloatArray,
) -> CostedLevel:
    """The best S for a given R, exactly, with its cost of holding and shortages per period.

    Costs arise in each period between one order's arrival and the next: the demand that matters is that of the lead
    time and 1, 2, …, R periods more, each for one period in R. S is the newsvendor's level for this mixture, and lower
    than that for the whole protection interval, which looks at the last of these periods only.

    Parameters
    ----------
    demand : DiscreteDistribution of n_series rows
        Of one period; independent and alike, what is missed waits.
    lead_time : DiscreteDistribution of n_series rows
        Whole periods, 0 for an order that is there at the start of the next one.
    review_periods : int, >= 1
    holding_cost, shortage_cost : arrays of shape (n_series,), money per unit and period, > 0

    Raises
    ------
    DataError
        A cost or the number of periods is out of its range.

    References
    ----------
    Hadley and Whitin (1963), *Analysis of Inventory Systems*, sections 5-1 to 5-4; Rao (2003), Properties of the
    periodic review (R, T) inventory control policy for stationary, stochastic demand, Manufacturing & Service
    Operations Management 5(1), 37-53.

    Examples
    --------
    >>> from allocast.numerics.discrete_laws import poisson
    >>> at_once = DiscreteDistribution.certain(np.array([0]))
    >>> best = review_level(poisson(np.array([6.0])), at_once, 1, holding_cost=np.array([1.0]),
    ...                     shortage_cost=np.array([4.0]))
    >>> best.units, best.cost.round(5)
    (array([8]), array([3.57011]))
    """
    if review_periods < 1:
        raise DataError(f"review_periods must be >= 1; it is {review_periods}.")
    share = np.full((len(demand), review_periods + 1), 1 / review_periods)
    share[:, 0] = 0.0
    until = lead_time.convolve(DiscreteDistribution(probability=share))
    over = demand_over(demand, until)
    return newsvendor_discrete(over, holding_cost=holding_cost, shortage_cost=shortage_cost)


def best_review(
    demand: DiscreteDistribution,
    lead_time: DiscreteDistribution,
    *,
    order_cost: FloatArray,
    holding_cost: FloatArray,
    shortage_cost: FloatArray,
    most: int = 13,
) -> PeriodicReview:
    """The best R and S together; R by trying all.

    Parameters
    ----------
    demand, lead_time, holding_cost, shortage_cost
        As for ``review_level``.
    order_cost : array of shape (n_series,), money per order, >= 0
        Of a review in which something is ordered: all but those after R periods without demand.
    most : int, >= 1
        Periods between reviews that are tried.

    Raises
    ------
    DataError
        A cost or a number of periods is out of its range.

    References
    ----------
    As for ``review_level``.

    Examples
    --------
    >>> from allocast.numerics.discrete_laws import poisson
    >>> at_once = DiscreteDistribution.certain(np.array([0]))
    >>> best = best_review(poisson(np.array([2.0])), at_once, order_cost=np.array([10.0]),
    ...                    holding_cost=np.array([1.0]), shortage_cost=np.array([9.0]))
    >>> best.review_periods, best.order_up_to, best.cost.round(3)
    (array([3]), array([8]), array([8.485]))
    """
    fixed = np.asarray(order_cost, dtype=np.float64)
    require_shape("order_cost", fixed, (len(demand),))
    require_at_least("order_cost", fixed)
    level = np.zeros((most, len(demand)), dtype=np.int64)
    cost = np.zeros((most, len(demand)))
    for periods in range(1, most + 1):
        at = review_level(demand, lead_time, periods, holding_cost=holding_cost, shortage_cost=shortage_cost)
        ordering = 1 - demand.probability[:, 0] ** periods
        level[periods - 1], cost[periods - 1] = at.units, at.cost + fixed * ordering / periods
    best, row = np.argmin(cost, axis=0), np.arange(len(demand))
    return PeriodicReview(review_periods=best + 1, order_up_to=level[best, row], cost=cost[best, row])


def normal_order_up_to(
    demand: Moments, lead_time: Moments, review_periods: int, cycle_service_level: FloatArray
) -> FloatArray:
    """The textbook's S: mean demand of the protection interval plus z σ, shape (n_series,), in units.

    Parameters
    ----------
    demand : Moments
        Of one period, in units.
    lead_time : Moments
        In periods.
    review_periods : int, >= 1
    cycle_service_level : array of shape (n_series,), in (0, 1)

    References
    ----------
    Silver, Pyke and Thomas, *Inventory and Production Management in Supply Chains*, 4th ed., sections 6.9 and 6.10.

    Examples
    --------
    >>> demand = Moments(mean=np.array([100.0]), deviation=np.array([30.0]))
    >>> lead_time = Moments(mean=np.array([3.0]), deviation=np.array([0.0]))
    >>> normal_order_up_to(demand, lead_time, 1, np.array([0.9772])).round(1)  # 400 + 2 x 60
    array([519.9])
    """
    interval = Moments(mean=lead_time.mean + review_periods, deviation=lead_time.deviation)
    over = moments_over(demand, interval)
    return np.asarray(over.mean + normal_safety_stock(over, cycle_service_level))
