"""A plan with several suppliers: the main one, the early one, and those that are of no use."""

import numpy as np
import pandas as pd
import pytest

from allocast.errors import DataError
from allocast.inventory.recommendation import Status
from allocast.planning.offers import sourcing_rows


def test_a_plan_has_a_row_for_each_supplier_that_is_ordered_from(make_plan, make_lines) -> None:
    lines = make_lines("aab", supplier_id="xzx", unit_cost=[2, 4, 2], lead_time_days=[21, 0, 21])
    table = make_plan("ab", lines=lines).table
    assert table[["item_id", "supplier_id", "order_units"]].to_numpy().tolist() == [
        ["a", "x", 30],
        ["a", "z", 10],
        ["b", "x", 40],
    ]
    assert table["status"].tolist() == [Status.ORDER] * 3


def test_what_is_ordered_early_is_on_order_the_next_day(make_plan, make_lines, make_book) -> None:
    lines = make_lines("aa", supplier_id="xz", unit_cost=[2, 4], lead_time_days=[21, 0])
    book = make_book("aa", units_ordered=[30.0, 10.0], promised_on=["2024-02-04", "2024-01-14"])
    again = make_plan("a", lines=lines, book=book).table
    assert again["order_units"].tolist() == [0] and again["on_order"].tolist() == [40.0]


def test_a_line_too_slow_for_the_forecast_is_left_out_and_told(make_plan, make_lines) -> None:
    lines = make_lines("aa", supplier_id="xz", unit_cost=[2, 4], lead_time_days=[70, 0])
    advice = make_plan("a", lines=lines).of("a", "here")
    assert (advice.supplier_id, advice.order_units) == ("z", 10)
    assert advice.reason.endswith("x is left out: it may well need 6 periods or more.")


def test_a_series_all_of_whose_lines_are_too_slow_is_refused(make_plan, make_lines) -> None:
    lines = make_lines("aa", supplier_id="xz", lead_time_days=[70, 77])
    with pytest.raises(DataError, match=r"a forecast of 6 periods is too short .* \(2 of 2 lines affected\)"):
        make_plan("a", lines=lines)


def test_a_contract_without_a_lead_time_is_left_out_where_another_has_one(make_plan, make_lines) -> None:
    lines = make_lines("aa", supplier_id="xz", unit_cost=[2, 4], lead_time_days=[np.nan, 0])
    advice = make_plan("a", lines=lines).of("a", "here")
    assert advice.supplier_id == "z" and advice.reason.endswith("x is left out: no lead time of it is known.")
    with pytest.raises(DataError, match="needs a promise or a contract lead time"):
        make_plan("a", lines=make_lines("a", lead_time_days=np.nan))


def test_a_supplier_named_twice_for_a_series_counts_with_his_lower_price(make_lines) -> None:
    series = pd.DataFrame({"item_id": ["b", "a"], "location_id": "here"})
    rows, own = sourcing_rows(
        series, make_lines("aacab", supplier_id="xxzzz", unit_cost=[4, 2, 1, np.nan, 1])
    )
    assert (rows.tolist(), own.tolist()) == ([4, 1, 3], [0, 1, 1])


def test_a_plan_does_not_depend_on_the_order_of_lines(make_plan, make_lines) -> None:
    columns = {"supplier_id": "xzyx", "unit_cost": [2, 4, 3, 2], "lead_time_days": [21, 0, 7, 14]}
    there = make_plan("ab", lines=make_lines("aaab", **columns)).table
    back = {name: values[::-1] for name, values in columns.items()}
    again = make_plan("ab", lines=make_lines("baaa", **back)).table
    keys = ["item_id", "supplier_id"]
    assert again.sort_values(keys, ignore_index=True).equals(there.sort_values(keys, ignore_index=True))
