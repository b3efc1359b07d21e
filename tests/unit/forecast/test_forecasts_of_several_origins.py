import numpy as np
import pytest

from allocast.demand.panel import DemandPanel
from allocast.forecast.baseline_model import BaselineModel, ForecastingModel
from allocast.forecast.baselines import Croston
from allocast.forecast.lightgbm_model import DemandModel


@pytest.fixture(params=["lightgbm", "rule"])
def any_model(
    request: pytest.FixtureRequest, model: DemandModel, seasonal_panel: DemandPanel, cutoff: int
) -> ForecastingModel:
    if request.param == "lightgbm":
        return model
    known = seasonal_panel.until(seasonal_panel.periods[cutoff])
    return BaselineModel.train(known, Croston(), horizon=4, levels=(0.1, 0.5, 0.9), calibration_periods=10)


def test_forecasts_of_several_origins_equal_single_ones(
    any_model: ForecastingModel, seasonal_panel: DemandPanel
) -> None:
    origins = seasonal_panel.periods[[107, 110, 119]]
    together = any_model.forecasts(seasonal_panel, origins)
    assert [each.as_of for each in together] == origins.tolist()
    for origin, one in zip(origins, together, strict=True):
        alone = any_model.forecast(seasonal_panel.until(origin))
        assert one.series.equals(alone.series)
        assert one.whole == alone.whole
        np.testing.assert_array_equal(one.periods, alone.periods)
        for name in ("mean", "period_units", "total_units"):
            np.testing.assert_array_equal(getattr(one, name), getattr(alone, name))


def test_an_origin_does_not_see_what_comes_after_it(model: DemandModel, seasonal_panel: DemandPanel) -> None:
    origin = seasonal_panel.periods[[107]]
    (one,) = model.forecasts(seasonal_panel, origin)
    (other,) = model.forecasts(seasonal_panel.until(seasonal_panel.periods[109]), origin)
    np.testing.assert_array_equal(one.period_units, other.period_units)
