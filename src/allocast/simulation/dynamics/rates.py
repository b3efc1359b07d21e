"""Money and terms: what a period costs, on what terms suppliers accept orders, and what becomes of them."""

from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from allocast.errors import DataError
from allocast.inventory.costs import Costs
from allocast.numerics.arrays import FloatArray, freeze
from allocast.supply.sourcing import Sourcing

__all__ = ["Delivery", "Rates", "Terms"]


def _check(name: str, values: FloatArray, least: float, most: float) -> None:
    wrong = ~((values >= least) & (values <= most))
    if wrong.any():
        place = tuple(int(axis) for axis in np.argwhere(wrong)[0])
        limit = f">= {least:g}" if most == np.inf else f"in [{least:g}, {most:g}]"
        raise DataError(
            f"{name} must be {limit}; at {place} it is {values[place]} "
            f"({int(wrong.sum())} of {values.size} values affected)."
        )


def _tabulate(record: Any, limits: dict[str, tuple[float, float]]) -> FloatArray:
    """The checked fields side by side along a new last axis, for compiled code."""
    columns = [np.asarray(getattr(record, name), dtype=np.float64) for name in limits]
    for (name, (least, most)), values in zip(limits.items(), columns, strict=True):
        _check(name, values, least, most)
    try:
        return freeze(np.stack(np.broadcast_arrays(*columns), axis=-1))
    except ValueError:
        shapes = ", ".join(f"{name} {values.shape}" for name, values in zip(limits, columns, strict=True))
        raise DataError(f"these must fit to one shape: {shapes}.") from None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rates:
    """Money per unit, each a number or an array that fits the series.

    Parameters
    ----------
    holding_cost : >= 0, per unit left at the end of a period
    shortage_cost : >= 0, per unit lost, or owed at the end of a period
    lost_cost : >= 0, per unit lost, on top of the shortage cost
    waste_cost : >= 0, per unit that spoils
    salvage_value : per unit sold off at the end of a season; negative if getting rid of it costs

    Raises
    ------
    DataError
        A rate is negative or not a number, or their shapes do not fit.
    """

    holding_cost: ArrayLike
    shortage_cost: ArrayLike
    lost_cost: ArrayLike = 0.0
    waste_cost: ArrayLike = 0.0
    salvage_value: ArrayLike = 0.0
    table: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        any_number = {"salvage_value": (-np.inf, np.inf)}
        limits = {each.name: any_number.get(each.name, (0.0, np.inf)) for each in fields(self) if each.init}
        object.__setattr__(self, "table", _tabulate(self, limits))

    @classmethod
    def of(cls, costs: Costs) -> Self:
        """The rates of some series, shape (n_series,)."""
        return cls(holding_cost=costs.holding_cost, shortage_cost=costs.shortage_cost)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Terms:
    """On what terms orders are accepted, each a number or an array that fits the orders.

    An order is raised to the minimum and to whole packs, then cut to the whole packs within capacity; where even
    the minimum is above the capacity, nothing can be ordered.

    Parameters
    ----------
    order_cost : >= 0, money per order
    unit_cost : >= 0, money per unit that the supplier delivers
    minimum_order_units : >= 0
    pack_units : >= 0
        0 for what is not sold in packs.
    capacity_units : >= 0, per period; infinite by default

    Raises
    ------
    DataError
        A number is negative or not a number, or their shapes do not fit.
    """

    order_cost: ArrayLike = 0.0
    unit_cost: ArrayLike = 0.0
    minimum_order_units: ArrayLike = 0.0
    pack_units: ArrayLike = 0.0
    capacity_units: ArrayLike = np.inf
    table: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        limits = {each.name: (0.0, np.inf) for each in fields(self) if each.init}
        table = _tabulate(self, limits).copy()
        pack = table[..., 3]
        step = np.where(pack > 0, pack, 1.0)  # the limits in whole packs, once and for all
        table[..., 2] = np.where(pack > 0, np.ceil(table[..., 2] / step) * step, table[..., 2])
        table[..., 4] = np.where(pack > 0, np.floor(table[..., 4] / step) * step, table[..., 4])
        object.__setattr__(self, "table", freeze(table))

    @classmethod
    def of(cls, sourcing: Sourcing) -> Self:
        """The terms of some sourcing lines, shape (n_lines,); a unit cost that is not known counts as 0."""
        return cls(
            order_cost=sourcing.order_cost,
            unit_cost=np.nan_to_num(sourcing.unit_cost),
            minimum_order_units=sourcing.minimum_order_units,
            pack_units=sourcing.pack_units,
            capacity_units=sourcing.capacity_units,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Delivery:
    """What becomes of orders, as it was drawn, each a number or an array that fits the orders.

    Parameters
    ----------
    share : >= 0
        Of what was ordered that is delivered in the end.
    first_share : in [0, 1]
        Of what is delivered that comes with the first part, after the lead time; the rest comes later.
    rest_later : whole, >= 0
        Periods from the first part to the rest.

    Raises
    ------
    DataError
        A number is out of its range, or their shapes do not fit.
    """

    share: ArrayLike = 1.0
    first_share: ArrayLike = 1.0
    rest_later: ArrayLike = 0
    table: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        limits = {"share": (0.0, np.inf), "first_share": (0.0, 1.0), "rest_later": (0.0, np.inf)}
        object.__setattr__(self, "table", _tabulate(self, limits))
        later = self.table[..., 2]
        if (later != np.rint(later)).any():
            raise DataError("rest_later must be in whole periods; round it first.")
