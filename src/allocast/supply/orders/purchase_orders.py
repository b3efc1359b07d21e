"""Purchase orders: placed, promised, received or still open, as known on a day."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, DateArray, FloatArray, IntArray, TextArray, freeze
from allocast.numerics.checks import require_at_least, require_same_length

__all__ = ["Durations", "PurchaseOrders"]

NOT_YET = np.datetime64("NaT", "D")


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """How long orders took, or have been waiting for.

    Parameters
    ----------
    days : array of shape (n_orders,), in days, >= 0
        From the order to the receipt, or to the day of looking for an open order.
    received : array of bool, shape (n_orders,)
        False where the order is open: its duration is censored, it will be longer than ``days``.
    """

    days: FloatArray
    received: BoolArray


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrders:
    """Order lines, one a row, in the order they were brought.

    Parameters
    ----------
    order_line_id, supplier_id, item_id, location_id : arrays of text, shape (n_orders,)
    ordered_on : array of days, shape (n_orders,)
        Never missing.
    promised_on, received_on : arrays of days, shape (n_orders,)
        NaT where no promise was given; NaT where the order is still open.
    units_ordered, units_received : arrays of shape (n_orders,), in units, >= 0
    shipment_id : array of text, shape (n_orders,)
        Lines on one shipment arrive together.
    attributes : DataFrame of n_orders rows
        Whatever else was known on the day of the order.

    Raises
    ------
    DataError
        Lengths differ, an order day is missing, units are negative, or a receipt lies before its order.
    """

    order_line_id: TextArray
    supplier_id: TextArray
    item_id: TextArray
    location_id: TextArray
    ordered_on: DateArray
    promised_on: DateArray
    received_on: DateArray
    units_ordered: FloatArray
    units_received: FloatArray
    shipment_id: TextArray
    attributes: pd.DataFrame

    def __post_init__(self) -> None:
        require_same_length(**{name: getattr(self, name) for name in self._arrays()})
        if len(self.attributes) != len(self.ordered_on):
            raise DataError(
                f"attributes must have {len(self.ordered_on)} rows; it has {len(self.attributes)}."
            )
        for name in ("ordered_on", "promised_on", "received_on"):
            object.__setattr__(self, name, freeze(getattr(self, name).astype("datetime64[D]")))
        for name in ("units_ordered", "units_received"):
            values = np.asarray(getattr(self, name), dtype=np.float64)
            require_at_least(name, values)
            object.__setattr__(self, name, freeze(values))
        self._refuse_impossible_days()

    def _refuse_impossible_days(self) -> None:
        for problem, wrong in (
            ("has no order day", np.isnat(self.ordered_on)),
            ("is received before it is ordered", self.received_on < self.ordered_on),
        ):
            if wrong.any():
                line = self.order_line_id[np.argmax(wrong)]
                raise DataError(
                    f"order line {line} {problem} ({int(wrong.sum())} of {len(self)} lines affected). "
                    "Repair or set aside these lines first."
                )

    @classmethod
    def _arrays(cls) -> list[str]:
        return [field.name for field in fields(cls) if field.name != "attributes"]

    def __len__(self) -> int:
        return len(self.ordered_on)

    @property
    def is_open(self) -> BoolArray:
        """Whether each line is still to be received, shape (n_orders,)."""
        return np.isnat(self.received_on)

    def take(self, rows: IntArray | BoolArray) -> "PurchaseOrders":
        """The chosen lines, in the given order."""
        chosen: dict[str, Any] = {name: getattr(self, name)[rows] for name in self._arrays()}
        return PurchaseOrders(
            **chosen, attributes=self.attributes.iloc[_positions(rows)].reset_index(drop=True)
        )

    def known_at(self, as_of: np.datetime64) -> "PurchaseOrders":
        """What was known at the end of a day: later orders do not exist, later receipts are still open.

        What is received of a line that is still open has no day of its own: it counts as received already.
        """
        placed = self.take(self.ordered_on <= as_of)
        received = placed.received_on <= as_of  # NaT compares as False
        later = placed.received_on > as_of
        return replace(
            placed,
            received_on=np.where(received, placed.received_on, NOT_YET),
            units_received=np.where(later, 0.0, placed.units_received),
        )

    def durations(self, as_of: np.datetime64) -> Durations:
        """Days from order to receipt; open lines are censored at their age, never dropped."""
        until = np.where(self.is_open, as_of, self.received_on)
        days = (until - self.ordered_on).astype(np.float64)
        return Durations(days=freeze(days), received=freeze(~self.is_open))


def _positions(rows: NDArray[Any]) -> NDArray[np.int64]:
    return np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
