import os
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from allocast.adapters.datasets.scms import read_scms
from allocast.adapters.tables import check_tables
from allocast.errors import DataError

SCMS = (
    Path(os.environ.get("ALLOCAST_DATA", "../shared/data")) / "scms" / "delivery_history_as_of_2013-06-30.csv"
)
needs_scms = pytest.mark.skipif(not SCMS.is_file(), reason="the SCMS file is not under ALLOCAST_DATA")

LINE = {
    "ID": "1",
    "PO / SO #": "SCMS-1",
    "ASN/DN #": "ASN-1",
    "Country": "Côte d'Ivoire",
    "Managed By": "PMO - US",
    "Fulfill Via": "Direct Drop",
    "Vendor INCO Term": "EXW",
    "Shipment Mode": "Air",
    "PQ First Sent to Client Date": "Pre-PQ Process",
    "PO Sent to Vendor Date": "11/13/06",
    "Scheduled Delivery Date": "2-Jan-07",
    "Delivered to Client Date": "2-Jan-07",
    "Product Group": "ARV",
    "Sub Classification": "Adult",
    "Vendor": "Vendor A",
    "Item Description": "Nevirapine 200mg",
    "Molecule/Test Type": "Nevirapine",
    "Brand": "Generic",
    "Dosage": "200mg",
    "Dosage Form": "Tablet",
    "Unit of Measure (Per Pack)": "60",
    "Line Item Quantity": "100",
    "Line Item Value": "320",
    "Pack Price": "3.2",
    "Manufacturing Site": "Goa",
    "First Line Designation": "Yes",
    "Weight (Kilograms)": "Weight Captured Separately",
}


def a_file(folder, *changes):
    lines = [{**LINE, "ID": str(number), **change} for number, change in enumerate(changes, 1)]
    pd.DataFrame(lines).to_csv(folder / "scms.csv", index=False)
    return folder / "scms.csv"


def read(folder, *changes, as_of=None):
    tables, report = read_scms(a_file(folder, *changes), as_of=as_of)
    return tables, {finding.check: finding.rows for finding in report.findings}


def test_days_are_read_in_both_formats_of_the_publisher(tmp_path):
    tables, _ = read(
        tmp_path, {}, {"PO Sent to Vendor Date": "3-Nov-06", "Delivered to Client Date": "1/2/07"}
    )
    assert tables.purchase_orders["ordered_on"].dt.day.tolist() == [13, 3]
    assert tables.purchase_orders["received_on"].tolist() == [pd.Timestamp("2007-01-02")] * 2


def test_a_line_that_is_not_delivered_is_open(tmp_path):
    orders = read(tmp_path, {}, {"Delivered to Client Date": ""})[0].purchase_orders
    assert orders["received_on"].isna().tolist() == [False, True]
    assert orders["units_received"].tolist() == [100, 0]


def test_lines_from_the_internal_warehouse_are_kept_apart(tmp_path):
    internal = {
        "Fulfill Via": "From RDC",
        "PO Sent to Vendor Date": "N/A - From RDC",
        "Vendor": "SCMS from RDC",
    }
    tables, found = read(tmp_path, {}, internal)
    assert found["internal warehouse"] == 1
    assert tables.purchase_orders["order_line_id"].tolist() == ["1"]
    assert tables.set_aside["internal_warehouse"]["order_line_id"].tolist() == ["2"]


def test_lines_without_the_day_of_the_order_are_set_aside(tmp_path):
    tables, found = read(tmp_path, {}, {"PO Sent to Vendor Date": "Date Not Captured"})
    assert found["no order date"] == 1
    assert tables.set_aside["no_order_date"]["order_line_id"].tolist() == ["2"]


def test_lines_received_before_they_were_ordered_are_set_aside(tmp_path):
    tables, found = read(tmp_path, {}, {"Delivered to Client Date": "2-Jan-06"})
    assert found["receipt before order"] == 1
    assert tables.set_aside["receipt_before_order"]["order_line_id"].tolist() == ["2"]


def test_lines_that_share_a_shipment_are_reported(tmp_path):
    tables, found = read(tmp_path, {}, {}, {"ASN/DN #": "ASN-2"})
    assert found["shared shipment"] == 2
    assert tables.purchase_orders["shipment_id"].tolist() == ["ASN-1", "ASN-1", "ASN-2"]


def test_the_schedule_is_no_promise(tmp_path):
    tables, found = read(tmp_path, {}, {"Scheduled Delivery Date": "1-Jan-07"})
    assert found["schedule rewritten"] == 1
    assert tables.purchase_orders["promised_on"].isna().all()
    assert not any("schedul" in name for name in tables.purchase_orders.columns)


def test_what_became_known_later_is_hidden(tmp_path):
    later = {"PO Sent to Vendor Date": "1/1/07"}
    quoted_later = {"PO Sent to Vendor Date": "Date Not Captured", "PQ First Sent to Client Date": "1/1/07"}
    tables, found = read(tmp_path, {}, later, quoted_later, as_of=date(2006, 12, 31))
    assert (found["known after as_of"], found["received after as_of"]) == (2, 1)
    assert tables.purchase_orders["order_line_id"].tolist() == ["1"]
    assert tables.purchase_orders["received_on"].isna().all()
    assert tables.set_aside == {}


def test_deliveries_after_as_of_change_nothing(tmp_path):
    changed = {"Delivered to Client Date": "9-Sep-09", "Scheduled Delivery Date": "9-Sep-09"}
    before, _ = read(tmp_path, {}, as_of=date(2006, 12, 31))
    after, _ = read(tmp_path, changed, as_of=date(2006, 12, 31))
    assert before.digests == after.digests


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [("Delivered to Client Date", "soon", "a day as 2-Jun-06"), ("Line Item Quantity", "", "a number")],
)
def test_a_value_that_cannot_be_read_is_refused(tmp_path, column, value, expected):
    with pytest.raises(
        DataError, match=f"column {column} must hold {expected}.*; 1 of 2 rows do not: row 2 '{value}'"
    ):
        read(tmp_path, {}, {column: value})


def test_a_missing_file_or_column_is_named(tmp_path):
    with pytest.raises(DataError, match=r"should be at .*scms.csv, and nothing is there"):
        read_scms(tmp_path / "scms.csv", as_of=None)
    pd.DataFrame([LINE]).drop(columns=["Vendor", "Country"]).to_csv(tmp_path / "scms.csv", index=False)
    with pytest.raises(DataError, match="lacks 2 of its columns: Vendor, Country"):
        read_scms(tmp_path / "scms.csv", as_of=None)


@needs_scms
def test_every_published_line_is_an_order_or_set_aside():
    tables, _ = read_scms(SCMS, as_of=date(2013, 6, 30))
    assert len(tables.purchase_orders) == 2_885
    assert tables.purchase_orders["received_on"].isna().sum() == 181
    assert {name: len(rows) for name, rows in tables.set_aside.items()} == {
        "internal_warehouse": 4_467,
        "no_order_date": 328,
        "receipt_before_order": 2,
    }


@needs_scms
def test_the_published_orders_are_clean():
    tables, _ = read_scms(SCMS, as_of=date(2013, 6, 30))
    assert check_tables(tables)[1].findings == ()


@needs_scms
def test_nothing_published_after_as_of_is_seen():
    orders = read_scms(SCMS, as_of=date(2011, 6, 30))[0].purchase_orders
    assert orders[["ordered_on", "received_on"]].max().max() <= pd.Timestamp("2011-06-30")
    assert orders["received_on"].isna().sum() > 100
