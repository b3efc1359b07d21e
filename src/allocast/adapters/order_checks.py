"""Checks of purchase orders and their receipts: what cannot have happened, and what a judge should know."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocast.adapters.quality import Inspection, RepairRules
from allocast.numerics.arrays import BoolArray

__all__ = [
    "check_cancellations",
    "check_open_orders",
    "check_order_dates",
    "check_promises_met",
    "check_receipts",
    "check_received_units",
]

SUSPICIOUS_SHARE = 0.8  # of received lines that came on the very day that was promised
USUAL_SURPLUS = 2.0  # times the order: what is more is not an over-delivery but a mistake
FEWEST_PROMISES = 20  # received lines below which that share says nothing
_ROUNDING = 1e-9


def check_order_dates(inspection: Inspection, rules: RepairRules) -> None:
    """Nothing is received or cancelled before it is ordered; a promise before the order is only reported."""
    for name, check in (
        ("received_on", "receipt before order"),
        ("cancelled_on", "cancellation before order"),
    ):
        _check_before_order(inspection, rules, name, check)
    for name in ("promised_on", "latest_promised_on"):
        if name in inspection.frame.columns:
            early = (inspection.frame[name] < inspection.frame["ordered_on"]).to_numpy()
            inspection.note(early, "promise before order", name, "kept", "left as they are; always late")


def _check_before_order(inspection: Inspection, rules: RepairRules, name: str, check: str) -> None:
    if name not in inspection.frame.columns:
        return
    early = (inspection.frame[name] < inspection.frame["ordered_on"]).to_numpy()
    if rules.receipt_before_order == "set_aside":
        inspection.set_aside(early, check, name, "rows set aside")
    else:
        advice = "repair them, or set the rule receipt_before_order to set_aside"
        inspection.note(early, check, name, "refused", advice)


def check_received_units(inspection: Inspection, rules: RepairRules) -> None:
    """Somewhat more received than ordered is an over-delivery, much more a mistake: reported, or refused by rule."""
    if {"units_received", "units_ordered"} <= set(inspection.frame.columns):
        most = inspection.frame["units_ordered"] * (USUAL_SURPLUS if rules.over_received == "expect" else 1)
        mask = (inspection.frame["units_received"] > most).to_numpy()
        if rules.over_received != "refuse":
            inspection.note(mask, "received more than ordered", "units_received", "kept", "left as they are")
        else:
            advice = "repair them, or set the rule over_received to expect or keep"
            inspection.note(mask, "received more than ordered", "units_received", "refused", advice)


def check_cancellations(inspection: Inspection) -> None:
    """A line that is received and then cancelled was received in part; one received after that is refused."""
    if {"received_on", "cancelled_on"} <= set(inspection.frame.columns):
        received, cancelled = inspection.frame["received_on"], inspection.frame["cancelled_on"]
        done = "what came until then counts as a part, the rest as cancelled"
        part = (received <= cancelled).to_numpy()
        inspection.note(part, "received and cancelled", "cancelled_on", "kept", done)
        advice = "leave one of the two days empty: a cancelled line is not closed by a later receipt"
        late = (received > cancelled).to_numpy()
        inspection.note(late, "receipt after cancellation", "received_on", "refused", advice)


def check_promises_met(inspection: Inspection) -> None:
    """Receipts that nearly all come on the promised day: the promise was moved until it was kept."""
    if not {"received_on", "promised_on"} <= set(inspection.frame.columns):
        return
    frame = inspection.frame
    judged = int((frame["received_on"].notna() & frame["promised_on"].notna()).sum())
    met = (frame["received_on"] == frame["promised_on"]).to_numpy()
    if judged >= FEWEST_PROMISES and met.sum() > SUSPICIOUS_SHARE * judged:
        done = (
            f"left as they are, but {met.sum() / judged:.0%} of received lines came on the very day promised: the "
            "promise looks rewritten until it was kept; bring the first one, and the later one as latest_promised_on"
        )
        inspection.note(met, "promise looks rewritten", "promised_on", "kept", done)


def check_open_orders(inspection: Inspection, tables: Mapping[str, pd.DataFrame]) -> None:
    """Open orders belong to a series with demand; what is on order for nobody would be ordered again."""
    demand, frame = tables.get("demand"), inspection.frame
    if demand is None or not {"item_id", "location_id"} <= set(frame.columns):
        return
    series = pd.MultiIndex.from_frame(demand[["item_id", "location_id"]].drop_duplicates())
    of_series = pd.MultiIndex.from_frame(frame[["item_id", "location_id"]]).isin(series)
    is_open = _empty(frame, "received_on") & _empty(frame, "cancelled_on")
    done = "not counted as on order; check item_id and location_id"
    inspection.note(is_open & ~of_series, "open order of no series", "item_id", "kept", done)


def _empty(frame: pd.DataFrame, name: str) -> BoolArray:
    return frame[name].isna().to_numpy() if name in frame.columns else np.ones(len(frame), dtype=bool)


def check_receipts(inspection: Inspection, rules: RepairRules, tables: Mapping[str, pd.DataFrame]) -> None:
    """Receipts lie between the order and its end, and add up to what the order lines say of them.

    Where they do not add up the receipts are taken: a total may be stale, a receipt has a day.
    """
    if "purchase_orders" not in tables:
        return
    orders = (
        tables["purchase_orders"].drop_duplicates("order_line_id", keep="last").set_index("order_line_id")
    )
    days = inspection.frame["received_on"]
    advice = "repair them, or set the rule receipt_before_order to set_aside"
    early = (days < _of_line(inspection, orders, "ordered_on")).to_numpy()
    if rules.receipt_before_order == "set_aside":
        inspection.set_aside(early, "receipt before order", "received_on", "rows set aside")
    else:
        inspection.note(early, "receipt before order", "received_on", "refused", advice)
    days = inspection.frame["received_on"]
    late = (days > _of_line(inspection, orders, "received_on")).to_numpy()
    done = "their lines are taken as closed by the last receipt"
    inspection.note(late, "receipt after closing", "received_on", "kept", done)
    late = (days > _of_line(inspection, orders, "cancelled_on")).to_numpy()
    advice = "repair the day of the cancellation: nothing is received of what is cancelled"
    inspection.note(late, "receipt after cancellation", "received_on", "refused", advice)
    _check_sums(inspection, orders)


def _check_sums(inspection: Inspection, orders: pd.DataFrame) -> None:
    said = _of_line(inspection, orders, "units_received").to_numpy(np.float64)
    total = inspection.frame.groupby("order_line_id")["units"].transform("sum").to_numpy(np.float64)
    first = ~inspection.frame.duplicated("order_line_id").to_numpy()  # one finding a line
    differ = first & (
        np.abs(total - said) > _ROUNDING * np.maximum(np.abs(said), 1.0)
    )  # NaN is no difference
    done = "the sum of the receipts is taken, not units_received of the order line"
    inspection.note(differ, "receipts do not add up", "units", "kept", done)


def _of_line(inspection: Inspection, orders: pd.DataFrame, name: str) -> pd.Series:
    """A column of the order lines for each receipt, missing where the line or the column is not there."""
    if name not in orders.columns:
        kind = "float64" if name == "units_received" else "datetime64[us]"
        return pd.Series(np.nan if kind == "float64" else pd.NaT, index=inspection.frame.index, dtype=kind)
    return inspection.frame["order_line_id"].map(orders[name])
