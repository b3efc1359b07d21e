"""Several suppliers in a real job: lines that say why, orders that suppliers accept, open orders worth expediting."""

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.usefixtures("workspace")


def test_a_series_may_be_ordered_from_two_suppliers_and_says_why(allocast):
    stock = pd.read_parquet("tables/stock.parquet")
    stock["on_hand"] = 0.0
    stock.to_parquet("tables/stock.parquet")
    tables = ["data={kind: tables, root: tables}", "costs.margin_share_lost=3"]  # a stock-out hurts
    allocast("recommend", "tiny.yaml", *tables, "--out", "orders.csv")
    orders = pd.read_csv("orders.csv", keep_default_na=False)
    lines = orders.groupby(["item_id", "location_id"]).size()
    assert lines.max() == 2
    second = orders[orders["reason"].str.contains("instead of")]
    assert (second["order_units"] > 0).all() and second["reason"].str.contains("of expected shortage").all()
    assert (second["cost_at_stake"] > 0).all()
    allocast("recommend", "tiny.yaml", *tables, "sourcing.split=false", "--out", "alone.csv")
    assert not pd.read_csv("alone.csv").duplicated(["item_id", "location_id"]).any()


def test_open_orders_worth_expediting_come_with_the_price_up_to_which_it_pays(allocast):
    screen = allocast("supply", "expedite", "tiny.yaml", "--out", "hurry.csv").output
    table = pd.read_csv("hurry.csv")
    assert len(table) and table["cost_of_waiting"].is_monotonic_decreasing
    np.testing.assert_allclose(
        table["break_even_per_unit"] * table["outstanding_units"], table["cost_of_waiting"]
    )
    assert set(table["expedite"]) == {"ask the price"} and f"({len(table)} open lines" in screen
    sourcing = pd.read_parquet("tables/sourcing.parquet").assign(expedite_cost_per_unit=0.01)
    sourcing.to_parquet("tables/sourcing.parquet")
    allocast("supply", "expedite", "tiny.yaml", "data={kind: tables, root: tables}", "--out", "priced.csv")
    assert "yes" in set(pd.read_csv("priced.csv")["expedite"])
