"""Money shared by many series: orders that fit it, and the price at which they would fit by themselves."""

from collections.abc import Callable

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray

__all__ = ["clearing_price", "within_budget"]

_STEPS = 30  # of bisection: to one part in 10^9


def within_budget(
    wanted: FloatArray,
    feasible: Callable[[FloatArray], FloatArray],
    unit_cost: FloatArray,
    budget: float,
    *,
    urgency: FloatArray,
    least: FloatArray | None = None,
) -> FloatArray:
    """What suppliers accept of wanted orders, and what there is money for.

    If all is too dear, every order is cut to one share of itself, the largest that fits. What then is left, because
    packs and minimum orders leave gaps, buys whole wanted orders, the most urgent first.

    Parameters
    ----------
    wanted : array of any shape, in units, >= 0
    feasible : function of wanted orders
        What suppliers accept: rounded up to packs and minimum orders, so that less wanted is never dearer.
    unit_cost, urgency : arrays of the same shape; money per unit, >= 0, and any number
    budget : float, money, >= 0
    least : array of the same shape, in units, optional
        Orders to begin with, if they can be paid, instead of one share of all.

    Returns
    -------
    units : array of the same shape
        Feasible, and together no dearer than the budget.

    Raises
    ------
    DataError
        The budget is negative.

    Examples
    --------
    >>> packs = lambda units: 4.0 * np.ceil(units / 4.0)
    >>> within_budget(np.array([8.0, 4.0]), packs, np.ones(2), 9.0, urgency=np.array([1.0, 2.0]))
    array([4., 4.])
    >>> within_budget(np.array([2.0, 4.0]), packs, np.ones(2), 5.0, urgency=np.array([1.0, 2.0]))
    array([0., 4.])
    """
    if not budget >= 0:
        raise DataError(f"a budget must be >= 0; it is {budget}.")

    def cost(units: FloatArray) -> float:
        return float((units * unit_cost).sum())

    whole = feasible(wanted)
    if cost(whole) <= budget:
        return whole
    units = feasible(wanted if least is None else least)
    if least is None or cost(units) > budget:
        low, high = 0.0, 1.0
        for _ in range(_STEPS):
            middle = (low + high) / 2
            low, high = (middle, high) if cost(feasible(middle * wanted)) <= budget else (low, middle)
        units = feasible(low * wanted)
    return _filled(units, whole, unit_cost, budget - cost(units), urgency)


def _filled(
    units: FloatArray, whole: FloatArray, unit_cost: FloatArray, left: float, urgency: FloatArray
) -> FloatArray:
    """Orders raised to whole ones as long as there is money, the most urgent first."""
    units = units.copy()
    dearer = ((whole - units) * unit_cost).ravel()
    for place in np.argsort(-urgency, axis=None, kind="stable"):
        if 0 < dearer[place] <= left:
            units.flat[place] = whole.flat[place]
            left -= dearer[place]
    return units


def clearing_price(spending: Callable[[float], float], budget: float, *, highest: float) -> float:
    """The lowest price of money at which no more is spent than there is: what one more unit of money is worth.

    Parameters
    ----------
    spending : function of a price, money
        What would be ordered at that price; it must not rise with the price.
    budget : float, money, >= 0
    highest : float, > 0
        Where even at this price too much would be spent, it is the answer, and orders have to be cut.

    Returns
    -------
    price : float, in [0, highest], money per unit of money; 0 where the budget does not bind

    Examples
    --------
    >>> round(clearing_price(lambda price: 100.0 / (1.0 + price), 80.0, highest=2.0), 6)
    0.25
    >>> clearing_price(lambda price: 100.0, 120.0, highest=2.0)
    0.0
    """
    if spending(0.0) <= budget:
        return 0.0
    low, high = 0.0, highest
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if spending(middle) <= budget else (middle, high)
    return high
