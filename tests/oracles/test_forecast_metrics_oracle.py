"""Scores of forecasts added up cell by cell."""

from itertools import pairwise
from math import isnan, sqrt
from statistics import mean

import numpy as np
import pytest

from allocast.forecast.metrics import bias, coverage, root_mean_squared_scaled_error, scaled_pinball

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
