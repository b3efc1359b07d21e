"""Recommendations within limits: cut to them, explained, and the ranked basket beside them."""

from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.usefixtures("workspace")


def read(path):
    return pd.read_csv(path, keep_default_na=False)


def test_orders_are_cut_to_the_budget_of_the_week_in_which_they_are_paid(allocast, orders):
    money = round(float(orders["order_value"].max()) / 2, 2)
    limits = ("limits.every=week", f"limits.budget={money}", "limits.storage=true")
    screen = allocast("recommend", "tiny.yaml", *limits, "--out", "cut.csv", "--basket", "b.csv").output
    cut, basket = read("cut.csv"), read("b.csv")
    less = cut["order_units"] < orders["order_units"]
    assert less.any()
    assert (less | (cut["order_units"] == orders["order_units"])).all()
    assert cut.loc[less, "binding_constraint"].str.startswith("budget 2023-W").all()
    assert cut["order_value"].max() <= money
    assert "Limits that bind" in screen
    assert max(map(len, screen.splitlines())) <= 100
    assert basket["cumulative_money"].iloc[-1] == pytest.approx(orders["order_value"].sum())


def test_a_basket_is_ranked_without_any_limits_and_changes_no_order(allocast):
    allocast("recommend", "tiny.yaml", "--out", "again.csv", "--basket", "basket.parquet")
    assert Path("again.csv").read_bytes() == Path("out/orders.csv").read_bytes()
    assert pd.read_parquet("basket.parquet")["within_limits"].all()


def test_what_must_be_ordered_beyond_the_budget_is_refused_and_nothing_is_lost(allocast, orders):
    before = Path("out/orders.csv").read_bytes()
    first = orders.iloc[0]
    least = f"limits.least=[{{item_id: {first.item_id}, location_id: {first.location_id}, units: 2}}]"
    refusal = allocast("recommend", "tiny.yaml", "limits.budget=0", least, "--out", "out/orders.csv", code=2)
    assert "cannot hold together: budget of 20" in refusal.stderr
    assert f"least_units of {first.item_id} {first.location_id}" in refusal.stderr
    assert Path("out/orders.csv").read_bytes() == before
