"""The best orders over a few periods that differ, or that end: dynamic programming over the stock."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.inventory.formulas.losses import expected_after, level_costs
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.discrete import DiscreteDistribution

__all__ = ["FiniteHorizon", "finite_horizon"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FiniteHorizon:
    """The best (s, S) of each period, and what the horizon costs from any stock.

    Parameters
    ----------
    reorder_point : array of int, shape (n_periods,), in units
        s: an order is placed where the stock before it is at or below this.
    order_up_to : array of int, shape (n_periods,), in units
    stock : array of int, shape (n_levels,), in units
        Levels of stock before the first order.
    cost : array of shape (n_levels,), money
        Expected from there to the end, discounted to the first period.
    """

    reorder_point: IntArray
    order_up_to: IntArray
    stock: IntArray
    cost: FloatArray

    def cost_from(self, stock: int) -> float:
        """Expected cost of the whole horizon, beginning with this stock.

        Raises
        ------
        DataError
            The stock is outside what was computed.
        """
        if not self.stock[0] <= stock <= self.stock[-1]:
            raise DataError(f"stock must lie within {self.stock[0]} and {self.stock[-1]}; it is {stock}.")
        return float(self.cost[stock - self.stock[0]])


def finite_horizon(
    demand: DiscreteDistribution,
    *,
    order_cost: float,
    unit_cost: float,
    holding_cost: float,
    shortage_cost: float,
    final_holding_cost: float | None = None,
    final_shortage_cost: float | None = None,
    discount: float = 1.0,
) -> FiniteHorizon:
    """The policy that costs least over a number of periods, for any demand in whole units and lead time 0.

    For a certain lead time let stock be the position, and the first demand that of the protection interval. What is
    missed waits. The best policy is of the (s, S) kind in each period (Scarf 1960).

    Parameters
    ----------
    demand : DiscreteDistribution of n_periods rows
        Independent from period to period, but not necessarily alike.
    order_cost, unit_cost : float, money per order and per unit, >= 0
    holding_cost, shortage_cost : float, money per unit and period, >= 0
    final_holding_cost, final_shortage_cost : float, optional
        For what is left or owed after the last period, on top; as in each period by default.
    discount : float, in (0, 1], a period

    Raises
    ------
    DataError
        A cost or the discount is out of its range.

    References
    ----------
    Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., equation (4.66), algorithm 4.1; Scarf (1960), The
    optimality of (S, s) policies in the dynamic inventory problem.

    Examples
    --------
    >>> from allocast.numerics.discrete_laws import rounded_normal
    >>> five = rounded_normal(np.full(5, 100.0), np.full(5, 20.0))
    >>> best = finite_horizon(five, order_cost=50, unit_cost=2, holding_cost=1, shortage_cost=20)
    >>> best.reorder_point, best.order_up_to
    (array([110, 110, 110, 110, 111]), array([133, 133, 133, 133, 126]))
    """
    final = (
        holding_cost if final_holding_cost is None else final_holding_cost,
        shortage_cost if final_shortage_cost is None else final_shortage_cost,
    )
    _check((order_cost, unit_cost, holding_cost, shortage_cost, *final), discount)
    n_periods, most = len(demand), demand.probability.shape[1] - 1
    stock = np.arange(-most - 1, n_periods * most + 1)
    value = final[0] * np.maximum(stock, 0.0) + final[1] * np.maximum(-stock, 0.0)
    smallest, largest = np.zeros((2, n_periods), dtype=np.int64)
    rates = {"holding_cost": np.array([holding_cost]), "shortage_cost": np.array([shortage_cost])}
    for t in reversed(range(n_periods)):
        law = demand.take(np.array([t]))
        after = level_costs(law, stock[None, :], **rates)[0] + unit_cost * stock
        after += discount * expected_after(value, law.probability[0])
        # the best level from each stock upwards; and whether going there is worth an order
        upwards = np.minimum.accumulate(after[::-1])[::-1]
        ordering = order_cost + upwards < after
        best = int(np.argmin(after))
        largest[t] = stock[best]
        smallest[t] = stock[np.flatnonzero(ordering[:best])[-1]] if ordering[:best].any() else stock[0] - 1
        value = np.where(ordering, order_cost + upwards, after) - unit_cost * stock
    return FiniteHorizon(reorder_point=smallest, order_up_to=largest, stock=stock, cost=value)


def _check(costs: tuple[float, ...], discount: float) -> None:
    if not all(0 <= cost < np.inf for cost in costs):
        raise DataError(f"costs must be finite and >= 0; they are {', '.join(f'{c:g}' for c in costs)}.")
    if not 0 < discount <= 1:
        raise DataError(f"discount must be > 0 and <= 1; it is {discount:g}.")
