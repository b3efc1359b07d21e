"""Stock, ledgers and rates of the torch form of the dynamics: the fields of the compiled form, as tensors."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from allocast.agents.torch_dynamics.numbers import Number, minus, plus, times, total
from allocast.simulation.dynamics.rules import Rules

__all__ = ["Ledger", "Placed", "Rates", "Stock"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rates:
    """Money per unit, as ``simulation.dynamics.Rates``; floats are cheaper than tensors."""

    holding_cost: Number
    shortage_cost: Number
    lost_cost: Number = 0.0
    waste_cost: Number = 0.0
    salvage_value: Number = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stock:
    """The state between two periods.

    Parameters
    ----------
    on_hand : tuple of tensors of shape (...), in units
        One for each remaining life, as the columns of the compiled form; a single one if units never spoil.
    backordered : tensor of shape (...), in units
    pipeline : tuple of tensors of shape (...), in units
        The ``k``-th arrives at the start of the ``k``-th coming period; nothing comes after the last.
    latest : tuple of tensors of int, shape (...)
        One for each supplier, as in the compiled form; empty where orders may cross.
    """

    on_hand: tuple[Tensor, ...]
    backordered: Tensor
    pipeline: tuple[Tensor, ...] = ()
    latest: tuple[Tensor, ...] = ()

    @classmethod
    def empty(cls, rules: Rules, shape: tuple[int, ...], **options: Any) -> "Stock":
        """Nothing on hand, owed or on order; options are those of ``torch.zeros``."""
        zero = torch.zeros(shape, **options)
        none = torch.zeros(shape, dtype=torch.int64, device=zero.device)
        return cls(
            on_hand=(zero,) * (rules.shelf_life or 1),
            backordered=zero,
            latest=() if rules.crossover else (none,) * rules.suppliers,
        )

    @property
    def units_on_hand(self) -> Tensor:
        """On hand whatever its age, shape (...), in units."""
        return total(self.on_hand)

    @property
    def position(self) -> Tensor:
        """On hand + on order − backordered, shape (...), in units."""
        return total(self.on_hand + self.pipeline) - self.backordered

    def dated(self, n_periods: int) -> tuple[Tensor, ...]:
        """What arrives at the start of each of so many coming periods, one tensor of shape (...) a period."""
        missing = n_periods - len(self.pipeline)
        return self.pipeline[:n_periods] + (torch.zeros_like(self.backordered),) * max(missing, 0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ledger:
    """What happened in one period, as ``simulation.dynamics.Ledger``; 0.0 for what the rules rule out.

    Money and what was sold are computed when they are asked for.
    """

    arrived: Number
    wanted: Tensor
    missed: Tensor
    lost: Number
    wasted: Number
    salvaged: Number
    on_hand: Tensor
    rates: Rates

    @property
    def sold(self) -> Tensor:
        """What was served of new demand and of what was owed, in units."""
        return self.wanted - self.missed

    @property
    def holding_cost(self) -> Number:
        """In money."""
        return times(self.on_hand, self.rates.holding_cost)

    @property
    def shortage_cost(self) -> Number:
        """In money, with what lost units cost on top."""
        return plus(times(self.missed, self.rates.shortage_cost), times(self.lost, self.rates.lost_cost))

    @property
    def waste_cost(self) -> Number:
        """In money."""
        return times(self.wasted, self.rates.waste_cost)

    @property
    def salvage(self) -> Number:
        """In money, earned."""
        return times(self.salvaged, self.rates.salvage_value)

    @property
    def cost(self) -> Number:
        """Holding, shortage and waste less what was earned at the end of a season, in money."""
        charged = plus(plus(self.holding_cost, self.shortage_cost), self.waste_cost)
        return minus(charged, self.salvage)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """What was ordered, and what it costs, as ``simulation.dynamics.Placed``.

    Parameters
    ----------
    ordered, delivered : tuples of tensors of shape (...), one a supplier, in units
    order_cost, purchase_cost : tensors of shape (...), or 0.0 where orders cost nothing, in money
    """

    ordered: tuple[Tensor, ...]
    delivered: tuple[Tensor, ...]
    order_cost: Number
    purchase_cost: Number

    @property
    def cost(self) -> Number:
        """Order and purchase cost, in money."""
        return plus(self.order_cost, self.purchase_cost)
