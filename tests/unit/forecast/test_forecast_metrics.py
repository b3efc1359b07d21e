import numpy as np
import pytest

from allocast.forecast.judging.metrics import bias, coverage, root_mean_squared_scaled_error, scaled_pinball

NAN = np.nan
LEVELS = np.array([0.1, 0.9])


def test_pinball_weighs_too_little_by_the_level_and_too_much_by_the_rest() -> None:
    quantiles = np.array([[[4.0], [4.0]]])
    below = scaled_pinball(np.array([[10.0]]), quantiles, LEVELS)  # missed by 6: .1 × 6 and .9 × 6
    above = scaled_pinball(np.array([[1.0]]), quantiles, LEVELS)  # missed by 3: .9 × 3 and .1 × 3
    assert below == pytest.approx(2 * (0.6 + 5.4) / 2 / 10)
    assert above == pytest.approx(2 * (2.7 + 0.3) / 2 / 1)


def test_pinball_is_a_share_of_mean_demand_over_all_series_and_steps() -> None:
    actual = np.array([[2.0, 6.0], [4.0, 8.0]])
    quantiles = np.stack([actual - 1, actual + 2], axis=1)
    assert scaled_pinball(actual, quantiles, LEVELS) == pytest.approx(2 * (0.1 + 0.2) / 2 / 5)
    assert scaled_pinball(actual * 3, quantiles * 3, LEVELS) == pytest.approx(0.06)


def test_the_true_quantiles_score_best() -> None:
    actual = np.random.default_rng(0).gamma(3, 4, (200, 20))
    truth = np.quantile(actual, LEVELS)
    scores = [
        scaled_pinball(actual, np.tile((truth * k)[None, :, None], (200, 1, 20)), LEVELS)
        for k in (0.8, 1, 1.2)
    ]
    assert scores[1] < min(scores[0], scores[2])


def test_coverage_counts_a_hit_on_the_quantile_as_covered() -> None:
    actual = np.array([[1.0, 2.0], [3.0, 4.0]])
    quantiles = np.array([[[2.0, 2.0], [9.0, 9.0]], [[2.0, 2.0], [3.0, 3.0]]])
    assert coverage(actual, quantiles).tolist() == [0.5, 0.75]


def test_too_much_is_positive_bias_and_too_little_negative() -> None:
    actual = np.array([[2.0, 6.0]])
    assert bias(actual, np.array([[4.0, 8.0]])) == 0.5
    assert bias(actual, np.array([[1.0, 5.0]])) == -0.25


def test_rmsse_scales_each_series_by_its_own_naive_error_and_averages() -> None:
    history = np.array([[1.0, 3.0, 1.0], [10.0, 10.0, 20.0]])  # naive squared errors: 4 and 50
    actual, mean = np.array([[2.0, 2.0], [5.0, 5.0]]), np.array([[3.0, 1.0], [15.0, 15.0]])
    expected = (np.sqrt(1 / 4) + np.sqrt(100 / 50)) / 2
    assert root_mean_squared_scaled_error(actual, mean, history) == pytest.approx(expected)


def test_a_flat_history_and_a_series_without_outcome_are_left_out_of_rmsse() -> None:
    history = np.array([[1.0, 3.0], [5.0, 5.0], [1.0, 9.0], [NAN, 4.0]])
    actual = np.array([[2.0], [9.0], [NAN], [2.0]])
    assert root_mean_squared_scaled_error(actual, np.full((4, 1), 6.0), history) == pytest.approx(2.0)


def test_a_naive_error_needs_two_neighbours_that_were_observed() -> None:
    history = np.array([[1.0, NAN, 9.0, 11.0]])
    assert root_mean_squared_scaled_error(np.array([[5.0]]), np.array([[9.0]]), history) == pytest.approx(2.0)


def test_cells_that_were_not_observed_count_for_nothing() -> None:
    actual, mean = np.array([[2.0, 6.0]]), np.array([[3.0, 5.0]])
    hidden, wild = np.array([[2.0, 6.0, NAN]]), np.array([[3.0, 5.0, 1e6]])
    history = np.array([[1.0, 2.0, 4.0]])
    narrow, wide = mean[:, None] * [[[1], [2]]], wild[:, None] * [[[1], [2]]]
    assert scaled_pinball(hidden, wide, LEVELS) == scaled_pinball(actual, narrow, LEVELS)
    assert coverage(hidden, wide).tolist() == coverage(actual, narrow).tolist()
    assert bias(hidden, wild) == bias(actual, mean)
    assert root_mean_squared_scaled_error(hidden, wild, history) == root_mean_squared_scaled_error(
        actual, mean, history
    )


def test_scores_are_unknown_where_nothing_was_demanded_and_no_history_moves() -> None:
    nothing, mean = np.zeros((2, 3)), np.ones((2, 3))
    assert np.isnan(scaled_pinball(nothing, mean[:, None] * [[[1], [2]]], LEVELS))
    assert np.isnan(bias(nothing, mean))
    assert np.isnan(root_mean_squared_scaled_error(nothing, mean, np.full((2, 5), 4.0)))
