"""The optimal policy of a perishable item, by value iteration, and the best base stock policy."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray, freeze
from allocast.simulation.textbook.chains import Chain
from allocast.simulation.textbook.perishables import Perishable, perishable_policy_cost

__all__ = [
    "BaseStock",
    "PerishableOptimum",
    "PerishableOrders",
    "best_perishable_base_stock",
    "solve_perishable",
]

MOST_SWEEPS = 500
REPEATS = 100  # sweeps with fixed orders between two that improve them


@dataclass(frozen=True, slots=True, kw_only=True)
class PerishableOrders:
    """Orders by state, callable with states: a policy given as a table.

    Parameters
    ----------
    orders : array of int, shape (largest_order + 1,) * n_entries
    """

    orders: IntArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "orders", freeze(np.asarray(self.orders)))

    def __call__(self, states: IntArray) -> IntArray:
        """Orders, shape (n,), in states of shape (n, m + L - 1)."""
        return np.asarray(self.orders[tuple(states.T)])


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseStock:
    """Order stock and orders on their way up to a level, no more than the largest order at once."""

    level: int
    largest_order: int

    def __call__(self, states: IntArray) -> IntArray:
        """Orders, shape (n,), in states of shape (n, m + L - 1)."""
        return np.asarray(np.clip(self.level - states.sum(axis=1), 0, self.largest_order))


@dataclass(frozen=True, slots=True, kw_only=True)
class PerishableOptimum:
    """An optimal policy, and what it costs in the judged periods (``perishable_policy_cost``)."""

    cost: float
    policy: PerishableOrders
    n_states: int
    n_sweeps: int


def solve_perishable(instance: Perishable, *, tolerance: float = 1e-7) -> PerishableOptimum:
    """The policy that minimises the discounted cost for ever, by value iteration over all states.

    Between two steps that improve the orders a hundred go on with the same ones (modified policy iteration).

    Parameters
    ----------
    instance : Perishable
    tolerance : float, > 0, money
        Of the discounted cost for ever, whose bounds are those of MacQueen (1966).

    Examples
    --------
    >>> instance = Perishable(life=2, lead_time=1, issuing="fifo", waste_cost=7.0)
    >>> round(solve_perishable(instance).cost)
    1457

    References
    ----------
    MacQueen (1966), A modified dynamic programming method for Markovian decision problems, Journal of Mathematical
    Analysis and Applications 14(1), 38-43.
    """
    choices = np.arange(instance.largest_order + 1)
    shape = (len(choices),) * (instance.life + instance.lead_time - 1)
    states = np.stack(np.unravel_index(np.arange(len(choices) ** len(shape)), shape), axis=1)
    following, cost = instance.after_demand(states)
    place = np.ravel_multi_index(tuple(np.moveaxis(following, 2, 0)), shape)
    value: FloatArray = np.zeros(len(states))
    for sweep in range(1, MOST_SWEEPS + 1):
        new, orders = _improved(instance, value, place, cost)
        rise = new - value
        value = _repeated(instance, new, orders, place, cost)
        if np.ptp(rise) * instance.discount / (1 - instance.discount) <= tolerance:
            table = PerishableOrders(orders=orders.reshape(shape))
            return PerishableOptimum(
                cost=perishable_policy_cost(instance, table),
                policy=table,
                n_states=len(states),
                n_sweeps=sweep,
            )
    raise DataError(
        f"{instance.name}: no policy has settled after {MOST_SWEEPS} sweeps; allow a larger tolerance."
    )


def best_perishable_base_stock(instance: Perishable) -> tuple[BaseStock, float]:
    """The best base stock policy and its exact cost in the judged periods."""
    most = (instance.lead_time + 1) * instance.largest_order
    rules = [BaseStock(level=level, largest_order=instance.largest_order) for level in range(most + 1)]
    costs = [perishable_policy_cost(instance, rule) for rule in rules]
    best = int(np.argmin(costs))
    return rules[best], costs[best]


def _improved(
    instance: Perishable, value: FloatArray, place: IntArray, cost: FloatArray
) -> tuple[FloatArray, IntArray]:
    """One step of value iteration: the values and the orders of all states."""
    pmf = instance.law.probability[0]
    by_order = value.reshape(-1, instance.largest_order + 1)  # an order goes into the last entry
    ahead = instance.discount * np.tensordot(by_order[place // by_order.shape[1]], pmf, axes=(1, 0))
    ahead += instance.unit_cost * np.arange(by_order.shape[1])
    orders = ahead.argmin(axis=1)
    return cost + np.take_along_axis(ahead, orders[:, None], axis=1)[:, 0], orders


def _repeated(
    instance: Perishable, value: FloatArray, orders: IntArray, place: IntArray, cost: FloatArray
) -> FloatArray:
    """The value after some more periods with the same orders."""
    states = np.arange(len(value))
    chain = Chain(
        states=states[:, None], following=place + orders[:, None], probability=instance.law.probability[0]
    )
    steps, paid = instance.discount * chain.transitions(), cost + instance.unit_cost * orders
    for _ in range(REPEATS):
        value = paid + steps @ value
    return value
