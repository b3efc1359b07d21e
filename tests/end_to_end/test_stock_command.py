"""How stock stands, and what moves before anything is bought, from the command line."""

import pandas as pd
import pytest

from allocast.inventory.excess import REVIEW, StockState
from allocast.inventory.rebalancing import TRANSFERS

pytestmark = pytest.mark.usefixtures("workspace")


def test_stock_is_shown_by_state_and_written_series_by_series(allocast):
    screen = allocast("stock", "tiny.yaml", "--out", "stock.csv", "--transfers", "moves.csv").output
    table, moves = pd.read_csv("stock.csv"), pd.read_csv("moves.csv")
    assert list(table.columns) == REVIEW and len(table) == 18
    assert set(table["state"]) <= {str(state) for state in StockState}
    assert all(f"{state}:" in screen for state in StockState)
    assert list(moves.columns) == TRANSFERS
    assert table["transfer_units"].sum() == moves["units"].sum()


def test_transfers_are_those_that_a_recommendation_counts_on(allocast):
    dear = "costs.holding_share_per_year=9"
    allocast("stock", "tiny.yaml", dear, "--transfers", "seen.csv")
    allocast("recommend", "tiny.yaml", dear, "--out", "orders.csv", "--transfers", "moves.csv")
    seen, moves, orders = (pd.read_csv(f"{name}.csv") for name in ("seen", "moves", "orders"))
    pd.testing.assert_frame_equal(seen, moves)
    assert len(moves) > 0 and (moves["expected_gain"].sum() > 0) and (moves["co2e_grams"] > 0).all()
    first = orders.drop_duplicates(["item_id", "location_id"])
    assert first["transfer_units"].clip(lower=0).sum() <= moves["units"].sum()
    assert first["transfer_units"].sum() == 0


def test_a_way_out_is_named_once_the_settings_open_it(allocast):
    rules = ["stock.rules.cover_days=0", "stock.rules.excess_quantile=0.05"]
    allocast("stock", "tiny.yaml", *rules, "stock.ways_out.return_share=1", "--out", "stock.csv")
    table = pd.read_csv("stock.csv", keep_default_na=False, na_values={"return_value": [""]})
    assert (table["excess_units"] > 0).any()
    assert set(table.loc[table["excess_units"] > table["transfer_units"], "way_out"]) <= {"keep", "return"}
    assert table.loc[table["way_out"] != "", "return_value"].notna().all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["stock.rules.slow_days=500"], "dead_days no less"),
        (["stock.ways_out.return_share=2"], "return_share must lie within 0 and 1"),
        (["stock.rules.slow=500"], "slow"),
        (["--out", "stock.pdf"], "stock.pdf"),
        (["--transfers", "moves.pdf"], "moves.pdf"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(allocast, arguments, message):
    assert message in allocast("stock", "tiny.yaml", *arguments, code=2).output


@pytest.mark.usefixtures("unregistered")
def test_a_review_needs_a_registered_model(allocast):
    assert "train demand" in allocast("stock", "tiny.yaml", code=2).output
