"""What every demand forecast must do, whatever the history."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.forecast.baseline_model import BaselineModel
from allocast.forecast.baselines import Croston, MovingAverage, SeasonalMovingAverage, SeasonalNaive
from allocast.forecast.calibration.ratio_quantiles import RatioQuantiles
from allocast.forecast.demand_settings import DemandModelSettings, FeatureSettings
from allocast.forecast.distribution import (
    inverse_distribution,
    lean_towards,
    means_allowed,
    probability_within,
)
from allocast.forecast.lightgbm_model import DemandModel
from allocast.forecast.paths import remap_totals

LEVELS = np.array([0.05, 0.3, 0.5, 0.9, 0.99])
RULES = [SeasonalNaive(), MovingAverage(), SeasonalMovingAverage(), Croston()]

few = settings(max_examples=30, deadline=None, derandomize=True)
sold = st.one_of(st.just(0.0), st.integers(0, 9).map(float), st.floats(0, 1e6))
histories = arrays(np.float64, (4, 60), elements=sold, fill=st.just(0.0))
masks = arrays(np.bool_, (4, 60), elements=st.booleans(), fill=st.just(True))
seeds = st.integers(0, 2**16)


def panel_of(units: np.ndarray, observed: np.ndarray) -> DemandPanel:
    return DemandPanel(
        series=pd.DataFrame({"item_id": range(len(units)), "location_id": "x"}),
        periods=np.datetime64("2023-01-02") + np.arange(units.shape[1]) * np.timedelta64(7, "D"),
        frequency=Frequency.WEEKLY,
        units=units,
        observed=observed,
    )


@pytest.fixture(scope="module")
def model() -> DemandModel:
    rng = np.random.default_rng(0)
    units = rng.poisson(np.geomspace(0.1, 80, 40)[:, None], (40, 70)).astype(float)
    small = DemandModelSettings(
        horizon=4, anchors=(2, 4), rounds=20, smallest_leaf=20, calibration_periods=15, threads=1,
        features=FeatureSettings(lags=(1, 2), windows=(4, 13)),
    )  # fmt: skip
    return DemandModel.train(panel_of(units, units >= 0), small, seed=0)


def assert_possible(quantiles: np.ndarray) -> None:
    """Finite, never negative, never crossing along axis 1."""
    assert np.isfinite(quantiles).all()
    assert (quantiles >= 0).all()
    assert (np.diff(quantiles, axis=1) >= 0).all()


@given(units=histories, observed=masks, seed=seeds)
@few
def test_quantiles_and_paths_of_the_model_are_possible_for_any_history(
    model: DemandModel, units: np.ndarray, observed: np.ndarray, seed: int
) -> None:
    forecast = model.forecast(panel_of(units, observed))
    assert_possible(forecast.period_units)
    assert_possible(forecast.total_units)
    paths = forecast.sample_paths(20, np.random.default_rng(seed))
    assert np.isfinite(paths).all()
    assert (paths >= 0).all()


@given(units=histories, observed=masks)
@few
def test_a_forecast_stays_within_reach_of_its_history(
    model: DemandModel, units: np.ndarray, observed: np.ndarray
) -> None:
    forecast = model.forecast(panel_of(units, observed))
    largest = np.where(observed, units, 0).max(axis=1)
    lent = np.where(observed.all(axis=1), 0.0, largest.max())  # gaps are filled from the group
    assert (forecast.mean.max(axis=1) <= 20 * np.maximum(np.maximum(largest, lent), 1)).all()


@pytest.mark.parametrize("rule", RULES)
@given(units=histories, observed=masks)
@few
def test_rules_of_thumb_are_finite_and_never_negative(rule, units: np.ndarray, observed: np.ndarray) -> None:
    mean = rule.mean(panel_of(units, observed), 5)
    assert mean.shape == (4, 5)
    assert np.isfinite(mean).all()
    assert (mean >= 0).all()


@given(units=histories)
@few
def test_quantiles_of_a_baseline_are_possible_for_any_history(units: np.ndarray) -> None:
    panel = panel_of(units, np.ones(units.shape, dtype=bool))
    learned = BaselineModel.train(
        panel, MovingAverage(), horizon=3, levels=tuple(LEVELS), calibration_periods=12
    )
    forecast = learned.forecast(panel)
    assert_possible(forecast.period_units)
    assert_possible(forecast.total_units)


@given(
    means=arrays(np.float64, 60, elements=st.floats(1e-3, 1e6)),
    actuals=arrays(np.float64, 60, elements=sold),
    asked=arrays(np.float64, 15, elements=st.floats(1e-3, 1e8)),
    bin_size=st.integers(1, 60),
)
@few
def test_learned_quantiles_never_cross_and_grow_from_nothing(
    means: np.ndarray, actuals: np.ndarray, asked: np.ndarray, bin_size: int
) -> None:
    learned = RatioQuantiles.learn(means, actuals, LEVELS, bin_size=bin_size)
    assert_possible(learned.units(asked))


sorted_quantiles = arrays(np.float64, (3, 5), elements=st.floats(0, 1e4)).map(lambda q: np.sort(q, axis=1))


@given(quantiles=sorted_quantiles, seed=seeds)
@few
def test_the_inverse_distribution_rises_through_its_quantiles(quantiles: np.ndarray, seed: int) -> None:
    uniforms = np.sort(np.random.default_rng(seed).random((3, 40)), axis=1)
    values = inverse_distribution(quantiles, LEVELS, uniforms)
    assert_possible(values + 0.0)
    at_levels = inverse_distribution(quantiles, LEVELS, np.tile(LEVELS, (3, 1)))
    np.testing.assert_allclose(at_levels, quantiles, rtol=1e-9, atol=1e-9)


@given(quantiles=sorted_quantiles, place=arrays(np.float64, 3, elements=st.floats(0, 1)), seed=seeds)
@few
def test_a_distribution_has_the_mean_that_it_leans_towards_and_keeps_its_quantiles(
    quantiles: np.ndarray, place: np.ndarray, seed: int
) -> None:
    low, high = means_allowed(quantiles, LEVELS)
    mean = low + place * (high - low)
    lean = lean_towards(quantiles, LEVELS, mean)
    ends = 1 - np.geomspace(1 - LEVELS[-1], 1e-12, 20_001)  # far into the tail
    grid = np.concatenate([np.linspace(0, LEVELS[-1], 200_001)[:-1], ends])
    middle = np.tile((grid[1:] + grid[:-1]) / 2, (3, 1))
    values = inverse_distribution(quantiles, LEVELS, middle, lean)
    np.testing.assert_allclose(values @ np.diff(grid), mean, rtol=1e-4, atol=1e-6 * high.max())
    at_levels = inverse_distribution(quantiles, LEVELS, np.tile(LEVELS, (3, 1)), lean)
    np.testing.assert_allclose(at_levels, quantiles, rtol=1e-6, atol=1e-6 * quantiles.max())
    asked = np.random.default_rng(seed).random((3, 40))
    found = inverse_distribution(quantiles, LEVELS, asked, lean)
    assert (probability_within(quantiles, LEVELS, found * (1 + 1e-9) + 1e-9, lean) >= asked - 1e-6).all()


@given(first=sorted_quantiles, more=sorted_quantiles, seed=seeds)
@few
def test_path_totals_follow_their_quantiles_at_every_horizon(
    first: np.ndarray, more: np.ndarray, seed: int
) -> None:
    paths = np.random.default_rng(seed).gamma(0.5, 10, (3, 25, 3))
    totals = np.stack([first, first + more, first + more], axis=2)
    after = np.cumsum(remap_totals(paths, totals, LEVELS), axis=2)
    middle = np.tile((np.arange(25) + 0.5) / 25, (3, 1))
    wanted = np.stack([inverse_distribution(totals[:, :, k], LEVELS, middle) for k in range(3)], axis=2)
    wanted = np.maximum.accumulate(wanted, axis=2)
    np.testing.assert_allclose(np.sort(after, axis=1), np.sort(wanted, axis=1), rtol=1e-9, atol=1e-6)
    assert (np.diff(after, axis=2, prepend=0) >= -1e-9).all()
