"""Classical rules for dual sourcing, and their best parameters by exact cost.

All rules are the same but for a shift when every level is raised by one unit. So the long run is found once for each
distance between the levels, and the best expediting level then as a newsvendor's, from the long run's distribution of
stock (Veeraraghavan and Scheller-Wolf 2008, section 3).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np

from allocast.numerics.arrays import IntArray
from allocast.simulation.textbook.dual_sourcing import DualRule, DualSourcing, live_long

__all__ = [
    "DualIndex", "SingleIndex", "TailoredBaseSurge", "best_capped_dual_index", "best_dual_index", "best_single_index",
    "best_tailored_base_surge",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleIndex:
    """Both suppliers look at the whole inventory position: expedite up to one level, then order up to a higher one.

    References
    ----------
    Scheller-Wolf, Veeraraghavan and van Houtum (2007), Effective dual sourcing with a single index policy,
    working paper, Carnegie Mellon University.
    """

    expedite_to: int
    order_to: int

    def __call__(self, states: IntArray) -> IntArray:
        """Expedited and regular orders, shape (n, 2), in states of shape (n, l)."""
        position = states.sum(axis=1)
        expedited = np.maximum(self.expedite_to - position, 0)
        return np.column_stack([expedited, np.maximum(self.order_to - position - expedited, 0)])


@dataclass(frozen=True, slots=True, kw_only=True)
class DualIndex:
    """Expedite stock up to one level, order the whole position up to another, no more than a cap at once.

    References
    ----------
    Veeraraghavan and Scheller-Wolf (2008), Operations Research 56(4), 850-864; with a cap: Sun and Van Mieghem (2019),
    Robust dual sourcing inventory management: optimality of capped dual index policies and smoothing, Manufacturing
    & Service Operations Management 21(4), 912-931.
    """

    expedite_to: int
    order_to: int
    cap: int | None = None

    def __call__(self, states: IntArray) -> IntArray:
        """Expedited and regular orders, shape (n, 2), in states of shape (n, l)."""
        expedited = np.maximum(self.expedite_to - states[:, 0], 0)
        wanted = self.order_to - states.sum(axis=1) - expedited
        return np.column_stack([expedited, np.clip(wanted, 0, self.cap)])


@dataclass(frozen=True, slots=True, kw_only=True)
class TailoredBaseSurge:
    """A constant regular order, and expediting of stock up to a level.

    References
    ----------
    Allon and Van Mieghem (2010), Global dual sourcing: tailored base-surge allocation to near- and offshore
    production, Management Science 56(1), 110-124.
    """

    expedite_to: int
    regular: int

    def __call__(self, states: IntArray) -> IntArray:
        """Expedited and regular orders, shape (n, 2), in states of shape (n, l)."""
        expedited = np.maximum(self.expedite_to - states[:, 0], 0)
        return np.column_stack([expedited, np.full(len(states), self.regular)])


def best_single_index(instance: DualSourcing) -> tuple[SingleIndex, float]:
    """The best single index policy and its exact cost."""

    def rule(level: int, apart: int) -> SingleIndex:
        return SingleIndex(expedite_to=level, order_to=level + apart)

    (level, apart), cost = _best(instance, rule, [(apart,) for apart in _distances(instance)])
    return rule(level, apart), cost


def best_dual_index(instance: DualSourcing) -> tuple[DualIndex, float]:
    """The best dual index policy and its exact cost."""

    def rule(level: int, apart: int) -> DualIndex:
        return DualIndex(expedite_to=level, order_to=level + apart)

    (level, apart), cost = _best(instance, rule, [(apart,) for apart in _distances(instance)])
    return rule(level, apart), cost


def best_capped_dual_index(instance: DualSourcing) -> tuple[DualIndex, float]:
    """The best capped dual index policy and its exact cost; the cap may be 1, or the largest demand."""

    def rule(level: int, apart: int, cap: int) -> DualIndex:
        return DualIndex(expedite_to=level, order_to=level + apart, cap=cap)

    shapes = product(_distances(instance), range(1, instance.largest_demand + 1))
    (level, apart, cap), cost = _best(instance, rule, shapes)
    return rule(level, apart, cap), cost


def best_tailored_base_surge(instance: DualSourcing) -> tuple[TailoredBaseSurge, float]:
    """The best tailored base-surge policy of whole orders and its exact cost."""

    def rule(level: int, regular: int) -> TailoredBaseSurge:
        return TailoredBaseSurge(expedite_to=level, regular=regular)

    below_mean = range(int(np.ceil(instance.law.mean[0])))
    (level, regular), cost = _best(instance, rule, [(regular,) for regular in below_mean])
    return rule(level, regular), cost


def _distances(instance: DualSourcing) -> range:
    """Distances between two levels: demand cannot be more in the lead time and one period."""
    return range((instance.lead_time + 1) * instance.largest_demand + 1)


def _best(
    instance: DualSourcing, rule: Callable[..., DualRule], shapes: Iterable[tuple[int, ...]]
) -> tuple[tuple[int, ...], float]:
    """Level and shape of the cheapest rule, and its cost: each shape lives once, at level 0."""
    found = []
    for shape in shapes:
        lived = live_long(instance, rule(0, *shape))
        levels = range(-instance.largest_demand, (instance.lead_time + 1) * instance.largest_demand + 1)
        found += [(lived.cost(instance, shift=level), (level, *shape)) for level in levels]
    cost, parameters = min(found)
    return parameters, cost
