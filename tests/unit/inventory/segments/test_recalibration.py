"""Which series are due and why, what changes, and what waits for approval."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from allocast.errors import DataError
from allocast.inventory.policies import FillRateLevel, OrderUpTo
from allocast.inventory.segments.calibration import (
    CALIBRATION,
    Approval,
    acting_values,
    measured,
    require_calibration,
    settled,
)
from allocast.inventory.segments.effective import effective_values
from allocast.inventory.segments.recalibration import CHANGES, RecalibrationRules, recalibrate
from allocast.inventory.segments.rules import Rulebook

MONDAY = np.datetime64("2024-01-08")


def again(before, now, days=1, rulebook="demo/1", **others):
    return recalibrate(before, now, as_of=MONDAY + days, rulebook=rulebook, **others)


@pytest.fixture
def first(make_measured):
    """Two series, calibrated on Monday."""
    return recalibrate(None, make_measured(2), as_of=MONDAY, rulebook="demo/1").table


def test_the_first_time_every_series_is_new(make_measured):
    found = recalibrate(None, make_measured(2), as_of=MONDAY, rulebook="demo/1")
    assert list(found.table.columns) == CALIBRATION
    assert list(found.changes.columns) == CHANGES
    assert found.changes["status"].tolist() == ["new", "new"]
    assert set(found.table["state"]) == {"acting"}
    require_calibration(found.table)


def test_what_is_not_due_stays_to_the_last_figure(first, make_measured):
    found = again(first, make_measured(2, safety_stock=140.0))
    pd.testing.assert_frame_equal(found.table, first)
    assert found.changes.empty


def test_after_a_week_everything_is_due(first, make_measured):
    found = again(first, make_measured(2, safety_stock=[140.0, 100.0]), days=7)
    assert found.changes["status"].tolist() == ["changed", "confirmed"]
    assert found.changes["change_units"].tolist() == [40, 0]
    assert found.changes["change_share"].tolist() == pytest.approx([0.4, 0])
    assert set(found.changes["why"]) == {"7 days since the last"}
    assert found.table["calibrated_on"].tolist() == ["2024-01-15"] * 2


@pytest.mark.parametrize(
    ("figure", "outside", "inside"), [("demand_variation", 0.63, 0.62), ("lead_time_variation", 0.14, 0.16)]
)
def test_a_variation_that_leaves_its_band_is_due_at_once_and_says_so(
    first, make_measured, figure, outside, inside
):
    found = again(first, make_measured(2, **{figure: [outside, inside]}))
    assert found.changes["item_id"].tolist() == ["i0"]
    assert f"{figure.replace('_', ' ')} {outside:.2f} left" in found.changes["why"][0]


def test_a_variation_that_becomes_known_is_due(make_measured):
    before = recalibrate(
        None, make_measured(1, demand_variation=np.nan), as_of=MONDAY, rulebook="demo/1"
    ).table
    assert len(again(before, make_measured(1)).changes) == 1
    assert again(before, make_measured(1, demand_variation=np.nan)).changes.empty


def test_another_version_of_the_rulebook_makes_all_due(first, make_measured):
    found = again(first, make_measured(2), rulebook="demo/2")
    assert set(found.changes["why"]) == {"rulebook demo/2"}
    assert set(found.table["rulebook"]) == {"demo/2"}


def large(make_measured):
    return make_measured(2, safety_stock=[180.0, 100.0], safety_stock_money=[1800.0, 1000.0])


def test_a_large_change_waits_and_the_series_is_held(first, make_measured):
    found = again(first, large(make_measured), days=7)
    assert found.changes["status"].tolist() == ["needs approval", "confirmed"]
    assert found.table["state"].tolist() == ["acting", "needs approval", "acting"]
    values = acting_values(found.table, [])
    np.testing.assert_array_equal(values["held_safety_stock"], [100, np.nan])


@pytest.mark.parametrize("rules", [{"approval_share": 0.8}, {"approval_money": 800.0}])
def test_a_change_within_either_limit_acts_at_once(first, make_measured, rules):
    found = again(first, large(make_measured), days=7, rules=RecalibrationRules(**rules))
    assert found.changes["status"].tolist() == ["changed", "confirmed"]
    assert acting_values(found.table, [])["held_safety_stock"].isna().all()


def test_an_approved_change_acts_and_one_of_another_day_or_item_does_not(first, make_measured):
    waiting = again(first, large(make_measured), days=7).table
    for wrong in (
        {"calibrated_on": date(2024, 1, 14)},
        {"calibrated_on": date(2024, 1, 15), "item_id": "i1"},
    ):
        assert acting_values(waiting, [Approval(by="eva", **wrong)])["held_safety_stock"].notna().any()
    now = settled(waiting, [Approval(by="eva", calibrated_on=date(2024, 1, 15))])
    assert now["state"].tolist() == ["acting", "acting"]
    assert now["safety_stock"].tolist() == [180, 100]


def test_what_waits_goes_on_waiting_until_it_is_due_again(first, make_measured):
    waiting = again(first, large(make_measured), days=7).table
    pd.testing.assert_frame_equal(again(waiting, large(make_measured), days=8).table, waiting)
    back = again(waiting, make_measured(2), days=14).table
    assert back["state"].tolist() == ["acting", "acting"]
    assert back["safety_stock"].tolist() == [100, 100]


def test_a_series_that_is_gone_is_said_to_be(first, make_measured):
    found = again(first, make_measured(1))
    assert found.changes[["item_id", "status"]].to_numpy().tolist() == [["i1", "gone"]]
    assert found.table["item_id"].tolist() == ["i0"]


def test_a_calibration_is_not_taken_back_in_time(first, make_measured):
    with pytest.raises(DataError, match="of 2024-01-08, after 2024-01-07"):
        again(first, make_measured(2), days=-1)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda table: table.drop(columns="why"), "missing are why"),
        (lambda table: table.assign(state="perhaps"), "row 0 has 'perhaps' .2 rows"),
        (lambda table: pd.concat([table, table]), "may act once"),
    ],
)
def test_what_is_no_calibration_is_refused(first, spoil, message):
    require_calibration(first)
    with pytest.raises(DataError, match=message):
        require_calibration(spoil(first))


def test_safety_stock_is_the_quantile_less_the_mean(make_situation, make_segments, make_rule):
    demand = np.arange(1.0, 10)[None, :, None] * np.ones((6, 1, 3))
    situation = make_situation(demand, lead_time=0)
    rules = (
        make_rule("served", 4, {"item_id": ("i4",)}, fill_rate=1 - 1 / 45),
        make_rule("named", 5, {"item_id": ("i5",)}, policy="seven"),
        make_rule("set", 1, {"item_id": ("i0",)}, cycle_service_level=0.9),
        make_rule("cover", 2, {"item_id": ("i2",)}, largest_cover_periods=1.2),
        make_rule("out", 3, {"item_id": ("i3",)}, stocked=False),
    )
    segments, named = make_segments(6), OrderUpTo(cycle_service_level=0.7)
    table = measured(
        effective_values(Rulebook(rules=rules), segments),
        segments,
        champion=OrderUpTo(cycle_service_level=0.5),
        policies={"seven": named, "fill_rate": FillRateLevel()}.__getitem__,
        situation=situation,
        demand_variation=np.full(6, 0.3),
    )
    # cover: 6 is more than the median of 5; fill rate: of 45 asked for on nine paths, a level of 8 misses 1
    assert table["safety_stock"].tolist() == [4, 0, 0, 0, 3, 2]
    assert table["safety_stock_money"].tolist() == [12, 0, 0, 0, 9, 6]
    assert table["lead_time_variation"].tolist() == [0] * 6
