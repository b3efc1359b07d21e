"""Places of counts in their predictive distributions, where the distribution is known."""

import numpy as np
import pytest
from scipy.stats import kstest, poisson

from allocast.forecast.judging.pit import calibration_error, covered, histogram, place_range, randomised

LEVELS = np.linspace(0.01, 0.99, 99)


def poisson_world(mean: float, said: float) -> tuple[np.ndarray, np.ndarray]:
    actual = np.random.default_rng(7).poisson(mean, (400, 10)).astype(np.float64)
    quantiles = np.tile(poisson.ppf(LEVELS, said)[None, :, None], (400, 1, 10))
    return place_range(actual, quantiles, LEVELS)


@pytest.mark.parametrize("mean", [0.2, 1.0, 30.0])
def test_ranges_are_those_of_the_distribution_within_a_level(mean: float) -> None:
    actual = poisson.ppf(np.array([[0.3, 0.7, 0.95]]), mean)
    quantiles = np.tile(poisson.ppf(LEVELS, mean)[None, :, None], (1, 1, 3))
    lower, upper = place_range(actual, quantiles, LEVELS)
    np.testing.assert_allclose(lower, poisson.cdf(actual - 1, mean), atol=0.0051)
    np.testing.assert_allclose(upper, poisson.cdf(actual, mean), atol=0.0051)


@pytest.mark.parametrize("mean", [0.2, 1.0, 30.0])
def test_places_are_uniform_where_the_forecast_is_right(mean: float) -> None:
    lower, upper = poisson_world(mean, mean)
    assert kstest(randomised(lower, upper, np.random.default_rng(1)).ravel(), "uniform").pvalue > 0.01
    assert calibration_error(histogram(lower, upper)) < 0.03


@pytest.mark.parametrize("mean", [1.0, 30.0])
def test_places_are_not_uniform_where_the_forecast_is_wrong(mean: float) -> None:
    lower, upper = poisson_world(mean, 1.5 * mean)
    assert kstest(randomised(lower, upper, np.random.default_rng(1)).ravel(), "uniform").pvalue < 1e-6
    assert calibration_error(histogram(lower, upper)) > 0.1


def test_histogram_and_coverage_are_those_of_many_draws() -> None:
    lower, upper = poisson_world(0.7, 1.0)
    draws = randomised(np.repeat(lower, 50, axis=0), np.repeat(upper, 50, axis=0), np.random.default_rng(2))
    drawn = np.histogram(draws, bins=10, range=(0, 1))[0] / draws.size
    np.testing.assert_allclose(histogram(lower, upper), drawn, atol=0.005)
    assert covered(lower, upper, 0.37).mean() == pytest.approx((draws <= 0.37).mean(), abs=0.005)


def test_coverage_of_a_slow_seller_meets_its_level_only_when_randomised() -> None:
    lower, upper = poisson_world(0.2, 0.2)
    actual = np.random.default_rng(7).poisson(0.2, (400, 10))
    assert (actual <= poisson.ppf(0.5, 0.2)).mean() > 0.75
    assert covered(lower, upper, 0.5).mean() == pytest.approx(0.5, abs=0.02)


def test_a_cell_that_was_not_observed_has_no_place() -> None:
    lower, upper = place_range(
        np.array([[np.nan, 1.0]]), np.array([[[1.0, 1.0], [2.0, 2.0]]]), np.array([0.4, 0.6])
    )
    assert np.isnan([lower[0, 0], upper[0, 0], covered(lower, upper, 0.5)[0, 0]]).all()
    np.testing.assert_allclose(histogram(lower, upper, 5), [0, 2 / 3, 1 / 3, 0, 0], atol=1e-12)  # 0.2 to 0.5
