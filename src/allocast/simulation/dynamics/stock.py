"""What a system has, owes and has on order, and what a period or an order brought."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Self

import numpy as np

from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.checks import require_shape
from allocast.simulation.dynamics.rules import Rules

__all__ = ["FLOWS", "Ledger", "Placed", "Stock", "empty_book"]

_UNKNOWN = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """The state between two periods; nothing in it is ever negative.

    Parameters
    ----------
    on_hand : array of shape (...), in units; of shape (..., shelf_life) if units spoil
        Column ``k`` can be sold in ``k + 1`` more periods.
    backordered : array of shape (...), in units
    pipeline : array of shape (..., n_periods), in units
        Column ``k`` arrives at the start of the ``k``-th coming period.
    latest : array of int, shape (..., n_suppliers), in periods
        Where orders may not cross: column of ``pipeline`` in which the last order of each supplier arrives, 0 if
        none is open. Where they may, there are no columns: shape (..., 0), the default.
    """

    on_hand: FloatArray
    backordered: FloatArray
    pipeline: FloatArray
    latest: IntArray = field(default_factory=lambda: _UNKNOWN)

    def __post_init__(self) -> None:
        if self.latest is _UNKNOWN:
            object.__setattr__(self, "latest", np.zeros((*self.backordered.shape, 0), dtype=np.int64))

    @classmethod
    def empty(cls, rules: Rules, shape: tuple[int, ...], *, longest_lead_time: int) -> Self:
        """Nothing on hand, owed or on order, with room for orders that take so many periods."""
        life = () if rules.shelf_life is None else (rules.shelf_life,)
        return cls(
            on_hand=np.zeros((*shape, *life)),
            backordered=np.zeros(shape),
            pipeline=np.zeros((*shape, longest_lead_time + 1)),
            latest=np.zeros((*shape, 0 if rules.crossover else rules.suppliers), dtype=np.int64),
        )

    def check(self, rules: Rules) -> None:
        """Refuse shapes that are not those of the rules.

        Raises
        ------
        DataError
            The message says which, and what was expected.
        """
        shape = self.backordered.shape
        life = () if rules.shelf_life is None else (rules.shelf_life,)
        require_shape("on_hand", self.on_hand, (*shape, *life))
        require_shape("pipeline", self.pipeline, (*shape, *self.pipeline.shape[-1:]))
        if not rules.crossover:
            require_shape("latest", self.latest, (*shape, rules.suppliers))

    @property
    def units_on_hand(self) -> FloatArray:
        """On hand whatever its age, shape (...), in units."""
        units: FloatArray = self.on_hand
        return units.sum(axis=-1) if units.ndim > self.backordered.ndim else units

    @property
    def position(self) -> FloatArray:
        """On hand + on order − backordered, shape (...), in units."""
        position: FloatArray = self.units_on_hand + self.pipeline.sum(axis=-1) - self.backordered
        return position


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What happened in one period, or in all of a run, arrays of shape (...).

    Parameters
    ----------
    arrived, sold : in units
    missed : in units
        Lost in the period, or owed at its end.
    lost, wasted, salvaged : in units
    on_hand : in units
        Left at the end of the period, before anything is sold off.
    holding_cost, shortage_cost, waste_cost : in money
        What is lost has its own cost in ``shortage_cost``.
    salvage : in money, earned
    """

    arrived: FloatArray
    sold: FloatArray
    missed: FloatArray
    lost: FloatArray
    wasted: FloatArray
    salvaged: FloatArray
    on_hand: FloatArray
    holding_cost: FloatArray
    shortage_cost: FloatArray
    waste_cost: FloatArray
    salvage: FloatArray

    @classmethod
    def of(cls, book: FloatArray, shape: tuple[int, ...]) -> Self:
        """The ledger of a book with a row for each field, in their order, and a column for each series."""
        n = int(np.prod(shape))
        return cls(**{name: row[:n].reshape(shape) for name, row in zip(FLOWS, book, strict=True)})

    @classmethod
    def over(cls, ledgers: Sequence["Ledger"]) -> "Ledger":
        """Several periods as one: flows and money added up, what is on hand as of the last."""
        if len(ledgers) == 1:
            return ledgers[0]
        total = {
            each.name: np.sum([getattr(ledger, each.name) for ledger in ledgers], axis=0)
            for each in fields(cls)
        }
        return cls(**total | {"on_hand": ledgers[-1].on_hand})

    @property
    def cost(self) -> FloatArray:
        """Holding, shortage and waste less what was earned at the end of a season, in money."""
        return self.holding_cost + self.shortage_cost + self.waste_cost - self.salvage


FLOWS = tuple(each.name for each in fields(Ledger))


def empty_book(n: int) -> FloatArray:
    """Zeros with a row for each field of a ledger, and a column for each of n series.

    There are up to 15 columns more, so that rows begin an odd number of cache lines apart: with 1,024 series they
    would else all fall into the same few places of the cache, and drive each other out.
    """
    return np.zeros((len(FLOWS), n + (8 - n) % 16))


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What was ordered, and what it costs.

    Parameters
    ----------
    ordered : array of the orders' shape, in units
        What the suppliers accepted.
    delivered : array of the orders' shape, in units
        What of it is on its way; more or less than was ordered.
    order_cost, purchase_cost : arrays of shape (...), in money
        Purchases are charged when ordered, on what is delivered.
    """

    ordered: FloatArray
    delivered: FloatArray
    order_cost: FloatArray
    purchase_cost: FloatArray

    @classmethod
    def of(
        cls,
        rules: Rules,
        ordered: FloatArray,
        delivered: FloatArray,
        money: FloatArray,
        shape: tuple[int, ...],
    ) -> Self:
        """What compiled code wrote down, in the shape of the series."""
        orders = rules.orders_shape(shape)
        return cls(
            ordered=ordered.reshape(orders),
            delivered=delivered.reshape(orders),
            order_cost=money[0].reshape(shape),
            purchase_cost=money[1].reshape(shape),
        )

    @property
    def cost(self) -> FloatArray:
        """Order and purchase cost, in money, shape (...)."""
        return self.order_cost + self.purchase_cost
