"""Order lines received in parts, cancelled, or promised anew."""

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.supply.orders.receipts import Receipts

MONDAY = np.datetime64("2024-03-04")
NAT = np.datetime64("NaT")


def receipts(line, days, units):
    return Receipts(line=np.array(line), received_on=MONDAY + np.array(days), units=np.array(units, float))


def in_two_parts(make_orders, **columns):
    """Ten units: four after three days, the rest after nine."""
    parts = {"received_on": [MONDAY + 9], "receipts": receipts([0, 0], [3, 9], [4, 6])}
    return make_orders([MONDAY], **{**parts, **columns})


def test_a_line_received_at_once_has_one_receipt_of_all_its_units(make_orders):
    orders = make_orders([MONDAY, MONDAY], received_on=["NaT", MONDAY + 2])
    assert orders.receipts.line.tolist() == [1]
    assert orders.receipts.received_on.tolist() == [(MONDAY + 2).astype(object)]
    assert orders.receipts.units.tolist() == [10]


@pytest.mark.parametrize(
    ("day", "units", "is_open"), [(2, 0, True), (3, 4, True), (8, 4, True), (9, 10, False)]
)
def test_a_receipt_of_a_part_counts_from_its_own_day(make_orders, day, units, is_open):
    known = in_two_parts(make_orders).known_at(MONDAY + day)
    assert known.units_received.tolist() == [units]
    assert known.is_open.tolist() == [is_open]
    assert known.outstanding_units.tolist() == [10 - units]
    assert known.receipts.units.sum() == units


def test_what_was_known_on_a_day_is_what_was_known_of_what_was_known_later(make_orders):
    orders = in_two_parts(make_orders)
    first, again = orders.known_at(MONDAY + 4), orders.known_at(MONDAY + 7).known_at(MONDAY + 4)
    np.testing.assert_array_equal(first.units_received, again.units_received)
    np.testing.assert_array_equal(first.receipts.received_on, again.receipts.received_on)


def test_a_cancellation_ends_a_line_and_receipts_before_it_stand(make_orders):
    orders = make_orders(
        [MONDAY], cancelled_on=[MONDAY + 7], receipts=receipts([0], [3], [4]), units_received=np.array([4.0])
    )
    assert orders.is_cancelled.tolist() == [True]
    assert orders.is_open.tolist() == orders.is_closed.tolist() == [False]
    assert orders.outstanding_units.tolist() == [0]
    before = orders.known_at(MONDAY + 6)
    assert before.is_open.tolist() == [True]
    assert before.outstanding_units.tolist() == [6]


def test_an_over_delivery_leaves_nothing_to_come_and_a_shortfall_is_not_to_come_either(make_orders):
    units = np.array([12.0, 7.0])
    orders = make_orders([MONDAY] * 2, received_on=[MONDAY + 3] * 2, units_received=units)
    assert orders.outstanding_units.tolist() == [0, 0]
    still_open = make_orders([MONDAY] * 2, units_received=units)
    assert still_open.outstanding_units.tolist() == [0, 3]


def test_a_later_promise_does_not_touch_the_first_and_is_not_known_before_it_can_be(make_orders):
    days = {"received_on": [MONDAY + 20, "NaT"], "promised_on": MONDAY + np.array([10, 10])}
    orders = make_orders([MONDAY] * 2, **days, latest_promised_on=MONDAY + np.array([20, 30]))
    assert (orders.promised_on == MONDAY + 10).all()
    assert (orders.known_at(MONDAY + 5).latest_promised_on == MONDAY + np.array([10, 30])).all()
    assert (orders.known_at(MONDAY + 20).latest_promised_on == MONDAY + np.array([20, 30])).all()


def test_without_a_later_promise_the_first_is_the_latest(make_orders):
    orders = make_orders([MONDAY], promised_on=np.array([MONDAY + 10]))
    assert (orders.latest_promised_on == orders.promised_on).all()


def test_taken_lines_bring_their_receipts(make_orders):
    orders = make_orders(
        [MONDAY] * 3,
        received_on=MONDAY + np.array([4, 9, 6]),
        receipts=receipts([0, 1, 1, 2], [4, 3, 9, 6], [10, 4, 6, 10]),
    )
    taken = orders.take(np.array([1, 0]))
    assert taken.receipts.line.tolist() == [0, 0, 1]
    assert taken.receipts.units.tolist() == [4, 6, 10]


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"cancelled_on": [MONDAY - 1]}, "is cancelled before it is ordered"),
        (
            {"cancelled_on": [MONDAY + 9], "received_on": [MONDAY + 9]},
            "is both closed by a receipt and cancelled",
        ),
        ({"receipts": receipts([0], [-1], [0])}, "has a receipt before it is ordered"),
        (
            {"receipts": receipts([0], [9], [10]), "received_on": [MONDAY + 8]},
            "has a receipt after it was closed",
        ),
        (
            {"receipts": receipts([0], [9], [0]), "cancelled_on": [MONDAY + 8]},
            "has a receipt after it was cancelled",
        ),
        ({"receipts": receipts([0], [9], [10])}, "has receipts of more units than units_received"),
        (
            {"receipts": receipts([0], [8], [9]), "received_on": [MONDAY + 8]},
            "is closed with receipts of less units",
        ),
    ],
)
def test_what_cannot_have_happened_is_refused(make_orders, columns, problem):
    with pytest.raises(DataError, match=rf"order line 0 {problem}.* \(1 of 1 lines"):
        make_orders([MONDAY], **columns)


def test_a_receipt_of_a_line_that_is_not_there_is_refused(make_orders):
    with pytest.raises(DataError, match="one of the 1 lines; one belongs to line 1"):
        make_orders([MONDAY], receipts=receipts([1], [1], [1]))
