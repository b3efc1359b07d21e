"""The seasonal moving average where a week is empty: nothing sold, nothing observed, nothing at all."""

import numpy as np
import pandas as pd

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.forecast.baselines import SeasonalMovingAverage


def weekly(units: list[list[float]]) -> DemandPanel:
    array = np.array(units)
    return DemandPanel(
        series=pd.DataFrame({"item_id": [str(row) for row in range(len(array))], "location_id": "here"}),
        periods=np.datetime64("2024-01-01") + 7 * np.arange(array.shape[1]),
        frequency=Frequency.WEEKLY,
        units=array,
        observed=~np.isnan(array),
    )


def test_a_week_in_which_nobody_asked_for_anything_says_nothing_about_the_level() -> None:
    panel = weekly([[6.0, 0, 6], [2, 0, 2]])
    factors = SeasonalMovingAverage().factors(panel)
    np.testing.assert_allclose(factors[[1, 2, 3, 4]], [1.5, 0, 1.5, 1])
    np.testing.assert_allclose(SeasonalMovingAverage().mean(panel, 1), [[4], [4 / 3]])


def test_a_week_in_which_nothing_was_observed_is_one_never_seen() -> None:
    panel = weekly([[6.0, np.nan, 6], [2, np.nan, 2]])
    np.testing.assert_array_equal(SeasonalMovingAverage().factors(panel), np.ones(54))
    np.testing.assert_allclose(SeasonalMovingAverage().mean(panel, 2), [[6, 6], [2, 2]])


def test_a_panel_without_any_demand_is_forecast_to_have_none() -> None:
    np.testing.assert_array_equal(SeasonalMovingAverage().mean(weekly([[0.0, 0, 0]]), 2), [[0, 0]])
    np.testing.assert_array_equal(SeasonalMovingAverage().mean(weekly([[np.nan] * 3]), 2), [[0, 0]])
