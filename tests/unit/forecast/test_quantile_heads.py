from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.forecast.calibration.direct_quantiles import DirectQuantiles, span_matrix, through_anchors
from allocast.forecast.demand_settings import DemandModelSettings, FeatureSettings
from allocast.forecast.features import Features
from allocast.forecast.lightgbm_model import DemandModel

Panels = Callable[..., DemandPanel]
Settings = Callable[..., DemandModelSettings]


@pytest.fixture(scope="module")
def boosted(make_settings: Settings) -> DemandModelSettings:
    return make_settings(quantiles="boosted", anchors=(2, 4), levels=(0.1, 0.5, 0.9))


@pytest.fixture(scope="module")
def bursts(make_panel: Panels) -> DemandPanel:
    """Two kinds of series with one mean, 12 a week: half steady, half in bursts that last four weeks."""
    rng = np.random.default_rng(5)
    steady = rng.poisson(12, (40, 110))
    on = np.repeat(rng.random((40, 28)) < 0.25, 4, axis=1)[:, :110]
    return make_panel(np.concatenate([steady, rng.poisson(48 * on)]))


def test_direct_quantiles_know_which_series_are_steady(
    bursts: DemandPanel, boosted: DemandModelSettings
) -> None:
    known = bursts.until(bursts.periods[99])
    forecast = DemandModel.train(known, boosted, seed=1).forecast(known)
    spread = np.diff(forecast.total_units[:, [0, 2], 3], axis=1)[:, 0]
    assert np.median(spread[40:]) > 2.5 * np.median(spread[:40])


def test_direct_quantiles_are_calibrated_on_weeks_never_trained_on(
    bursts: DemandPanel, boosted: DemandModelSettings
) -> None:
    model = DemandModel.train(bursts.until(bursts.periods[89]), boosted, seed=1)
    origins = np.arange(90, 105)
    within = []
    for origin, forecast in zip(origins, model.forecasts(bursts, bursts.periods[origins]), strict=True):
        actual = bursts.units[:, origin + 1 : origin + 5].sum(axis=1)
        within.append(actual[:, None] <= forecast.total_units[:, :, 3])
    share = np.concatenate(within).mean(
        axis=0
    )  # nothing may be asked for in four weeks, so many lie within the lowest
    np.testing.assert_allclose(share[1:], [0.5, 0.9], atol=0.06)


def test_a_boosted_model_read_from_its_state_forecasts_the_same(
    bursts: DemandPanel, boosted: DemandModelSettings
) -> None:
    model = DemandModel.train(bursts.until(bursts.periods[89]), replace(boosted, quantile_rounds=5), seed=1)
    files = model.state()
    again = DemandModel.from_state(files)
    assert len(files) == 2 + 2 * 3 * 3
    assert again.state() == files
    np.testing.assert_array_equal(again.forecast(bursts).total_units, model.forecast(bursts).total_units)


def test_features_of_a_span_are_means_over_its_steps_but_the_calendar_is_of_the_first(
    seasonal_panel: DemandPanel, settings: DemandModelSettings
) -> None:
    features = Features(seasonal_panel, settings.features, {"size": {"small": 0, "large": 1}})
    rows, origins = np.ones((50, 2), dtype=bool), np.array([60, 90])
    each = np.stack([features.matrix(origins, step, rows) for step in (1, 2, 3)])
    series, places = np.nonzero(rows)
    found = span_matrix(features, series, origins[places], 3)
    at = {name: features.names.index(name) for name in ("promotion_ahead", "lag_1", "week")}
    np.testing.assert_allclose(
        found[:, at["promotion_ahead"]], each[:, :, at["promotion_ahead"]].mean(axis=0)
    )
    np.testing.assert_array_equal(found[:, at["week"]], each[0][:, at["week"]])
    np.testing.assert_allclose(found[:, at["lag_1"]], each[0][:, at["lag_1"]], rtol=1e-6)


def test_a_span_over_the_turn_of_the_year_begins_in_december(make_panel: Panels) -> None:
    panel = make_panel(np.ones((2, 500)), frequency=Frequency.DAILY)
    features = Features(panel, FeatureSettings(yearly=True), {})
    origin = int(np.flatnonzero(panel.periods == np.datetime64("2022-12-28"))[0])
    found = span_matrix(features, np.arange(2), np.full(2, origin), 7)
    calendar = {
        name: found[0, features.names.index(name)] for name in ("month", "day_of_month", "week", "weekday")
    }
    assert calendar == {"month": 12, "day_of_month": 29, "week": 52, "weekday": 3}


def test_training_on_totals_stops_at_the_last_known_period(
    bursts: DemandPanel, boosted: DemandModelSettings
) -> None:
    other = replace(bursts, units=np.where(np.arange(110) > 89, 999.0, bursts.units))
    quick = replace(boosted, quantile_rounds=3)
    one, two = (
        DirectQuantiles.train(Features(panel, quick.features, {}), quick, last=89, seed=0)
        for panel in (bursts, other)
    )
    assert one.texts == two.texts


def test_totals_between_anchors_move_with_them_and_never_fall() -> None:
    rng = np.random.default_rng(0)
    given = np.cumsum(np.sort(rng.gamma(2, 2, (6, 3, 8)), axis=1), axis=2)
    direct = np.cumsum(np.sort(rng.gamma(2, 6, (6, 3, 2)), axis=1), axis=2)
    moved = through_anchors(given, given.mean(axis=1), (3, 6), direct)
    np.testing.assert_array_equal(moved[:, :, [2, 5]], direct)
    assert (np.diff(moved, axis=1) >= 0).all()
    assert (np.diff(moved, axis=2) >= 0).all()
    assert (moved >= 0).all()


def test_totals_that_the_anchors_agree_with_stay() -> None:
    given = np.cumsum(np.sort(np.random.default_rng(0).gamma(2, 2, (6, 3, 8)), axis=1), axis=2)
    moved = through_anchors(given, given.mean(axis=1), (1, 4), given[:, :, [0, 3]])
    np.testing.assert_allclose(moved, given)
