"""A perishable item: the instances of De Moor, Gijsbrechts and Boute (2022), and any like them.

Before each period the state is ``(s_1, …, s_m, x_1, …, x_{L-1})``: the stock by periods of life left, when this
period's receipt, with ``m`` periods to live, is in; then the orders on their way, oldest first. An order ``z`` of at
most ten units is placed, then demand comes and is met, oldest units first (FIFO) or freshest first (LIFO); what is not
met is lost. Of what is left, the units in their last period are thrown away and cost ``w`` each, the others
cost ``h`` each and have one period less to live. This is ``simulation.dynamics`` with lead time L.

References
----------
De Moor, Gijsbrechts and Boute (2022), Reward shaping to improve the performance of deep reinforcement learning in
perishable inventory management, European Journal of Operational Research 301(2), 535-545; demand and the way of judging
as in Farrington, Wong, Li and Utley (2025), Going faster to see further: GPU-accelerated value iteration and simulation
for perishable inventory control using JAX, arXiv:2303.10672.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.discrete import DiscreteDistribution
from allocast.simulation.textbook.chains import explore
from allocast.simulation.textbook.demand_laws import rounded_gamma

__all__ = [
    "Perishable",
    "PerishableRule",
    "de_moor_2022",
    "development_perishables",
    "perishable_policy_cost",
]

PerishableRule = Callable[[IntArray], IntArray]
"""Whole orders, shape (n,), in whole states, shape (n, m + L - 1)."""


@dataclass(frozen=True, kw_only=True)
class Perishable:
    """One item that perishes, one supplier, independent demand, unmet demand lost, discounted cost.

    Parameters
    ----------
    life : int, in [2, 3], in periods
        A unit can be sold in so many periods.
    lead_time : int, in [1, 2], in periods
    issuing : "fifo" or "lifo"
        Which units customers take first: the oldest, or the freshest.
    waste_cost : float, money per unit thrown away
    holding_cost, shortage_cost, unit_cost : float, money per unit kept, lost or ordered
    mean, variation : float
        Demand is gamma distributed, with this coefficient of variation, and rounded to whole units.
    largest_order : int, units
    discount : float, in (0, 1), a period
    warm_up, horizon : int, periods
        Judged is the discounted cost of ``horizon`` periods that follow ``warm_up`` ones from an empty system.

    Raises
    ------
    DataError
        Life or lead time is out of its range.
    """

    life: int
    lead_time: int
    issuing: Literal["fifo", "lifo"]
    waste_cost: float
    holding_cost: float = 1.0
    shortage_cost: float = 5.0
    unit_cost: float = 3.0
    mean: float = 4.0
    variation: float = 0.5
    largest_order: int = 10
    discount: float = 0.99
    warm_up: int = 100
    horizon: int = 365

    def __post_init__(self) -> None:
        if self.life not in (2, 3) or self.lead_time not in (1, 2):
            raise DataError(
                f"life must be 2 or 3 periods and the lead time 1 or 2; they are {self.life} and {self.lead_time}."
            )

    @property
    def name(self) -> str:
        """Life, lead time, waste cost and issuing."""
        return f"m={self.life} L={self.lead_time} cw={self.waste_cost:g} {self.issuing}"

    @cached_property
    def law(self) -> DiscreteDistribution:
        """Demand of one period, a distribution of one row."""
        return rounded_gamma(self.mean, self.variation)

    def after_demand(self, states: IntArray) -> tuple[IntArray, FloatArray]:
        """What each demand makes of each state.

        Parameters
        ----------
        states : array of int, shape (n, m + L - 1)

        Returns
        -------
        following : array of int, shape (n, n_demands, m + L - 1)
            The next state without the order that is placed now: it goes into the last entry.
        cost : array of shape (n,)
            Expected cost of holding, shortage and waste.
        """
        n, pmf = len(states), self.law.probability[0]
        stock, demand = states[:, None, : self.life], np.arange(len(pmf))
        left, waiting = np.zeros((n, len(pmf), self.life), dtype=np.int64), np.tile(demand, (n, 1))
        by_age = range(self.life) if self.issuing == "fifo" else range(self.life - 1, -1, -1)
        for age in by_age:
            left[..., age] = np.maximum(stock[..., age] - waiting, 0)
            waiting = np.maximum(waiting - stock[..., age], 0)
        kept = self.holding_cost * left[..., 1:].sum(axis=2)
        cost = (kept + self.waste_cost * left[..., 0] + self.shortage_cost * waiting) @ pmf
        on_way = np.broadcast_to(states[:, None, self.life :], (n, len(pmf), self.lead_time - 1))
        empty = np.zeros((n, len(pmf), 1), dtype=np.int64)
        return np.concatenate([left[..., 1:], on_way, empty], axis=2), cost


def de_moor_2022() -> tuple[Perishable, ...]:
    """The eight instances with two periods of life, in the order of the paper's table."""
    return _grid(life=2)


def development_perishables() -> tuple[Perishable, ...]:
    """The eight instances with three periods of life: settings are chosen on them, nothing is judged on them."""
    return _grid(life=3)


def perishable_policy_cost(instance: Perishable, policy: PerishableRule) -> float:
    """Expected discounted cost of a policy over the judged periods, computed, not simulated.

    The distribution of the state is carried from an empty system through the warm-up; from then on costs count, the
    first period's undiscounted. The paper's return is its negative.

    Parameters
    ----------
    instance : Perishable
    policy : function of whole states of shape (n, m + L - 1), whole orders of shape (n,)

    Raises
    ------
    DataError
        Orders are not whole numbers from 0 to the largest one allowed.
    """

    def step(states: IntArray) -> IntArray:
        following = instance.after_demand(states)[0].copy()
        following[..., -1] = _checked(policy(states), instance, len(states))[:, None]
        return following

    empty = np.zeros(instance.life + instance.lead_time - 1, dtype=np.int64)
    chain = explore(empty, step, instance.law.probability[0])
    orders = _checked(policy(chain.states), instance, len(chain.states))
    cost = instance.after_demand(chain.states)[1] + instance.unit_cost * orders
    steps = chain.transitions().T.tocsr()
    share, total = np.zeros(len(cost)), 0.0
    share[0] = 1.0
    for period in range(-instance.warm_up, instance.horizon):
        if period >= 0:
            total += instance.discount**period * float(share @ cost)
        share = steps @ share
    return total


def _checked(orders: IntArray, instance: Perishable, count: int) -> IntArray:
    orders = np.asarray(orders)
    whole = np.rint(orders)
    within = (whole >= 0) & (whole <= instance.largest_order)
    if orders.shape != (count,) or not np.array_equal(orders, whole) or not within.all():
        raise DataError(
            f"a policy must give {count} whole orders from 0 to {instance.largest_order}; check what it gave."
        )
    return whole.astype(np.int64)


def _grid(*, life: int) -> tuple[Perishable, ...]:
    issuings: tuple[Literal["lifo", "fifo"], ...] = ("lifo", "fifo")
    return tuple(
        Perishable(life=life, lead_time=lead_time, waste_cost=waste_cost, issuing=issuing)
        for lead_time in (1, 2)
        for waste_cost in (7.0, 10.0)
        for issuing in issuings
    )
