"""From the tables of purchase orders and receipts to the order book of the core."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.adapters.tables import Tables
from allocast.inventory.approved_orders import ApprovedOrders
from allocast.numerics.arrays import BoolArray, DateArray, FloatArray, IntArray, TextArray
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.orders.receipts import Receipts

__all__ = ["approved_orders", "purchase_orders"]

ORDER_COLUMNS = [
    "order_line_id", "supplier_id", "item_id", "location_id", "ordered_on", "promised_on", "received_on",
    "units_ordered", "units_received", "shipment_id", "latest_promised_on", "cancelled_on",
]  # fmt: skip
NEVER = np.datetime64("NaT", "D")


def purchase_orders(tables: Tables) -> PurchaseOrders:
    """All order lines with their receipts; none where the table was not brought.

    Where a line has receipts of its own in the table ``receipts``, they say what came and when: the units
    received are their sum, a line closed before the last of them was closed by it, and one of which all that
    was ordered has come is closed. Otherwise a closed line has one receipt. A line that was received and then
    cancelled was received in part.
    """
    columns = _Columns(table=_table(tables))
    ids = columns.text("order_line_id")
    listed = _listed(ids, tables.receipts)
    ordered, received = columns.days("ordered_on"), columns.days("received_on")
    cancelled = columns.days("cancelled_on")
    units_ordered, units = columns.units("units_ordered"), columns.units("units_received")
    has_own = np.bincount(listed.line, minlength=len(ids)) > 0
    others = ~has_own & ~np.isnat(received) & ((units > 0) | np.isnat(cancelled))
    receipts = _together(listed, np.flatnonzero(others), received, units)
    closed = np.isnat(cancelled) & _closed(received, receipts, units_ordered)
    total, last = receipts.units_of(len(ids)), receipts.last_of(len(ids))
    dated = has_own | others
    return PurchaseOrders(
        order_line_id=ids,
        supplier_id=columns.text("supplier_id"),
        item_id=columns.text("item_id"),
        location_id=columns.text("location_id"),
        ordered_on=ordered,
        promised_on=columns.days("promised_on"),
        received_on=np.where(closed, np.fmax(received, last), NEVER),
        units_ordered=units_ordered,
        units_received=np.where(dated, total, units),
        shipment_id=columns.text("shipment_id", "order_line_id"),
        latest_promised_on=columns.days("latest_promised_on", "promised_on"),
        cancelled_on=cancelled,
        receipts=receipts,
        attributes=columns.attributes(),
    )


def approved_orders(tables: Tables) -> ApprovedOrders:
    """Recommendations that were approved and are not placed yet; none where the table was not brought."""
    if tables.approved is None:
        return ApprovedOrders.none()
    columns = _Columns(table=tables.approved)
    return ApprovedOrders(
        item_id=columns.text("item_id"),
        location_id=columns.text("location_id"),
        supplier_id=columns.text("supplier_id"),
        units=columns.units("units"),
        approved_on=columns.days("approved_on"),
    )


def _table(tables: Tables) -> pd.DataFrame:
    nothing = pd.DataFrame({name: [] for name in ORDER_COLUMNS})
    return nothing if tables.purchase_orders is None else tables.purchase_orders


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Columns of the order table; what is not there or empty has a default, or that of another column."""

    table: pd.DataFrame

    def _values(self, name: str, otherwise: str, default: pd.Series) -> pd.Series:
        other = self.table.get(otherwise, default)
        values = self.table.get(name, other)
        return values.where(values.notna(), other)

    def text(self, name: str, otherwise: str = "") -> TextArray:
        empty = pd.Series("", index=self.table.index, dtype=object)
        values: TextArray = self._values(name, otherwise, empty).fillna("").to_numpy(object)
        return values

    def days(self, name: str, otherwise: str = "") -> DateArray:
        never = pd.Series(pd.NaT, index=self.table.index, dtype="datetime64[us]")
        values: DateArray = self._values(name, otherwise, never).to_numpy("datetime64[D]")
        return values

    def units(self, name: str) -> FloatArray:
        none = pd.Series(0.0, index=self.table.index)
        values: FloatArray = self._values(name, "", none).to_numpy(np.float64)
        return values

    def attributes(self) -> pd.DataFrame:
        return self.table.drop(columns=[*ORDER_COLUMNS, "order_id"], errors="ignore").reset_index(drop=True)


def _listed(ids: TextArray, table: pd.DataFrame | None) -> Receipts:
    """The receipts of the table that belong to these lines."""
    if table is None:
        return Receipts.none()
    line = pd.Index(ids).get_indexer(pd.Index(table["order_line_id"]))
    known = line >= 0
    return Receipts(
        line=line[known],
        received_on=table["received_on"].to_numpy("datetime64[D]")[known],
        units=table["units"].to_numpy(np.float64)[known],
    )


def _together(listed: Receipts, lines: IntArray, received: DateArray, units: FloatArray) -> Receipts:
    """Listed receipts, and one for each of these lines."""
    return Receipts(
        line=np.concatenate([listed.line, lines]),
        received_on=np.concatenate([listed.received_on, received[lines]]),
        units=np.concatenate([listed.units, units[lines]]),
    )


def _closed(received: DateArray, receipts: Receipts, units_ordered: FloatArray) -> BoolArray:
    total = receipts.units_of(len(received))
    return ~np.isnat(received) | ((units_ordered > 0) & (total >= units_ordered))
