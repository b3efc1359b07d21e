import numpy as np
import pytest

from allocast.errors import DataError
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
    row = scorecard(lines, as_of=TODAY, tolerance_days=2).iloc[0]
    assert row["on_time_rate"] == 3 / 4


def test_orders_before_the_window_and_after_the_day_do_not_count(lines) -> None:
    assert scorecard(lines, as_of=TODAY, window_days=30)["orders"].tolist() == [2]
    assert scorecard(lines, as_of=TODAY - 50, window_days=30)["open_orders"].tolist() == [4]


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


@pytest.mark.parametrize("change", [{"window_days": 0}, {"tolerance_days": -1}])
def test_windows_that_cannot_be_are_refused(lines, change) -> None:
    with pytest.raises(DataError, match="window_days must be >= 1"):
        scorecard(lines, as_of=TODAY, **change)
