"""What an agent sees of history beside the forecast."""

import numpy as np
import pandas as pd
import pytest

from allocast.agents.worlds.recent_demand import RECENT_NAMES, recent_demand
from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel


def panel_of(units):
    units = np.asarray(units, dtype=np.float64)
    n, periods = units.shape
    return DemandPanel(
        series=pd.DataFrame({"item_id": [f"i{k}" for k in range(n)], "location_id": "a"}),
        periods=np.datetime64("2021-01-04") + 7 * np.arange(periods),
        frequency=Frequency.WEEKLY,
        units=units,
        observed=~np.isnan(units),
    )


def column(recent, name):
    return recent[:, RECENT_NAMES.index(name)]


def test_averages_are_demand_over_the_protection_interval():
    units = np.concatenate([np.full(48, 2.0), np.full(4, 5.0)])[None, :]
    recent = recent_demand(panel_of(units), np.array([3.0]), np.array([9.0]))
    assert column(recent, "sold_lately_4") == 15.0
    assert column(recent, "sold_lately_52") == pytest.approx(3 * (48 * 2 + 4 * 5) / 52)
    assert column(recent, "units_logarithm") == pytest.approx(np.log(9.0))


def test_the_same_periods_a_season_ago_are_those_that_come():
    units = np.zeros((1, 60))
    units[0, 8:11] = 4.0  # 52 periods before the three that come
    recent = recent_demand(panel_of(units), np.array([3.0]), np.array([1.0]))
    assert column(recent, "sold_last_year") == 12.0
    assert column(recent, "season_turn") > 0


def test_unknown_periods_count_for_nothing_but_are_seen():
    units = np.full((1, 60), 3.0)
    units[0, -2:] = np.nan
    recent = recent_demand(panel_of(units), np.array([1.0]), np.array([3.0]))
    assert column(recent, "sold_lately_4") == 3.0
    assert column(recent, "unknown_share") == 0.25


def test_before_a_season_has_passed_the_forecast_stands_for_it():
    recent = recent_demand(panel_of(np.ones((1, 20))), np.array([3.0]), np.array([7.0]))
    assert column(recent, "sold_last_year") == 7.0
    assert column(recent, "season_turn") == 0.0
