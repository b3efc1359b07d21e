"""Batches where larger ones are cheaper by the unit: all units at the lower price, or only those above the break."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray, freeze
from allocast.numerics.checks import require_at_least, require_shape

__all__ = ["DiscountedLot", "PriceBreaks", "all_units_discount", "incremental_discount"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBreaks:
    """What a unit costs by the size of the batch, a row a series.

    Parameters
    ----------
    from_units : array of shape (n_series, n_breaks), in units
        The batch from which each price holds; the first is 0, and they rise.
    unit_cost : array of shape (n_series, n_breaks), money per unit, > 0
        They fall: a price that rises with the batch is no discount.

    Raises
    ------
    DataError
        Shapes differ, the first break is not at 0, breaks do not rise or prices do not fall.
    """

    from_units: FloatArray
    unit_cost: FloatArray

    def __post_init__(self) -> None:
        start, price = (np.asarray(value, dtype=np.float64) for value in (self.from_units, self.unit_cost))
        require_shape("unit_cost", price, start.shape)
        require_at_least("from_units", start)
        require_at_least("unit_cost", price)
        if (start[:, 0] != 0).any() or (np.diff(start, axis=1) <= 0).any():
            raise DataError(f"from_units must begin at 0 and rise along each row; it is {start.tolist()}.")
        if (price[:, -1] <= 0).any() or (np.diff(price, axis=1) >= 0).any():
            raise DataError(
                f"unit_cost must be > 0 and fall from break to break; it is {price.tolist()}. Leave out breaks "
                "without a lower price."
            )
        object.__setattr__(self, "from_units", freeze(start))
        object.__setattr__(self, "unit_cost", freeze(price))

    @property
    def until_units(self) -> FloatArray:
        """The batch at which the next price begins; infinite for the last, shape (n_series, n_breaks)."""
        return np.column_stack([self.from_units[:, 1:], np.full(len(self.from_units), np.inf)])


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountedLot:
    """The best batch of each series, which price break it takes, and what it costs per period with the purchases.

    Parameters
    ----------
    batch : array of shape (n_series,), in units
    taken : array of int, shape (n_series,)
        The column of ``PriceBreaks`` whose price the last unit of the batch has.
    cost : array of shape (n_series,), money per period
    """

    batch: FloatArray
    taken: IntArray
    cost: FloatArray


def all_units_discount(
    demand: FloatArray, breaks: PriceBreaks, *, order_cost: FloatArray, holding_share: FloatArray
) -> DiscountedLot:
    """The best batch where its size sets the price of all its units.

    For each price the batch is its economic order quantity, or the break itself where that lies above it; the
    cheapest of them costs least of all batches.

    Parameters
    ----------
    demand : array of shape (n_series,), units per period
    breaks : PriceBreaks of n_series rows
    order_cost : array of shape (n_series,), money per order
    holding_share : array of shape (n_series,), > 0
        Holding a unit for a period costs this share of its price.

    References
    ----------
    Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., section 3.4, equations (3.18) and (3.19).

    Examples
    --------
    >>> breaks = PriceBreaks(from_units=np.array([[0.0, 200, 500]]), unit_cost=np.array([[500.0, 475, 450]]))
    >>> lot = all_units_discount(np.array([1000.0]), breaks, order_cost=np.array([200.0]),
    ...                          holding_share=np.array([0.2]))
    >>> lot.batch, lot.taken, lot.cost
    (array([500.]), array([2]), array([472900.]))
    """
    rate, fixed, holding = _columns(demand, order_cost, holding_share, breaks)
    batch = np.maximum(np.sqrt(2 * fixed * rate / holding), breaks.from_units)
    per_batch = np.divide(fixed * rate, batch, out=np.zeros_like(batch), where=batch > 0)
    cost = breaks.unit_cost * rate + per_batch + holding * batch / 2
    return _cheapest(batch, np.where(batch < breaks.until_units, cost, np.inf))


def incremental_discount(
    demand: FloatArray, breaks: PriceBreaks, *, order_cost: FloatArray, holding_share: FloatArray
) -> DiscountedLot:
    """The best batch where each price holds for the units above its break only.

    What the units below a break cost more acts like a larger cost per order; the best batch is never at a break.

    Parameters
    ----------
    demand : array of shape (n_series,), units per period
    breaks : PriceBreaks of n_series rows
    order_cost : array of shape (n_series,), money per order
    holding_share : array of shape (n_series,), > 0
        Holding a unit for a period costs this share of its price.

    References
    ----------
    Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., section 3.4, equations (3.20) to (3.22).

    Examples
    --------
    >>> breaks = PriceBreaks(from_units=np.array([[0.0, 300, 600]]), unit_cost=np.array([[100.0, 90, 80]]))
    >>> lot = incremental_discount(np.array([2400.0]), breaks, order_cost=np.array([150.0]),
    ...                            holding_share=np.array([0.25]))
    >>> lot.batch.round(2), lot.taken, lot.cost.round(2)
    (array([1481.89]), array([2]), array([222762.81]))
    """
    rate, fixed, holding = _columns(demand, order_cost, holding_share, breaks)
    width, dearer = np.diff(breaks.from_units, axis=1), breaks.unit_cost[:, :-1]
    below = np.column_stack([np.zeros(len(width)), np.cumsum(dearer * width, axis=1)])
    extra = (
        below - breaks.unit_cost * breaks.from_units
    )  # paid for an order beyond its units at the last price
    batch = np.sqrt(2 * (fixed + extra) * rate / holding)
    share = np.asarray(holding_share, dtype=np.float64)[:, None]
    cost = breaks.unit_cost * rate + share * extra / 2 + np.sqrt(2 * (fixed + extra) * rate * holding)
    within = (batch >= breaks.from_units) & (batch < breaks.until_units)
    return _cheapest(batch, np.where(within, cost, np.inf))


def _columns(
    demand: FloatArray, order_cost: FloatArray, holding_share: FloatArray, breaks: PriceBreaks
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Demand and order cost as columns, and the holding cost at each price, checked."""
    given = {"demand": demand, "order_cost": order_cost, "holding_share": holding_share}
    columns = {name: np.asarray(value, dtype=np.float64) for name, value in given.items()}
    for name, values in columns.items():
        require_shape(name, values, (len(breaks.from_units),))
        require_at_least(name, values)
    if (columns["holding_share"] <= 0).any():
        raise DataError("holding_share must be > 0: with free holding the largest batch is always the best.")
    rate, fixed, share = (values[:, None] for values in columns.values())
    return rate, fixed, share * breaks.unit_cost


def _cheapest(batch: FloatArray, cost: FloatArray) -> DiscountedLot:
    taken, row = np.argmin(cost, axis=1), np.arange(len(cost))
    return DiscountedLot(batch=batch[row, taken], taken=taken, cost=cost[row, taken])
