"""Features of a chunk as rows and as columns, and what all series share."""

import numpy as np
import pytest
from numba.core.errors import TypingError

from allocast.forecast.features.history import Kind, Statistic, fill, fill_columns, room
from allocast.forecast.features.turning import turn

WANTED = (
    Statistic("lag", Kind.LAG, 2),
    Statistic("mean", Kind.MEAN, 3),
    Statistic("median", Kind.QUANTILE, 5, 0.5),
    Statistic("largest", Kind.LARGEST, 4),
    Statistic("exponential", Kind.EXPONENTIAL, number=0.7),
)


def demand(n_periods: int, gaps: float) -> np.ndarray:
    rng = np.random.default_rng(n_periods)
    values = rng.poisson(2, (5, n_periods)).astype(np.float32)
    values[rng.random(values.shape) < gaps] = np.nan
    return values


@pytest.mark.parametrize("n_periods", [1, 3, 4, 50, 51])
@pytest.mark.parametrize("gaps", [0.0, 0.3])
def test_columns_are_the_rows_turned(n_periods, gaps):
    values = demand(n_periods, gaps)
    scale = np.full_like(values, 2.0)
    dates = np.arange(2.0 * n_periods).reshape(2, n_periods)
    rows = fill(WANTED, values, room(5, n_periods, 7), scale=scale, shared=dates)
    out = np.empty((5, 7, n_periods), dtype=np.float32)
    columns = fill_columns(WANTED, values, out, scale=scale, shared=dates)
    np.testing.assert_array_equal(rows, columns.transpose(0, 2, 1))


@pytest.mark.parametrize("make", ["rows", "columns"])
def test_what_all_series_share_follows_the_statistics_of_each(make):
    dates = np.array([[0.0, 1.0, 2.0], [5.0, 5.0, 6.0]])
    if make == "rows":
        features = fill(WANTED, demand(3, 0.0), room(5, 3, 7), shared=dates).transpose(0, 2, 1)
    else:
        features = fill_columns(WANTED, demand(3, 0.0), np.empty((5, 7, 3), np.float32), shared=dates)
    np.testing.assert_array_equal(features[:, 5:], np.broadcast_to(dates, (5, 2, 3)))


@pytest.mark.parametrize("n_periods", [0, 1, 4, 9])
def test_turning_is_transposing(n_periods):
    staged = np.arange(8.0 * n_periods, dtype=np.float32).reshape(8, n_periods)
    out = np.empty((n_periods, 8), dtype=np.float32)
    turn(staged, out)
    np.testing.assert_array_equal(out, staged.T)


def test_only_contiguous_tables_are_turned():
    staged = np.zeros((4, 8), dtype=np.float32)
    with pytest.raises(TypingError, match="contiguous float32"):
        turn(staged, np.zeros((8, 8), dtype=np.float32)[:, ::2])


@pytest.mark.parametrize("until", [5, 6, 7, 8, 40])
def test_a_later_gap_changes_no_earlier_statistic(until):
    values = demand(60, 0.0) / np.float32(3.0)
    before = fill(WANTED, values[:, :until].copy(), room(5, until, 5))
    values[:, until:] = np.nan
    np.testing.assert_array_equal(fill(WANTED, values, room(5, 60, 5))[:, :until], before)


def test_an_exponential_mean_outlives_a_gap_of_thousands_of_periods():
    values = np.full((1, 5000), np.nan, dtype=np.float32)
    values[0, 0], values[0, -1] = 4.0, 6.0
    mean = fill([Statistic("x", Kind.EXPONENTIAL, number=0.2)], values, room(1, 5000, 1))[0, :, 0]
    assert (mean[:-1] == 4.0).all()
    assert mean[-1] == 6.0


def test_a_season_without_demand_spoils_no_later_level():
    season = np.array([1.0, 0.0, 1.0, 1.0])
    values = np.array([[2.0, 0.0, 4.0, 6.0]], dtype=np.float32)
    with np.errstate(divide="ignore"):
        level = fill([Statistic("level", Kind.LEVEL, 2)], values, room(1, 4, 1), season=season)[0, :, 0]
    np.testing.assert_array_equal(level, [2.0, 1.0, 2.0, 5.0])
