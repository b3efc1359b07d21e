"""Lost sales with a lead time: the instances of Zipkin (2008), and any like them.

Before each period the state is ``(x_0, x_1, …, x_{L-1})``: what is on hand when this period's receipt is in, and what
is still on its way, oldest first. An order ``z`` is placed, then demand ``d`` comes, unmet demand is lost, and::

    cost = h (x_0 - d)+ + p (d - x_0)+,    next state = ((x_0 - d)+ + x_1, x_2, …, x_{L-1}, z)

This is ``simulation.dynamics`` with lead time L: ``x_0`` is on hand plus column 0 of the pipeline, ``x_k`` its column
``k``, and ``place`` puts ``z`` into column L before ``advance``.

References
----------
Zipkin (2008), Old and new methods for lost-sales inventory systems, Operations Research 56(5), 1256-1263.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.discrete import DiscreteDistribution
from allocast.simulation.textbook.demand_laws import geometric, left_over, poisson, quantiles_of_sums

__all__ = ["LostSales", "OrderRule", "development_2008", "zipkin_2008"]

OrderRule = Callable[[IntArray], IntArray]
"""Whole orders, shape (n,), in whole states, shape (n, L)."""

DEMAND_LAWS = {"poisson": poisson, "geometric": geometric}


@dataclass(frozen=True, kw_only=True)
class LostSales:
    """One item, one supplier, independent demand, unmet demand lost, average cost a period.

    Parameters
    ----------
    demand : "poisson" or "geometric"
        Geometric demand begins at 0.
    mean : float, > 0, units a period
    shortage_cost : float, > 0, money per unit lost
    lead_time : int, in [1, 7], in periods
    holding_cost : float, > 0, money per unit left at the end of a period

    Raises
    ------
    DataError
        A cost is not positive, or the lead time is out of its range.

    Examples
    --------
    >>> LostSales(demand="poisson", mean=5.0, shortage_cost=4.0, lead_time=2).name
    'poisson mean=5 p=4 L=2'
    """

    demand: Literal["poisson", "geometric"]
    mean: float
    shortage_cost: float
    lead_time: int
    holding_cost: float = 1.0

    def __post_init__(self) -> None:
        if not (self.holding_cost > 0 and self.shortage_cost > 0):
            raise DataError(
                f"costs of holding and shortage must be > 0; they are {self.holding_cost} and {self.shortage_cost}."
            )
        if not 1 <= self.lead_time <= 7:
            raise DataError(f"the lead time must be 1 to 7 periods; it is {self.lead_time}.")

    @property
    def name(self) -> str:
        """Demand, costs and lead time in short; the holding cost where it is not 1."""
        holding = "" if self.holding_cost == 1 else f" h={self.holding_cost:g}"
        return f"{self.demand} mean={self.mean:g}{holding} p={self.shortage_cost:g} L={self.lead_time}"

    @property
    def critical_ratio(self) -> float:
        """Newsvendor fractile p / (p + h)."""
        return self.shortage_cost / (self.shortage_cost + self.holding_cost)

    @cached_property
    def law(self) -> DiscreteDistribution:
        """Demand of one period, a distribution of one row."""
        return DEMAND_LAWS[self.demand](self.mean)

    @cached_property
    def levels(self) -> list[int]:
        """Newsvendor quantiles of the demand of 1, …, L + 1 periods; the last bounds the inventory position.

        An optimal order never lifts itself and the ``k`` orders before it above the quantile of ``k + 1`` periods
        (Zipkin 2008, section 4), so no other states need to be looked at.
        """
        return quantiles_of_sums(self.law, self.critical_ratio, self.lead_time + 1)

    def expected_cost(self, largest: int) -> FloatArray:
        """Expected cost of a period that begins with 0, 1, …, ``largest`` units, shape (largest + 1,)."""
        left = left_over(self.law, largest)
        short = self.mean - np.arange(largest + 1) + left
        cost: FloatArray = self.holding_cost * left + self.shortage_cost * short
        return cost


def zipkin_2008() -> tuple[LostSales, ...]:
    """The 32 instances of Zipkin's tables 3 and 4: mean 5, h = 1, p in {4, 9, 19, 39}, L in {1, …, 4}."""
    return _grid((4.0, 9.0, 19.0, 39.0), (1, 2, 3, 4))


def development_2008() -> tuple[LostSales, ...]:
    """Instances like Zipkin's that are in no table: settings are chosen on them, nothing is judged on them.

    Costs between and beyond his at L in {1, …, 4}, and longer lead times at low costs.
    """
    return (
        *_grid((2.0, 14.0, 29.0), (1, 2, 3, 4)),
        *_grid((4.0, 9.0), (5,)),
        LostSales(demand="poisson", mean=5.0, shortage_cost=19.0, lead_time=5),
        LostSales(demand="poisson", mean=5.0, shortage_cost=39.0, lead_time=5),
        LostSales(demand="poisson", mean=5.0, shortage_cost=4.0, lead_time=6),
    )


def _grid(shortage_costs: tuple[float, ...], lead_times: tuple[int, ...]) -> tuple[LostSales, ...]:
    laws: tuple[Literal["poisson", "geometric"], ...] = ("poisson", "geometric")
    return tuple(
        LostSales(demand=law, mean=5.0, shortage_cost=p, lead_time=lead_time)
        for law in laws
        for p in shortage_costs
        for lead_time in lead_times
    )
