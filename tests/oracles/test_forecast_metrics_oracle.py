"""Scores of forecasts added up cell by cell."""

from itertools import pairwise
from math import isnan, sqrt
from statistics import mean

import numpy as np
import pytest

from allocast.forecast.judging.metrics import (
    bias,
    coverage,
    crps,
    mean_scaled_pinball,
    root_mean_squared_scaled_error,
    scaled_pinball,
    weighted_rmsse,
)

LEVELS = np.array([0.1, 0.5, 0.95])


@pytest.fixture(params=range(3))
def world(request: pytest.FixtureRequest) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(request.param)
    actual = np.where(rng.random((9, 5)) < 0.3, np.nan, rng.poisson(6, (9, 5)))
    history = np.where(rng.random((9, 30)) < 0.3, np.nan, rng.poisson(6, (9, 30)))
    history[0], actual[1] = 4.0, np.nan
    quantiles = np.sort(rng.gamma(3, 2, (9, 3, 5)), axis=1)
    return {"actual": actual, "history": history, "quantiles": quantiles, "mean": rng.gamma(6, 1, (9, 5))}


def cells(actual: np.ndarray) -> list[tuple[int, int]]:
    return [(i, h) for i, h in np.ndindex(actual.shape) if not isnan(actual[i, h])]


def test_pinball_added_up(world: dict[str, np.ndarray]) -> None:
    actual, quantiles = world["actual"], world["quantiles"]
    losses = []
    for i, h in cells(actual):
        for k, level in enumerate(LEVELS):
            missed = actual[i, h] - quantiles[i, k, h]
            losses.append(level * missed if missed > 0 else (1 - level) * -missed)
    expected = 2 * mean(losses) / mean(actual[cell] for cell in cells(actual))
    assert scaled_pinball(actual, quantiles, LEVELS) == pytest.approx(expected)


def test_bias_and_coverage_added_up(world: dict[str, np.ndarray]) -> None:
    actual, quantiles = world["actual"], world["quantiles"]
    seen = cells(actual)
    expected = sum(world["mean"][c] - actual[c] for c in seen) / sum(actual[c] for c in seen)
    assert bias(actual, world["mean"]) == pytest.approx(expected)
    shares = [mean(float(actual[i, h] <= quantiles[i, k, h]) for i, h in seen) for k in range(3)]
    assert coverage(actual, quantiles).tolist() == pytest.approx(shares)


def test_rmsse_added_up(world: dict[str, np.ndarray]) -> None:
    of_series = []
    for actual, said, history in zip(world["actual"], world["mean"], world["history"], strict=True):
        steps = [(b - a) ** 2 for a, b in pairwise(history) if not isnan(b - a)]
        errors = [(f - y) ** 2 for f, y in zip(said, actual, strict=True) if not isnan(y)]
        if errors and any(steps):
            of_series.append(sqrt(mean(errors) / mean(steps)))
    assert len(of_series) == 7
    ours = root_mean_squared_scaled_error(world["actual"], world["mean"], world["history"])
    assert ours == pytest.approx(mean(of_series))


def test_weighted_rmsse_added_up(world: dict[str, np.ndarray]) -> None:
    weights = np.arange(9.0)
    total = weight_of_all = 0.0
    for weight, actual, said, history in zip(
        weights, world["actual"], world["mean"], world["history"], strict=True
    ):
        steps = [(b - a) ** 2 for a, b in pairwise(history) if not isnan(b - a)]
        errors = [(f - y) ** 2 for f, y in zip(said, actual, strict=True) if not isnan(y)]
        if errors and any(steps):
            total += weight * sqrt(mean(errors) / mean(steps))
            weight_of_all += weight
    ours = weighted_rmsse(world["actual"], world["mean"], world["history"], weights)
    assert ours == pytest.approx(total / weight_of_all)


def test_mean_scaled_pinball_added_up(world: dict[str, np.ndarray]) -> None:
    """utilsforecast's scaled_mqloss with seasonality 1, times two, worked out by hand where cells are missing."""
    of_series = []
    for i, history in enumerate(world["history"]):
        steps = [abs(b - a) for a, b in pairwise(history) if not isnan(b - a)]
        losses = []
        for h in range(5):
            for k, level in enumerate(LEVELS):
                delta = world["actual"][i, h] - world["quantiles"][i, k, h]
                if not isnan(delta):
                    losses.append(max(level * delta, (level - 1) * delta))
        if losses and any(steps):
            of_series.append(2 * mean(losses) / mean(steps))
    ours = mean_scaled_pinball(world["actual"], world["quantiles"], LEVELS, world["history"])
    assert ours == pytest.approx(mean(of_series))


def test_crps_from_many_quantiles_is_that_of_the_distribution() -> None:
    """Exponential with mean m: CRPS = y + 2 m exp(−y / m) − 3 m / 2 (Taillardat et al., MWR 144, 2016, table A1)."""
    levels = (np.arange(4000) + 0.5) / 4000
    quantiles = np.tile(-3 * np.log1p(-levels)[None, :, None], (1, 1, 4))
    actual = np.array([[0.0, 1.0, 3.0, 11.0]])
    expected = mean(y + 6 * np.exp(-y / 3) - 4.5 for y in actual[0])
    assert crps(actual, quantiles, levels) == pytest.approx(expected, rel=1e-3)
