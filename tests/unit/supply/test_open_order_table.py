"""Open orders as a buyer needs them, and what they will bring by period."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from allocast.errors import DataError
from allocast.supply import open_orders as module
from allocast.supply.open_orders import arrival_table, by_suppliers, open_order_table, with_data_begin
from allocast.supply.suppliers.line_verdicts import ScorecardRules
from allocast.supply.supply_model import CurveModel

TODAY = np.datetime64("2024-06-30")


class TenPercentADay(CurveModel):
    """Whatever it has waited, an order comes within the next day with probability 0.1; those of "never" never."""

    def survival(self, lines: Any, *, days: Any, given: Any, **_: Any) -> np.ndarray:
        waiting = 0.9 ** np.maximum(days - given[:, None], 0)
        return np.where((lines.supplier_id == "never")[:, None], 1.0, waiting)


def table_of(orders: Any, cost: Any = None, **rules: Any) -> pd.DataFrame:
    cost = np.full(len(orders), 2.0) if cost is None else cost
    asked = {"history": orders, "as_of": TODAY, "rules": ScorecardRules(**rules), "unit_cost": cost}
    return open_order_table(TenPercentADay(), orders, **asked)


def test_chances_and_days_are_those_of_the_curve(make_orders: Callable) -> None:
    row = table_of(make_orders([TODAY - 9], promised_on=[TODAY - 2])).iloc[0]
    within = [row[f"probability_within_{days}_days"] for days in (7, 14, 28)]
    np.testing.assert_allclose(within, 1 - 0.9 ** np.array([7, 14, 28]))
    assert row["expected_on_p50"] == TODAY + 7  # 0.9 ** 7 is the first power below one half
    assert row["expected_on_p90"] == TODAY + 22
    assert (row["age_days"], row["late_days"], row["money"]) == (9, 2, 20)


def test_what_may_never_come_has_no_expected_day(make_orders: Callable) -> None:
    table = table_of(make_orders([TODAY - 9] * 2, supplier_id=["s", "never"]))
    assert table["expected_on_p90"].notna().tolist() == [True, False]
    assert table["probability_within_28_days"][1] == 0


def test_days_late_go_by_the_stated_promise_and_grace(make_orders: Callable) -> None:
    orders = make_orders(
        [TODAY - 20, TODAY - 20],
        promised_on=np.array([TODAY - 10, "NaT"], dtype="M8[D]"),
        latest_promised_on=np.array([TODAY + 3, "NaT"], dtype="M8[D]"),
    )
    late = {
        "first": table_of(orders)["late_days"].tolist(),
        "grace": table_of(orders, late_days=4)["late_days"].tolist(),
        "latest": table_of(orders, promise="latest")["late_days"].tolist(),
    }
    assert [days[0] for days in late.values()] == [10, 6, -3]
    assert np.isnan([days[1] for days in late.values()]).all()


def test_money_is_missing_where_no_price_is_known(make_orders: Callable) -> None:
    orders = make_orders([TODAY - 5] * 2, units_received=np.array([4.0, 0.0]))
    table = table_of(orders, cost=np.array([3.0, np.nan]))
    assert table["units_outstanding"].tolist() == [6, 10]
    assert table["money"][0] == 18 and np.isnan(table["money"][1])


def arrivals(orders: Any, **change: Any) -> pd.DataFrame:
    window = {"period_days": 7, "starts": TODAY + 1 + 7 * np.arange(3), "n_scenarios": 4000, "seed": 1}
    return arrival_table(TenPercentADay(), orders, as_of=TODAY, **{**window, **change})


def test_units_by_period_are_those_that_come_within_it(make_orders: Callable) -> None:
    orders = make_orders([TODAY - 5] * 3, item_id=["b", "a", "a"], received_on=["NaT", "NaT", "2024-06-28"])
    table = arrivals(orders)
    share = 0.9 ** (7 * np.arange(3)) * (1 - 0.9**7)
    np.testing.assert_allclose(table["expected_units"], np.tile(10 * share, 2))
    np.testing.assert_allclose(table["probability_of_any"], np.tile(share, 2), atol=0.03)
    assert table["item_id"].tolist() == ["a"] * 3 + ["b"] * 3
    assert table["p90"].iloc[0] == 10 and table["p10"].iloc[0] == 0


def test_two_orders_of_an_item_come_in_one_period_more_seldom_than_one_of_them(make_orders: Callable) -> None:
    one, two = (arrivals(make_orders([TODAY - 5] * n)) for n in (1, 2))
    np.testing.assert_allclose(two["expected_units"], 2 * one["expected_units"])
    p = 1 - 0.9**7
    np.testing.assert_allclose(two["probability_of_any"].iloc[0], 1 - (1 - p) ** 2, atol=0.03)


def test_nothing_on_order_gives_an_empty_table_with_its_columns(make_orders: Callable) -> None:
    table = arrivals(make_orders([]))
    assert table.empty and {"item_id", "period", "expected_units", "p90"} <= set(table)


def test_no_periods_or_scenarios_are_refused(make_orders: Callable) -> None:
    for change in ({"starts": np.empty(0, dtype="M8[D]")}, {"n_scenarios": 0}):
        with pytest.raises(DataError, match=">= 1 periods and scenarios"):
            arrivals(make_orders([TODAY - 5]), **change)


def test_each_supplier_is_looked_at_once_however_the_lines_are_divided(order_book: Any, as_of: Any) -> None:
    known = with_data_begin(order_book.known_at(as_of), as_of)
    lines = known.take(known.is_open)
    blocks = list(by_suppliers(lines, known, 10))
    assert len(blocks) > 1
    assert sorted(np.concatenate([rows for rows, _ in blocks])) == list(range(len(lines)))
    looked_at = sum(len(own) for _, own in blocks)
    most = known.take(np.isin(known.supplier_id, lines.supplier_id))
    cut = len(blocks) - 1  # suppliers that lie in two blocks
    assert looked_at <= len(most) + cut * np.unique(known.supplier_id, return_counts=True)[1].max()
    assert all((own.data_from == known.data_from) and len(rows) <= 10 for rows, own in blocks)


def test_the_table_is_the_same_however_the_lines_are_divided(
    supplier_model: Any, order_book: Any, as_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = order_book.known_at(as_of)
    lines = known.take(known.is_open)
    asked = {"history": known, "as_of": as_of, "rules": ScorecardRules(), "unit_cost": np.ones(len(lines))}
    whole = open_order_table(supplier_model, lines, **asked)
    monkeypatch.setattr(module, "BLOCK_LINES", 7)
    pd.testing.assert_frame_equal(open_order_table(supplier_model, lines, **asked), whole, check_exact=True)
