from collections.abc import Callable
from dataclasses import replace
from unittest import mock

import lightgbm
import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.forecast.baseline_model import BaselineModel
from allocast.forecast.baselines import MovingAverage, SeasonalNaive
from allocast.forecast.demand_forecast import DemandForecast
from allocast.forecast.demand_settings import DemandModelSettings
from allocast.forecast.features import Background, Features
from allocast.forecast.features.background import GroupTotals
from allocast.forecast.fitting.held_out import HeldOut
from allocast.forecast.fitting.mean_trees import fit_mean_trees
from allocast.forecast.judging.backtest import rolling_origin
from allocast.forecast.lightgbm_model import DemandModel

Panels = Callable[..., DemandPanel]
Settings = Callable[..., DemandModelSettings]


def assert_equal(one: DemandForecast, other: DemandForecast) -> None:
    np.testing.assert_array_equal(one.period_units, other.period_units)
    np.testing.assert_array_equal(one.total_units, other.total_units)
    np.testing.assert_array_equal(one.mean, other.mean)
    assert one.series.equals(other.series)


def test_a_forecast_has_the_shape_the_settings_ask_for(seasonal_panel, model: DemandModel) -> None:
    past = seasonal_panel.until(seasonal_panel.periods[80])
    forecast = model.forecast(past)
    assert forecast.as_of == past.as_of
    assert forecast.periods.tolist() == seasonal_panel.periods[81:85].tolist()
    assert forecast.period_units.shape == (50, len(model.settings.levels), 4)
    assert forecast.total_units.shape == (50, len(model.settings.levels), 4)
    assert forecast.series.equals(past.series[["item_id", "location_id"]])


def test_two_trainings_with_one_seed_are_equal_and_with_another_differ(
    seasonal_panel: DemandPanel, settings: DemandModelSettings, model: DemandModel, cutoff: int
) -> None:
    known = seasonal_panel.until(seasonal_panel.periods[cutoff])
    same, other = (DemandModel.train(known, settings, seed=seed) for seed in (3, 4))
    assert same.state() == model.state()
    assert other.text != model.text
    assert_equal(same.forecast(known), model.forecast(known))


def test_a_model_read_from_its_state_forecasts_the_same(
    seasonal_panel: DemandPanel, model: DemandModel
) -> None:
    again = DemandModel.from_state(model.state())
    assert again.settings == model.settings
    assert again.codes == model.codes
    assert again.state() == model.state()
    assert_equal(again.forecast(seasonal_panel), model.forecast(seasonal_panel))


def test_periods_of_another_length_than_those_trained_on_are_refused(
    seasonal_panel: DemandPanel, model: DemandModel
) -> None:
    days = seasonal_panel.periods[0] + np.arange(len(seasonal_panel.periods))
    daily = replace(seasonal_panel, periods=days, frequency=Frequency.DAILY)
    again = DemandModel.from_state(model.state())
    assert again.frequency is seasonal_panel.frequency
    words = "the model was trained on weekly demand; the panel is daily"
    with pytest.raises(DataError, match=words):
        again.forecast(daily)
    with pytest.raises(DataError, match=words):
        again.explain(daily, np.array([0]), np.array([1]))


def test_a_state_is_text_and_nothing_else(model: DemandModel) -> None:
    files = model.state()
    assert sorted(files) == ["demand_model.json", "trees.txt"]
    assert files["trees.txt"].decode().startswith("tree\n")


@pytest.mark.parametrize("rows", [[0], [3, 17, 49], [17, 3, 49], list(range(50))])
def test_some_rows_are_those_of_the_full_forecast(
    seasonal_panel: DemandPanel, model: DemandModel, rows: list[int]
) -> None:
    full, some = model.forecast(seasonal_panel), model.forecast(seasonal_panel, rows=np.array(rows))
    assert some.series.equals(full.series.loc[rows].reset_index(drop=True))
    np.testing.assert_array_equal(some.period_units, full.period_units[rows])
    np.testing.assert_array_equal(some.total_units, full.total_units[rows])
    np.testing.assert_array_equal(some.mean, full.mean[rows])


def test_quantiles_are_calibrated_on_weeks_never_trained_on(
    make_panel: Panels, make_settings: Settings
) -> None:
    rng = np.random.default_rng(7)
    panel = make_panel(rng.poisson(np.geomspace(3, 30, 150)[:, None], (150, 120)))
    model = DemandModel.train(panel.until(panel.periods[97]), make_settings(), seed=1)
    origins = np.arange(97, 117, 4)
    forecasts = model.forecasts(panel, panel.periods[origins])
    actual = np.stack([panel.units[:, origins + step] for step in range(1, 5)], axis=2)
    for name, came in {"period_units": actual, "total_units": np.cumsum(actual, axis=2)}.items():
        units = np.stack([getattr(forecast, name) for forecast in forecasts], axis=1)
        shares = (came[:, :, None] <= units).mean(axis=(0, 1))  # before units are rounded
        np.testing.assert_allclose(shares[[6, 10]], [[0.5] * 4, [0.9] * 4], atol=0.06)
    expected = np.sum([forecast.mean.sum() for forecast in forecasts])
    assert expected == pytest.approx(actual.sum(), rel=0.03)


def test_quantiles_come_from_origins_the_first_model_had_not_seen(
    make_panel: Panels, make_settings: Settings
) -> None:
    panel = make_panel(np.random.default_rng(0).poisson(20, (40, 90)))
    learns_by_heart = make_settings(
        rounds=150, leaves=63, smallest_leaf=2, row_share=1.0, levels=(0.1, 0.5, 0.9)
    )
    forecast = DemandModel.train(panel, learns_by_heart, seed=0).forecast(panel)
    spread = (forecast.period_units[:, 2] - forecast.period_units[:, 0]).mean()
    assert spread > 2 * 1.28 * np.sqrt(20)  # no narrower than the noise that nobody can foresee


def test_the_model_beats_the_rules_of_thumb_on_seasonal_demand(
    seasonal_panel: DemandPanel, model: DemandModel, settings: DemandModelSettings, cutoff: int
) -> None:
    known = seasonal_panel.until(seasonal_panel.periods[cutoff])
    common = {"horizon": 4, "levels": settings.levels, "calibration_periods": 20}
    rules = [BaselineModel.train(known, rule, **common) for rule in (SeasonalNaive(), MovingAverage())]
    table = rolling_origin(
        [model, *rules], seasonal_panel, seasonal_panel.periods[cutoff : cutoff + 12 : 4], anchors=(3,)
    )
    pinball = table.groupby(["target", "model"])["scaled_pinball"].mean().unstack()
    assert (pinball["lightgbm"] < 0.7 * pinball["seasonal_naive"]).all()
    assert (pinball["lightgbm"] < 0.7 * pinball["moving_average(13)"]).all()


def test_zeros_out_of_stock_are_not_read_as_no_demand(
    seasonal_panel: DemandPanel, model: DemandModel
) -> None:
    units, observed = seasonal_panel.units.copy(), seasonal_panel.observed.copy()
    units[:5, -8:] = 0.0
    observed[:5, -8:] = True
    in_stock = model.forecast(replace(seasonal_panel, units=units, observed=observed)).mean[:5]
    observed[:5, -8:] = False
    sold_out = model.forecast(replace(seasonal_panel, units=units, observed=observed)).mean[:5]
    usual = model.forecast(seasonal_panel).mean[:5]
    assert (sold_out.mean(axis=1) > 1.25 * in_stock.mean(axis=1)).all()
    assert sold_out.mean() == pytest.approx(usual.mean(), rel=0.25)


def test_a_model_trained_on_sold_out_weeks_learns_demand_and_not_sales(
    make_panel: Panels, make_settings: Settings
) -> None:
    rng = np.random.default_rng(2)
    sold_out = rng.random((30, 80)) < 0.4
    units = np.where(sold_out, 0.0, rng.poisson(20, (30, 80)))
    masked, read = make_panel(units, observed=~sold_out), make_panel(units)
    means = [DemandModel.train(p, make_settings(), seed=0).forecast(p).mean.mean() for p in (masked, read)]
    assert means[0] == pytest.approx(20, rel=0.05)
    assert means[1] < 14


def test_a_promotion_known_ahead_raises_the_forecast_of_its_week_only(
    seasonal_panel: DemandPanel, model: DemandModel
) -> None:
    promotion = seasonal_panel.known_ahead["promotion"].copy()
    promotion[:, -4:] = 0
    quiet = model.forecast(replace(seasonal_panel, known_ahead={"promotion": promotion})).mean
    promotion[:, -3] = 1
    loud = model.forecast(replace(seasonal_panel, known_ahead={"promotion": promotion})).mean
    assert loud[:, 1].sum() > 1.4 * quiet[:, 1].sum()
    np.testing.assert_array_equal(loud[:, [0, 2, 3]], quiet[:, [0, 2, 3]])


def test_a_missing_future_covariate_is_refused_saying_how_far_it_is_known(
    seasonal_panel: DemandPanel, model: DemandModel
) -> None:
    short = {"promotion": seasonal_panel.known_ahead["promotion"][:, :-2]}
    with pytest.raises(DataError, match="reaches 3 periods ahead but promotion is known for 2"):
        model.forecast(replace(seasonal_panel, known_ahead=short))


def test_a_history_too_short_to_learn_from_is_refused_with_what_it_needs(
    seasonal_panel: DemandPanel, settings: DemandModelSettings
) -> None:
    short = seasonal_panel.until(seasonal_panel.periods[15])
    with pytest.raises(DataError, match=r"training needs about .* the panel has 16"):
        DemandModel.train(short, settings, seed=1)


def test_a_short_history_is_learned_from_with_fewer_origins(
    seasonal_panel: DemandPanel, settings: DemandModelSettings
) -> None:
    wanted = settings.first_origin + settings.horizon + settings.calibration_periods
    short = seasonal_panel.until(seasonal_panel.periods[wanted - 8])
    trained = DemandModel.train(short, settings, seed=1)
    assert trained.settings.calibration_periods < settings.calibration_periods
    assert settings.fitted_to(wanted + 2) is settings


def test_a_history_in_which_nothing_was_ever_sold_is_refused(
    seasonal_panel: DemandPanel, settings: DemandModelSettings
) -> None:
    with pytest.raises(DataError, match="nothing was ever sold"):
        DemandModel.train(replace(seasonal_panel, units=0 * seasonal_panel.units), settings, seed=1)


def test_no_more_rows_are_learned_from_than_allowed(
    seasonal_panel: DemandPanel, settings: DemandModelSettings, model: DemandModel
) -> None:
    thinned = DemandModel.train(
        seasonal_panel.until(seasonal_panel.periods[107]), replace(settings, largest_rows=1000), seed=3
    )
    assert root_count(thinned) == pytest.approx(1000 * settings.row_share, rel=0.15)
    assert root_count(model) > 8000


def test_another_seed_draws_other_rows(seasonal_panel: DemandPanel, settings: DemandModelSettings) -> None:
    thinned = replace(settings, largest_rows=1000, row_share=1.0, feature_share=1.0)  # nothing else is random
    one, same, other = (DemandModel.train(seasonal_panel, thinned, seed=seed).text for seed in (1, 1, 2))
    assert one == same
    assert without_seeds(one) != without_seeds(other)


def without_seeds(text: str) -> str:
    return text.partition("parameters:")[0]


def root_count(model: DemandModel) -> int:
    """Rows at the root of the first tree."""
    line = next(line for line in model.text.splitlines() if line.startswith("internal_count="))
    return int(line.removeprefix("internal_count=").split()[0])


def test_a_new_series_without_any_history_is_forecast_too(
    seasonal_panel: DemandPanel, model: DemandModel
) -> None:
    observed = seasonal_panel.observed.copy()
    observed[0] = False
    forecast = model.forecast(replace(seasonal_panel, observed=observed))
    assert np.isfinite(forecast.mean[0]).all()


def test_daily_demand_with_a_weekly_rhythm_is_learned(make_panel: Panels, make_settings: Settings) -> None:
    rng = np.random.default_rng(9)
    rhythm = np.array([1, 1, 1, 1, 2, 4, 0.2])
    truth = np.linspace(8, 20, 25)[:, None] * np.tile(rhythm, 15)[None, :105]
    panel = make_panel(rng.poisson(truth), frequency=Frequency.DAILY)
    known = panel.until(panel.periods[97])
    settings = make_settings(horizon=7, anchors=(7,), rounds=60)
    forecast = DemandModel.train(known, settings, seed=0).forecast(known)
    assert forecast.periods.tolist() == panel.periods[98:105].tolist()
    np.testing.assert_allclose(forecast.mean.sum(axis=0), truth[:, 98:].sum(axis=0), rtol=0.15)


def test_mean_in_scale_comes_from_a_table_of_features_whatever_the_order_of_its_columns(
    seasonal_panel: DemandPanel, model: DemandModel
) -> None:
    features = Features(seasonal_panel, model.settings.features, model.codes)
    last = np.array([len(seasonal_panel.periods) - 1])
    frame = pd.DataFrame(features.matrix(last, 1), columns=features.names)
    predicted = model.predict_table(frame[frame.columns[::-1]])["mean"].to_numpy()
    units = predicted * features.scale[:, -1]
    as_learned = replace(model, settings=replace(model.settings, recent_periods=0))
    np.testing.assert_allclose(units, as_learned.forecast(seasonal_panel).mean[:, 0], rtol=1e-6)


def test_importance_is_shared_out_among_all_features_largest_first(model: DemandModel) -> None:
    importance = model.importance()
    assert importance.sum() == pytest.approx(1)
    assert importance.is_monotonic_decreasing
    assert importance["promotion_ahead"] > importance["observed_4"]


def test_a_level_that_changed_after_the_training_is_followed(
    make_panel: Panels, make_settings: Settings
) -> None:
    rng = np.random.default_rng(4)
    level = np.where(np.arange(110) > 79, 13.0, 20.0) * np.ones((80, 1))
    panel = make_panel(rng.poisson(level))
    learned = make_settings(follows_outcomes=True, half_life_periods=1e3)
    model = DemandModel.train(panel.until(panel.periods[79]), learned, seed=0)
    fixed = replace(model, settings=replace(model.settings, follows_outcomes=False))
    known = panel.until(panel.periods[84])  # five weeks of less demand, while the features still say more
    error = [abs(m.forecast(known).mean.mean() / 13 - 1) for m in (model, fixed)]
    assert error[0] < 0.8 * error[1]


def test_what_held_out_models_missed_before_the_training_is_not_made_up_for_again(
    make_panel: Panels, make_settings: Settings
) -> None:
    rng = np.random.default_rng(4)
    promoted = (rng.random((80, 94)) < 0.3) * 1.0
    strength = np.where(
        np.arange(94) > 69, 3.0, 1.0
    )  # they began to work after what the held-out models know
    truth = 10 * strength**promoted
    panel = make_panel(rng.poisson(truth)[:, :90], known_ahead={"promotion": promoted})
    learned = make_settings(features={"known_ahead": ("promotion",)}, follows_outcomes=True)
    model = DemandModel.train(panel, learned, seed=0)
    np.testing.assert_allclose(model.past_means(panel)[:, 85:].sum(), truth[:, 85:90].sum(), rtol=0.05)
    alone = replace(model, settings=replace(learned, follows_outcomes=False))
    np.testing.assert_array_equal(model.forecast(panel).mean, alone.forecast(panel).mean)
    np.testing.assert_array_equal(model.forecast(panel).total_units, alone.forecast(panel).total_units)


def test_halves_of_the_series_foretell_each_other_or_few_series_their_own_later_weeks(
    make_panel: Panels, make_settings: Settings
) -> None:
    units = np.random.default_rng(0).poisson(20, (30, 90))
    for n_series, first in ((30, 25), (5, 69)):
        panel, settings = make_panel(units[:n_series]), make_settings()
        features = Features(panel, settings.features, {})
        found = HeldOut.predict(features, (), settings, last=89, seed=0)[0]
        assert found.unseen == 69
        assert found.origins[found.rows.any(axis=0)].min() == first
        assert found.mean.shape == found.actual.shape == (found.rows.sum(), 4)
        assert found.after().origins.min() == 69


def test_rows_put_into_bins_found_before_grow_the_same_trees(
    make_panel: Panels, make_settings: Settings
) -> None:
    settings = make_settings()
    features = Features(make_panel(np.random.default_rng(0).poisson(20, (30, 90))), settings.features, {})
    first, bins = fit_mean_trees(features, (), settings, last=89, seed=0)
    with mock.patch.object(
        lightgbm.Dataset, "_init_from_sample", side_effect=AssertionError("bins are found anew")
    ):
        again, _ = fit_mean_trees(features, (), settings, last=89, seed=0, bins=bins)
    assert again == first


@pytest.mark.parametrize("unit", [1e-2, 1e3])
def test_forecasts_follow_the_unit_of_demand(
    make_panel: Panels, make_settings: Settings, unit: float
) -> None:
    units = np.random.default_rng(2).poisson(20, (30, 90)).astype(np.float64)
    mean = [
        DemandModel.train(panel, make_settings(), seed=1).forecast(panel).mean.sum()
        for panel in (make_panel(units), make_panel(units * unit))
    ]
    assert mean[1] / unit == pytest.approx(mean[0], rel=0.01)


def test_units_so_large_that_sales_are_tiny_are_refused(make_panel: Panels, make_settings: Settings) -> None:
    panel = make_panel(np.random.default_rng(2).poisson(20, (30, 90)) * 1e-4)
    with pytest.raises(DataError, match="such as kilograms for tonnes"):
        DemandModel.train(panel, make_settings(), seed=1)


def test_a_part_of_the_series_is_refused_by_a_model_that_follows_outcomes(
    seasonal_panel: DemandPanel, model: DemandModel
) -> None:
    background = Background(
        units=GroupTotals(values={}, sums={}), relative=None, known_ahead={}, whole_units=True
    )
    follows = replace(model, settings=replace(model.settings, follows_outcomes=True))
    follows.forecast(seasonal_panel)
    with pytest.raises(DataError, match="forecasts all series together"):
        follows.forecast(seasonal_panel, background=background)
