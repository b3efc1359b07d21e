"""Each ERP's figure by its own rules, on examples that can be counted by hand."""

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.supply.orders.receipts import Receipts
from allocast.supply.suppliers.erp_scores import (
    SapScoring,
    compare_scores,
    erpnext_scores,
    odoo_on_time_rate,
    sap_scores,
)
from allocast.supply.suppliers.line_verdicts import ScorecardRules
from allocast.supply.suppliers.scorecard import scorecard

TODAY = np.datetime64("2024-06-30")


def compared(orders, **asked):
    return compare_scores(scorecard(orders, **asked), orders, **asked)


@pytest.fixture
def lines(make_orders):
    """Ten units each, promised after 20 days, all due.

    0 whole and on time; 1 in two halves, both on time; 2 ten days late; 3 nothing came; 4 half on time, half missing.
    """
    receipts = Receipts(
        line=np.array([0, 1, 1, 2, 4]),
        received_on=TODAY - 60 + np.array([20, 15, 20, 30, 18]),
        units=np.array([10.0, 5, 5, 10, 5]),
    )
    closed = np.array([20, 20, 30, 0, 0])
    return make_orders(
        [TODAY - 60] * 5,
        promised_on=np.full(5, TODAY - 40),
        received_on=np.where(closed > 0, TODAY - 60 + closed, np.datetime64("NaT")),
        units_received=np.array([10.0, 10, 10, 0, 5]),
        receipts=receipts,
    )


def test_odoo_does_not_see_the_line_of_which_nothing_came(lines) -> None:
    # 10 + 10 + 0 + 5 units in time, of 40 ordered on the four lines with a receipt
    assert odoo_on_time_rate(lines, as_of=TODAY).to_dict() == {"s": 25 / 40}


def test_odoo_shows_nothing_for_a_supplier_that_never_delivered(make_orders) -> None:
    never = make_orders([TODAY - 60] * 3, promised_on=np.full(3, TODAY - 40))
    assert np.isnan(odoo_on_time_rate(never, as_of=TODAY)["s"])
    assert compared(never, as_of=TODAY)["on_time_rate"].tolist() == [0]


def test_odoo_goes_by_the_promise_as_moved(make_orders) -> None:
    moved = make_orders(
        [TODAY - 60],
        promised_on=[TODAY - 40],
        latest_promised_on=np.array([TODAY - 20]),
        received_on=[TODAY - 25],
    )
    assert odoo_on_time_rate(moved, as_of=TODAY)["s"] == 1


def test_odoo_leaves_out_lines_without_a_planned_date(make_orders) -> None:
    orders = make_orders(
        [TODAY - 60] * 2,
        promised_on=np.array([TODAY - 40, "NaT"], dtype="M8[D]"),
        received_on=np.full(2, TODAY - 45),
    )
    assert odoo_on_time_rate(orders, as_of=TODAY)["s"] == 1


def test_erpnext_calls_a_split_delivery_late(lines) -> None:
    row = erpnext_scores(lines, as_of=TODAY).loc["s"]
    assert row["erpnext_shipments"] == 5
    assert row["erpnext_on_time_rate"] == 1 / 5  # of lines 0 and 1, only the one in one piece
    # 10 units 10 days late; 10 units missing for 40 days; 5 units missing for 40 days
    assert row["erpnext_unit_days_late"] == 10 * 10 + 10 * 40 + 5 * 40


def test_sap_smooths_the_scores_of_goods_receipts(make_orders) -> None:
    # SAP's own example: previous score 80, new one 20, smoothing 0.1 gives 80 x 0.9 + 20 x 0.1 = 74
    orders = make_orders(
        [TODAY - 60, TODAY - 50],
        promised_on=TODAY - np.array([40, 30]),
        received_on=TODAY - np.array([38, 20]),
    )
    scoring = SapScoring(points=((0, 100), (10, 80), (50, 20)))  # 2 of 20 days late are 10 %; 10 days, 50 %
    assert sap_scores(orders, as_of=TODAY, scoring=scoring).loc["s", "sap_on_time_points"] == pytest.approx(
        74
    )


def test_sap_measures_a_delay_by_its_standard_days(make_orders) -> None:
    # SAP's own example: 12 days late at a standard of 20 days are a variance of 60 %
    orders = make_orders([TODAY - 60], promised_on=[TODAY - 40], received_on=[TODAY - 28])
    for percent, points in ((59.9, 10), (60, 90)):
        scoring = SapScoring(points=((percent, 90), (1000, 10)), standard_days=20)
        assert sap_scores(orders, as_of=TODAY, scoring=scoring)["sap_on_time_points"].tolist() == [points]


def test_sap_gives_no_score_for_a_punctual_delivery_of_too_little(lines) -> None:
    # receipts: 100, 100 (5 of 10 units), 100 (the rest), 30 (10 of 20 days late), 100 (5 of 10 units)
    scores = [100, 100, 100, 100, 30]  # by day: line 1, line 4, lines 0 and 1, line 2
    running = scores[0]
    for new in scores[1:]:
        running = 0.9 * running + 0.1 * new
    everything, whole = (
        sap_scores(lines, as_of=TODAY, scoring=SapScoring(minimum_delivery_share=share)).loc["s"]
        for share in (0.0, 0.6)
    )
    assert everything["sap_on_time_points"] == pytest.approx(running)
    assert whole["sap_on_time_points"] == pytest.approx(100 * 0.9 + 30 * 0.1)
    assert everything["sap_quantity_points"] == 100  # the three closed lines came in full


def test_sap_scores_quantity_when_a_line_is_closed(make_orders) -> None:
    orders = make_orders(
        [TODAY - 60] * 2, received_on=[TODAY - 50, "NaT"], units_received=np.array([8.0, 0.0])
    )
    assert sap_scores(orders, as_of=TODAY).loc["s", "sap_quantity_points"] == 60  # 20 % short


def test_the_comparison_counts_what_each_leaves_out(lines) -> None:
    row = compared(lines, as_of=TODAY, rules=ScorecardRules()).iloc[0]
    assert (row["due_orders"], row["on_time_rate"]) == (5, 2 / 5)
    assert (row["odoo_ignores"], row["sap_ignores"]) == (1, 1)
    assert (row["erpnext_ignores"], row["erpnext_miscounts"]) == (0, 1)
    assert row["odoo_on_time_rate"] > row["on_time_rate"] > row["erpnext_on_time_rate"]


def test_a_supplier_whose_lines_all_arrive_whole_and_on_time_looks_the_same_to_everybody(make_orders) -> None:
    orders = make_orders(
        np.full(20, TODAY - 60), promised_on=np.full(20, TODAY - 40), received_on=np.full(20, TODAY - 45)
    )
    row = compared(orders, as_of=TODAY).iloc[0]
    rates = ["on_time_rate", "odoo_on_time_rate", "erpnext_on_time_rate", "sap_on_time_score"]
    np.testing.assert_allclose(row[rates].astype(float), 1)
    assert row[["odoo_ignores", "erpnext_ignores", "erpnext_miscounts", "sap_ignores"]].sum() == 0


def test_nothing_after_the_day_changes_what_was_shown(lines) -> None:
    early = TODAY - 42  # only the first half of line 1 and half of line 4 had come
    later = compared(lines.known_at(early), as_of=early)
    assert compared(lines, as_of=early).equals(later)


@pytest.mark.parametrize("change", [{"smoothing": 0}, {"points": ((5, 1), (0, 2))}, {"standard_days": 0}])
def test_settings_out_of_range_are_refused(change) -> None:
    assert SapScoring(smoothing=1.0).smoothing == 1
    with pytest.raises(DataError, match="out of range"):
        SapScoring(**change)


def test_no_orders_give_an_empty_comparison(make_orders) -> None:
    assert compared(make_orders([]), as_of=TODAY).empty
