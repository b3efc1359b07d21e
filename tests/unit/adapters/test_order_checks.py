"""What is said of purchase orders and receipts that cannot have happened, or that a judge should know of."""

import numpy as np
import pandas as pd
import pytest

from allocast.adapters.quality import RepairRules
from allocast.adapters.tables import Tables, check_tables


def orders(**changed):
    columns = {
        "order_line_id": ["a", "b"],
        "supplier_id": ["s1", "s1"],
        "ordered_on": pd.to_datetime(["2024-01-01", "2024-01-02"]),
        "received_on": pd.to_datetime(["2024-01-09", None]),
        "units_ordered": [10, 20],
        "units_received": [10, 5],
    }
    return pd.DataFrame({**columns, **changed})


def receipts(**changed):
    columns = {
        "order_line_id": ["a", "a", "b"],
        "received_on": ["2024-01-05", "2024-01-09", "2024-01-09"],
        "units": [4, 6, 5],
    }
    return pd.DataFrame({**columns, **changed})


def checked(rules=None, **tables):
    after, report = check_tables(Tables(**tables), rules)
    return after, [(f.check, f.column, f.rows, f.action) for f in report.findings]


def test_receipts_that_fit_their_lines_are_no_finding():
    assert checked(purchase_orders=orders(), receipts=receipts())[1] == []


def test_several_receipts_of_a_line_on_one_day_are_several_receipts():
    same_day = receipts(received_on=["2024-01-09"] * 3)
    after, found = checked(purchase_orders=orders(), receipts=same_day)
    assert found == []
    assert len(after.receipts) == 3


def test_receipts_of_unknown_lines_are_refused_or_treated_by_the_rule():
    strange = receipts(order_line_id=["a", "a", "z"], units=[4, 6, 5])
    assert checked(purchase_orders=orders(), receipts=strange)[1] == [
        ("unknown to purchase_orders", "order_line_id", 1, "refused")
    ]
    after, _ = checked(RepairRules(unknown_ids="set_aside"), purchase_orders=orders(), receipts=strange)
    assert len(after.receipts) == 2


def test_receipts_without_units_and_with_less_than_none_are_refused():
    assert checked(purchase_orders=orders(), receipts=receipts(units=[4, 6, None]))[1][0] == (
        "missing value", "units", 1, "refused",
    )  # fmt: skip
    assert checked(purchase_orders=orders(), receipts=receipts(units=[-4, 14, 5]))[1] == [
        ("negative units", "units", 1, "refused")
    ]


def test_a_receipt_before_its_order_is_refused_or_set_aside():
    early = receipts(received_on=["2023-12-31", "2024-01-09", "2024-01-09"])
    expected = ("receipt before order", "received_on", 1)
    assert checked(purchase_orders=orders(), receipts=early)[1] == [(*expected, "refused")]
    rules = RepairRules(receipt_before_order="set_aside")
    after, found = checked(rules, purchase_orders=orders(), receipts=early)
    assert found[0] == (*expected, "set_aside")
    assert len(after.receipts) == 2


def test_receipts_that_do_not_add_up_are_reported_once_a_line():
    _, found = checked(purchase_orders=orders(), receipts=receipts(units=[4, 5, 5]))
    assert found == [("receipts do not add up", "units", 1, "kept")]


def test_a_receipt_after_its_line_was_closed_is_reported():
    late = receipts(received_on=["2024-01-05", "2024-01-12", "2024-01-09"])
    assert checked(purchase_orders=orders(), receipts=late)[1] == [
        ("receipt after closing", "received_on", 1, "kept")
    ]


def test_a_receipt_after_a_cancellation_is_refused_and_one_before_is_not():
    cancelled = orders(cancelled_on=pd.to_datetime([None, "2024-01-08"]))
    assert checked(purchase_orders=cancelled, receipts=receipts())[1] == [
        ("receipt after cancellation", "received_on", 1, "refused")
    ]
    earlier = receipts(received_on=["2024-01-05", "2024-01-09", "2024-01-08"])
    assert checked(purchase_orders=cancelled, receipts=earlier)[1] == []


def test_a_line_received_before_it_was_cancelled_is_reported_one_received_after_is_refused():
    _, found = checked(purchase_orders=orders(cancelled_on=pd.to_datetime(["2024-02-01", None])))
    assert found == [("received and cancelled", "cancelled_on", 1, "kept")]
    _, found = checked(purchase_orders=orders(cancelled_on=pd.to_datetime(["2024-01-08", None])))
    assert found == [("receipt after cancellation", "received_on", 1, "refused")]


def test_a_cancellation_before_its_order_is_refused():
    _, found = checked(purchase_orders=orders(cancelled_on=pd.to_datetime([None, "2024-01-01"])))
    assert found == [("cancellation before order", "cancelled_on", 1, "refused")]


def test_over_deliveries_are_expected_unless_they_are_more_than_twice_the_order():
    expected = ("received more than ordered", "units_received", 1)
    assert checked(purchase_orders=orders(units_received=[20, 0]))[1] == []
    assert checked(purchase_orders=orders(units_received=[21, 0]))[1] == [(*expected, "kept")]


@pytest.mark.parametrize(("word", "action"), [("keep", "kept"), ("refuse", "refused")])
def test_any_over_delivery_is_reported_or_refused_by_the_rule(word, action):
    _, found = checked(RepairRules(over_received=word), purchase_orders=orders(units_received=[11, 0]))
    assert found == [("received more than ordered", "units_received", 1, action)]


def book(n, *, met):
    promised = pd.Timestamp("2024-01-10") + pd.to_timedelta(np.arange(n) % 5, unit="D")
    received = promised + pd.to_timedelta(np.where(np.arange(n) < met, 0, 1), unit="D")
    return pd.DataFrame(
        {
            "order_line_id": [f"{k:03d}" for k in range(n)],
            "supplier_id": "s",
            "ordered_on": pd.Timestamp("2024-01-01"),
            "promised_on": promised,
            "received_on": received,
        }
    )


@pytest.mark.parametrize(("n", "met", "suspected"), [(100, 81, True), (100, 80, False), (19, 19, False)])
def test_receipts_nearly_all_on_the_promised_day_look_like_a_promise_rewritten(n, met, suspected):
    _, report = check_tables(Tables(purchase_orders=book(n, met=met)))
    assert [finding.check for finding in report.findings] == ["promise looks rewritten"] * suspected
    if suspected:
        assert "81% of received lines" in report.findings[0].done
