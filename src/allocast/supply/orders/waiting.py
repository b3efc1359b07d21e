"""The order book as survival rows: what waited how long for what, and how much it counts."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from allocast.numerics.arrays import BoolArray, DateArray, FloatArray, IntArray, freeze
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.orders.shipments import share_of_shipment
from allocast.supply.survival.kaplan_meier import KaplanMeier

__all__ = ["End", "WaitingTimes", "first_day_of_data", "waiting_times"]

SAME_DAY = 0.5  # of a day: what is received on the day of its order took some time, not none
USUAL = 0.75  # share of lead times that the age of a book's first order does not exceed in a whole book
FEWEST_ORDERS = 20  # closed orders without which nothing is said of where the data begin


class End(IntEnum):
    """How waiting ended."""

    OPEN = 0
    RECEIVED = 1
    CANCELLED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingTimes:
    """Rows of waiting, one for each part of an order line that waited by itself, sorted by line and days.

    A receipt of a part is a row that ended then, weighing its share of the line; what is still to come of an
    open line is a row that is censored at its age, what was cancelled one that ended in a cancellation. So the
    survival curve of the rows is the expected share still outstanding. Lines of one shipment share the weight
    of one.

    Parameters
    ----------
    line : array of int, shape (n_rows,)
        Row of the order line in its book.
    days : array of shape (n_rows,), in days, >= 0
        From the order to the end, or to the day of looking; half a day where it ended on the same day.
    entry : array of shape (n_rows,), in days, >= 0
        Age of the line when the data begin: that it had not ended before is why it is in the book.
    weight : array of shape (n_rows,), in (0, 1]
    end : array of int, shape (n_rows,)
        Values of `End`.
    """

    line: IntArray
    days: FloatArray
    entry: FloatArray
    weight: FloatArray
    end: IntArray

    def __post_init__(self) -> None:
        for name in ("line", "days", "entry", "weight", "end"):
            object.__setattr__(self, name, freeze(getattr(self, name)))

    def __len__(self) -> int:
        return len(self.line)

    def in_order_of(self, ordered_on: DateArray) -> "WaitingTimes":
        """The same rows, those of the latest orders last; ``ordered_on`` has a day a line."""
        order = np.argsort(ordered_on[self.line], kind="stable")
        return WaitingTimes(**{name: getattr(self, name)[order] for name in self.__slots__})

    @property
    def received(self) -> BoolArray:
        """Whether each row ended in a receipt; others are censored for the hazard of receipts."""
        received: BoolArray = self.end == End.RECEIVED
        return received

    @property
    def cancelled(self) -> BoolArray:
        """Whether each row ended in a cancellation; others are censored for the hazard of cancellations."""
        cancelled: BoolArray = self.end == End.CANCELLED
        return cancelled


def waiting_times(
    orders: PurchaseOrders, as_of: np.datetime64, *, data_from: np.datetime64 | None = None
) -> WaitingTimes:
    """The rows of waiting of an order book as known at the end of a day.

    A closed line weighs by what it received: what is missing then is a shortfall, not a late arrival, and what
    came beyond the units ordered is no arrival of what was ordered. Of an open line, what came without a day
    of its own is no row. Where units are not known each line is one unit.

    Parameters
    ----------
    orders : PurchaseOrders
        As known at the end of ``as_of``.
    as_of : day
    data_from : day, optional
        The first day of which receipts and cancellations are in the book; by default what the book says of it,
        or else `first_day_of_data`.
    """
    begin = orders.data_from if data_from is None else data_from
    begin = first_day_of_data(orders, as_of) if np.isnat(begin) else begin
    came, remaining = _shares(orders)
    rest = np.flatnonzero(remaining > 0)
    line = np.concatenate([orders.receipts.line, rest])
    until = np.concatenate(
        [orders.receipts.received_on, np.where(orders.is_open, as_of, orders.cancelled_on)[rest]]
    )
    end = np.concatenate(
        [
            np.full(len(came), End.RECEIVED),
            np.where(orders.is_cancelled, End.CANCELLED, End.OPEN)[rest],
        ]
    )
    days = _days(until - orders.ordered_on[line])
    days = np.where(end == End.OPEN, days, np.maximum(days, SAME_DAY))
    # What ends on the first day is in the book: a line was watched from the end of the day before.
    entry = np.maximum(_days(begin - orders.ordered_on)[line] - 1.0, 0.0)
    weight = np.concatenate([came, remaining[rest]]) * share_of_shipment(orders.shipment_id)[line]
    seen = (weight > 0) & ((days > entry) | (entry == 0))
    rows = np.flatnonzero(seen)[np.lexsort((days[seen], line[seen]))]
    return WaitingTimes(
        line=line[rows], days=days[rows], entry=entry[rows], weight=weight[rows], end=end[rows]
    )


def first_day_of_data(orders: PurchaseOrders, as_of: np.datetime64) -> np.datetime64:
    """The day from which receipts are recorded; that of the first order where the book is whole.

    A book that was begun with the orders open on some day holds of the earlier orders only those that took
    long. It shows: when the first receipt comes, its oldest order has waited longer than most orders do, while
    the first order of a whole book has waited no longer than itself.
    """
    if not len(orders) or not len(orders.receipts):
        return as_of if not len(orders) else orders.ordered_on.min()
    first_order: np.datetime64 = orders.ordered_on.min()
    ends = np.concatenate([orders.receipts.received_on, orders.cancelled_on[orders.is_cancelled]])
    first_end: np.datetime64 = ends.min()
    later = orders.ordered_on >= first_end
    durations = orders.durations(as_of)
    if (later & durations.received).sum() < FEWEST_ORDERS:
        return first_order
    usual = KaplanMeier.fit(durations.days[later], durations.received[later]).quantile(USUAL)
    if np.isnan(usual):
        return first_order
    return first_end if first_end - first_order > np.timedelta64(int(usual), "D") else first_order


def _shares(orders: PurchaseOrders) -> tuple[FloatArray, FloatArray]:
    """Share of its line that each receipt is, and share of each line that is not received but not short."""
    receipts, n = orders.receipts, len(orders)
    total = receipts.units_of(n)
    whole = np.where(orders.units_ordered > 0, orders.units_ordered, total)
    whole = np.where(orders.is_closed, np.minimum(whole, total), whole)
    within = _within(receipts.units, receipts.line, whole)
    unknown = (
        whole <= 0
    )  # neither ordered nor received: the line counts as one unit, closed by its last receipt
    last = np.append(receipts.line[1:] != receipts.line[:-1], True)[: len(receipts)]
    came = np.where(unknown[receipts.line], last, within / np.where(unknown, 1.0, whole)[receipts.line])
    missing = np.maximum(whole - np.maximum(orders.units_received, total), 0.0)
    remaining = np.where(unknown, ~orders.is_closed, missing / np.where(unknown, 1.0, whole))
    return came.astype(np.float64), np.where(orders.is_closed, 0.0, remaining)


def _within(units: FloatArray, line: IntArray, whole: FloatArray) -> FloatArray:
    """How much of each receipt lies within the first ``whole`` units of its line."""
    running = np.cumsum(units)
    begun = np.append(0.0, running)[np.searchsorted(line, line)]  # before the first receipt of the line
    before = running - units - begun
    within: FloatArray = np.clip(whole[line] - before, 0.0, units)
    return within


def _days(span: np.ndarray) -> FloatArray:
    return np.asarray(span).astype("timedelta64[D]").astype(np.float64)
