"""Dual sourcing: a cheap slow supplier and a dear one that delivers at once; unmet demand waits.

Before each period the state is ``(x_0, x_1, …, x_{l-1})``: net inventory when this period's regular order is in, and
the regular orders on their way, oldest first. An expedited order ``e``, which arrives at once, and a regular one ``r``
are placed, then demand ``d`` comes, and::

    cost = c_e e + c_r r + h (x_0 + e - d)+ + b (d - x_0 - e)+,    next state = (x_0 + e - d + x_1, x_2, …, x_{l-1}, r)

This is ``simulation.dynamics`` with backorders and lead times 0 and l: ``x_0`` is on hand plus column 0 of the pipeline
less what is owed, ``x_k`` column ``k``, and ``place`` puts both orders into the pipeline before ``advance``.

References
----------
Veeraraghavan and Scheller-Wolf (2008), Now or later: a simple policy for effective dual sourcing in capacitated
systems, Operations Research 56(4), 850-864; Gijsbrechts, Boute, Van Mieghem and Zhang (2022), Can deep reinforcement
learning improve inventory management?, Manufacturing & Service Operations Management 24(3), 1349-1368, section 6.2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.discrete import DiscreteDistribution
from allocast.simulation.textbook.chains import Chain, explore
from allocast.simulation.textbook.demand_laws import left_over, uniform

__all__ = [
    "DualRule",
    "DualSourcing",
    "LongRun",
    "development_dual",
    "dual_policy_cost",
    "gijsbrechts_2022",
    "live_long",
]

DualRule = Callable[[IntArray], IntArray]
"""Whole expedited and regular orders, shape (n, 2), in whole states, shape (n, l)."""

MOST_IN_STOCK = 300  # net inventory is cut off above it
NEGLIGIBLE = 1e-9  # share of time at which that may happen


@dataclass(frozen=True, kw_only=True)
class DualSourcing:
    """One item, two suppliers, independent uniform demand, unmet demand waits, average cost a period.

    Parameters
    ----------
    lead_time : int, in [2, 4], in periods
        Of the regular supplier.
    expedited_cost : float, money per unit bought of the supplier who delivers at once
    regular_cost, holding_cost, shortage_cost : float, money per unit bought, left or owed
    largest_demand : int, >= 1
        Demand is 0, 1, …, ``largest_demand`` with equal probabilities.

    Raises
    ------
    DataError
        The lead time is out of its range, or the expedited supplier is not the dearer one, or a unit short is
        not dearer than one expedited.
    """

    lead_time: int
    expedited_cost: float
    regular_cost: float = 100.0
    holding_cost: float = 5.0
    shortage_cost: float = 495.0
    largest_demand: int = 4

    def __post_init__(self) -> None:
        if not 2 <= self.lead_time <= 4:
            raise DataError(f"the regular lead time must be 2 to 4 periods; it is {self.lead_time}.")
        if not 0 <= self.regular_cost < self.expedited_cost < self.shortage_cost or not self.holding_cost > 0:
            raise DataError(
                "costs must be 0 <= regular < expedited < shortage and holding > 0; they are "
                f"{self.regular_cost}, {self.expedited_cost}, {self.shortage_cost} and {self.holding_cost}."
            )

    @property
    def name(self) -> str:
        """Regular lead time and expedited cost."""
        return f"l={self.lead_time} ce={self.expedited_cost:g}"

    @cached_property
    def law(self) -> DiscreteDistribution:
        """Demand of one period, a distribution of one row."""
        return uniform(self.largest_demand)

    def expected_cost(self, stock: IntArray) -> FloatArray:
        """Expected cost of holding and shortage of a period that begins with this net inventory, same shape."""
        left = left_over(self.law, int(np.max(stock, initial=0)))[np.maximum(stock, 0)]
        short = self.law.mean[0] - stock + left
        cost: FloatArray = self.holding_cost * left + self.shortage_cost * short
        return cost


def gijsbrechts_2022() -> tuple[DualSourcing, ...]:
    """The six instances of Gijsbrechts et al. (2022), figure 9: l in {2, 3, 4}, expedited cost 105 or 110."""
    return tuple(
        DualSourcing(lead_time=periods, expedited_cost=cost)
        for periods in (2, 3, 4)
        for cost in (105.0, 110.0)
    )


def development_dual() -> tuple[DualSourcing, ...]:
    """Instances like those that are in no table: settings are chosen on them, nothing is judged on them."""
    near = [
        DualSourcing(lead_time=periods, expedited_cost=cost, shortage_cost=shortage)
        for periods in (2, 3)
        for cost, shortage in ((103.0, 495.0), (107.0, 495.0), (120.0, 495.0), (107.0, 195.0))
    ]
    return (*near, DualSourcing(lead_time=2, expedited_cost=110.0, largest_demand=6))


@dataclass(frozen=True, slots=True, kw_only=True)
class LongRun:
    """What a policy does in the long run: the states, the orders in them, and the share of time spent in each."""

    chain: Chain
    orders: IntArray
    share: FloatArray

    def cost(self, instance: DualSourcing, *, shift: int = 0) -> float:
        """Average cost a period, had all levels of the policy been higher by ``shift`` units."""
        stock = self.chain.states[:, 0] + self.orders[:, 0] + shift
        bought = self.orders @ np.array([instance.expedited_cost, instance.regular_cost])
        return float(self.share @ (bought + instance.expected_cost(stock)))


def live_long(instance: DualSourcing, policy: DualRule, start: IntArray | None = None) -> LongRun:
    """Follow a policy through everything that demand can do, and for ever.

    Raises
    ------
    DataError
        Orders are not whole or negative, or stock grows without bound.
    """
    demand = np.arange(instance.largest_demand + 1)

    def step(states: IntArray) -> IntArray:
        orders = _checked(policy(states), len(states))
        longer = np.column_stack([states[:, 1:], orders[:, 1]])
        stock = (states[:, 0] + orders[:, 0] + longer[:, 0])[:, None] - demand
        rest = np.broadcast_to(longer[:, None, 1:], (*stock.shape, instance.lead_time - 1))
        return np.concatenate([np.minimum(stock, MOST_IN_STOCK)[..., None], rest], axis=2)

    first = np.zeros(instance.lead_time, dtype=np.int64) if start is None else np.asarray(start)
    chain = explore(first, step, instance.law.probability[0])
    share = chain.long_run()
    if share[chain.states[:, 0] >= MOST_IN_STOCK].sum() > NEGLIGIBLE:
        raise DataError(f"the policy lets net inventory grow above {MOST_IN_STOCK} units; order less.")
    return LongRun(chain=chain, orders=_checked(policy(chain.states), len(chain.states)), share=share)


def dual_policy_cost(instance: DualSourcing, policy: DualRule, *, start: IntArray | None = None) -> float:
    """The average cost of a policy, purchases included, computed, not simulated.

    The policy is asked only for the states that it can itself come to from ``start``, whatever they are; nothing is
    assumed about bounds, and no order is changed.

    Parameters
    ----------
    instance : DualSourcing
    policy : function of whole states of shape (n, l), whole orders of shape (n, 2), expedited and regular
    start : array of int, shape (l,), optional
        An empty system if not given.

    Raises
    ------
    DataError
        Orders are not whole or negative, or stock grows without bound.

    Examples
    --------
    Everything expedited, up to the largest demand: 105 × 2 bought and 5 × 2 held on average.

    >>> instance = DualSourcing(lead_time=2, expedited_cost=105.0)
    >>> round(dual_policy_cost(instance, lambda x: np.column_stack([4 - x[:, 0], 0 * x[:, 0]])), 6)
    220.0
    """
    return live_long(instance, policy, start).cost(instance)


def _checked(orders: IntArray, count: int) -> IntArray:
    orders = np.asarray(orders)
    whole = np.rint(orders)
    if orders.shape != (count, 2) or not np.array_equal(orders, whole) or (whole < 0).any():
        raise DataError(f"a policy must give whole orders >= 0 of shape ({count}, 2); check what it gave.")
    return whole.astype(np.int64)
