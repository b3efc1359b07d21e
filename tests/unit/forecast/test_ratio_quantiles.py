import numpy as np
import pytest

from allocast.errors import DataError
from allocast.forecast.calibration.ratio_quantiles import RatioQuantiles

LEVELS = np.array([0.1, 0.5, 0.9])


def test_one_bin_holds_the_ratios_of_all_outcomes() -> None:
    mean = np.full(21, 10.0)
    learned = RatioQuantiles.learn(mean, np.arange(21.0), LEVELS)
    np.testing.assert_allclose(learned.units(np.array([10.0])), [[2, 10, 18]])
    np.testing.assert_allclose(learned.units(np.array([20.0])), [[4, 20, 36]])


def test_a_level_that_the_mean_missed_is_in_the_quantiles() -> None:
    learned = RatioQuantiles.learn(np.full(40, 10.0), np.full(40, 12.0), LEVELS)
    np.testing.assert_allclose(learned.units(np.array([10.0, 5.0])), [[12] * 3, [6] * 3])


def test_unknown_outcomes_are_passed_over() -> None:
    actual = np.concatenate([np.arange(21.0), np.full(30, np.nan)])
    learned = RatioQuantiles.learn(np.full(51, 10.0), actual, LEVELS)
    np.testing.assert_allclose(learned.units(np.array([10.0])), [[2, 10, 18]])


def test_small_and_large_means_have_their_own_spread_and_between_them_units_move_evenly() -> None:
    rng = np.random.default_rng(0)
    mean = np.concatenate([np.full(400, 1.0), np.full(400, 100.0)])
    learned = RatioQuantiles.learn(mean, rng.poisson(mean).astype(float), LEVELS)
    units = learned.units(np.array([1.0, 50.5, 100.0]))
    spread = np.diff(units, axis=1).sum(axis=1)
    assert spread[0] > 1.5 and spread[2] / 100 < 0.4
    np.testing.assert_allclose(units[1], (units[0] + units[2]) / 2)


def test_between_two_bins_only_those_two_count() -> None:
    mean = np.repeat([1.0, 10.0, 100.0], 400)
    learned = RatioQuantiles.learn(mean, mean * np.repeat([1.0, 2.0, 9.0], 400), LEVELS)
    np.testing.assert_allclose(learned.units(np.array([5.5]))[0], 10.5)
    np.testing.assert_allclose(learned.units(np.array([10.0, 55.0]))[:, 1], [20, 460])


def test_quantiles_stay_bounded_next_to_series_that_hardly_ever_sell() -> None:
    rng = np.random.default_rng(0)
    mean = np.concatenate([np.full(400, 1e-3), np.full(400, 5.0)])
    actual = np.concatenate([(rng.random(400) < 0.1) * 1.0, rng.poisson(5.0, 400)])
    learned = RatioQuantiles.learn(mean, actual, LEVELS)
    assert learned.units(np.array([0.1, 1.0])).max() < actual.max()


def test_beyond_the_outer_bins_the_ratios_stay() -> None:
    mean = np.concatenate([np.full(400, 1.0), np.full(400, 100.0)])
    learned = RatioQuantiles.learn(mean, mean * 1.5, LEVELS)
    np.testing.assert_allclose(learned.units(np.array([1e-3, 1e6])), [[1.5e-3] * 3, [1.5e6] * 3])


def test_many_series_with_one_and_the_same_mean_are_no_trouble() -> None:
    mean = np.concatenate([np.full(1200, 1e-3), np.full(400, 5.0)])
    learned = RatioQuantiles.learn(mean, mean, LEVELS)
    np.testing.assert_allclose(learned.units(np.array([1e-3, 0.1, 5.0]))[:, 1], [1e-3, 0.1, 5.0])


def test_quantiles_are_calibrated_on_data_like_those_learned_from() -> None:
    rng = np.random.default_rng(1)
    mean = np.exp(rng.uniform(np.log(20), np.log(200), 20_000))
    actual = rng.gamma(4, mean / 4)
    learned = RatioQuantiles.learn(mean[:10_000], actual[:10_000], LEVELS)
    share = (actual[10_000:, None] <= learned.units(mean[10_000:])).mean(axis=0)
    np.testing.assert_allclose(share, LEVELS, atol=0.015)


def test_fewer_than_ten_known_outcomes_are_refused() -> None:
    actual = np.append(np.arange(9.0), np.nan)
    with pytest.raises(DataError, match="at least 10 known outcomes; there are 9"):
        RatioQuantiles.learn(np.ones(10), actual, LEVELS)


def test_ten_known_outcomes_are_enough() -> None:
    assert RatioQuantiles.learn(np.ones(10), np.arange(10.0), LEVELS).ratios.shape == (1, 3)
