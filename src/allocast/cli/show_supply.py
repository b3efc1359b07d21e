"""How suppliers and open orders look in a terminal: tables that fit the screen."""

from pathlib import Path

import numpy as np
import pandas as pd

from allocast.adapters.plots import save_plot
from allocast.adapters.supply_plots import arrivals_plot, overdue_plot, scorecard_plot
from allocast.cli.show import console, show_frame
from allocast.workflows.open_orders import OpenOrders
from allocast.workflows.supply_reports import SupplierReport

__all__ = ["show_arrivals", "show_expediting", "show_new_orders", "show_open_orders", "show_suppliers_report"]

SHOWN = 15
WIDTH = 96  # of the screen that all columns take


def show_suppliers_report(report: SupplierReport, out: Path, plot: Path | None) -> None:
    """Who is on time, how long it takes, and what other systems leave out."""
    card = report.card.head(SHOWN)
    console.print(f"\nSuppliers as of {report.as_of}; {report.rules.sentence()}")
    _show_shares(card)
    _show_lead_times(card)
    if report.card["due_orders"].any():
        _show_others(report.comparison)
    else:
        console.print(
            "\nNo promise of these orders has passed: who is on time is not known, here or elsewhere."
        )
    console.print(f"\nwritten: {out} ({len(report.card):,} suppliers)")
    if plot is not None:
        title = f"Suppliers as of {report.as_of}\n{report.rules.sentence()}"
        console.print(f"plot: {save_plot(scorecard_plot(report.card, report.comparison, title), plot)}")


def _show_shares(card: pd.DataFrame) -> None:
    headings = {
        "supplier_id": "supplier", "due_orders": "due", "on_time_rate": "on time", "on_time_estimate": "shrunk",
        "interval": "90 %", "on_time_in_full_rate": "OTIF", "overdue_orders": "late now", "open_money": "on order",
    }  # fmt: skip
    shown = card.assign(interval=_ranges(card, "on_time_low", "on_time_high"))
    if "open_money" in card:
        shown = shown.assign(open_money=card["open_money"].round())
        shown = shown if card["open_money"].any() else shown.drop(columns="open_money")
    show_frame(shown[[name for name in headings if name in shown]].rename(columns=headings), "", digits=2)


def _show_lead_times(card: pd.DataFrame) -> None:
    shown = {"supplier": card["supplier_id"], "orders": card["orders"]}
    for heading, name, unit, digits in (
        ("P50", "lead_time_p50", "_days", 0),
        ("P90", "lead_time_p90", "_days", 0),
        ("cv", "lead_time_variation", "", 2),
        ("pace", "pace", "", 2),
    ):
        if f"{name}{unit}" in card and (heading != "cv" or console.width >= WIDTH):
            ranges = _ranges(card, f"{name}_low{unit}", f"{name}_high{unit}", digits)
            values = [_number(value, digits) for value in card[f"{name}{unit}"]]
            shown[heading] = [f"{value} ({ends})" for value, ends in zip(values, ranges, strict=True)]
    if "drift" in card:
        shown["drift"] = card["drift"].fillna("")
    console.print("\nLead times in days, and pace: lead times now ÷ usual for such orders (90 %)")
    show_frame(pd.DataFrame(shown), "", digits=2)


def _show_others(comparison: pd.DataFrame) -> None:
    others = {
        "supplier_id": "supplier", "due_orders": "due", "on_time_rate": "ours", "odoo_on_time_rate": "Odoo",
        "erpnext_on_time_rate": "ERPNext", "sap_on_time_score": "SAP/100", "odoo_ignores": "not in Odoo",
        "erpnext_ignores": "not in ERPNext", "erpnext_miscounts": "split, so late", "sap_ignores": "not in SAP",
    }  # fmt: skip
    console.print("\nOn time by others' rules, and how many of the due orders they leave out or call late")
    show_frame(comparison[list(others)].rename(columns=others).head(SHOWN), "", digits=2)


def _ranges(table: pd.DataFrame, low: str, high: str, digits: int = 2) -> list[str]:
    """Both ends of each interval, open where so few orders do not bound it."""
    return [_range(*ends, digits) for ends in zip(table[low], table[high], strict=True)]


def _range(low: float, high: float, digits: int) -> str:
    if np.isnan(low) and np.isnan(high):
        return "–"
    return f"{_number(low, digits)}–{_number(high, digits)}"


def _number(value: float, digits: int) -> str:
    return "" if np.isnan(value) else f"{value:.{digits}f}"


def show_open_orders(found: OpenOrders, out: Path, plot: Path | None, *, every: bool) -> None:
    """The lines with most money, and when they are expected."""
    headings = {
        "order_line_id": "line", "supplier_id": "supplier", "item_id": "item", "late_days": "late",
        "units_outstanding": "units", "money": "money", "probability_within_7_days": "7 d",
        "probability_within_14_days": "14 d", "probability_within_28_days": "28 d", "expected_on_p50": "P50",
        "expected_on_p90": "P90",
    }  # fmt: skip
    first = found.first.assign(money=found.first["money"].round())
    narrow = ("item", "units", "7 d") if console.width < WIDTH else ()
    shown = first[list(headings)].rename(columns=headings).drop(columns=list(narrow)).head(SHOWN)
    kind = "Open orders" if every else "Open orders past their promise"
    if found.n_lines:
        console.print(
            f"\n{kind}, as of {found.as_of}: days late, chance within days, expected; most money first"
        )
        show_frame(shown, "", digits=2)
        if plot is not None:
            console.print(f"\nplot: {save_plot(overdue_plot(found.first, found.as_of), plot)}")
    console.print(
        f"\nwritten: {out} ({found.n_lines:,} open lines, {found.n_overdue:,} past their promise, "
        f"money {found.money:,.0f})"
    )


def show_arrivals(table: pd.DataFrame, as_of: np.datetime64, out: Path, plot: Path | None) -> None:
    """What is expected of all items by period, and of those with most on order."""
    if len(table):
        total = table.groupby("period")["expected_units"].sum().reset_index()
        console.print(f"\nWhat open orders will bring, as of {as_of}: all items")
        show_frame(total.rename(columns={"expected_units": "expected units"}), "", digits=1)
        first = table.sort_values("expected_units", ascending=False, kind="stable").head(SHOWN)
        headings = {"expected_units": "expected", "p10": "P10", "p50": "P50", "p90": "P90",
                    "probability_of_any": "any"}  # fmt: skip
        columns = ["item_id", "location_id", "period", *headings]
        show_frame(first[columns].rename(columns=headings), "Most expected in one period", digits=2)
        if plot is not None:
            console.print(f"\nplot: {save_plot(arrivals_plot(table, as_of), plot)}")
    n_keys = len(table[["item_id", "location_id"]].drop_duplicates())
    console.print(
        f"\nwritten: {out} ({len(table):,} rows, {n_keys:,} items at locations with something on order)"
    )


def show_new_orders(table: pd.DataFrame, as_of: np.datetime64, day: np.datetime64, out: Path) -> None:
    """The chance of each sourcing line that what is ordered today is there by a day."""
    headings = {"item_id": "item", "location_id": "location", "supplier_id": "supplier",
                "probability": "probability", "supplier_receipts": "receipts"}  # fmt: skip
    console.print(
        f"\nOrdered at the end of {as_of}, received by {day}: probability, and receipts of the supplier"
    )
    show_frame(table[list(headings)].rename(columns=headings).head(SHOWN), "", digits=2)
    console.print(f"\nwritten: {out} ({len(table):,} sourcing lines)")


def show_expediting(table: pd.DataFrame, as_of: np.datetime64, out: Path) -> None:
    """The open orders whose waiting costs most."""
    headings = {"order_line_id": "line", "supplier_id": "supplier", "item_id": "item", "location_id": "location",
                "outstanding_units": "units", "cost_of_waiting": "waiting costs",
                "break_even_per_unit": "worth a unit", "expedite": "expedite"}  # fmt: skip
    if len(table):
        console.print(f"\nOpen orders whose waiting costs money, as of {as_of}; most first")
        narrow = ["supplier", "location"] if console.width < WIDTH else []
        show_frame(
            table[list(headings)].rename(columns=headings).drop(columns=narrow).head(SHOWN), "", digits=2
        )
    console.print(
        f"\nwritten: {out} ({len(table):,} open lines, expected shortage {table['cost_of_waiting'].sum():,.0f})"
    )
