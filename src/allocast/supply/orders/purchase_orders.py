"""Purchase orders: placed, promised, received in parts, cancelled or still open, as known on a day."""

from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import pandas as pd

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, DateArray, FloatArray, IntArray, TextArray, freeze
from allocast.numerics.checks import require_at_least, require_same_length
from allocast.supply.orders.receipts import Receipts

__all__ = ["Durations", "PurchaseOrders"]

NOT_YET = np.datetime64("NaT", "D")
_NO_DAYS = freeze(np.empty(0, dtype="datetime64[D]"))  # where a book brings none: filled with what follows
_NOT_LISTED = Receipts.none()
_ROUNDING = 1e-9  # of units, relative


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

    A line is *open* until its last receipt closes it or what remains of it is cancelled. Receipts before a
    cancellation stand. It may be closed with less than was ordered (a shortfall) or more (an over-delivery).

    Parameters
    ----------
    order_line_id, supplier_id, item_id, location_id : arrays of text, shape (n_orders,)
    ordered_on : array of days, shape (n_orders,)
        Never missing.
    promised_on : array of days, shape (n_orders,)
        The promise as first given, NaT where there was none: what features and judgements go by.
    received_on : array of days, shape (n_orders,)
        When the line was closed by its last receipt; NaT where it was not.
    units_ordered, units_received : arrays of shape (n_orders,), in units, >= 0
        Units received are those of all receipts; of a line that is still open they may exceed what
        ``receipts`` lists, where a source does not say when they came.
    shipment_id : array of text, shape (n_orders,)
        Lines on one shipment arrive together.
    attributes : DataFrame of n_orders rows
        Whatever else was known on the day of the order.
    latest_promised_on : array of days, shape (n_orders,), optional
        The promise as later changed; by default ``promised_on``.
    cancelled_on : array of days, shape (n_orders,), optional
        When what remained was cancelled; NaT, the default, where it was not.
    receipts : Receipts, optional
        By default each closed line has one receipt, of all its units on the day it was closed.
    data_from : day, optional
        The first day of which receipts are recorded, where that is known; NaT, the default, where it has to be found.

    Raises
    ------
    DataError
        Lengths differ, an order day is missing, units are negative, a receipt or a cancellation lies before
        its order, a receipt after its line was closed or cancelled, a line is both closed and cancelled, or
        receipts and ``units_received`` disagree.
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
    latest_promised_on: DateArray = field(default_factory=lambda: _NO_DAYS)
    cancelled_on: DateArray = field(default_factory=lambda: _NO_DAYS)
    receipts: Receipts = _NOT_LISTED
    data_from: np.datetime64 = NOT_YET

    def __post_init__(self) -> None:
        if self.latest_promised_on is _NO_DAYS:
            object.__setattr__(self, "latest_promised_on", self.promised_on)
        if self.cancelled_on is _NO_DAYS:
            object.__setattr__(self, "cancelled_on", np.full(len(self.ordered_on), NOT_YET))
        require_same_length(**{name: getattr(self, name) for name in self._arrays()})
        if len(self.attributes) != len(self.ordered_on):
            raise DataError(
                f"attributes must have {len(self.ordered_on)} rows; it has {len(self.attributes)}."
            )
        for name in ("ordered_on", "promised_on", "received_on", "latest_promised_on", "cancelled_on"):
            object.__setattr__(self, name, freeze(np.asarray(getattr(self, name)).astype("datetime64[D]")))
        for name in ("units_ordered", "units_received"):
            values = np.asarray(getattr(self, name), dtype=np.float64)
            require_at_least(name, values)
            object.__setattr__(self, name, freeze(values))
        if self.receipts is _NOT_LISTED:
            object.__setattr__(self, "receipts", self._one_receipt_a_closed_line())
        self._refuse_impossible_days()
        self._refuse_impossible_receipts()

    def _one_receipt_a_closed_line(self) -> Receipts:
        closed = np.flatnonzero(self.is_closed)
        return Receipts(line=closed, received_on=self.received_on[closed], units=self.units_received[closed])

    def _refuse_impossible_days(self) -> None:
        self._refuse("has no order day", np.isnat(self.ordered_on))
        self._refuse("is received before it is ordered", self.received_on < self.ordered_on)
        self._refuse("is cancelled before it is ordered", self.cancelled_on < self.ordered_on)
        self._refuse(
            "is both closed by a receipt and cancelled", self.is_closed & ~np.isnat(self.cancelled_on)
        )

    def _refuse_impossible_receipts(self) -> None:
        receipts, n = self.receipts, len(self)
        if len(receipts) and receipts.line[-1] >= n:
            raise DataError(
                f"receipts must belong to one of the {n} lines; one belongs to line {receipts.line[-1]}."
            )
        day, line = receipts.received_on, receipts.line
        for problem, wrong in (
            ("has a receipt before it is ordered", day < self.ordered_on[line]),
            ("has a receipt after it was closed", day > self.received_on[line]),
            ("has a receipt after it was cancelled", day > self.cancelled_on[line]),
        ):
            self._refuse(problem, np.bincount(line[wrong], minlength=n) > 0)
        undated = self.units_received - receipts.units_of(n)
        little = _ROUNDING * np.maximum(self.units_received, 1.0)
        self._refuse("has receipts of more units than units_received", undated < -little)
        self._refuse(
            "is closed with receipts of less units than units_received", self.is_closed & (undated > little)
        )

    def _refuse(self, problem: str, wrong: BoolArray) -> None:
        if wrong.any():
            line = self.order_line_id[np.argmax(wrong)]
            raise DataError(
                f"order line {line} {problem} ({int(wrong.sum())} of {len(self)} lines affected). "
                "Repair or set aside these lines first."
            )

    @classmethod
    def _arrays(cls) -> list[str]:
        return [
            field.name for field in fields(cls) if field.name not in ("attributes", "receipts", "data_from")
        ]

    def __len__(self) -> int:
        return len(self.ordered_on)

    @property
    def is_closed(self) -> BoolArray:
        """Whether the last receipt of each line has come, shape (n_orders,)."""
        return ~np.isnat(self.received_on)

    @property
    def is_cancelled(self) -> BoolArray:
        """Whether what remained of each line was cancelled, shape (n_orders,)."""
        return ~np.isnat(self.cancelled_on)

    @property
    def is_open(self) -> BoolArray:
        """Whether something of each line is still to come: neither closed nor cancelled, shape (n_orders,)."""
        return ~(self.is_closed | self.is_cancelled)

    @property
    def outstanding_units(self) -> FloatArray:
        """Units of each line still to come: ordered and not received of open lines, else 0, shape (n_orders,)."""
        missing = np.maximum(self.units_ordered - self.units_received, 0.0)
        return np.where(self.is_open, missing, 0.0)

    def take(self, rows: IntArray | BoolArray) -> "PurchaseOrders":
        """The chosen lines, in the given order."""
        places = np.arange(len(self))[rows]
        chosen: dict[str, Any] = {name: getattr(self, name)[places] for name in self._arrays()}
        return PurchaseOrders(
            **chosen,
            attributes=self.attributes.iloc[places].reset_index(drop=True),
            receipts=self.receipts.of_lines(places),
            data_from=self.data_from,
        )

    def known_at(self, as_of: np.datetime64) -> "PurchaseOrders":
        """What was known at the end of a day: later orders do not exist, nothing later has happened to others.

        Later receipts, closures and cancellations have not happened. What is received of an open line without
        a day of its own counts as received already. The latest promise of a line that was closed or cancelled
        later may have been made later too: the first stands in for it; that of a line still open in this book
        is taken as known.
        """
        placed = self.take(self.ordered_on <= as_of)
        came = placed.receipts.where(placed.receipts.received_on <= as_of)
        undated = np.where(
            placed.is_closed, 0.0, placed.units_received - placed.receipts.units_of(len(placed))
        )
        closed, cancelled = placed.received_on <= as_of, placed.cancelled_on <= as_of  # False for NaT
        return replace(
            placed,
            received_on=np.where(closed, placed.received_on, NOT_YET),
            cancelled_on=np.where(cancelled, placed.cancelled_on, NOT_YET),
            latest_promised_on=np.where(
                closed | cancelled | placed.is_open, placed.latest_promised_on, placed.promised_on
            ),
            units_received=came.units_of(len(placed)) + np.maximum(undated, 0.0),
            receipts=came,
        )

    def durations(self, as_of: np.datetime64) -> Durations:
        """Days from order to closing receipt; open lines are censored at their age, cancelled ones then."""
        ended = np.where(self.is_cancelled, self.cancelled_on, self.received_on)
        days = (np.where(self.is_open, as_of, ended) - self.ordered_on).astype(np.float64)
        return Durations(days=freeze(days), received=freeze(self.is_closed))
