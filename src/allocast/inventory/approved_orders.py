"""Recommendations that were approved and are not placed yet: they count as on order, and are not proposed again."""

from dataclasses import dataclass

import numpy as np

from allocast.numerics.arrays import BoolArray, DateArray, FloatArray, TextArray, freeze
from allocast.numerics.checks import require_at_least, require_same_length

__all__ = ["ApprovedOrders"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedOrders:
    """Approved orders that wait to be placed, one a row; once placed they belong among the purchase orders instead.

    Parameters
    ----------
    item_id, location_id, supplier_id : arrays of text, shape (n_orders,)
    units : array of shape (n_orders,), in units, >= 0
    approved_on : array of days, shape (n_orders,)

    Raises
    ------
    DataError
        Lengths differ, or units are negative.
    """

    item_id: TextArray
    location_id: TextArray
    supplier_id: TextArray
    units: FloatArray
    approved_on: DateArray

    def __post_init__(self) -> None:
        require_same_length(
            item_id=self.item_id,
            location_id=self.location_id,
            supplier_id=self.supplier_id,
            units=self.units,
            approved_on=self.approved_on,
        )
        units = np.asarray(self.units, dtype=np.float64)
        require_at_least("units", units)
        object.__setattr__(self, "units", freeze(units))

    @classmethod
    def none(cls) -> "ApprovedOrders":
        """No orders."""
        text = np.empty(0, dtype=object)
        days = np.empty(0, dtype="datetime64[D]")
        return cls(item_id=text, location_id=text, supplier_id=text, units=np.empty(0), approved_on=days)

    def __len__(self) -> int:
        return len(self.units)

    def known_at(self, day: np.datetime64) -> "ApprovedOrders":
        """Those approved by the end of a day."""
        return self.take(self.approved_on <= day)

    def take(self, rows: BoolArray) -> "ApprovedOrders":
        """The chosen orders."""
        return ApprovedOrders(
            item_id=self.item_id[rows],
            location_id=self.location_id[rows],
            supplier_id=self.supplier_id[rows],
            units=self.units[rows],
            approved_on=self.approved_on[rows],
        )
