"""The USAID SCMS delivery history as published, turned into Allocast's tables."""

from datetime import date
from pathlib import Path

import pandas as pd

from allocast.adapters.quality import Inspection, QualityReport
from allocast.adapters.schemas import schema_of
from allocast.adapters.table_files import conform
from allocast.adapters.tables import Tables
from allocast.errors import DataError

__all__ = ["read_scms"]

# What is known when a line is ordered. Weight, freight and insurance come with the shipment: they are not read.
_LINE = {
    "ID": "order_line_id",
    "PO / SO #": "order_id",
    "ASN/DN #": "shipment_id",
    "Vendor": "supplier_id",
    "Item Description": "item_id",
    "Country": "location_id",
    "PO Sent to Vendor Date": "ordered_on",
    "Delivered to Client Date": "received_on",
    "Line Item Quantity": "units_ordered",
    "Pack Price": "unit_price",
    "Line Item Value": "order_value",
    "Managed By": "managed_by",
    "Vendor INCO Term": "vendor_inco_term",
    "Shipment Mode": "shipment_mode",
    "Manufacturing Site": "manufacturing_site",
    "First Line Designation": "first_line",
}
_ITEM = {
    "Product Group": "product_group",
    "Sub Classification": "sub_classification",
    "Molecule/Test Type": "molecule",
    "Brand": "brand",
    "Dosage": "dosage",
    "Dosage Form": "dosage_form",
    "Unit of Measure (Per Pack)": "pieces_per_pack",
}
# For the reader's own use: where a line comes from, since when it is known, and the schedule that is no promise.
_ASIDE = {
    "Fulfill Via": "fulfilled_via",
    "PQ First Sent to Client Date": "quoted_on",
    "Scheduled Delivery Date": "scheduled_on",
}
_DAYS = ["ordered_on", "received_on", "quoted_on", "scheduled_on"]
_NUMBERS = ["units_ordered", "unit_price", "order_value", "pieces_per_pack"]
_NO_DAY = ["", "Date Not Captured", "Pre-PQ Process", "N/A - From RDC"]
_DAY_FORMATS = ["%d-%b-%y", "%m/%d/%y"]


def read_scms(path: Path, *, as_of: date | None) -> tuple[Tables, QualityReport]:
    """The order lines that suppliers deliver themselves, as they were known on a day.

    A line's attributes are taken as they stand in the file, on the assumption that they were agreed with the order;
    only its days show how the line went on. The file has one quantity a line, so a delivered line counts as
    received in full. What was delivered in a month is not what was wanted, so there is no demand table.

    Parameters
    ----------
    path : Path
        The publisher's CSV, UTF-8, days as ``2-Jun-06`` or ``11/13/06``.
    as_of : date, optional
        Lines first known later are left out (an order is known when sent; a line without that day when quoted,
        else when delivered), and later deliveries are open. Without it: all that the file says.

    Returns
    -------
    tables : Tables
        ``purchase_orders``, ``items`` and ``locations`` (countries). ``promised_on`` is empty throughout: the
        original promise is not in the file, its schedule being moved until the delivery.
        ``set_aside`` has ``internal_warehouse`` (not a supplier's doing), ``no_order_date`` and
        ``receipt_before_order``.
    report : QualityReport

    Raises
    ------
    DataError
        The file is absent, lacks a column, or a day or number cannot be read.
    """
    inspection = Inspection(schema_of("purchase_orders"), _read(Path(path)))
    _hide_later(inspection, as_of)
    _set_aside(inspection)
    _note_schedule(inspection)
    _note_shared_shipments(inspection)
    orders = _orders(inspection.frame)
    tables = Tables(
        purchase_orders=orders,
        items=orders[["item_id", *_ITEM.values()]].drop_duplicates(ignore_index=True),
        locations=orders[["location_id"]].drop_duplicates(ignore_index=True),
        set_aside={name.split(".")[1]: _orders(rows) for name, rows in inspection.aside.items()},
    )
    return tables, QualityReport(tuple(inspection.findings))


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise DataError(f"the SCMS delivery history should be at {path}, and nothing is there.")
    raw = pd.read_csv(path, dtype=str, keep_default_na=False)
    names = _LINE | _ITEM | _ASIDE
    absent = [name for name in names if name not in raw.columns]
    if absent:
        raise DataError(f"{path} lacks {len(absent)} of its columns: {', '.join(absent)}.")
    for theirs in (theirs for theirs, ours in names.items() if ours in _DAYS):
        raw[theirs] = _days(raw[theirs], path)
    for theirs in (theirs for theirs, ours in names.items() if ours in _NUMBERS):
        numbers = pd.to_numeric(raw[theirs], errors="coerce")
        _require_read(raw[theirs], numbers.notna(), "a number", path)
        raw[theirs] = numbers
    return raw[list(names)].rename(columns=names)


def _days(text: "pd.Series[str]", path: Path) -> "pd.Series[pd.Timestamp]":
    """Days in any of the publisher's formats; its words for "not known" become NaT."""
    days = pd.Series(pd.NaT, index=text.index, dtype="datetime64[us]")
    for form in _DAY_FORMATS:
        days = days.fillna(pd.to_datetime(text, format=form, errors="coerce").astype("datetime64[us]"))
    read = days.notna() | text.isin(_NO_DAY)
    _require_read(text, read, f"a day as 2-Jun-06 or 11/13/06, or one of {_NO_DAY}", path)
    return days


def _require_read(text: "pd.Series[str]", read: "pd.Series[bool]", expected: str, path: Path) -> None:
    if not read.all():
        first = ", ".join(f"row {row + 1} {text[row]!r}" for row in text.index[~read][:3])
        raise DataError(
            f"{path}: column {text.name} must hold {expected}; "
            f"{int((~read).sum())} of {len(text)} rows do not: {first}."
        )


def _hide_later(inspection: Inspection, as_of: date | None) -> None:
    """Leave out lines first known after ``as_of`` and open again those delivered after it."""
    lines = inspection.frame
    today = pd.Timestamp.max if as_of is None else pd.Timestamp(as_of)
    known_on = lines["ordered_on"].fillna(lines["quoted_on"]).fillna(lines["received_on"])
    later = (known_on > today).to_numpy()
    inspection.note(later, "known after as_of", "ordered_on", "hidden", f"left out: not yet known on {as_of}")
    inspection.frame = lines = lines[~later]
    later = (lines["received_on"] > today).to_numpy()
    inspection.note(later, "received after as_of", "received_on", "hidden", f"still open on {as_of}")
    inspection.frame = lines.assign(received_on=lines["received_on"].mask(later))


def _set_aside(inspection: Inspection) -> None:
    from_warehouse = (inspection.frame["fulfilled_via"] != "Direct Drop").to_numpy()
    why = "delivered from the organisation's own warehouse, not by a supplier"
    inspection.set_aside(from_warehouse, "internal warehouse", "supplier_id", why)
    undated = inspection.frame["ordered_on"].isna().to_numpy()
    why = "without the day of the order there is no lead time"
    inspection.set_aside(undated, "no order date", "ordered_on", why)
    lines = inspection.frame
    early = (lines["received_on"] < lines["ordered_on"]).to_numpy()
    inspection.set_aside(early, "receipt before order", "received_on", "one of the days is wrong")


def _note_schedule(inspection: Inspection) -> None:
    """Say how often the schedule is the delivery: too often to have been known when ordered."""
    lines = inspection.frame
    met = (lines["scheduled_on"] == lines["received_on"]).to_numpy()
    share = met.sum() / max(int(lines["received_on"].notna().sum()), 1)
    done = f"not read: {share:.0%} of deliveries fall on a schedule that was moved until then; no promise is known"
    inspection.note(met, "schedule rewritten", "promised_on", "kept", done)


def _note_shared_shipments(inspection: Inspection) -> None:
    """Say how many lines travel together: they are one observation of a lead time, not several."""
    lines_of_it = inspection.frame.groupby("shipment_id")["shipment_id"].transform("size")
    shared = (lines_of_it > 1).to_numpy()
    shipments = inspection.frame.loc[shared, "shipment_id"].nunique()
    done = f"{shipments} shipments carry several lines, up to {lines_of_it.max()}: keep them together in any split"
    inspection.note(shared, "shared shipment", "shipment_id", "kept", done)


def _orders(lines: pd.DataFrame) -> pd.DataFrame:
    """The lines as a table of purchase orders: delivered in full or open, never promised."""
    orders = lines.drop(columns=list(_ASIDE.values())).assign(
        promised_on=pd.Series(pd.NaT, index=lines.index, dtype="datetime64[us]"),
        units_received=lines["units_ordered"].where(lines["received_on"].notna(), 0.0),
        first_line=lines["first_line"] == "Yes",
    )
    return conform(orders, schema_of("purchase_orders"), source="SCMS")
