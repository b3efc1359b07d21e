"""What is known of an order line on the day it is placed, as numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.numerics.arrays import DateArray, FloatArray, TextArray, freeze
from allocast.supply.orders.dated_attributes import known_when_ordered
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.sourcing import Sourcing

__all__ = ["OrderEncoder", "OrderLines"]

QUOTED = "quoted_days"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLines:
    """Order lines as they look on the day they are placed: real ones, or ones that may be.

    Parameters
    ----------
    supplier_id, item_id, location_id : arrays of text, shape (n_lines,)
    ordered_on : array of days, shape (n_lines,)
    quoted_days : array of shape (n_lines,), in days
        The lead time announced by promise or contract; NaN where there is none.
    units : array of shape (n_lines,), in units
        NaN where not decided yet.
    attributes : DataFrame of n_lines rows
        Text and numbers only; of a value that is not as old as its order by nature, ``x_known_on`` says when it
        became known, which is checked and not kept.

    Raises
    ------
    DataError
        An attribute holds dates, or became known after the order.
    """

    supplier_id: TextArray
    item_id: TextArray
    location_id: TextArray
    ordered_on: DateArray
    quoted_days: FloatArray
    units: FloatArray
    attributes: pd.DataFrame

    def __post_init__(self) -> None:
        object.__setattr__(self, "attributes", known_when_ordered(self.attributes, self.ordered_on))
        for name in ("ordered_on", "quoted_days", "units"):
            object.__setattr__(self, name, freeze(getattr(self, name)))

    def __len__(self) -> int:
        return len(self.ordered_on)

    @classmethod
    def of_orders(cls, orders: PurchaseOrders) -> "OrderLines":
        """The lines of placed orders."""
        promised = orders.promised_on - orders.ordered_on
        quoted = np.where(np.isnat(promised), np.nan, promised.astype(np.float64))
        return cls(
            supplier_id=orders.supplier_id,
            item_id=orders.item_id,
            location_id=orders.location_id,
            ordered_on=orders.ordered_on,
            quoted_days=quoted,
            units=orders.units_ordered,
            attributes=orders.attributes,
        )

    @classmethod
    def of_sourcing(cls, sourcing: Sourcing, as_of: np.datetime64) -> "OrderLines":
        """The lines that would be placed today, one a sourcing line, of units not decided yet."""
        n_lines = len(sourcing)
        return cls(
            supplier_id=sourcing.supplier_id,
            item_id=sourcing.item_id,
            location_id=sourcing.location_id,
            ordered_on=np.full(n_lines, as_of, dtype="datetime64[D]"),
            quoted_days=sourcing.lead_time_days,
            units=np.full(n_lines, np.nan),
            attributes=pd.DataFrame(index=range(n_lines)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEncoder:
    """Turns order lines into a matrix, in the way fixed at training.

    Parameters
    ----------
    categories : mapping of column to its known values, in order
        A value is encoded by its place; one not listed, or a column not there, is missing.
    numbers : tuple of str
        Attributes that are numbers already.
    """

    categories: Mapping[str, tuple[str, ...]]
    numbers: tuple[str, ...]

    @classmethod
    def fit(cls, lines: OrderLines, *, minimum_orders: int) -> "OrderEncoder":
        """The values that at least this many lines share, and the attributes that are numbers."""
        columns = {"item_id": pd.Series(lines.item_id), "location_id": pd.Series(lines.location_id)}
        numbers = []
        for name in lines.attributes.columns:
            values = lines.attributes[name]
            if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
                numbers.append(str(name))
            else:
                columns[str(name)] = values
        categories = {name: _frequent(values, minimum_orders) for name, values in columns.items()}
        return cls(categories=categories, numbers=tuple(numbers))

    @property
    def names(self) -> tuple[str, ...]:
        """Column names of the matrix; the quoted lead time comes first."""
        return (QUOTED, "log_units", "month", *self.categories, *self.numbers)

    def matrix(self, lines: OrderLines) -> FloatArray:
        """The lines as numbers, shape (n_lines, n_names); NaN where missing."""
        month = lines.ordered_on.astype("datetime64[M]").astype(np.int64) % 12 + 1
        columns = [lines.quoted_days, np.log1p(lines.units), month]
        for name, known in self.categories.items():
            columns.append(_places(_column(lines, name), known))
        columns += [_column(lines, name).to_numpy(np.float64, na_value=np.nan) for name in self.numbers]
        return np.column_stack(columns).astype(np.float64)


def _column(lines: OrderLines, name: str) -> pd.Series:
    if name in ("item_id", "location_id"):
        return pd.Series(getattr(lines, name))
    missing = pd.Series(np.nan, index=range(len(lines)))
    return lines.attributes.get(name, missing)


def _frequent(values: pd.Series, minimum_orders: int) -> tuple[str, ...]:
    counts = values.dropna().astype(str).value_counts()
    return tuple(sorted(counts.index[counts >= minimum_orders]))


def _places(values: pd.Series, known: tuple[str, ...]) -> FloatArray:
    text = values.astype(str).where(values.notna())
    places = pd.Index(known, dtype=object).get_indexer(pd.Index(text, dtype=object))
    return np.where(places < 0, np.nan, places)
