"""Order lines with receipts of their own, cancellations and changed promises, as an order book."""

import numpy as np
import pandas as pd

from allocast.adapters.assemble_orders import purchase_orders
from allocast.adapters.tables import Tables


def days(*values):
    return pd.to_datetime(list(values))


def order_rows(**columns):
    rows = {
        "order_line_id": ["a", "b", "c"],
        "supplier_id": ["s"] * 3,
        "ordered_on": days(*["2024-01-01"] * 3),
        "received_on": days("2024-01-09", None, None),
        "units_ordered": [10.0, 10.0, 10.0],
        "units_received": [10.0, 4.0, 0.0],
    }
    return pd.DataFrame({**rows, **columns})


def receipt_rows(*rows):
    table = pd.DataFrame(rows, columns=["order_line_id", "received_on", "units"])
    return table.assign(received_on=pd.to_datetime(table["received_on"]))


def book(*receipts, **columns):
    brought = receipt_rows(*receipts) if receipts else None
    return purchase_orders(Tables(purchase_orders=order_rows(**columns), receipts=brought))


def test_lines_have_the_receipts_of_the_table_and_others_one_of_their_own():
    orders = book(("b", "2024-01-05", 4.0))
    assert orders.receipts.line.tolist() == [0, 1]
    assert orders.receipts.units.tolist() == [10, 4]
    assert orders.is_open.tolist() == [False, True, True]
    assert orders.outstanding_units.tolist() == [0, 6, 10]


def test_where_receipts_and_the_line_disagree_the_receipts_count():
    orders = book(("a", "2024-01-05", 3.0), ("a", "2024-01-11", 6.0))
    assert orders.units_received[0] == 9
    assert orders.received_on[0] == np.datetime64("2024-01-11")


def test_a_line_of_which_all_has_come_is_closed_by_its_last_receipt():
    orders = book(("c", "2024-01-05", 4.0), ("c", "2024-01-07", 7.0))
    assert orders.is_closed.tolist() == [True, False, True]
    assert orders.received_on[2] == np.datetime64("2024-01-07")
    assert orders.known_at(np.datetime64("2024-01-06")).outstanding_units[2] == 6


def test_receipts_of_lines_that_are_not_there_belong_to_nobody():
    assert len(book(("z", "2024-01-05", 4.0)).receipts) == 1


def test_what_came_without_a_day_of_an_open_line_is_not_to_come_any_more():
    orders = book()
    assert orders.units_received.tolist() == [10, 4, 0]
    assert orders.outstanding_units.tolist() == [0, 6, 10]


def test_a_line_received_and_then_cancelled_was_received_in_part():
    orders = book(cancelled_on=days("2024-02-01", None, "2024-02-01"), units_received=[7.0, 0.0, 0.0])
    assert orders.is_cancelled.tolist() == [True, False, True]
    assert np.isnat(orders.received_on).all()
    assert orders.receipts.line.tolist() == [0]
    assert orders.units_received.tolist() == [7, 0, 0]


def test_the_latest_promise_is_the_first_where_it_was_not_changed():
    promised = days("2024-01-10", "2024-01-10", None)
    orders = book(promised_on=promised, latest_promised_on=days("2024-01-20", None, None))
    expected = np.array(["2024-01-20", "2024-01-10", "NaT"], dtype="M8[D]")
    np.testing.assert_array_equal(orders.latest_promised_on, expected)
    np.testing.assert_array_equal(orders.promised_on, promised.to_numpy("M8[D]"))
