"""Sourcing lines: which supplier can deliver which series, and on what terms."""

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray, TextArray, freeze
from allocast.numerics.checks import require_at_least, require_same_length

__all__ = ["Sourcing"]

MAY_BE_UNKNOWN = ("unit_cost", "lead_time_days", "co2e_kg_per_unit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourcing:
    """One supplier's terms for one series a row.

    Parameters
    ----------
    item_id, location_id, supplier_id : arrays of text, shape (n_lines,)
    unit_cost, order_cost : arrays of shape (n_lines,), money per unit and per order, >= 0
        The unit cost is NaN where it is not known.
    minimum_order_units, pack_units : arrays of shape (n_lines,), whole units, >= 0 and >= 1
    lead_time_days : array of shape (n_lines,), days, >= 0
        The contract's; NaN where there is none.
    capacity_units : array of shape (n_lines,), units per order, >= 0
        Infinite where there is no limit.
    co2e_kg_per_unit : array of shape (n_lines,), kg per unit, >= 0, optional
        What making and bringing a unit emits; NaN where it is not known, which is everywhere by default.

    Raises
    ------
    DataError
        Lengths differ, or a number is out of its range.
    """

    item_id: TextArray
    location_id: TextArray
    supplier_id: TextArray
    unit_cost: FloatArray
    order_cost: FloatArray
    minimum_order_units: FloatArray
    pack_units: FloatArray
    lead_time_days: FloatArray
    capacity_units: FloatArray
    co2e_kg_per_unit: FloatArray = field(default_factory=lambda: np.array(np.nan))

    def __post_init__(self) -> None:
        if np.ndim(self.co2e_kg_per_unit) == 0:  # one figure for all lines
            object.__setattr__(self, "co2e_kg_per_unit", np.full(len(self.item_id), self.co2e_kg_per_unit))
        require_same_length(**{column.name: getattr(self, column.name) for column in fields(self)})
        for column in fields(self)[3:]:
            values = np.asarray(getattr(self, column.name), dtype=np.float64)
            limited = np.where(np.isposinf(values), 0, values) if column.name == "capacity_units" else values
            require_at_least(column.name, limited, missing=column.name in MAY_BE_UNKNOWN)
            object.__setattr__(self, column.name, freeze(values))
        for name, smallest in (("minimum_order_units", 0), ("pack_units", 1)):
            values = getattr(self, name)
            wrong = (values != np.rint(values)) | (values < smallest)
            if wrong.any():
                row = int(np.argmax(wrong))
                raise DataError(
                    f"{name} must be whole (a pack holds >= 1 unit); row {row} has {values[row]:g}."
                )

    def __len__(self) -> int:
        return len(self.item_id)

    def take(self, rows: IntArray) -> "Sourcing":
        """The chosen lines, in the given order."""
        chosen: dict[str, Any] = {column.name: getattr(self, column.name)[rows] for column in fields(self)}
        return Sourcing(**chosen)

    def feasible_units(self, wanted: FloatArray) -> FloatArray:
        """The smallest order that a supplier accepts and that covers what is wanted.

        Nothing wanted is nothing ordered. Anything else is raised to the minimum order and to whole packs,
        then cut to the largest whole number of packs within the supplier's capacity; where even the minimum
        order is above the capacity, nothing can be ordered.

        Parameters
        ----------
        wanted : array of shape (n_lines,), in units, >= 0

        Returns
        -------
        units : array of shape (n_lines,), whole units

        Examples
        --------
        >>> text = np.array(["a"], dtype=object)
        >>> line = Sourcing(item_id=text, location_id=text, supplier_id=text, unit_cost=np.ones(1),
        ...                 order_cost=np.zeros(1), minimum_order_units=np.array([10.0]),
        ...                 pack_units=np.array([4.0]), lead_time_days=np.array([7.0]),
        ...                 capacity_units=np.array([np.inf]))
        >>> line.feasible_units(np.array([5.0]))
        array([12.])
        >>> line.feasible_units(np.array([0.0]))
        array([0.])
        """
        smallest = np.ceil(self.minimum_order_units / self.pack_units) * self.pack_units
        packs = np.ceil(np.maximum(wanted, smallest) / self.pack_units - 1e-9)
        most = np.floor(self.capacity_units / self.pack_units)
        units = np.minimum(packs, most) * self.pack_units
        return np.where((wanted > 1e-9) & (units >= smallest), units, 0.0)
