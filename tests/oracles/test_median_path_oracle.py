"""The median path against a general minimiser."""

import numpy as np
import pytest
from scipy.optimize import minimize

from allocast.errors import DataError
from allocast.forecast.judging.metrics import root_mean_squared_scaled_error
from allocast.forecast.judging.point_forecasts import median_path


def test_the_median_path_has_the_smallest_mean_distance() -> None:
    paths = np.random.default_rng(3).gamma(0.7, 3, (4, 31, 3))
    for own, found in zip(paths, median_path(paths), strict=True):
        mean_distance = lambda path, own=own: np.sqrt(((own - path) ** 2).sum(axis=1)).mean()  # noqa: E731
        best = minimize(mean_distance, own.mean(axis=0), method="Nelder-Mead", options={"fatol": 1e-10})
        assert mean_distance(found) == pytest.approx(best.fun, abs=1e-5)


def test_rmsse_prefers_it_to_the_mean_where_sales_are_rare() -> None:
    rng = np.random.default_rng(4)
    paths, actual = rng.poisson(0.1, (500, 200, 6)), rng.poisson(0.1, (500, 6)).astype(float)
    history = rng.poisson(0.1, (500, 60)).astype(float)
    of_mean = root_mean_squared_scaled_error(actual, np.full(actual.shape, 0.1), history)
    assert root_mean_squared_scaled_error(actual, median_path(paths), history) < of_mean


def test_without_paths_there_is_no_median() -> None:
    with pytest.raises(DataError, match="none"):
        median_path(np.empty((2, 0, 3)))
