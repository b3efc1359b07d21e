"""Classical rules for lost sales with a lead time, and their best parameters by exact cost."""

from dataclasses import dataclass, replace

import numpy as np

from allocast.numerics.arrays import FloatArray, IntArray
from allocast.simulation.textbook.lost_sales import LostSales
from allocast.simulation.textbook.lost_sales_cost import policy_cost
from allocast.simulation.textbook.search import descend

__all__ = [
    "CappedBaseStock", "ConstantOrder", "Myopic", "best_base_stock", "best_capped_base_stock", "best_constant_order",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CappedBaseStock:
    """Order up to a level, but no more than a cap at once; without a cap, a base stock policy.

    References
    ----------
    Xin (2021), Understanding the performance of capped base-stock policies in lost-sales inventory models,
    Operations Research 69(1), 61-70.
    """

    level: int
    cap: int | None = None

    def __call__(self, states: IntArray) -> IntArray:
        """Orders, shape (n,), in states of shape (n, L)."""
        return np.asarray(np.clip(self.level - states.sum(axis=1), 0, self.cap))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstantOrder:
    """The same order in every period."""

    units: int

    def __call__(self, states: IntArray) -> IntArray:
        """Orders, shape (n,), in states of shape (n, L)."""
        return np.full(len(states), self.units)


@dataclass(frozen=True, slots=True, kw_only=True)
class Myopic:
    """Minimise the expected cost of the period in which the order can first be used.

    Orders the smallest ``z`` with P(D <= R + z) >= p / (p + h), ``R`` being what will then be left of what is on hand
    and on its way now.

    References
    ----------
    Morton (1971), The near-myopic nature of the lagged-proportional-cost inventory problem with lost sales,
    Operations Research 19(7), 1708-1716; Zipkin (2008), tables 3 and 4, column Myopic.
    """

    instance: LostSales

    def __call__(self, states: IntArray) -> IntArray:
        """Orders, shape (n,), in states of shape (n, L)."""
        width = int(states.sum(axis=1).max(initial=0)) + 1
        most = self.instance.levels[0]
        pmf = np.pad(self.instance.law.probability[0], (0, width + most))[: width + most]
        at_most = np.cumsum(pmf)
        demand = _transitions(pmf[:width])
        left = demand[states[:, 0]]
        for units in states[:, 1:].T:
            left = _shifted(left, units) @ demand
        enough = left @ np.column_stack([at_most[z : z + width] for z in range(most + 1)])
        return np.asarray((enough < self.instance.critical_ratio - 1e-12).sum(axis=1))


def best_base_stock(instance: LostSales) -> tuple[CappedBaseStock, float]:
    """The best base stock policy and its exact cost, which is convex in the level.

    References
    ----------
    Janakiraman and Roundy (2004), Lost-sales problems with stochastic lead times: convexity results for base-stock
    policies, Operations Research 52(5), 795-803.
    """
    most = instance.levels[-1]
    (level,), cost = descend(
        lambda at: policy_cost(instance, CappedBaseStock(level=at[0])).cost,
        (instance.levels[-2],), low=(0,), high=(most,), stride=4,
    )  # fmt: skip
    return CappedBaseStock(level=level), cost


def best_capped_base_stock(instance: LostSales) -> tuple[CappedBaseStock, float]:
    """The best level and cap that a walk finds, and their exact cost."""
    most, mean = instance.levels[-1], int(np.ceil(instance.mean))
    (level, cap), cost = descend(
        lambda at: policy_cost(instance, CappedBaseStock(level=at[0], cap=at[1])).cost,
        (instance.levels[-2], min(most, mean + 1)), low=(0, 0), high=(2 * most, most), stride=4,
    )  # fmt: skip
    return CappedBaseStock(level=level, cap=cap), cost


def best_constant_order(instance: LostSales) -> tuple[ConstantOrder, float]:
    """The best constant order below the mean demand and its exact cost, which no lead time changes."""
    near = replace(instance, lead_time=1)
    most = int(np.ceil(instance.mean)) - 1
    (units,), cost = descend(
        lambda at: policy_cost(near, ConstantOrder(units=at[0])).cost, (most,), low=(0,), high=(most,)
    )
    return ConstantOrder(units=units), cost


def _transitions(pmf: FloatArray) -> FloatArray:
    """Probability that demand leaves y of x units, shape (width, width)."""
    x = np.arange(len(pmf))
    step = x[:, None] - x
    moved = np.where(step >= 0, pmf[np.maximum(step, 0)], 0.0)
    moved[:, 0] += 1 - moved.sum(axis=1)
    return moved


def _shifted(distributions: FloatArray, units: IntArray) -> FloatArray:
    """Distributions of the variables plus a number of units each, shape (n, width)."""
    source = np.arange(distributions.shape[1]) - units[:, None]
    return np.where(source >= 0, np.take_along_axis(distributions, np.maximum(source, 0), axis=1), 0.0)
