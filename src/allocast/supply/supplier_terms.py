"""Terms of suppliers as a whole: when they are paid, how much they deliver, how full their containers must be."""

from dataclasses import dataclass, fields

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray, TextArray, freeze
from allocast.numerics.checks import require_at_least, require_same_length

__all__ = ["SupplierTerms"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierTerms:
    """One supplier a row, whatever it delivers; suppliers that are not named have no such terms.

    Parameters
    ----------
    supplier_id : array of text, shape (n_suppliers,)
        Each once.
    payment_terms_days : array of shape (n_suppliers,), days, >= 0
        From the day an order is placed to the day it is paid.
    capacity_units : array of shape (n_suppliers,), units per order round, >= 0
        Of all items and locations together; infinite where there is no limit.
    minimum_order_value : array of shape (n_suppliers,), money, >= 0
        Of all orders of one round together.
    container_volume : array of shape (n_suppliers,), in the items' unit of volume, > 0
        Of the container or truck in which the supplier ships to a location; NaN where it ships in any quantity.
    container_fill : array of shape (n_suppliers,), within (0, 1]
        How full the last container must be at least.

    Raises
    ------
    DataError
        Lengths differ, a supplier appears twice, or a number is out of its range.
    """

    supplier_id: TextArray
    payment_terms_days: FloatArray
    capacity_units: FloatArray
    minimum_order_value: FloatArray
    container_volume: FloatArray
    container_fill: FloatArray

    def __post_init__(self) -> None:
        require_same_length(**{field.name: getattr(self, field.name) for field in fields(self)})
        if len(set(self.supplier_id)) < len(self.supplier_id):
            names, counts = np.unique(self.supplier_id.astype(str), return_counts=True)
            raise DataError(
                f"a supplier has one row of terms; {names[np.argmax(counts)]} has {counts.max()}."
            )
        for field in fields(self)[1:]:
            values = np.asarray(getattr(self, field.name), dtype=np.float64)
            limited = np.where(np.isposinf(values), 0, values) if field.name == "capacity_units" else values
            require_at_least(field.name, limited, missing=field.name == "container_volume")
            object.__setattr__(self, field.name, freeze(values))
        if (self.container_volume == 0).any():
            raise DataError("container_volume must be above 0; leave it empty where any quantity is shipped.")
        if ((self.container_fill == 0) | (self.container_fill > 1)).any():
            raise DataError("container_fill must lie within (0, 1]; 0.9 means nine tenths full at least.")

    def __len__(self) -> int:
        return len(self.supplier_id)

    @classmethod
    def none(cls) -> "SupplierTerms":
        """No supplier has any."""
        nothing = np.zeros(0)
        return cls(
            supplier_id=np.zeros(0, dtype=object),
            payment_terms_days=nothing,
            capacity_units=nothing,
            minimum_order_value=nothing,
            container_volume=nothing,
            container_fill=nothing,
        )

    def row_of(self, supplier_id: TextArray) -> IntArray:
        """The row of each supplier; −1 where it has none."""
        place = {name: row for row, name in enumerate(self.supplier_id)}
        return np.array([place.get(name, -1) for name in supplier_id], dtype=np.int64)

    def payment_days(self, supplier_id: TextArray) -> FloatArray:
        """Days until each supplier is paid; 0 where no terms are known.

        Examples
        --------
        >>> SupplierTerms.none().payment_days(np.array(["s"], dtype=object))
        array([0.])
        """
        days: FloatArray = np.append(self.payment_terms_days, 0.0)[self.row_of(supplier_id)]
        return days
