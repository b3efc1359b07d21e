"""What shared limits leave of a basket: the best that fits, its shadow prices, and what stopped each line."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from allocast.inventory.allocation import AllocationProblem, Claims, Limit, allocate
from allocast.inventory.basket.basket import Basket, ranked
from allocast.inventory.basket.kernels import take_in_turn
from allocast.inventory.basket.prices import Groups, best_bound, clearing_prices
from allocast.inventory.basket.program import SMALL, best_steps
from allocast.inventory.basket.steps import Steps
from allocast.numerics.arrays import FloatArray, IntArray, freeze

__all__ = ["Cut", "cut_to_limits"]

_CLOSED = 1e-9  # a relative gap that is none


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """Orders that keep every limit, and what they are worth.

    Parameters
    ----------
    basket : Basket
    limits : tuple of Limit
    units : array of shape (n_lines,), whole orders
    stopped_by : array of int, shape (n_lines,)
        The group, counted over all limits, that ends a line; -1 where all that was asked for is ordered.
    price : array of shape (n_groups,), money per unit of the limit
        The shadow price of each group of all limits: what one more of it would save, 0 where it does not bind.
    value, bound : float, money
        What the orders save in expectation, and what no orders within the limits can exceed.
    """

    basket: Basket
    limits: tuple[Limit, ...]
    units: FloatArray
    stopped_by: IntArray
    price: FloatArray
    value: float
    bound: float

    @property
    def gap(self) -> float:
        """How far from the best it can be at most, as a fraction of the bound, >= 0."""
        return max(self.bound - self.value, 0.0) / max(abs(self.bound), 1e-12)

    @property
    def names(self) -> list[str]:
        """What each group of all limits is called: ``budget 2024-05``."""
        return [
            f"{limit.name} {limit.labels[g]}" if limit.labels else limit.called(g)
            for limit in self.limits
            for g in range(len(limit.available))
        ]

    @property
    def table(self) -> pd.DataFrame:
        """A row each group of a limit that is not infinite.

        Returns
        -------
        table : DataFrame
            limit, available, wanted, used (each in the limit's own unit), price (what one more would save) and
            lines_cut.
        """
        groups = Groups.of(self.limits, len(self.basket))
        wanted = self.basket.steps.units_of(np.diff(self.basket.steps.begin))
        stopped = np.bincount(self.stopped_by[self.stopped_by >= 0], minlength=len(groups.available))
        table = pd.DataFrame(
            {
                "limit": self.names,
                "available": groups.available,
                "wanted": groups.used(wanted),
                "used": groups.used(self.units),
                "price": self.price,
                "lines_cut": stopped,
            }
        )
        return table[np.isfinite(groups.available)].reset_index(drop=True)

    @property
    def ranked(self) -> pd.DataFrame:
        """The basket's table, with whether limits leave each step in, and the limit that ends its line."""
        table, names = self.basket.table, np.array([*self.names, ""], dtype=object)
        place = dict(zip(self.basket.names, range(len(self.basket)), strict=True))
        keys = zip(table["item_id"], table["location_id"], table["supplier_id"], strict=True)
        line = np.array([place[key] for key in keys], dtype=np.int64)
        fits = table["order_units"].to_numpy() <= self.units[line]
        return table.assign(within_limits=fits, limit=np.where(fits, "", names[self.stopped_by[line]]))


def cut_to_limits(basket: Basket, limits: tuple[Limit, ...]) -> Cut:
    """The orders that save most within all limits, or nearly so.

    Shadow prices come from the allocation of what the steps are worth. Steps are then taken in the order of what they
    save for what they use at these prices, as far as each fits; a line ends at its first step that does not. In small
    problems in which that leaves a gap to the bound, the best whole steps are searched. Within one limit alone, more
    of it never saves less; within several, never in small problems, and by no more than the gap in large ones.

    Parameters
    ----------
    basket : Basket
    limits : tuple of Limit
        Of n_lines claims.

    Raises
    ------
    InfeasibleError
        What must be ordered does not fit; it names a smallest set of rules that contradict each other.

    Examples
    --------
    >>> steps = Steps(
    ...     begin=np.array([0, 2, 3]), units=np.array([2.0, 1.0, 2.0]), value=np.array([8.0, 1.0, 6.0]),
    ...     saving=np.array([8.0, 1.0, 6.0]), must=np.zeros(2, dtype=bool),
    ... )
    >>> text = np.array(["a", "b"], dtype=object)
    >>> basket = Basket(item_id=text, location_id=text, supplier_id=text, unit_cost=np.ones(2),
    ...                 pack_units=np.ones(2), steps=steps)
    >>> cut = cut_to_limits(basket, (Limit(name="budget", available=np.array([4.0]), labels=("today",)),))
    >>> cut.units, cut.value, cut.stopped_by
    (array([2., 2.]), 14.0, array([ 0, -1]))
    """
    _require_possible(basket, limits)
    forced, free = basket.steps.forced_units, basket.steps.free
    groups = Groups.of(limits, len(basket)).without(forced)
    hull = free.pooled()
    price = clearing_prices(hull, basket.pack_units, groups)
    first = float(basket.steps.value[basket.steps.first].sum())
    bound = best_bound(hull, groups, price)
    taken, stopped = _taken(hull, groups, price, np.zeros(len(basket), dtype=np.int64))
    units, value = hull.units_of(taken), hull.value_of(taken)
    if bound - value > _CLOSED * max(1.0, bound) and len(free) <= SMALL:
        found, best = best_steps(free, groups)
        if free.value_of(found) >= value:
            taken, stopped = _taken(free, groups, price, found)
            units, value, bound = free.units_of(taken), free.value_of(taken), min(bound, best)
    return Cut(
        basket=basket,
        limits=limits,
        units=freeze(forced + units),
        stopped_by=freeze(stopped),
        price=freeze(price),
        value=first + value,
        bound=first + max(bound, value),
    )


def _taken(steps: Steps, groups: Groups, price: FloatArray, taken: IntArray) -> tuple[IntArray, IntArray]:
    """How many steps of each line are taken beyond some, and the group that ends each line."""
    left, taken = groups.left(steps.units_of(taken)), taken.copy()
    stopped = np.full(len(taken), -1)
    line = steps.line
    cost = steps.units * groups.unit_price(price)[line]
    take_in_turn(
        ranked(steps, cost), line, steps.begin, steps.units, groups.group, groups.use, price, left,
        np.zeros(len(taken), dtype=np.bool_), taken, stopped,
    )  # fmt: skip
    return taken, stopped


def _require_possible(basket: Basket, limits: tuple[Limit, ...]) -> None:
    """Refuse what must be ordered where it does not fit, in the words of the allocation."""
    rows = np.flatnonzero(basket.steps.must)
    if not len(rows):
        return
    units = basket.steps.forced_units[rows]
    claims = Claims(
        demand_units=units[:, None],
        probability=np.ones((len(rows), 1)),
        shortage_cost=np.zeros(len(rows)),
        pack_units=basket.pack_units[rows],
        least_units=units,
        name=tuple(" ".join(basket.names[row]) for row in rows),
    )
    n = len(basket)
    only = tuple(
        replace(limit, group=np.broadcast_to(limit.group, n)[rows], use=np.broadcast_to(limit.use, n)[rows])
        for limit in limits
    )
    allocate(AllocationProblem(claims=claims, limits=only), exact=False)
