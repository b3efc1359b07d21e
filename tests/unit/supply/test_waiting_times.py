"""The order book as survival rows."""

import numpy as np
import pytest

from allocast.supply.orders.receipts import Receipts
from allocast.supply.orders.waiting import End, first_day_of_data, waiting_times
from allocast.supply.survival.kaplan_meier import KaplanMeier

MONDAY = np.datetime64("2024-03-04")
TODAY = MONDAY + 20


def receipts(line, days, units):
    return Receipts(line=np.array(line), received_on=MONDAY + np.array(days), units=np.array(units, float))


def rows_of(orders, **arguments):
    """Each row as (line, days, end, weight)."""
    waited = waiting_times(orders, TODAY, **arguments)
    ends = [End(end).name.lower() for end in waited.end]
    return list(zip(waited.line.tolist(), waited.days.tolist(), ends, waited.weight.tolist(), strict=True))


def test_lines_received_at_once_or_not_yet_are_one_row_each(make_orders):
    orders = make_orders([MONDAY, MONDAY + 1], received_on=["NaT", MONDAY + 5])
    assert rows_of(orders) == [(0, 20, "open", 1), (1, 4, "received", 1)]


def test_rows_may_stand_in_the_order_of_their_orders(make_orders):
    orders = make_orders([MONDAY + 2, MONDAY, MONDAY + 1], received_on=["NaT", MONDAY + 5, "NaT"])
    waited = waiting_times(orders, TODAY).in_order_of(orders.ordered_on)
    assert waited.line.tolist() == [1, 2, 0]
    assert waited.days.tolist() == [5, 19, 18]


def test_an_open_line_received_in_part_is_a_receipt_and_the_rest_waiting(make_orders):
    orders = make_orders([MONDAY], receipts=receipts([0], [3], [4]), units_received=np.array([4.0]))
    assert rows_of(orders) == [(0, 3, "received", 0.4), (0, 20, "open", 0.6)]


def test_a_shortfall_at_closure_is_not_a_late_arrival(make_orders):
    parts = receipts([0, 0], [3, 9], [4, 2])
    orders = make_orders([MONDAY], received_on=[MONDAY + 9], receipts=parts, units_received=np.array([6.0]))
    assert rows_of(orders) == [(0, 3, "received", 4 / 6), (0, 9, "received", pytest.approx(2 / 6))]


def test_what_comes_beyond_the_units_ordered_is_no_arrival_of_them(make_orders):
    parts = receipts([0, 0, 0], [3, 9, 12], [4, 8, 5])
    orders = make_orders([MONDAY], received_on=[MONDAY + 12], receipts=parts, units_received=np.array([17.0]))
    assert rows_of(orders) == [(0, 3, "received", 0.4), (0, 9, "received", 0.6)]


def test_what_is_cancelled_ends_there_and_what_came_before_stands(make_orders):
    part = receipts([0], [3], [4])
    orders = make_orders([MONDAY], cancelled_on=[MONDAY + 7], receipts=part, units_received=np.array([4.0]))
    assert rows_of(orders) == [(0, 3, "received", 0.4), (0, 7, "cancelled", 0.6)]


def test_lines_of_one_shipment_share_the_weight_of_one(make_orders):
    ids = np.array(["A", "A", "B"], dtype=object)
    orders = make_orders([MONDAY] * 3, received_on=[MONDAY + 5] * 3, shipment_id=ids)
    assert [weight for *_, weight in rows_of(orders)] == [0.5, 0.5, 1]


def test_what_is_received_on_the_day_of_its_order_took_half_a_day(make_orders):
    orders = make_orders([MONDAY, TODAY], received_on=[MONDAY, "NaT"])
    assert rows_of(orders) == [(0, 0.5, "received", 1), (1, 0, "open", 1)]


def test_lines_of_unknown_units_are_one_unit_each(make_orders):
    none = np.zeros(2)
    orders = make_orders(
        [MONDAY] * 2, received_on=[MONDAY + 5, "NaT"], units_ordered=none, units_received=none
    )
    assert rows_of(orders) == [(0, 5, "received", 1), (1, 20, "open", 1)]


def test_what_came_of_an_open_line_without_a_day_is_no_row(make_orders):
    orders = make_orders([MONDAY], units_received=np.array([4.0]))
    assert rows_of(orders) == [(0, 20, "open", 0.6)]


def test_orders_from_before_the_data_are_watched_from_their_age_then(make_orders):
    orders = make_orders([MONDAY, MONDAY + 8], received_on=[MONDAY + 12, "NaT"])
    waited = waiting_times(orders, TODAY, data_from=MONDAY + 10)
    np.testing.assert_array_equal(waited.entry, [9, 1])


def test_what_ends_on_the_first_day_of_the_data_was_seen_and_what_ended_before_was_not(make_orders):
    orders = make_orders([MONDAY] * 2, received_on=[MONDAY + 10, MONDAY + 9])
    assert rows_of(orders, data_from=MONDAY + 10) == [(0, 10, "received", 1)]


def test_a_whole_book_begins_with_its_first_order(order_book, as_of):
    known = order_book.known_at(as_of)
    assert first_day_of_data(known, as_of) == known.ordered_on.min()
    assert (waiting_times(known, as_of).entry == 0).all()


def test_a_book_begun_with_what_was_open_shows_where_it_begins(order_book, as_of):
    begin = np.datetime64("2023-09-01")
    known = order_book.take(order_book.received_on >= begin).known_at(as_of)
    assert abs(first_day_of_data(known, as_of) - begin) <= np.timedelta64(2, "D")


def test_orders_from_before_the_data_do_not_lengthen_lead_times(order_book, as_of):
    begin, days = np.datetime64("2024-02-01"), np.array([10.0, 20.0, 30.0, 45.0])
    late = order_book.take(order_book.received_on >= begin).known_at(as_of)

    def curve(**arguments):
        waited = waiting_times(late, as_of, **arguments)
        return KaplanMeier.fit(waited.days, waited.received, entry=waited.entry).survival(days)

    all_of_it = order_book.durations(as_of)
    truth = KaplanMeier.fit(all_of_it.days, all_of_it.received).survival(days)
    error, untruncated = curve() - truth, curve(data_from=late.ordered_on.min()) - truth
    assert untruncated.max() > 0.04
    assert np.abs(error).max() < untruncated.max() / 2


def test_a_book_without_orders_has_no_rows(make_orders):
    assert len(waiting_times(make_orders([]), TODAY)) == 0
