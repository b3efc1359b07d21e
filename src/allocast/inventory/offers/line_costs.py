"""What it costs to be served by one supplier: price, orders, stock and shortage together."""

import numpy as np

from allocast.inventory.costs import Costs
from allocast.inventory.offers.kernels import demand_until, mean_demand
from allocast.inventory.offers.offers import Offers
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.discrete import DiscreteDistribution

__all__ = ["line_costs", "main_lines", "with_second_delivery"]

BLOCK_LINES = 4000  # looked at together: draws and sorted demand of so many are in memory


def line_costs(
    offers: Offers,
    demand: FloatArray,
    costs: Costs,
    *,
    seed: int,
    review_periods: int = 1,
    holding_on_the_way: float = 0.0,
) -> FloatArray:
    """Expected cost of a period in which all of a series' demand is served by one line, shape (n_lines,), in money.

    The sum of

    * demand × (unit cost + what a unit on its way costs),
    * order cost ÷ periods between orders: a usual order holds the demand of a review, the smallest order if that is
      more, and what lies above the need waits, half of it on average,
    * the newsvendor's cost of demand over lead time and review, at the level that costs least.

    What a line does not deliver is ordered again, and takes its lead time once more. With backorders and one order a
    period the last term is exact; where sales are lost it is too high, the more so the longer the lead time is, and
    less so the higher the shortage cost is.

    Parameters
    ----------
    offers : Offers
    demand : array of shape (n_series, n_paths, n_periods), in units
    costs : Costs
    seed : int, >= 0
    review_periods : int, >= 1
    holding_on_the_way : float, >= 0
        Share of the holding cost.

    Returns
    -------
    cost : array of shape (n_lines,)
        0 for the only line of a series: there is nothing to choose. Infinite where a line cannot deliver, or has no
        price though another has.

    References
    ----------
    Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., section 4.3; that lost sales cost no more than
    backorders at the same rates: Janakiraman, Seshadri and Shanthikumar (2007), Operations Research 55(5), 867-883.
    """
    cost = np.zeros(len(offers))
    several = np.flatnonzero(~offers.is_only)
    for first in range(0, len(several), BLOCK_LINES):
        rows = several[first : first + BLOCK_LINES]
        cost[rows] = _steady_costs(offers, rows, demand, costs, review_periods, holding_on_the_way)
        cost[rows] += _stock_costs(offers, rows, demand, costs, review_periods, seed)
    cost[several] = np.where(offers.can_deliver[several], cost[several], np.inf)
    return cost


def main_lines(offers: Offers, cost: FloatArray) -> IntArray:
    """The line of each series that costs least, shape (n_series,).

    Where two cost the same it is the one with the lower price, then the first.

    Parameters
    ----------
    offers : Offers
    cost : array of shape (n_lines,), in money
    """
    order = np.lexsort((np.arange(len(offers)), offers.price, cost, offers.series))
    first = np.unique(offers.series[order], return_index=True)[1]
    return order[first]


def with_second_delivery(periods: DiscreteDistribution, share: FloatArray) -> DiscreteDistribution:
    """When a unit is there, if a share comes with the order and the rest with a second one, placed when that came.

    Parameters
    ----------
    periods : DiscreteDistribution of n rows
        Lead time of an order; of the second too. The last column takes what is longer.
    share : array of shape (n,)
        Delivered; all of it from 1 on.

    Examples
    --------
    >>> week = DiscreteDistribution.certain(np.array([1]), largest=3)
    >>> with_second_delivery(week, np.array([0.75])).probability
    array([[0.  , 0.75, 0.  , 0.25]])
    """
    missing = np.clip(1.0 - share, 0.0, 1.0)
    rows = np.flatnonzero(missing > 0)
    probability = periods.probability.copy()
    if not len(rows):
        return periods
    once = probability[rows]
    last = once.shape[1] - 1
    twice = np.zeros_like(once)
    for k in range(last + 1):
        for j in range(last + 1):
            twice[:, min(k + j + 1, last)] += once[:, k] * once[:, j]
    mixed = (1.0 - missing[rows, None]) * once + missing[rows, None] * twice
    probability[rows] = mixed / mixed.sum(axis=1, keepdims=True)
    return DiscreteDistribution(probability=probability)


def _steady_costs(
    offers: Offers, rows: IntArray, demand: FloatArray, costs: Costs, review: int, on_the_way: float
) -> FloatArray:
    """Purchases, what is on its way, orders, and what an order holds beyond the need; a period, in money."""
    series = offers.series[rows]
    mean = mean_demand(demand, series)
    holding = costs.holding_cost[series]
    of_review = mean * review
    usual = np.maximum(of_review, offers.smallest_order[rows])
    price = offers.price[rows]
    bought = np.where(np.isposinf(price), price, mean * np.where(np.isposinf(price), 0.0, price))
    waiting: FloatArray = mean * offers.lead_time.take(rows).mean * holding * on_the_way
    orders = offers.sourcing.order_cost[rows] * mean / usual
    beyond = holding * (usual - of_review) / 2
    total: FloatArray = bought + waiting + orders + beyond
    return total


def _stock_costs(
    offers: Offers, rows: IntArray, demand: FloatArray, costs: Costs, review: int, seed: int
) -> FloatArray:
    """Holding and shortage of a period at the best level for each line, in money, shape (n_rows,)."""
    n_paths, n_periods = demand.shape[1:]
    unit = with_second_delivery(offers.lead_time.periods.take(rows), offers.delivered_share[rows])
    interval = np.minimum(unit.at(offers.places(rows, n_paths, seed)) + review, n_periods)
    series = offers.series[rows]
    asked = np.sort(demand_until(demand, series, interval), axis=1)
    holding, shortage = costs.holding_cost[series], costs.shortage_cost[series]
    place = np.clip(
        np.ceil(costs.critical_ratio[series] * n_paths - 1e-9).astype(np.int64) - 1, 0, n_paths - 1
    )
    level = np.take_along_axis(asked, place[:, None], axis=1)
    left = np.maximum(level - asked, 0.0).mean(axis=1)
    short = np.maximum(asked - level, 0.0).mean(axis=1)
    cost: FloatArray = holding * left + shortage * short
    return cost
