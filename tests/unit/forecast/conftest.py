"""Small panels with a known demand, and a demand model trained on one of them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_settings import DemandModelSettings, FeatureSettings
from allocast.forecast.lightgbm_model import DemandModel

FIRST_DAY = np.datetime64("2022-01-03")


def build_panel(units: Any, *, frequency: Frequency = Frequency.WEEKLY, **changed: Any) -> DemandPanel:
    """Weekly demand, NaN where it was not observed; items 0, 1, … at one location, unless said otherwise."""
    units = np.asarray(units, dtype=np.float64)
    first = np.datetime64("2022-01-01") if frequency is Frequency.MONTHLY else FIRST_DAY
    names = [str(row) for row in range(len(units))]
    parts = {
        "series": pd.DataFrame({"item_id": names, "location_id": "here"}),
        "periods": frequency.shifted(first, np.arange(units.shape[1])),
        "observed": ~np.isnan(units),
    }
    return DemandPanel(units=units, frequency=frequency, **{**parts, **changed})


def build_settings(**changed: Any) -> DemandModelSettings:
    """Few features and rounds, one thread."""
    features = FeatureSettings(lags=(1, 2, 3), windows=(4, 13), **changed.pop("features", {}))
    small: dict[str, Any] = {
        "horizon": 4,
        "anchors": (3,),
        "rounds": 30,
        "leaves": 15,
        "smallest_leaf": 40,
        "learning_rate": 0.15,
        "calibration_periods": 20,
        "threads": 1,
    }
    return DemandModelSettings(features=features, **{**small, **changed})


@pytest.fixture(scope="session")
def make_panel() -> Callable[..., DemandPanel]:
    return build_panel


@pytest.fixture(scope="session")
def make_settings() -> Callable[..., DemandModelSettings]:
    return build_settings


@pytest.fixture(scope="session")
def seasonal_panel() -> DemandPanel:
    """Poisson demand of 50 series, 10 to 60 units a week, with a yearly season; one cell in twenty out of stock.

    What was sold while out of stock is 0, and a promotion, known four weeks ahead, doubles demand. Visits are known
    only once a week is over.
    """
    rng = np.random.default_rng(11)
    n_series, n_periods = 50, 120
    level = np.geomspace(10, 60, n_series)[:, None]
    season = 1 + 0.7 * np.sin(2 * np.pi * np.arange(n_periods) / 52)
    promotion = (rng.random((n_series, n_periods + 4)) < 0.1).astype(np.float64)
    units = rng.poisson(level * season * (1 + promotion[:, :n_periods])).astype(np.float64)
    observed = rng.random(units.shape) > 0.05
    attributes = {
        "item_id": [f"i{k % 25}" for k in range(50)],
        "location_id": [f"l{k // 25}" for k in range(50)],
    }
    return build_panel(
        np.where(observed, units, 0.0),
        observed=observed,
        series=pd.DataFrame({**attributes, "size": ["small"] * 25 + ["large"] * 25}),
        known_ahead={"promotion": promotion},
        past_only={"visits": 10 * units + rng.normal(size=units.shape)},
    )


@pytest.fixture(scope="session")
def settings() -> DemandModelSettings:
    return build_settings(features={"statics": ("size",), "groups": ("size",), "known_ahead": ("promotion",)})


@pytest.fixture(scope="session")
def cutoff() -> int:
    """The place of the last period that ``model`` was trained on."""
    return 107


@pytest.fixture(scope="session")
def model(seasonal_panel: DemandPanel, settings: DemandModelSettings, cutoff: int) -> DemandModel:
    return DemandModel.train(seasonal_panel.until(seasonal_panel.periods[cutoff]), settings, seed=3)
