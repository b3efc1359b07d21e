import numpy as np

from allocast.forecast.windows import (
    columns,
    exponential_mean,
    group_mean,
    rolling_max,
    rolling_mean,
    rolling_sum,
)

NAN = np.nan
VALUES = np.array([[1.0, NAN, 3.0, 5.0]])


def test_sums_pass_over_the_unobserved() -> None:
    np.testing.assert_array_equal(rolling_sum(VALUES, 2), [[1, 1, 3, 8]])


def test_means_divide_by_what_was_observed() -> None:
    np.testing.assert_array_equal(rolling_mean(VALUES, 2), [[1, 1, 3, 4]])
    np.testing.assert_array_equal(rolling_mean(np.array([[NAN, NAN, 2.0]]), 2), [[NAN, NAN, 2]])


def test_the_largest_is_zero_where_nothing_was_observed() -> None:
    np.testing.assert_array_equal(rolling_max(np.array([[NAN, 4.0, 1.0, 2.0]]), 2), [[0, 4, 4, 2]])


def test_a_window_longer_than_the_history_is_all_of_it() -> None:
    for window in (4, 5, 52):
        np.testing.assert_array_equal(rolling_sum(VALUES, window), [[1, 1, 4, 9]])
        np.testing.assert_array_equal(rolling_mean(VALUES, window), [[1, 1, 2, 3]])
        np.testing.assert_array_equal(rolling_max(VALUES, window), [[1, 1, 3, 5]])


def test_a_value_counts_less_with_its_age_not_with_the_gaps() -> None:
    np.testing.assert_allclose(exponential_mean(VALUES, 0.5), [[1, 1, 3.25 / 1.25, 6.625 / 1.625]])
    assert np.isnan(exponential_mean(np.array([[NAN, 1.0]]), 0.5)[0, 0])


def test_every_series_of_a_group_gets_the_mean_of_its_known() -> None:
    values = np.array([[1.0, NAN], [3.0, NAN], [9.0, 7.0]])
    np.testing.assert_array_equal(group_mean(values, np.array([1, 1, 0])), [[2, NAN], [2, NAN], [9, 7]])


def test_columns_before_the_first_are_unknown_and_their_source_is_left_alone() -> None:
    np.testing.assert_array_equal(columns(VALUES, np.array([-3, 0, 2])), [[NAN, 1, 3]])
    assert VALUES[0, 0] == 1
