import numpy as np
import pandas as pd
import pytest

from allocast.adapters.quality import RepairRules
from allocast.adapters.tables import Tables, check_tables

REFUSE = RepairRules()


def orders(**changed):
    columns = {
        "order_line_id": ["a", "b", "c"],
        "supplier_id": ["s1", "s1", "s2"],
        "ordered_on": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"]),
        "promised_on": pd.to_datetime(["2024-01-10", "2024-01-10", "2024-01-10"]),
        "received_on": pd.to_datetime(["2024-01-09", None, "2024-01-03"]),
        "units_ordered": [10, 20, 30],
        "units_received": [10, 0, 30],
    }
    return pd.DataFrame({**columns, **changed})


def stock(**changed):
    columns = {
        "item_id": ["x", "y"],
        "location_id": ["1", "1"],
        "as_of": ["2024-01-01"] * 2,
        "on_hand": [1, 2],
    }
    return pd.DataFrame({**columns, **changed})


def checked(rules=REFUSE, **tables):
    """The tables after the checks, and what was found as (check, column, rows, action)."""
    after, report = check_tables(Tables(**tables), rules)
    return after, [(f.check, f.column, f.rows, f.action) for f in report.findings]


def test_clean_tables_pass_all_checks():
    after, found = checked(purchase_orders=orders(), stock=stock())
    assert found == []
    assert after.set_aside == {}


def test_a_required_value_that_is_missing_is_refused():
    _, found = checked(purchase_orders=orders(supplier_id=["s1", None, "s2"]))
    assert found == [("missing value", "supplier_id", 1, "refused")]


def test_rows_without_a_required_value_can_be_set_aside():
    after, found = checked(
        RepairRules(missing="set_aside"), purchase_orders=orders(supplier_id=["s1", "", None])
    )
    assert found == [("missing value", "supplier_id", 2, "set_aside")]
    assert after.purchase_orders["order_line_id"].tolist() == ["a"]
    assert after.set_aside["purchase_orders.missing_value"]["order_line_id"].tolist() == ["b", "c"]


def test_rows_set_aside_for_two_reasons_of_one_kind_stay_together():
    lines = orders(supplier_id=["s1", None, "s2"], ordered_on=["2024-01-01", "2024-01-02", None])
    after, _ = checked(RepairRules(missing="set_aside"), purchase_orders=lines)
    assert len(after.set_aside["purchase_orders.missing_value"]) == 2


@pytest.mark.parametrize(("column", "value"), [("pack_units", 0), ("lead_time_days", -1)])
def test_a_number_out_of_its_range_is_always_refused(column, value):
    line = pd.DataFrame({"item_id": ["x"], "location_id": ["1"], "supplier_id": ["s"], column: [value]})
    _, found = checked(sourcing=line)
    assert found == [("out of range", column, 1, "refused")]


def test_negative_units_are_refused_or_set_to_zero():
    _, found = checked(stock=stock(on_hand=[-1, 2]))
    assert found == [("negative units", "on_hand", 1, "refused")]
    after, found = checked(RepairRules(negative_units="zero"), stock=stock(on_hand=[-1, 2]))
    assert found == [("negative units", "on_hand", 1, "repaired")]
    assert after.stock["on_hand"].tolist() == [0, 2]


def test_stock_cannot_be_unobserved():
    _, found = checked(RepairRules(negative_units="unobserved"), stock=stock(on_hand=[-1, 2]))
    assert found == [("negative units", "on_hand", 1, "refused")]


@pytest.mark.parametrize(
    ("word", "action", "left"),
    [("refuse", "refused", [2.5, 3.5]), ("round", "repaired", [2, 4]), ("keep", "kept", [2.5, 3.5])],
)
def test_fractional_units_are_treated_by_the_rule(word, action, left):
    after, found = checked(RepairRules(fractional_units=word), stock=stock(on_hand=[2.5, 3.5]))
    assert found == [("fractional units", "on_hand", 2, action)]
    assert after.stock["on_hand"].tolist() == left


@pytest.mark.parametrize("word", ["refuse", "sum"])
def test_duplicate_orders_are_refused_even_when_duplicate_demand_is_added_up(word):
    _, found = checked(RepairRules(duplicates=word), purchase_orders=orders(order_line_id=["a", "a", "c"]))
    assert found == [("duplicate key", "order_line_id", 2, "refused")]


def test_one_count_of_stock_may_have_a_row_for_each_day_of_expiry():
    lots = stock(item_id=["x", "x"], expires_on=["2024-02-01", "2024-03-01"])
    assert checked(stock=lots)[1] == []
    assert checked(stock=lots.assign(expires_on=["2024-02-01", None]))[1] == []
    for twice in (lots.drop(columns="expires_on"), lots.assign(expires_on=None)):
        assert [row[::2] for row in checked(stock=twice)[1]] == [("duplicate key", 2)]


def test_the_last_of_duplicates_can_stay_and_the_others_be_set_aside():
    lines = orders(order_line_id=["a", "a", "c"])
    after, found = checked(RepairRules(duplicates="last"), purchase_orders=lines)
    assert found == [("duplicate key", "order_line_id", 1, "set_aside")]
    assert after.purchase_orders["units_ordered"].tolist() == [20, 30]
    assert after.set_aside["purchase_orders.duplicate_key"]["units_ordered"].tolist() == [10]


def test_a_receipt_before_its_order_is_refused_or_set_aside():
    lines = orders(received_on=["2023-12-31", None, None])
    _, found = checked(purchase_orders=lines)
    assert found == [("receipt before order", "received_on", 1, "refused")]
    after, found = checked(RepairRules(receipt_before_order="set_aside"), purchase_orders=lines)
    assert found == [("receipt before order", "received_on", 1, "set_aside")]
    assert len(after.purchase_orders) == 2


def test_a_promise_before_its_order_is_reported_and_kept():
    _, found = checked(purchase_orders=orders(promised_on=["2023-12-31", None, "2024-01-03"]))
    assert found == [("promise before order", "promised_on", 1, "kept")]


@pytest.mark.parametrize(("word", "action"), [("refuse", "refused"), ("keep", "kept")])
def test_receiving_more_than_ordered_is_treated_by_the_rule(word, action):
    _, found = checked(RepairRules(over_received=word), purchase_orders=orders(units_received=[11, 0, 30]))
    assert found == [("received more than ordered", "units_received", 1, action)]


def test_orders_without_days_of_receipt_are_not_checked_for_them():
    lines = orders().drop(columns=["received_on", "promised_on", "units_received"])
    assert checked(purchase_orders=lines)[1] == []


@pytest.mark.parametrize(
    ("word", "action"), [("refuse", "refused"), ("keep", "kept"), ("set_aside", "set_aside")]
)
def test_an_id_unknown_to_another_table_is_treated_by_the_rule(word, action):
    items = pd.DataFrame({"item_id": ["x", "z"]})
    after, found = checked(RepairRules(unknown_ids=word), stock=stock(), items=items)
    assert found == [("unknown to items", "item_id", 1, action)]
    assert len(after.stock) == (1 if word == "set_aside" else 2)


def test_ids_are_only_looked_up_in_tables_that_were_brought():
    sourcing = pd.DataFrame({"item_id": ["x"], "location_id": ["1"], "supplier_id": ["s1"]})
    _, found = checked(purchase_orders=orders(), sourcing=sourcing)
    assert found == [("unknown to sourcing", "supplier_id", 1, "refused")]


def test_the_first_places_name_row_and_key():
    _, report = check_tables(Tables(stock=stock(on_hand=[1, -2])))
    assert report.findings[0].first_places == ("row 2 (y 1 2024-01-01)",)


def test_what_was_set_aside_before_stays_beside_what_is_now():
    tables = Tables(stock=stock(on_hand=[np.nan, 1]), set_aside={"before": stock()})
    after, _ = check_tables(tables, RepairRules(missing="set_aside"))
    assert set(after.set_aside) == {"before", "stock.missing_value"}


def demand_of(item_id):
    row = {"item_id": [item_id], "location_id": ["1"], "date": ["2024-01-01"], "units": [1]}
    return pd.DataFrame(row)


def test_open_orders_of_no_series_are_reported_because_they_count_for_nobody():
    lines = orders(item_id=["x", "x", "other"], location_id=["1", "2", "1"])
    _, found = checked(purchase_orders=lines, demand=demand_of("x"))
    assert found == [("open order of no series", "item_id", 1, "kept")]


def test_open_orders_of_series_and_received_ones_of_any_are_no_finding():
    lines = orders(item_id=["gone", "x", "gone"], location_id=["1", "1", "1"])
    assert checked(purchase_orders=lines, demand=demand_of("x"))[1] == []
