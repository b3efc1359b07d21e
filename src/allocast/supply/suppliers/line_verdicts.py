"""Each order line judged as of a day: due or not, on time or not, in full or not."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, DateArray, FloatArray
from allocast.supply.orders.purchase_orders import PurchaseOrders

__all__ = ["LineVerdicts", "ScorecardRules"]

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorecardRules:
    """What counts, and as what.

    Parameters
    ----------
    window_days : int, >= 1
        Orders placed in this many days up to the day of looking count.
    late_days : int, >= 0
        Days after the promise that are still on time.
    early_days : int, >= 0, optional
        Days before the promise that are still on time; by default a line can not come too early.
    promise : {"first", "latest"}
        Which promise a line is held to: as first given, or as changed since.

    Raises
    ------
    DataError
        A number is out of its range, or there is no such promise.
    """

    window_days: int = 365
    late_days: int = 0
    early_days: int | None = None
    promise: Literal["first", "latest"] = "first"

    def __post_init__(self) -> None:
        if self.window_days < 1 or self.late_days < 0 or (self.early_days or 0) < 0:
            raise DataError(
                "window_days must be >= 1, late_days and early_days >= 0; "
                f"they are {self.window_days}, {self.late_days} and {self.early_days}."
            )
        if self.promise not in ("first", "latest"):
            raise DataError(f"promise must be 'first' or 'latest'; it is {self.promise!r}.")

    def promised(self, orders: PurchaseOrders) -> DateArray:
        """The promise that each line is held to, NaT where there is none, shape (n_orders,)."""
        return orders.promised_on if self.promise == "first" else orders.latest_promised_on

    def sentence(self) -> str:
        """The rules in words, to stand beside any figure made by them."""
        early = "any time before" if self.early_days is None else f"up to {self.early_days} days before"
        late = "on it" if self.late_days == 0 else f"up to {self.late_days} days after"
        return (
            f"on time: {early} the {self.promise} promise or {late}; "
            f"orders of {self.window_days} days, open ones of any age"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LineVerdicts:
    """What can be said of each order line, a row a line.

    Parameters
    ----------
    recent : array of bool
        Placed within the window; only these are judged.
    due : array of bool
        Recent, and its promise with the tolerance has passed. A line cancelled before that was never due.
    overdue : array of bool
        Open past promise and tolerance, placed whenever.
    on_time : array of bool
        Due, closed by its last receipt within the tolerance, and not begun too early.
    on_time_in_full : array of bool
        On time, with all that was ordered.
    ended : array of bool
        Recent, and closed or cancelled.
    in_full : array of bool
        Ended with all that was ordered.
    units_on_time : array, in units
        Of due lines: what came within the tolerance, at most what was ordered.
    """

    recent: BoolArray
    due: BoolArray
    overdue: BoolArray
    on_time: BoolArray
    on_time_in_full: BoolArray
    ended: BoolArray
    in_full: BoolArray
    units_on_time: FloatArray

    @classmethod
    def of(cls, known: PurchaseOrders, *, as_of: np.datetime64, rules: ScorecardRules) -> "LineVerdicts":
        """The verdicts on orders as known at the end of a day.

        Parameters
        ----------
        known : PurchaseOrders
            As known at ``as_of``: nothing later is in it.
        as_of : day
        rules : ScorecardRules
        """
        promised = rules.promised(known)
        until = promised + np.timedelta64(rules.late_days, "D")
        recent = known.ordered_on > as_of - np.timedelta64(rules.window_days, "D")
        passed = until <= as_of  # NaT, no promise, compares as False
        due = recent & passed & ~(known.cancelled_on <= until)
        came = known.units_received >= known.units_ordered * (1 - _ROUNDING)
        early, units = _early_lines(known, promised, rules), _units_within(known, promised, rules)
        on_time = due & (known.received_on <= until) & ~early
        ended = recent & ~known.is_open
        return cls(
            recent=recent,
            due=due,
            overdue=known.is_open & passed,
            on_time=on_time,
            on_time_in_full=on_time & came,
            ended=ended,
            in_full=ended & came,
            units_on_time=np.where(due, np.minimum(units, known.units_ordered), 0.0),
        )


def _in_time(
    known: PurchaseOrders, promised: DateArray, rules: ScorecardRules
) -> tuple[BoolArray, BoolArray]:
    """Which receipts came too early, and which within the tolerance, shape (n_receipts,) both."""
    day, wanted = known.receipts.received_on, promised[known.receipts.line]
    early = np.zeros(len(day), dtype=bool)
    if rules.early_days is not None:
        early = day < wanted - np.timedelta64(rules.early_days, "D")
    return early, ~early & (day <= wanted + np.timedelta64(rules.late_days, "D"))


def _early_lines(known: PurchaseOrders, promised: DateArray, rules: ScorecardRules) -> BoolArray:
    early, _ = _in_time(known, promised, rules)
    return np.bincount(known.receipts.line[early], minlength=len(known)) > 0


def _units_within(known: PurchaseOrders, promised: DateArray, rules: ScorecardRules) -> FloatArray:
    _, within = _in_time(known, promised, rules)
    return known.receipts.where(within).units_of(len(known))
