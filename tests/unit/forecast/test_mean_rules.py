from collections.abc import Callable

import numpy as np
import pytest

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.forecast.baselines import (
    Croston,
    MovingAverage,
    SeasonalMovingAverage,
    SeasonalNaive,
    TeunterSyntetosBabai,
)

Panels = Callable[..., DemandPanel]
NAN = np.nan


def test_seasonal_naive_repeats_the_week_of_a_year_ago(make_panel: Panels) -> None:
    mean = SeasonalNaive().mean(make_panel([np.arange(60.0)]), 3)
    assert mean.tolist() == [[60 - 52, 61 - 52, 62 - 52]]


def test_seasonal_naive_repeats_the_day_of_a_week_ago_however_far_ahead(make_panel: Panels) -> None:
    daily = make_panel([np.arange(20.0)], frequency=Frequency.DAILY)
    assert SeasonalNaive().mean(daily, 9).tolist() == [[13, 14, 15, 16, 17, 18, 19, 13, 14]]


def test_seasonal_naive_goes_back_another_season_where_out_of_stock(make_panel: Panels) -> None:
    units = np.arange(20.0)
    units[[13, 14, 7, 0]] = NAN
    daily = make_panel([units], frequency=Frequency.DAILY)
    assert SeasonalNaive().mean(daily, 2).tolist() == [[6, 0]]


def test_seasonal_naive_says_nothing_sells_without_a_season_of_history(make_panel: Panels) -> None:
    assert SeasonalNaive().mean(make_panel([[5, 5, 5]]), 2).tolist() == [[0, 0]]


def test_a_moving_average_is_a_flat_line_through_the_observed_of_its_window(make_panel: Panels) -> None:
    panel = make_panel([[99, 2, NAN, 4], [99, NAN, NAN, NAN]])
    assert MovingAverage(window=3).mean(panel, 2).tolist() == [[3, 3], [0, 0]]


def test_factors_average_to_one_over_the_weeks_seen_and_are_one_for_the_others(make_panel: Panels) -> None:
    factors = SeasonalMovingAverage().factors(make_panel([[2, 4, 6], [2, 4, 6]]))
    np.testing.assert_allclose(factors[1:4], [0.5, 1, 1.5])
    assert (factors[4:] == 1).all()


def test_a_seasonal_average_follows_the_season(make_panel: Panels) -> None:
    season = 10 + 5 * np.sin(2 * np.pi * np.arange(108) / 52)
    panel = make_panel([season[:104], 3 * season[:104]])
    np.testing.assert_allclose(
        SeasonalMovingAverage().mean(panel, 4), [season[104:], 3 * season[104:]], rtol=0.02
    )


def test_a_series_out_of_stock_for_the_whole_window_has_level_zero(make_panel: Panels) -> None:
    panel = make_panel([[5, 5, NAN, NAN], [5, 5, 5, 5]])
    mean = SeasonalMovingAverage(window=2).mean(panel, 1)
    assert mean[0, 0] == 0
    assert mean[1, 0] > 0


def test_a_week_in_which_nothing_sells_anywhere_is_no_trouble(make_panel: Panels) -> None:
    mean = SeasonalMovingAverage(window=4).mean(make_panel([[6, 6, 0, 6], [2, 2, 0, 2]]), 2)
    np.testing.assert_allclose(mean, [[4.5, 4.5], [1.5, 1.5]])


@pytest.mark.parametrize("units", [[[0.0, 0.0, 0.0]], [[NAN, NAN, NAN]]])
@pytest.mark.parametrize(
    "rule", [SeasonalNaive(), MovingAverage(), SeasonalMovingAverage(), Croston(), TeunterSyntetosBabai()]
)
def test_a_panel_that_never_sold_is_forecast_to_sell_nothing(make_panel: Panels, rule, units) -> None:
    assert rule.mean(make_panel(units), 3).tolist() == [[0, 0, 0]]


def test_croston_divides_the_size_by_the_interval_and_corrects_it(make_panel: Panels) -> None:
    panel = make_panel([[0, 6, 0, 0, 0, 6, 0]])
    size, interval = 6.0, 2 * 0.9 + 4 * 0.1
    np.testing.assert_allclose(Croston(smoothing=0.1).mean(panel, 2), [[0.95 * size / interval] * 2])


def test_croston_does_not_count_the_periods_out_of_stock(make_panel: Panels) -> None:
    gaps = make_panel([[NAN, 0, NAN, 6, NAN, 0, 0, NAN, 0, 6, NAN]])
    without = make_panel([[0, 6, 0, 0, 0, 6]])
    np.testing.assert_array_equal(Croston().mean(gaps, 1), Croston().mean(without, 1))


def test_croston_forecasts_the_rate_of_intermittent_demand(make_panel: Panels) -> None:
    rng = np.random.default_rng(0)
    units = np.where(rng.random((200, 300)) < 0.2, 5.0, 0.0)
    assert Croston().mean(make_panel(units), 1).mean() == pytest.approx(1.0, abs=0.08)


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        (SeasonalNaive(), "seasonal_naive"),
        (MovingAverage(window=4), "moving_average(4)"),
        (SeasonalMovingAverage(window=13), "seasonal_moving_average(13)"),
        (Croston(smoothing=0.1), "croston_sba(0.1)"),
        (TeunterSyntetosBabai(smoothing=0.2), "tsb(0.2)"),
    ],
)
def test_rules_are_named_with_what_sets_them(rule, name: str) -> None:
    assert rule.name == name


def test_tsb_forgets_what_has_stopped_selling_and_croston_does_not(make_panel: Panels) -> None:
    stopped = make_panel([[3.0] * 40 + [0.0] * 60])
    assert TeunterSyntetosBabai().mean(stopped, 1)[0, 0] < 0.01
    assert Croston().mean(stopped, 1)[0, 0] > 2.5
