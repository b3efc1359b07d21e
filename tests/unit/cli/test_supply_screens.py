"""What buyers see of suppliers and open orders fits a screen of 100 columns, with every number whole."""

from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from allocast.cli import show, show_supply
from allocast.supply.suppliers.line_verdicts import ScorecardRules
from allocast.workflows.open_orders import OpenOrders
from allocast.workflows.supply_reports import SupplierReport

TODAY = np.datetime64("2024-06-30")


@pytest.fixture
def screen(monkeypatch):
    """A terminal of 100 columns; calling it gives its lines."""
    console = Console(width=100, file=StringIO(), highlight=False)
    monkeypatch.setattr(show, "console", console)
    monkeypatch.setattr(show_supply, "console", console)
    return lambda: console.file.getvalue().splitlines()


def test_long_names_are_cut_before_any_number(screen):
    row = {"supplier": "MYLAN LABORATORIES LTD (FORMERLY MATRIX)", "note": "a remark of some length"}
    numbers = {f"figure {k}": 1_234_567.0 + k for k in range(6)}
    show.show_frame(pd.DataFrame([row | numbers]), "")
    text = "\n".join(screen())
    assert all(f"{number:,.0f}" in text for number in numbers.values())
    assert "MYLAN" in text and "…" in text and max(map(len, screen())) <= 100


def open_order(**change):
    row = {
        "order_line_id": "PO-000123-10", "supplier_id": "supplier-0042", "item_id": "item-000777",
        "late_days": 112.0, "units_outstanding": 12345.0, "money": 1234567.89, "probability_within_7_days": 0.123456,
        "probability_within_14_days": 0.5, "probability_within_28_days": 0.98765,
        "expected_on_p50": pd.Timestamp("2024-07-09"), "expected_on_p90": pd.NaT,
    }  # fmt: skip
    return row | change


def test_open_orders_fit_with_every_number_whole(screen):
    table = pd.DataFrame([open_order(), open_order(late_days=3.0, money=np.nan)])
    found = OpenOrders(first=table, n_lines=2, n_overdue=2, money=1234567.89, as_of=TODAY)
    show_supply.show_open_orders(found, Path("out/overdue.csv"), None, every=False)
    lines = screen()
    assert max(map(len, lines)) <= 100
    row = next(line for line in lines if "112" in line)
    for words in ("PO-000123-10", "12,345", "1,234,568", "0.12", "0.50", "0.99", "2024-07-09"):
        assert words in row
    assert "2 open lines, 2 past their promise, money 1,234,568" in " ".join(lines)


def test_nothing_late_is_said_in_one_line_without_a_table(screen, tmp_path):
    found = OpenOrders(
        first=pd.DataFrame([open_order()]).head(0), n_lines=0, n_overdue=0, money=0.0, as_of=TODAY
    )
    show_supply.show_open_orders(found, Path("out/overdue.csv"), tmp_path / "none.png", every=False)
    assert [line for line in screen() if line] == [
        "written: out/overdue.csv (0 open lines, 0 past their promise, money 0)"
    ]
    assert not (tmp_path / "none.png").exists()


def test_scorecards_and_what_others_show_fit(screen):
    card = pd.DataFrame(
        {
            "supplier_id": ["supplier-0042"], "orders": [12345], "due_orders": [11000], "on_time_rate": [0.876],
            "on_time_estimate": [0.875], "on_time_low": [0.861], "on_time_high": [0.889],
            "on_time_in_full_rate": [0.8], "in_full_rate": [0.91], "lead_time_p50_days": [31.0],
            "lead_time_p90_days": [np.nan], "lead_time_variation": [0.41], "overdue_orders": [120],
            "open_money": [1234567.8], "drift": ["slower"], "lead_time_p50_low_days": [29.0],
            "lead_time_p50_high_days": [33.0], "lead_time_p90_low_days": [141.0], "lead_time_p90_high_days": [np.nan],
            "lead_time_variation_low": [0.32], "lead_time_variation_high": [0.55], "pace": [1.25],
            "pace_low": [1.11], "pace_high": [1.4],
        }
    )  # fmt: skip
    comparison = pd.DataFrame(
        {
            "supplier_id": ["supplier-0042"], "due_orders": [11000], "on_time_rate": [0.876],
            "odoo_on_time_rate": [np.nan], "erpnext_on_time_rate": [0.7], "sap_on_time_score": [0.9],
            "odoo_ignores": [120], "erpnext_ignores": [0], "erpnext_miscounts": [333], "sap_ignores": [120],
        }
    )  # fmt: skip
    report = SupplierReport(card=card, comparison=comparison, rules=ScorecardRules(), as_of=TODAY)
    show_supply.show_suppliers_report(report, Path("out/suppliers.csv"), None)
    lines = screen()
    assert max(map(len, lines)) <= 100
    text = "\n".join(lines)
    for words in (
        "11000",
        "0.86–0.89",
        "1,234,568",
        "slower",
        "31 (29–33)",
        " (141–)",
        "0.41 (0.32–0.55)",
        "1.25 (1.11–1.40)",
        "333",
        "first promise or on it",
        "(1 suppliers)",
    ):
        assert words in text
    assert "…" not in text


def test_without_a_promise_nobody_is_called_late_or_on_time(screen):
    unknown = dict.fromkeys(("on_time_rate", "on_time_estimate", "on_time_low", "on_time_high"), np.nan)
    rest = ("on_time_in_full_rate", "lead_time_p50_days", "lead_time_p90_days", "lead_time_variation")
    ends = [f"lead_time_{name}{end}" for name in ("p50", "p90") for end in ("_low_days", "_high_days")]
    ends += ["lead_time_variation_low", "lead_time_variation_high"]
    counts = dict.fromkeys(("orders", "due_orders", "overdue_orders"), 0)
    card = pd.DataFrame([{"supplier_id": "a"} | counts | unknown | dict.fromkeys([*rest, *ends], 9.0)])
    report = SupplierReport(card=card, comparison=pd.DataFrame(), rules=ScorecardRules(), as_of=TODAY)
    show_supply.show_suppliers_report(report, Path("out/suppliers.csv"), None)
    text = " ".join("\n".join(screen()).split())
    assert "No promise of these orders has passed" in text and "Odoo" not in text


def test_arrivals_are_shown_for_all_items_and_for_the_largest(screen):
    table = pd.DataFrame(
        {
            "item_id": ["item-1", "item-2"], "location_id": "store-1", "period": pd.Timestamp("2024-07-01"),
            "expected_units": [10.5, 20.25], "p10": [0.0, 0.0], "p50": [10.0, 24.0], "p90": [12.0, 24.0],
            "probability_of_any": [0.9, 0.84],
        }
    )  # fmt: skip
    show_supply.show_arrivals(table, TODAY, Path("out/arrivals.csv"), None)
    text = "\n".join(screen())
    assert "30.8" in text  # of both
    assert text.index("item-2") < text.index("item-1")
    assert "2 items at locations with something on order" in text
