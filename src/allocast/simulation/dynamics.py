"""One period of an inventory system, the order of its events stated once.

1. What is due arrives.
2. Demand is met as far as stock goes: what is owed first, then the new demand.
3. Costs are charged: holding on what is left, shortage on what was missed.
4. The next order is placed; with lead time L it is available at the start of the L-th period after the next.

``advance`` covers 1 to 3, ``place`` covers 4. Both are pure and work on arrays of any leading shape: one
series, series × scenarios, or a thousand environments at once. The cost is linear in the number of elements.
"""

from dataclasses import dataclass, replace

import numpy as np

from allocast.numerics.arrays import FloatArray, IntArray

__all__ = ["Ledger", "Stock", "advance", "place"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """The state between two periods; nothing in it is ever negative.

    Parameters
    ----------
    on_hand, backordered : arrays of shape (...), in units
    pipeline : array of shape (..., n_periods), in units
        Column ``k`` arrives at the start of the ``k``-th coming period.
    """

    on_hand: FloatArray
    backordered: FloatArray
    pipeline: FloatArray

    @property
    def position(self) -> FloatArray:
        """On hand + on order − backordered, in units."""
        position: FloatArray = self.on_hand + self.pipeline.sum(axis=-1) - self.backordered
        return position


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What happened in one period, arrays of shape (...), in units and money."""

    arrived: FloatArray
    sold: FloatArray
    missed: FloatArray
    on_hand: FloatArray
    holding_cost: FloatArray
    shortage_cost: FloatArray

    @property
    def cost(self) -> FloatArray:
        """Holding plus shortage cost, in money."""
        return self.holding_cost + self.shortage_cost


def advance(
    stock: Stock,
    demand: FloatArray,
    *,
    holding_cost: FloatArray | float,
    shortage_cost: FloatArray | float,
    backorders: bool = False,
) -> tuple[Stock, Ledger]:
    """Events 1 to 3: arrivals, demand, costs.

    Parameters
    ----------
    stock : Stock
    demand : array of shape (...), in units, >= 0
    holding_cost : money per unit left at the end of the period
    shortage_cost : money per unit lost, or owed at the end of the period
    backorders : bool
        Whether unmet demand is owed (True) or lost (False).

    Returns
    -------
    stock : Stock
        At the end of the period; the last column of the pipeline is free again.
    ledger : Ledger

    Examples
    --------
    >>> stock = Stock(on_hand=np.array([3.0]), backordered=np.zeros(1), pipeline=np.array([[2.0, 4.0]]))
    >>> stock, ledger = advance(stock, np.array([7.0]), holding_cost=0.2, shortage_cost=1.0)
    >>> ledger.sold, ledger.missed, ledger.cost, stock.pipeline
    (array([5.]), array([2.]), array([2.]), array([[4., 0.]]))
    """
    arrived = stock.pipeline[..., 0]
    available = stock.on_hand + arrived
    wanted = demand + stock.backordered
    served = np.minimum(available, wanted)
    on_hand = available - served
    missed = wanted - served
    after = Stock(
        on_hand=on_hand,
        backordered=missed if backorders else np.zeros_like(missed),
        pipeline=np.concatenate([stock.pipeline[..., 1:], np.zeros_like(stock.pipeline[..., :1])], axis=-1),
    )
    ledger = Ledger(
        arrived=arrived,
        sold=served,
        missed=missed,
        on_hand=on_hand,
        holding_cost=holding_cost * on_hand,
        shortage_cost=shortage_cost * missed,
    )
    return after, ledger


def place(stock: Stock, order_units: FloatArray, lead_time: IntArray | int) -> Stock:
    """Event 4: an order enters the pipeline.

    Parameters
    ----------
    stock : Stock
    order_units : array of shape (...), in units, >= 0
    lead_time : array of shape (...) or int, in periods, below the length of the pipeline
        0 is available at the start of the next period.
    """
    due = np.arange(stock.pipeline.shape[-1]) == np.asarray(lead_time)[..., None]
    return replace(stock, pipeline=stock.pipeline + order_units[..., None] * due)
