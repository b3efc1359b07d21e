"""Nothing known after an origin may reach its features, its forecast or what is learned until then."""

from dataclasses import replace

import numpy as np
import pytest

from allocast.demand.panel import DemandPanel
from allocast.forecast.baseline_model import BaselineModel
from allocast.forecast.baselines import Croston, MovingAverage, SeasonalMovingAverage, SeasonalNaive
from allocast.forecast.demand_settings import DemandModelSettings, FeatureSettings
from allocast.forecast.features import Features
from allocast.forecast.fitting.training_rows import TrainingRows
from allocast.forecast.fitting.young import Young
from allocast.forecast.lightgbm_model import DemandModel

ORIGIN, HORIZON = 70, 4
CODES = {"size": {"large": 0, "small": 1}}
ALL_KINDS = FeatureSettings(
    windows=(4, 13, 52),
    rolling_mean=(100_000,),
    rolling_min=(5,),
    rolling_max=(13,),
    rolling_quantile=((9, 0.1), (26, 0.9)),
    seasonal_mean=(2,),
    exponential_mean=(0.5, 0.9),
    since_last_sale=True,
    statics=("size",),
    groups=("size", "item_id"),
    encodings=("size", "location_id"),
    known_ahead=("promotion",),
    prices=("promotion",),
    past_only=("visits",),
)


def with_another_future(panel: DemandPanel, seed: int = 0) -> DemandPanel:
    """Demand, mask and what is known only afterwards shuffled and made larger after the origin.

    Covariates known ahead are changed after its horizon.
    """
    rng = np.random.default_rng(seed)
    units, observed = panel.units.copy(), panel.observed.copy()
    units[:, ORIGIN + 1 :] = 1000 + 7 * rng.permuted(units[:, ORIGIN + 1 :], axis=1)
    observed[:, ORIGIN + 1 :] = rng.random(observed[:, ORIGIN + 1 :].shape) < 0.5
    covariates = {name: values.copy() for name, values in panel.known_ahead.items()}
    for values in covariates.values():
        values[:, ORIGIN + HORIZON + 1 :] = 99.0
    visits = {name: values.copy() for name, values in panel.past_only.items()}
    for values in visits.values():
        values[:, ORIGIN + 1 :] = 1000 + rng.permuted(values[:, ORIGIN + 1 :], axis=1)
    return replace(panel, units=units, observed=observed, known_ahead=covariates, past_only=visits)


@pytest.mark.parametrize("step", range(1, HORIZON + 1))
def test_no_feature_changes_when_the_future_does(seasonal_panel: DemandPanel, step: int) -> None:
    panels = (seasonal_panel, with_another_future(seasonal_panel))
    true, other = (Features(panel, ALL_KINDS, CODES) for panel in panels)
    origins = np.arange(ORIGIN + 1)
    np.testing.assert_array_equal(true.matrix(origins, step), other.matrix(origins, step))


def test_a_later_feature_does_change(seasonal_panel: DemandPanel) -> None:
    panels = (seasonal_panel, with_another_future(seasonal_panel))
    later = [Features(p, ALL_KINDS, CODES).matrix(np.array([ORIGIN + 1]), 1) for p in panels]
    changed = (np.nan_to_num(later[0]) != np.nan_to_num(later[1])).mean()
    assert changed > 0.3


def test_features_are_those_of_a_panel_that_ends_at_the_origin(seasonal_panel: DemandPanel) -> None:
    whole = Features(seasonal_panel, ALL_KINDS, CODES)
    for origin in (3, 30, 52, ORIGIN):
        cut = Features(seasonal_panel.until(seasonal_panel.periods[origin]), ALL_KINDS, CODES)
        place = np.array([origin])
        np.testing.assert_array_equal(whole.matrix(place, 2), cut.matrix(place, 2))


def test_no_training_row_whose_target_was_known_changes_when_the_future_does(
    seasonal_panel: DemandPanel, settings: DemandModelSettings
) -> None:
    def rows(panel: DemandPanel) -> tuple[np.ndarray, ...]:
        features = Features(panel, settings.features, CODES)
        young = Young.drawn(features, settings, last=ORIGIN, seed=0)
        found = TrainingRows.drawn(features, young, settings, last=ORIGIN, seed=0)
        assert len(found.parts) == 7  # the series themselves, and copies in six parts
        x = np.concatenate([part[0 : len(part)] for part in found.parts])
        return x, found.outcomes.units, found.outcomes.exposure, found.weight

    for true, other in zip(rows(seasonal_panel), rows(with_another_future(seasonal_panel)), strict=True):
        np.testing.assert_array_equal(true, other)


def test_no_training_row_has_a_target_after_the_last_period_it_may_know(
    seasonal_panel: DemandPanel, settings: DemandModelSettings
) -> None:
    features = Features(seasonal_panel, settings.features, CODES)
    young = Young.drawn(features, settings, last=ORIGIN, seed=0)
    found = TrainingRows.drawn(features, young, settings, last=ORIGIN, seed=0)
    rows, *others = found.parts
    first = settings.first_origin - 1
    known = [seasonal_panel.observed[:, first + step : ORIGIN + 1].sum() for step in range(1, HORIZON + 1)]
    assert (rows.origins + rows.steps).max() == ORIGIN
    assert max((part.origins + part.steps).max() for part in others) <= ORIGIN
    assert np.bincount(rows.steps)[1:].tolist() == known
    assert np.isfinite(found.outcomes.units).all()


def test_a_model_trained_until_the_origin_is_the_same_whatever_came_later(
    seasonal_panel: DemandPanel, settings: DemandModelSettings
) -> None:
    as_of = seasonal_panel.periods[ORIGIN]
    one, other = (
        DemandModel.train(panel.until(as_of), settings, seed=1)
        for panel in (seasonal_panel, with_another_future(seasonal_panel))
    )
    assert one.state() == other.state()


def test_no_forecast_changes_when_the_future_does(seasonal_panel: DemandPanel, model: DemandModel) -> None:
    as_of = seasonal_panel.periods[ORIGIN]
    true = model.forecast(seasonal_panel.until(as_of))
    other = model.forecast(with_another_future(seasonal_panel).until(as_of))
    np.testing.assert_array_equal(true.period_units, other.period_units)
    np.testing.assert_array_equal(true.total_units, other.total_units)
    np.testing.assert_array_equal(true.mean, other.mean)


@pytest.mark.parametrize("rule", [SeasonalNaive(), MovingAverage(), SeasonalMovingAverage(), Croston()])
def test_no_baseline_changes_when_what_was_sold_out_of_stock_does(seasonal_panel: DemandPanel, rule) -> None:
    units = np.where(seasonal_panel.observed, seasonal_panel.units, 777.0)
    other = replace(seasonal_panel, units=units)
    np.testing.assert_array_equal(rule.mean(seasonal_panel, 5), rule.mean(other, 5))


def test_no_forecast_looks_at_what_was_sold_while_out_of_stock(
    seasonal_panel: DemandPanel, model: DemandModel
) -> None:
    other = replace(seasonal_panel, units=np.where(seasonal_panel.observed, seasonal_panel.units, 777.0))
    true = model.forecast(seasonal_panel)
    np.testing.assert_array_equal(true.period_units, model.forecast(other).period_units)


def test_nothing_is_learned_from_a_period_that_sold_nothing_while_out_of_stock(
    seasonal_panel: DemandPanel, model: DemandModel, settings: DemandModelSettings, cutoff: int
) -> None:
    unknown = replace(seasonal_panel, units=seasonal_panel.demand).until(seasonal_panel.periods[cutoff])
    assert model.state() == DemandModel.train(unknown, settings, seed=3).state()


def test_a_baseline_learns_its_quantiles_from_what_was_known(seasonal_panel: DemandPanel) -> None:
    as_of = seasonal_panel.periods[ORIGIN]
    one, other = (
        BaselineModel.train(
            panel.until(as_of),
            MovingAverage(),
            horizon=HORIZON,
            levels=(0.1, 0.5, 0.9),
            calibration_periods=20,
        ).forecast(panel.until(as_of))
        for panel in (seasonal_panel, with_another_future(seasonal_panel))
    )
    np.testing.assert_array_equal(one.period_units, other.period_units)


def test_covariates_beyond_the_horizon_are_not_needed(
    seasonal_panel: DemandPanel, model: DemandModel
) -> None:
    past = seasonal_panel.until(seasonal_panel.periods[ORIGIN])
    short = {name: values[:, : ORIGIN + 1 + HORIZON] for name, values in past.known_ahead.items()}
    forecast = model.forecast(replace(past, known_ahead=short))
    np.testing.assert_array_equal(forecast.mean, model.forecast(past).mean)
