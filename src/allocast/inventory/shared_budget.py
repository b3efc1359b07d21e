"""Money shared by many series: a price of money at which each decides alone, and whole orders that fit the budget.

Space, weight or hours can be shared in the same way: the cost of a unit is then what it takes of them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.compiled import compiled
from allocast.numerics.discrete import DiscreteDistribution

__all__ = ["SharedBudget", "next_unit_values", "share_budget"]

_STEPS = 60  # of bisection, below the precision of the price itself


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedBudget:
    """What each series orders out of one purse.

    Parameters
    ----------
    units : array of int, shape (n_series,)
    price : float, >= 0, money per unit of money
        What one more unit of budget would save. At this price, added to each unit's cost, every series by itself wants
        what there is money for, but for the last few units. 0 where all that is worth having can be paid.
    value : float, money
        What the units save together.
    bound : float, money
        No whole orders within the budget save more than this.
    """

    units: IntArray
    price: float
    value: float
    bound: float


def next_unit_values(
    demand: DiscreteDistribution,
    position: ArrayLike,
    *,
    shortage_cost: ArrayLike,
    holding_cost: ArrayLike,
    largest: int,
) -> FloatArray:
    """Expected saving of the 1st, 2nd, …, ``largest``-th unit on top of a position, shape (n_series, largest).

    A unit is sold if demand of the protection interval is above what comes before it, which saves the shortage cost;
    if it is not sold it costs its holding.

    Parameters
    ----------
    demand : DiscreteDistribution of n_series rows
        Of the protection interval.
    position : array of shape (n_series,), in whole units
    shortage_cost, holding_cost : arrays that fit (n_series,), money per unit, >= 0
    largest : int, >= 1

    Examples
    --------
    >>> die = DiscreteDistribution(probability=np.full((1, 6), 1 / 6))
    >>> next_unit_values(die, [2], shortage_cost=5.0, holding_cost=1.0, largest=4).round(6)
    array([[ 2.,  1.,  0., -1.]])
    """
    short, hold = (
        np.asarray(cost, dtype=np.float64).reshape(-1, 1) for cost in (shortage_cost, holding_cost)
    )
    place = np.asarray(position, dtype=np.int64)[:, None] + np.arange(largest)
    top = demand.probability.shape[1] - 1
    above = 1.0 - np.take_along_axis(demand.cumulative, np.clip(place, 0, top), axis=1)
    above[place < 0] = 1.0
    return (short + hold) * above - hold


def share_budget(values: FloatArray, unit_cost: ArrayLike, budget: float) -> SharedBudget:
    """Whole orders that save most, or nearly most, within a budget.

    The price of money is found by bisection: the dearer money is, the less each series wants, and at the lowest price
    at which all of them together can be paid the joint decision falls apart into one for each series. What is then left
    of the budget buys single units, the best for their money first. The result is the best there is where all units
    cost the same, and within the last units' worth of it otherwise; ``bound`` says how far off it can be at most.

    Parameters
    ----------
    values : array of shape (n_series, n_units), in money
        What the 1st, 2nd, … unit of each series saves; never rising from unit to unit.
    unit_cost : array of shape (n_series,), money per unit, > 0
    budget : float, money, >= 0

    Returns
    -------
    SharedBudget

    Raises
    ------
    DataError
        The budget is negative, a unit costs nothing, or a next unit saves more than the one before it.

    Examples
    --------
    >>> values = np.array([[9.0, 4.0, 1.0], [6.0, 5.0, -1.0]])
    >>> shared = share_budget(values, [1.0, 1.0], 3.0)
    >>> shared.units, shared.value, 4.0 <= shared.price <= 5.0
    (array([1, 2]), 20.0, True)
    """
    table = np.ascontiguousarray(values, dtype=np.float64)
    cost = np.ascontiguousarray(np.broadcast_to(np.asarray(unit_cost, dtype=np.float64), table.shape[:1]))
    _require(table, cost, budget)
    units = np.zeros(len(table), dtype=np.int64)
    price = _clearing_price(table, cost, budget, units)
    bound = _saved_at(table, cost, units, price) + price * budget
    left = budget - float(units @ cost)
    _spend_the_rest(table, cost, units, left)
    chosen = np.arange(table.shape[1]) < units[:, None]
    return SharedBudget(units=units, price=price, value=float(table[chosen].sum()), bound=bound)


def _spend_the_rest(values: FloatArray, cost: FloatArray, units: IntArray, left: float) -> None:
    """Add single units as long as one is worth having and can be paid; ``units`` changes."""
    series = np.arange(len(values))
    while True:
        place = np.minimum(units, values.shape[1] - 1)
        next_value = np.where(units < values.shape[1], values[series, place], -1.0)
        worth = np.flatnonzero((next_value > 0) & (cost <= left))
        if len(worth) == 0:
            return
        order = worth[np.argsort(-next_value[worth] / cost[worth], kind="stable")]
        left = _buy(cost, order, units, left)


@compiled
def _buy(cost: FloatArray, order: IntArray, units: IntArray, left: float) -> float:
    """One more unit for each series in turn that can pay it; what is left of the money."""
    for i in order:
        if cost[i] <= left:
            units[i] += 1
            left -= cost[i]
    return left


@compiled
def _clearing_price(values: FloatArray, cost: FloatArray, budget: float, units: IntArray) -> float:
    """The lowest price at which the budget is kept, to the last bits; ``units`` is filled with what is wanted then."""
    if _want(values, cost, 0.0, units) <= budget:
        return 0.0
    low, high = 0.0, 0.0
    for i in range(len(values)):
        high = max(high, values[i, 0] / cost[i])
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        if _want(values, cost, middle, units) <= budget:
            high = middle
        else:
            low = middle
    _want(values, cost, high, units)
    return high


@compiled
def _want(values: FloatArray, cost: FloatArray, price: float, units: IntArray) -> float:
    """What each series wants if money has a price, and what all of it costs."""
    total = 0.0
    for i in range(len(values)):
        least, low, high = price * cost[i], 0, values.shape[1]
        while low < high:
            middle = (low + high) // 2
            if values[i, middle] > least:
                low = middle + 1
            else:
                high = middle
        units[i] = low
        total += low * cost[i]
    return total


@compiled
def _saved_at(values: FloatArray, cost: FloatArray, units: IntArray, price: float) -> float:
    """What the units save once they have been paid at the price."""
    total = 0.0
    for i in range(len(values)):
        for k in range(units[i]):
            total += values[i, k] - price * cost[i]
    return total


def _require(values: FloatArray, cost: FloatArray, budget: float) -> None:
    if not budget >= 0:
        raise DataError(f"a budget must be >= 0; it is {budget}.")
    if not (cost > 0).all():
        i = int(np.argmax(~(cost > 0)))
        raise DataError(f"each unit must cost more than nothing; one of series {i} costs {cost[i]}.")
    rising = ~(np.diff(values, axis=1) <= 1e-9)
    if rising.any():
        i, k = (int(axis[0]) for axis in np.nonzero(rising))
        raise DataError(
            f"what the next unit saves must not rise from unit to unit; in series {i} it does from unit {k + 1} to "
            f"{k + 2} ({int(rising.any(axis=1).sum())} of {len(values)} series affected)."
        )
