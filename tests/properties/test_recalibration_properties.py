"""What holds for every recalibration: one act a series, nothing moves unasked, and nothing large unapproved."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from allocast.inventory.segments.calibration import ACTING, LABELS, require_calibration
from allocast.inventory.segments.effective import effective_values
from allocast.inventory.segments.recalibration import RecalibrationRules, recalibrate
from allocast.inventory.segments.rules import Rulebook

few = settings(max_examples=40, deadline=None)
DAY = np.datetime64("2024-01-08")
N = 5
units = st.lists(st.floats(0, 1000) | st.just(float("nan")), min_size=N, max_size=N)
variations = st.lists(st.floats(0.1, 2), min_size=N, max_size=N)
rules = st.builds(
    RecalibrationRules,
    every_days=st.integers(1, 9),
    approval_share=st.floats(0.1, 2),
    approval_money=st.floats(0, 500),
)


def measured(safety_stock, variation):
    series = pd.DataFrame({"item_id": [f"i{k}" for k in range(N)], "location_id": "here"})
    table = effective_values(Rulebook(), series).assign(**dict.fromkeys(LABELS, "A"))
    stock = np.array(safety_stock)
    return table.assign(
        demand_variation=variation, lead_time_variation=0.2, safety_stock=stock, safety_stock_money=2 * stock
    )


def again(before, now, days, wanted):
    return recalibrate(before, now, as_of=DAY + days, rulebook="any/1", rules=wanted)


@few
@given(units, variations)
def test_the_same_day_again_changes_nothing(stock, variation):
    first = again(None, measured(stock, variation), 0, None)
    second = again(first.table, measured(stock, variation), 0, None)
    pd.testing.assert_frame_equal(second.table, first.table)
    assert second.changes.empty


@few
@given(units, variations, units, variations, st.integers(0, 10), rules)
def test_one_row_acts_for_each_series_and_no_large_change_does(stock, variation, later, varied, days, wanted):
    first = again(None, measured(stock, variation), 0, wanted)
    found = again(first.table, measured(later, varied), days, wanted)
    require_calibration(found.table)
    acting = found.table[found.table["state"] == ACTING]
    assert acting["item_id"].tolist() == [f"i{k}" for k in range(N)]
    before, after = np.array(stock), acting["safety_stock"].to_numpy(float)
    moved = np.nan_to_num(after) - np.nan_to_num(before)
    large = (np.abs(moved) > wanted.approval_share * np.nan_to_num(before)) & (
        2 * np.abs(moved) > wanted.approval_money + 1e-9
    )
    assert not large.any()


@few
@given(units, variations, units, st.randoms(use_true_random=False))
def test_the_order_of_rows_never_matters(stock, variation, later, shuffler):
    places = list(range(N))
    shuffler.shuffle(places)
    first = again(None, measured(stock, variation), 0, None).table
    now = measured(later, variation)
    plain = again(first, now, 7, None)
    turned = again(first.iloc[places], now.iloc[places].reset_index(drop=True), 7, None)
    pd.testing.assert_frame_equal(plain.table, turned.table)
