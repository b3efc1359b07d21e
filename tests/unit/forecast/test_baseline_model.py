from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.forecast.baseline_model import SMALLEST_MEAN, BaselineModel
from allocast.forecast.baselines import MovingAverage, SeasonalNaive

Panels = Callable[..., DemandPanel]


def train(panel: DemandPanel, rule: Any = None, **changed: Any) -> BaselineModel:
    usual = {"horizon": 3, "levels": (0.1, 0.5, 0.9), "calibration_periods": 20}
    return BaselineModel.train(panel, rule or MovingAverage(), **{**usual, **changed})


def poisson(make_panel: Panels, n_periods: int = 100, n_series: int = 60) -> DemandPanel:
    rng = np.random.default_rng(4)
    return make_panel(rng.poisson(40, (n_series, n_periods)))


def test_the_mean_is_the_rule_as_it_stands(make_panel: Panels) -> None:
    panel = poisson(make_panel)
    forecast = train(panel).forecast(panel)
    np.testing.assert_array_equal(forecast.mean, MovingAverage().mean(panel, 3))
    assert train(panel).name == "moving_average(13)"


def test_the_forecast_begins_after_the_panel_and_has_the_shape_asked_for(make_panel: Panels) -> None:
    panel = poisson(make_panel)
    forecast = train(panel).forecast(panel)
    assert forecast.as_of == panel.as_of
    assert forecast.periods[0] == panel.as_of + 7
    assert forecast.period_units.shape == (60, 3, 3)
    assert forecast.total_units.shape == (60, 3, 3)


def test_quantiles_cover_what_they_say(make_panel: Panels) -> None:
    panel = poisson(make_panel)
    known = panel.until(panel.periods[96])
    forecast = train(known).forecast(known)
    share = (panel.units[:, None, 97:] <= forecast.period_units).mean(axis=(0, 2))
    np.testing.assert_allclose(share, [0.1, 0.5, 0.9], atol=0.08)
    totals = panel.units[:, 97:].sum(axis=1)
    total_share = (totals[:, None] <= forecast.total_units[:, :, 2]).mean(axis=0)
    np.testing.assert_allclose(total_share, [0.1, 0.5, 0.9], atol=0.15)


def test_each_step_learns_from_the_errors_of_that_many_periods_ahead(make_panel: Panels) -> None:
    up_and_down = make_panel(np.tile([10.0, 20.0], (20, 30)))
    last_value = MovingAverage(window=1)
    forecast = train(up_and_down, last_value, horizon=2).forecast(up_and_down)  # 20 was the last
    np.testing.assert_allclose(forecast.period_units[0, [0, 2], 0], [10, 40])  # one ahead: half or double
    np.testing.assert_allclose(forecast.period_units[0, [0, 2], 1], [20, 20])  # two ahead: always right
    np.testing.assert_allclose(forecast.total_units[0, [0, 2], 0], [10, 40])
    np.testing.assert_allclose(forecast.total_units[0, [0, 2], 1], [30, 60])


def test_totals_spread_less_than_their_periods_together(make_panel: Panels) -> None:
    panel = poisson(make_panel)
    forecast = train(panel).forecast(panel)
    of_total = forecast.total_units[:, 2, 2] - forecast.total_units[:, 0, 2]
    of_periods = (forecast.period_units[:, 2] - forecast.period_units[:, 0]).sum(axis=1)
    assert (of_total < 0.8 * of_periods).all()


def test_a_series_that_never_sold_is_forecast_next_to_nothing(make_panel: Panels) -> None:
    units = np.vstack([np.zeros(60), np.random.default_rng(0).poisson(9, (20, 60))])
    panel = make_panel(units)
    forecast = train(panel).forecast(panel)
    assert (forecast.mean[0] == SMALLEST_MEAN).all()
    assert forecast.period_units[0].max() < 0.01


def test_out_of_stock_cells_are_no_errors_to_learn_from(make_panel: Panels) -> None:
    units = np.full((20, 60), 10.0)
    hidden = np.random.default_rng(0).random(units.shape) < 0.3
    sold_out = make_panel(np.where(hidden, 0.0, units), observed=~hidden)
    forecast = train(sold_out).forecast(sold_out)
    np.testing.assert_allclose(forecast.period_units, 10)


def test_too_few_outcomes_to_learn_from_are_refused(make_panel: Panels) -> None:
    with pytest.raises(DataError, match="at least 10 known outcomes; there are 6"):
        train(make_panel(np.ones((2, 40))), SeasonalNaive(), calibration_periods=3, horizon=1)
    enough = train(make_panel(np.ones((10, 40))), calibration_periods=3, horizon=1)
    assert len(enough.of_period) == 1
