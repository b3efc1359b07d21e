"""What must hold of every order book, however its lines were received, cut short or cancelled."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.orders.receipts import Receipts
from allocast.supply.orders.waiting import waiting_times
from allocast.supply.survival.kaplan_meier import KaplanMeier

MONDAY = np.datetime64("2024-03-04")
NEVER = np.datetime64("NaT", "D")
LAST = MONDAY + 200
limited = settings(max_examples=40, deadline=None, derandomize=True)

# One line: its day, units ordered, receipts as (days to wait further, units), and how it ended.
lines = st.tuples(
    st.integers(0, 30),
    st.integers(1, 12),
    st.lists(st.tuples(st.integers(0, 20), st.integers(1, 6)), max_size=3),
    st.sampled_from(["open", "closed", "cancelled"]),
    st.sampled_from("ABCDE"),
)
books = st.lists(lines, min_size=1, max_size=8)


def book_of(drawn) -> PurchaseOrders:
    n, ends = len(drawn), np.full((2, len(drawn)), NEVER)
    ordered_on = MONDAY + np.array([day for day, *_ in drawn])
    line, received_on, units = [], [], []
    for row, (_, _, parts, how, _) in enumerate(drawn):
        day = ordered_on[row]
        for wait, amount in parts:
            day = day + wait
            line.append(row), received_on.append(day), units.append(float(amount))
        if how == "cancelled" or (how == "closed" and parts):
            ends[int(how == "cancelled"), row] = day
    receipts = Receipts(
        line=np.array(line, dtype=np.int64), received_on=np.array(received_on, "M8[D]"), units=np.array(units)
    )
    names = np.array([str(row) for row in range(n)], dtype=object)
    return PurchaseOrders(
        **dict.fromkeys(("order_line_id", "supplier_id", "item_id", "location_id"), names),
        ordered_on=ordered_on,
        promised_on=np.full(n, NEVER),
        received_on=ends[0],
        cancelled_on=ends[1],
        units_ordered=np.array([float(ordered) for _, ordered, *_ in drawn]),
        units_received=receipts.units_of(n),
        shipment_id=np.array([shipment for *_, shipment in drawn], dtype=object),
        attributes=pd.DataFrame(index=range(n)),
        receipts=receipts,
        data_from=MONDAY,
    )


def same(one: PurchaseOrders, two: PurchaseOrders) -> bool:
    days = ("ordered_on", "received_on", "cancelled_on")
    equal = [np.array_equal(getattr(one, name).astype(int), getattr(two, name).astype(int)) for name in days]
    units = np.array_equal(one.units_received, two.units_received)
    return all(equal) and units and np.array_equal(one.receipts.units, two.receipts.units)


@limited
@given(books, st.integers(0, 60), st.integers(0, 60))
def test_what_was_known_on_a_day_does_not_depend_on_when_one_asks(drawn, day, later):
    book = book_of(drawn)
    assert same(book.known_at(MONDAY + day), book.known_at(MONDAY + day + later).known_at(MONDAY + day))


@limited
@given(books, books, st.integers(0, 60))
def test_later_receipts_and_ends_change_nothing_of_what_was_known(drawn, others, day):
    """The same lines with other receipts, as far as those came later, look the same."""
    changed = [
        (*line[:2], [*_until(line, day), (100, 1)], "closed", line[4]) if _goes_on(line, day) else line
        for line in drawn
    ]
    today = MONDAY + day
    assert same(book_of(drawn).known_at(today), book_of(changed).known_at(today))
    more = book_of([*changed, *((day + 1, *line[1:]) for line in others)]).known_at(today)
    assert len(more) == len(book_of(drawn).known_at(today))


def _until(line, day):
    """The receipts of a line that came by a day."""
    waits = np.cumsum([wait for wait, _ in line[2]])
    return [part for part, wait in zip(line[2], waits, strict=True) if line[0] + wait <= day]


def _goes_on(line, day):
    """Whether a line was open at the end of a day."""
    if line[3] == "cancelled" and not line[2]:
        return line[0] > day
    return line[3] == "open" or not line[2] or len(_until(line, day)) < len(line[2])


@limited
@given(books)
def test_lines_weigh_one_a_shipment_whatever_befell_them(drawn):
    book = book_of(drawn)
    waited = waiting_times(book, LAST)
    share = 1 / np.array([sum(other == shipment for *_, other in drawn) for *_, shipment in drawn])
    of_line = np.bincount(waited.line, waited.weight, minlength=len(book))
    np.testing.assert_allclose(of_line, share, rtol=1e-12)
    assert (waited.days[waited.received] > 0).all()


@limited
@given(books)
def test_the_curve_of_closed_lines_is_the_mean_share_outstanding(drawn):
    drawn = [
        (day, ordered, parts or [(3, 1)], "closed", str(row))
        for row, (day, ordered, parts, *_) in enumerate(drawn)
    ]
    book = book_of(drawn)
    waited = waiting_times(book, LAST)
    curve = KaplanMeier.fit(waited.days, waited.received, weight=waited.weight)
    for day in (0.7, 5.0, 18.0, 44.0):
        shares = []
        for _, ordered, parts, *_ in drawn:
            whole = min(ordered, sum(amount for _, amount in parts))
            waits = np.cumsum([wait for wait, _ in parts])
            came = sum(
                amount for (_, amount), wait in zip(parts, waits, strict=True) if max(wait, 0.5) <= day
            )
            shares.append(1 - min(came, whole) / whole)
        np.testing.assert_allclose(curve.survival(np.array([day])), np.mean(shares), atol=1e-12)
