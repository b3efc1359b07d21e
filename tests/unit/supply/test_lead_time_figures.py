"""Quantiles and variation of lead times come with intervals that hold as often as they say."""

import numpy as np
import pytest
from scipy import stats

from allocast.supply.suppliers.lead_time_figures import LEAD_TIME_FIGURES, lead_time_figures


def figures(days, received=None, worth: float = 1.0) -> dict[str, float]:
    days = np.asarray(days, dtype=np.float64)
    received = np.ones(len(days), dtype=bool) if received is None else received
    return dict(zip(LEAD_TIME_FIGURES, lead_time_figures(days, received, worth), strict=True))


def test_where_all_arrived_the_interval_is_that_of_order_statistics() -> None:
    found = figures(np.arange(1, 21))
    places = [k for k in range(1, 21) if stats.binom.cdf(k - 1, 20, 0.5) <= 0.05]
    assert found["lead_time_p50_low_days"] == max(places) == 6
    assert (found["lead_time_p50_days"], found["lead_time_p50_high_days"]) == (10, 15)
    assert stats.binom.cdf(14, 20, 0.5) >= 0.95 > stats.binom.cdf(13, 20, 0.5)


def test_few_orders_do_not_bound_a_quantile() -> None:
    found = figures([10, 20])
    assert np.isnan([found["lead_time_p90_high_days"], found["lead_time_p50_low_days"]]).all()
    alone = figures([10])
    assert np.isnan([alone["lead_time_variation_low"], alone["lead_time_variation_high"]]).all()
    open_only = figures([10, 12], received=np.zeros(2, dtype=bool))
    assert np.isnan([open_only["lead_time_p50_days"], open_only["lead_time_p50_low_days"]]).all()


def test_orders_that_share_their_luck_make_the_intervals_wide() -> None:
    days = np.random.default_rng(3).lognormal(3, 0.4, 200)
    alone, shared = figures(days), figures(days, worth=0.1)
    for name in ("lead_time_p50{}_days", "lead_time_variation{}"):
        low, high = name.format("_low"), name.format("_high")
        assert shared[low] < alone[low] < alone[name.format("")] < alone[high] < shared[high]
        assert shared[name.format("")] == alone[name.format("")]


def test_open_orders_leave_quantiles_less_certain() -> None:
    days = np.random.default_rng(4).lognormal(3, 0.4, 400)
    age = np.random.default_rng(5).uniform(0, 60, 400)
    seen, whole = figures(np.minimum(days, age), days <= age), figures(days)
    widths = [f["lead_time_p50_high_days"] - f["lead_time_p50_low_days"] for f in (seen, whole)]
    assert widths[0] > widths[1]
    assert seen["lead_time_p50_low_days"] < np.exp(3) < seen["lead_time_p50_high_days"]


@pytest.mark.parametrize("n", [8, 40])
def test_intervals_hold_as_often_as_they_say(n) -> None:
    """Lognormal lead times, a third of the orders still open: each end is missed by at most about one in twenty."""
    rng = np.random.default_rng(n)
    truth = {"lead_time_p50{}_days": np.exp(3), "lead_time_variation{}": np.sqrt(np.expm1(0.09))}
    missed = dict.fromkeys(truth, 0.0)
    for _ in range(300):
        days, age = rng.lognormal(3, 0.3, n), rng.uniform(10, 200, n)
        found = figures(np.minimum(days, age), days <= age)
        for name, value in truth.items():
            missed[name] += found[name.format("_low")] > value or found[name.format("_high")] < value
    assert all(count / 300 <= 0.13 for count in missed.values()), missed
