import numpy as np
import pytest

from allocast.demand.exposure import exposure, hour_profile
from allocast.errors import DataError

PROFILE = np.array([0.3, 0.2, 0.05, 0.05, 0.1, 0.1, 0.1, 0.1])


def days(n: int = 60_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sales by the hour of days whose delivery may come late, and whose stock may not last."""
    rng = np.random.default_rng(0)
    usual = rng.uniform(5, 20, n)
    asked = rng.poisson(rng.gamma(4, usual / 4)[:, None] * PROFILE)
    delivery = np.where(rng.random(n) < 0.3, rng.integers(0, 7, n), 0)
    stock = rng.integers(5, 60, n)
    due = np.where(np.arange(8) >= delivery[:, None], asked, 0)
    before = np.cumsum(due, axis=1) - due
    in_stock = (np.arange(8) >= delivery[:, None]) & (before < stock[:, None])
    return np.minimum(due.sum(axis=1), stock).astype(np.float64), usual, in_stock


def test_the_profile_is_found_although_days_of_high_demand_sell_out_early() -> None:
    sales, usual, in_stock = days()
    learned = hour_profile(sales, usual, in_stock)
    np.testing.assert_allclose(np.cumsum(learned), np.cumsum(PROFILE), atol=0.08)
    assert learned.min() >= 0


def test_all_days_together_would_put_the_demand_too_early() -> None:
    sales, usual, in_stock = days()
    naive = np.linalg.lstsq(in_stock * usual[:, None], sales, rcond=None)[0]
    assert naive[:2].sum() / naive.sum() > PROFILE[:2].sum() + 0.05


def test_exposure_is_the_share_of_the_profile_in_stock() -> None:
    hours = np.ones((4, 8), dtype=bool)
    hours[1, 4:] = False
    hours[2] = False
    hours[3, 2] = False
    np.testing.assert_allclose(exposure(hours, PROFILE), [1, 0.6, 0, 0.95])


def test_a_day_that_lacks_an_hour_without_demand_was_not_seen_whole() -> None:
    hours = np.array([[True, False], [True, True]])
    share = exposure(hours, np.array([1.0, 0.0]))
    assert share[0] < 1 and share[1] == 1


def test_days_without_sales_say_nothing_of_the_hours() -> None:
    with pytest.raises(DataError, match="needs days that end in stock and sold something"):
        hour_profile(np.zeros(3), np.ones(3), np.ones((3, 4), dtype=bool))
    assert hour_profile(np.ones(3), np.ones(3), np.ones((3, 4), dtype=bool)).sum() == pytest.approx(1)
