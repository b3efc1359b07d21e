from collections.abc import Callable

import numpy as np
import pytest

from allocast.forecast.calibration.graded_reliability import GradedReliability

LEVELS = np.array([0.1, 0.3, 0.5, 0.7, 0.9, 0.95])
DAYS = np.datetime64("2024-01-01") + 7 * np.arange(4)
Counted = Callable[..., GradedReliability]


@pytest.fixture
def counted() -> Counted:
    """Forecasts of two steps, each step uniform between 0 and twice its mean, and so are both together."""

    def count(
        mean: np.ndarray, actual: np.ndarray, like: GradedReliability | None = None
    ) -> GradedReliability:
        both = np.stack([mean, mean], axis=1)
        return GradedReliability.count(
            DAYS,
            np.arange(len(mean)) % 4,
            both,
            actual,
            np.zeros(actual.shape, dtype=bool),
            uniform(both),
            LEVELS,
            whole=False,
            like=like,
        )

    return count


def uniform(mean: np.ndarray) -> np.ndarray:
    targets = np.concatenate([mean, np.cumsum(mean, axis=1)], axis=1)
    return 2 * LEVELS[:, None] * targets[:, None, :]


def test_quantiles_that_were_right_stay_as_they_are(counted: Counted) -> None:
    rng = np.random.default_rng(0)
    mean = rng.gamma(2, 5, 40_000)
    actual = np.tile(2 * mean * rng.random(40_000), (2, 1)).T
    asked = counted(mean, actual).levels_to_ask(LEVELS)
    np.testing.assert_allclose(asked, np.broadcast_to(LEVELS, asked.shape), atol=0.03)


def test_slow_sellers_that_sold_less_than_forecast_lower_their_own_quantiles_only(counted: Counted) -> None:
    rng = np.random.default_rng(0)
    mean = np.repeat([1.0, 50.0], 40_000)
    actual = np.tile(mean * rng.random(80_000) * np.repeat([1, 2], 40_000), (2, 1)).T
    lately = counted(mean, actual)
    asked_of = np.array([[1.0, 1.0], [50.0, 50.0]])
    corrected = lately.corrected(uniform(asked_of), asked_of, LEVELS)[:, :, 0]
    np.testing.assert_allclose(corrected[0, :5], LEVELS[:5], atol=0.05)
    np.testing.assert_allclose(corrected[1], 100 * LEVELS, rtol=0.05, atol=2)


def test_a_total_of_which_nothing_is_known_yet_is_taken_to_err_as_its_first_step_did(
    counted: Counted,
) -> None:
    mean = np.full(40_000, 10.0)
    actual = np.tile(10 * np.random.default_rng(0).random(40_000), (2, 1)).T
    actual[:, 1] = np.nan
    asked = counted(mean, actual).levels_to_ask(LEVELS)
    np.testing.assert_allclose(asked[:, 1], np.broadcast_to(LEVELS, asked[:, 1].shape))
    assert (asked[:, 2, :4] < LEVELS[:4]).all()
    assert (asked[:, 3, :4] < LEVELS[:4]).all()


def test_what_shorter_totals_missed_counts_for_more_where_a_total_is_narrower(counted: Counted) -> None:
    mean = np.full(40_000, 10.0)
    actual = np.tile(15 * np.random.default_rng(0).random(40_000), (2, 1)).T
    actual[:, 1] = np.nan
    lately = counted(mean, actual)
    narrow = GradedReliability(edges=lately.edges, spread=np.array([1.6, 0.8]), grades=lately.grades)
    wide, tight = (own.levels_to_ask(LEVELS)[0, 3, 2] for own in (lately, narrow))
    assert tight < wide < 0.5


def test_a_forecast_of_one_step_is_corrected_alike_whatever_is_expected_of_the_other(
    counted: Counted,
) -> None:
    rng = np.random.default_rng(1)
    mean = rng.gamma(2, 5, 40_000)
    lately = counted(mean, np.tile(mean * rng.random(40_000) ** (1 / mean), (2, 1)).T)
    one, other = np.array([[3.0, 3.0]]), np.array([[3.0, 90.0]])
    first, again = (lately.corrected(uniform(own), own, LEVELS)[:, :, 0] for own in (one, other))
    np.testing.assert_array_equal(first, again)


def test_few_forecasts_are_not_divided_and_many_into_eight_at_most(counted: Counted) -> None:
    rng = np.random.default_rng(0)
    sizes = [len(counted(rng.gamma(2, 5, n), rng.random((n, 2))).grades) for n in (900, 3500, 20_000)]
    assert sizes == [1, 3, 8]


def test_later_counts_keep_to_the_grades_of_the_earlier_ones(counted: Counted) -> None:
    rng = np.random.default_rng(0)
    early = counted(rng.gamma(2, 5, 8000), rng.random((8000, 2)))
    later = counted(rng.gamma(2, 5, 500), rng.random((500, 2)), like=early)
    np.testing.assert_array_equal(later.edges, early.edges)
    np.testing.assert_array_equal(later.spread, early.spread)
    assert sum(own.known.sum() for own in later.grades) == 4 * 500


def test_where_nothing_is_known_quantiles_are_given_back() -> None:
    mean = np.ones((3, 2))
    given = uniform(mean)
    assert GradedReliability.unknown(2, len(LEVELS)).corrected(given, mean, LEVELS) is given


@pytest.mark.parametrize("n_rows", [900, 8000])
def test_grades_read_from_lists_are_those_written_and_nothing_is_counted_in_them(
    counted: Counted, n_rows: int
) -> None:
    rng = np.random.default_rng(0)
    lately = counted(rng.gamma(2, 5, n_rows), rng.random((n_rows, 2)))
    again = GradedReliability.from_lists(lately.to_lists(), len(LEVELS))
    np.testing.assert_array_equal(again.edges, lately.edges)
    np.testing.assert_array_equal(again.spread, lately.spread)
    assert len(again.grades) == len(lately.grades)
    assert not any(own.known.any() for own in again.grades)
    np.testing.assert_array_equal(again.level_change(), np.ones(4))


def test_the_level_of_means_is_that_of_all_grades_together(counted: Counted) -> None:
    mean = np.repeat([1.0, 50.0], 4000)
    lately = counted(mean, np.stack([mean, mean], axis=1) * np.repeat([3.0, 0.8], 4000)[:, None])
    ratio = (1.0 * 3.0 + 50.0 * 0.8) / 51.0
    trust = 8000 / 8500 * 4 / 6
    np.testing.assert_allclose(lately.level_change(), 1 + trust * (ratio - 1))
    assert len(lately.grades) > 1
