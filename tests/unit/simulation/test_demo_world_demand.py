from functools import cache

import numpy as np
import pytest
from scipy.stats import nbinom

from allocast.demand.calendar import Frequency
from allocast.simulation.demo_demand import demand_at, event_flags, generate_assortment, generate_demand
from allocast.simulation.demo_settings import DemoWorldSettings


@cache
def settings_of(frequency=Frequency.WEEKLY):
    return DemoWorldSettings(n_items=60, n_locations=8, frequency=frequency, promotions_per_year=4)


@cache
def truth_of(frequency=Frequency.WEEKLY):
    settings = settings_of(frequency)
    return generate_demand(settings, generate_assortment(settings, 7), 7)


def test_inversion_gives_the_zero_inflated_negative_binomial():
    uniforms = (np.arange(100_000)[None, :] + 0.5) / 100_000
    units = demand_at(uniforms, np.full(uniforms.shape, 3.0), np.array([0.4]), np.array([2.0]))
    zeros = 0.6 + 0.4 * nbinom.pmf(0, 2.0, 2.0 / (2.0 + 3.0 / 0.4))
    assert units.mean() == pytest.approx(3.0, rel=2e-3)
    assert (units == 0).mean() == pytest.approx(zeros, abs=1e-4)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9, 0.98])
@pytest.mark.parametrize("known", [0, 100])
@pytest.mark.parametrize("frequency", [Frequency.DAILY, Frequency.WEEKLY])
def test_true_quantiles_cover_the_demand_at_their_level(level, known, frequency):
    truth = truth_of(frequency)
    sold = truth.expected[:, known:] > 0
    units, quantile = truth.units[:, known:][sold], truth.quantile(level, known=known)[sold]
    # Demand is whole: the quantile is the first number to reach the level, so P(< q) <= level <= P(<= q).
    assert (units < quantile).mean() - 0.03 < level < (units <= quantile).mean() + 0.03


def test_knowing_the_past_sharpens_the_next_period_and_fades():
    truth = truth_of()
    for period in (40, 120):
        change = truth.quantile(0.9, known=period) != truth.quantile(0.9)[:, period:]
        assert change[:, 0].mean() > change[:, 40].mean() + 0.2


def test_demand_is_right_on_average_and_zero_before_the_launch():
    truth = truth_of()
    assert truth.units.sum() == pytest.approx(truth.expected.sum(), rel=0.05)
    assert (truth.units[truth.expected == 0] == 0).all()
    assert (truth.expected == 0).any()


def test_series_of_one_category_and_region_move_together():
    truth = truth_of()
    steady = np.flatnonzero((truth.occurrence == 1) & (truth.expected.min(axis=1) > 2))
    excess = (truth.units[steady] - truth.expected[steady]) / np.sqrt(
        truth.expected[steady] + truth.expected[steady] ** 2 / truth.dispersion[steady, None]
    )
    together = (truth.shock[steady, None, 0] == truth.shock[None, steady, 0]) & ~np.eye(
        len(steady), dtype=bool
    )
    correlation = np.corrcoef(excess)
    assert correlation[together].mean() > 0.12
    assert abs(correlation[~together & ~np.eye(len(steady), dtype=bool)].mean()) < 0.06


def test_sporadic_items_are_asked_for_seldom_and_wild_ones_unevenly():
    lumpy, smooth = (
        _demand_of(pattern_shares={name: 1.0}, n_items=20, n_locations=3) for name in ("lumpy", "smooth")
    )
    assert (lumpy.units == 0).mean() > 0.5 > 0.1 > (smooth.units == 0).mean()
    assert lumpy.dispersion.max() < smooth.dispersion.min()


def _demand_of(**changes):
    settings = DemoWorldSettings(**changes, new_share=0.0)
    return generate_demand(settings, generate_assortment(settings, 7), 7)


def test_a_promotion_lowers_the_price_and_lifts_demand():
    settings = settings_of()
    assortment, truth = generate_assortment(settings, 7), truth_of()
    promoted = (assortment.discount > 0)[assortment.item_of] & (truth.expected > 0)
    usual = (assortment.discount == 0)[assortment.item_of] & (truth.expected > 0)
    ratio = [
        truth.expected[row, promoted[row]].mean() / truth.expected[row, usual[row]].mean()
        for row in np.flatnonzero(promoted.any(axis=1))
    ]
    assert 1.2 < np.median(ratio) < 2.5
    assert (assortment.price[promoted] < assortment.price.max(axis=1)[np.nonzero(promoted)[0]]).all()
    assert promoted.mean() == pytest.approx(4 * 14 / 365, abs=0.04)


def test_days_have_a_weekly_season():
    expected = truth_of(Frequency.DAILY).expected
    weekday = (settings_of(Frequency.DAILY).periods.astype(np.int64) + 3) % 7
    assert expected[:, weekday == 5].mean() > 1.3 * expected[:, weekday == 1].mean()


def test_categories_have_their_own_yearly_season():
    settings = settings_of()
    truth, assortment = truth_of(), generate_assortment(settings, 7)
    of_year = [truth.expected[assortment.item_of == item].sum(axis=0) for item in range(settings.n_items)]
    height = [np.quantile(year[:52], 0.8) / np.quantile(year[:52], 0.2) for year in of_year if year[0] > 0]
    peak = [np.argmax(np.convolve(year[:52], np.ones(8), "valid")) for year in of_year if year[0] > 0]
    assert np.median(height) > 1.2
    assert len(set(np.array(peak) // 13)) > 1


def test_events_fall_on_their_days_and_on_the_weeks_that_hold_one():
    days = np.arange("2023-01-01", "2024-01-01", dtype="datetime64[D]")
    assert event_flags(days, 1)["christmas"].sum() == 14
    assert days[event_flags(days, 1)["black_friday"] == 1][0] == np.datetime64("2023-11-23")
    monday = np.array(["2023-11-20", "2023-11-27", "2023-12-04"], dtype="datetime64[D]")
    np.testing.assert_array_equal(event_flags(monday, 7)["black_friday"], [1, 1, 0])
