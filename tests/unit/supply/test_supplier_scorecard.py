import numpy as np
import pandas as pd
import pytest

from allocast.errors import DataError
from allocast.supply.orders.receipts import Receipts
from allocast.supply.suppliers.line_verdicts import ScorecardRules
from allocast.supply.suppliers.scorecard import scorecard

TODAY = np.datetime64("2024-06-30")


@pytest.fixture
def lines(make_orders):
    """On time; late; open and overdue; open, not due; early, not due yet; on time but short."""
    return make_orders(
        TODAY - np.array([60, 60, 60, 5, 5, 60]),
        promised_on=TODAY + np.array([-30, -30, -30, 10, 10, -30]),
        received_on=np.array(
            [TODAY - 31, TODAY - 28, "NaT", "NaT", TODAY - 1, TODAY - 30], dtype="datetime64[D]"
        ),
        units_received=np.array([10.0, 10, 0, 0, 10, 6]),
    )


def test_overdue_open_orders_are_late_and_undue_ones_do_not_count(lines) -> None:
    row = scorecard(lines, as_of=TODAY).iloc[0]
    assert (row["orders"], row["open_orders"], row["overdue_orders"]) == (6, 2, 1)
    assert (row["due_orders"], row["on_time_rate"], row["on_time_in_full_rate"]) == (4, 2 / 4, 1 / 4)
    assert (row["received_orders"], row["in_full_rate"]) == (4, 3 / 4)


def test_a_tolerance_forgives_days(lines) -> None:
    row = scorecard(lines, as_of=TODAY, rules=ScorecardRules(late_days=2)).iloc[0]
    assert row["on_time_rate"] == 3 / 4


def test_orders_before_the_window_and_after_the_day_do_not_count_unless_they_are_open(lines) -> None:
    month = ScorecardRules(window_days=30)
    row = scorecard(lines, as_of=TODAY, rules=month).iloc[0]
    assert (row["orders"], row["open_orders"], row["overdue_orders"]) == (2, 2, 1)
    assert scorecard(lines, as_of=TODAY - 50, rules=month)["open_orders"].tolist() == [4]


def test_lead_times_wait_for_open_orders(make_orders) -> None:
    orders = make_orders(
        TODAY - np.array([90, 90, 90, 50]),
        received_on=np.array([TODAY - 80] * 2 + ["NaT"] * 2, dtype="M8[D]"),
    )
    row = scorecard(orders, as_of=TODAY).iloc[0]
    assert (row["lead_time_p50_days"], row["lead_time_mean_days"]) == (10, 50)
    assert np.isnan(row["lead_time_p90_days"])
    assert np.isnan([row["on_time_rate"], row["on_time_estimate"]]).all()  # nothing was promised


def test_few_orders_are_shrunk_towards_all_suppliers(make_orders) -> None:
    late = np.array([True] * 60 + [False] * 140 + [True] * 2)
    orders = make_orders(
        np.full(202, TODAY - 60),
        supplier_id=["bad"] * 60 + ["good"] * 140 + ["few"] * 2,
        promised_on=np.full(202, TODAY - 30),
        received_on=TODAY - np.where(late, 20, 40),
    )
    table = scorecard(orders, as_of=TODAY).set_index("supplier_id")
    assert table["on_time_rate"].to_dict() == {"good": 1.0, "bad": 0.0, "few": 0.0}
    assert table.loc["bad", "on_time_estimate"] < table.loc["few", "on_time_estimate"] < 0.5
    width = table["on_time_high"] - table["on_time_low"]
    assert width["few"] > width["bad"]
    assert table["on_time_estimate"].between(table["on_time_low"], table["on_time_high"]).all()


def test_no_orders_give_an_empty_table(make_orders) -> None:
    assert scorecard(make_orders([]), as_of=TODAY).empty


def test_what_comes_too_early_is_not_on_time_where_the_rules_say_so(make_orders) -> None:
    orders = make_orders(
        [TODAY - 60] * 3,
        promised_on=np.full(3, TODAY - 30),
        received_on=TODAY - np.array([45, 33, 30]),
    )
    rates = [
        scorecard(orders, as_of=TODAY, rules=ScorecardRules(early_days=days))["on_time_rate"][0]
        for days in (None, 15, 14, 3, 2, 0)
    ]
    assert rates == [1, 1, 2 / 3, 2 / 3, 1 / 3, 1 / 3]


def test_a_promise_that_was_moved_is_kept_late_by_the_first_and_on_time_by_the_latest(make_orders) -> None:
    orders = make_orders(
        [TODAY - 60],
        promised_on=[TODAY - 30],
        latest_promised_on=np.array([TODAY - 10]),
        received_on=[TODAY - 12],
    )
    rates = {
        promise: scorecard(orders, as_of=TODAY, rules=ScorecardRules(promise=promise))["on_time_rate"][0]
        for promise in ("first", "latest")
    }
    assert rates == {"first": 0, "latest": 1}


def test_half_of_a_line_in_time_is_half_its_units_but_no_line_on_time(make_orders) -> None:
    receipts = Receipts(
        line=np.zeros(2, int), received_on=TODAY - np.array([31, 20]), units=np.array([5.0, 5])
    )
    orders = make_orders([TODAY - 60], promised_on=[TODAY - 30], received_on=[TODAY - 20], receipts=receipts)
    row = scorecard(orders, as_of=TODAY).iloc[0]
    assert (row["units_on_time_rate"], row["on_time_rate"], row["in_full_rate"]) == (0.5, 0, 1)


def test_a_line_cancelled_before_its_day_was_never_due_and_one_cancelled_later_was_late(make_orders) -> None:
    orders = make_orders(
        [TODAY - 60] * 2,
        promised_on=np.full(2, TODAY - 30),
        cancelled_on=TODAY - np.array([40, 20]),
    )
    row = scorecard(orders, as_of=TODAY).iloc[0]
    assert (row["due_orders"], row["on_time_rate"], row["cancelled_orders"]) == (1, 0, 2)
    assert (row["ended_orders"], row["in_full_rate"], row["open_orders"]) == (2, 0, 0)


def test_exposure_is_what_is_outstanding_at_cost_and_what_has_no_price_is_counted(lines) -> None:
    cost = np.array([1.0, 1, 3, np.nan, 1, 1])
    row = scorecard(lines, as_of=TODAY, unit_cost=cost).iloc[0]
    assert (row["open_money"], row["overdue_money"], row["unpriced_orders"]) == (30, 30, 1)
    with pytest.raises(DataError, match="equally long"):
        scorecard(lines, as_of=TODAY, unit_cost=cost[1:])


def test_the_variation_is_that_of_the_lead_times_where_all_are_known(make_orders) -> None:
    took = np.array([10, 20, 30, 40])
    row = scorecard(make_orders([TODAY - 60] * 4, received_on=TODAY - 60 + took), as_of=TODAY).iloc[0]
    assert row["lead_time_variation"] == pytest.approx(took.std() / took.mean())


def test_lead_times_of_few_orders_are_shrunk_and_their_interval_is_wide(make_orders) -> None:
    took = np.concatenate([np.full(40, 20), np.arange(10, 50), [90]])
    orders = make_orders(
        np.full(81, TODAY - 100),
        supplier_id=["a"] * 40 + ["b"] * 40 + ["few"],
        received_on=TODAY - 100 + took,
    )
    table = scorecard(orders, as_of=TODAY).set_index("supplier_id")
    assert table.loc["b", "lead_time_estimate_days"] < table.loc["few", "lead_time_estimate_days"] < 90
    width = np.log(table["lead_time_high_days"] / table["lead_time_low_days"])
    assert width["few"] > 2 * width["a"]


def test_drift_stands_beside_the_supplier_it_is_about(lines) -> None:
    drift = pd.DataFrame({"supplier_id": ["s", "other"], "drift": ["slower", "faster"]})
    assert scorecard(lines, as_of=TODAY, drift=drift)["drift"].tolist() == ["slower"]
    with pytest.raises(DataError, match="one row a supplier; 's' has several"):
        scorecard(lines, as_of=TODAY, drift=pd.concat([drift, drift[:1]]))


@pytest.mark.parametrize("days_ago", [0, 2, 29, 31, 50])
def test_nothing_after_the_day_changes_a_scorecard(lines, days_ago) -> None:
    day, cost = TODAY - days_ago, np.ones(6)
    known = lines.known_at(day)
    then = scorecard(known, as_of=day, unit_cost=cost[: len(known)])
    pd.testing.assert_frame_equal(scorecard(lines, as_of=day, unit_cost=cost), then)


def test_the_rules_are_told_in_words() -> None:
    assert "any time before the first promise or on it" in ScorecardRules().sentence()
    told = ScorecardRules(early_days=3, late_days=2, promise="latest").sentence()
    assert "up to 3 days before the latest promise or up to 2 days after" in told


@pytest.mark.parametrize("change", [{"window_days": 0}, {"late_days": -1}, {"early_days": -1}])
def test_windows_that_cannot_be_are_refused(change) -> None:
    with pytest.raises(DataError, match="window_days must be >= 1"):
        ScorecardRules(**change)


def test_a_promise_that_is_neither_is_refused() -> None:
    with pytest.raises(DataError, match="'first' or 'latest'; it is 'last'"):
        ScorecardRules(promise="last")


def three_suppliers(make_orders, *, copies: int, shipment):
    """Sixty orders of three suppliers, each line so many times over; a promise of 30 days, units of 1 to 10."""
    rng = np.random.default_rng(6)
    took, units = rng.integers(15, 40, 60), rng.integers(1, 11, 60).astype(float)
    own = np.repeat(np.arange(60), copies)
    return make_orders(
        np.full(len(own), TODAY - 90),
        supplier_id=[f"s{k % 3}" for k in own],
        promised_on=np.full(len(own), TODAY - 60),
        received_on=TODAY - 90 + took[own],
        units_ordered=units[own],
        units_received=units[own],
        shipment_id=shipment(own),
    )


def intervals(table):
    return table.filter(regex="_low|_high|_estimate").to_numpy()


def test_intervals_count_the_shipments_of_lines_that_come_together(make_orders) -> None:
    def same(own):
        return [f"shipment-{k}" for k in own]

    one, five = (
        scorecard(three_suppliers(make_orders, copies=n, shipment=same), as_of=TODAY) for n in (1, 5)
    )
    assert (five["due_orders"] == 5 * one["due_orders"]).all()
    assert (five["due_shipments"] == one["due_shipments"]).all()
    assert (five["received_shipments"] == five["ended_shipments"]).all()
    np.testing.assert_allclose(intervals(five), intervals(one), rtol=1e-6)
    rates = ["on_time_rate", "units_on_time_rate", "lead_time_p90_days", "lead_time_variation"]
    np.testing.assert_allclose(five[rates], one[rates])


def test_lines_without_a_shipment_count_each_by_itself(make_orders) -> None:
    named, unnamed = (
        scorecard(three_suppliers(make_orders, copies=5, shipment=name), as_of=TODAY)
        for name in (lambda own: [f"line-{k}" for k in range(len(own))], lambda own: [""] * len(own))
    )
    assert (unnamed["due_shipments"] == unnamed["due_orders"]).all()
    np.testing.assert_allclose(intervals(unnamed), intervals(named))


def test_lines_of_one_shipment_number_that_come_apart_count_nearly_each(make_orders) -> None:
    def mixed(own):
        return [f"order-{k // 12}" for k in own]

    apart = scorecard(three_suppliers(make_orders, copies=1, shipment=mixed), as_of=TODAY)
    alone = scorecard(
        three_suppliers(make_orders, copies=1, shipment=lambda own: [f"{k}" for k in own]), as_of=TODAY
    )
    ratio = (apart["on_time_high"] - apart["on_time_low"]) / (alone["on_time_high"] - alone["on_time_low"])
    assert (apart["due_shipments"] < apart["due_orders"]).all()
    assert ratio.between(0.99, 1.4).all()
