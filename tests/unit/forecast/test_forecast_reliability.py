from dataclasses import replace

import numpy as np

from allocast.forecast.calibration.reliability import Reliability, at_levels

LEVELS = np.array([0.1, 0.3, 0.5, 0.7, 0.9, 0.95])
SUMS = ("known", "within", "expected", "came")
DAYS = np.datetime64("2024-01-01") + 7 * np.arange(4)


def counted(
    actual: np.ndarray,
    quantiles: np.ndarray,
    *,
    mean: np.ndarray | float = 0.5,
    bounded: np.ndarray | None = None,
    whole: bool = False,
) -> Reliability:
    """One target; the rows are dealt to four origins in turn."""
    place = np.arange(len(actual)) % 4
    rows = np.broadcast_to(quantiles, (len(actual), len(LEVELS)))[:, :, None]
    cut = np.zeros(len(actual), dtype=bool) if bounded is None else bounded
    expected = np.broadcast_to(mean, actual.shape)[:, None]
    return Reliability.count(DAYS, place, expected, actual[:, None], cut[:, None], rows, LEVELS, whole=whole)


def test_quantiles_that_were_right_stay_as_they_are() -> None:
    actual = np.random.default_rng(0).random(40_000)
    asked = counted(actual, LEVELS).levels_to_ask(LEVELS)
    np.testing.assert_allclose(asked[0], LEVELS, atol=0.01)


def test_outcomes_that_fell_below_the_quantiles_lower_the_next_ones() -> None:
    actual = 0.6 * np.random.default_rng(0).random(40_000)
    lately = counted(actual, LEVELS)
    corrected = at_levels(
        np.tile(LEVELS[:, None], (2, 1, 1)), LEVELS, np.tile(lately.levels_to_ask(LEVELS), (2, 1, 1))
    )
    np.testing.assert_allclose(corrected[1, :5, 0], 0.6 * LEVELS[:5], atol=0.05)


def test_corrected_quantiles_have_the_wanted_coverage() -> None:
    rng = np.random.default_rng(1)
    given = np.quantile(rng.gamma(4, 2, 100_000), LEVELS)
    actual = rng.gamma(4, 2.5, 40_000)
    lately = counted(actual, given)
    corrected = at_levels(given[None, :, None], LEVELS, lately.levels_to_ask(LEVELS)[None])
    np.testing.assert_allclose((actual[:, None] <= corrected[:, :, 0]).mean(axis=0), LEVELS, atol=0.03)


def test_means_change_by_what_came_over_what_was_expected() -> None:
    actual = np.random.default_rng(1).gamma(4, 2.5, 40_000)
    change = counted(actual, LEVELS, mean=8.0).level_change()
    np.testing.assert_allclose(change, 1 + (actual.mean() / 8 - 1) * 40_000 / 40_500 * 4 / 6)


def test_many_outcomes_of_one_period_say_less_of_the_level_than_those_of_several() -> None:
    several = counted(np.full(40_000, 0.6), LEVELS)
    one = replace(several, **{name: getattr(several, name)[:1] for name in ("origins", *SUMS)})
    assert 1 < one.level_change()[0] < several.level_change()[0] < 1.2


def test_units_decide_on_the_level_of_means_though_most_series_sell_little() -> None:
    rng = np.random.default_rng(3)
    mean = np.where(np.arange(40_000) % 10 == 0, 10.0, 0.1)
    actual = rng.poisson(np.where(mean > 1, 0.8 * mean, 1.5 * mean)).astype(np.float64)
    came = 0.8 * 10 / 10.9 + 1.5 * 0.9 / 10.9
    expected = 1 + (came - 1) * 4 / 6  # of four origins
    np.testing.assert_allclose(counted(actual, LEVELS, mean=mean).level_change(), expected, atol=0.01)


def test_where_nothing_is_known_means_stay_as_they_are() -> None:
    assert Reliability.unknown(3, 6).level_change().tolist() == [1.0, 1.0, 1.0]


def test_outcomes_cut_short_count_with_the_mean_of_what_was_forecast_above_them() -> None:
    rng = np.random.default_rng(4)
    demand, stock = rng.random((2, 60_000))
    sold, cut = np.minimum(demand, stock), demand > stock
    told = counted(sold, LEVELS, bounded=cut).level_change()[0]
    assert abs(told - 1) < 0.02
    assert counted(sold, LEVELS).level_change()[0] < 0.8


def test_whole_units_that_were_right_stay_as_they_are_though_most_are_zero() -> None:
    rng = np.random.default_rng(2)
    given = np.array([0.0, 0.0, 0.0, 0.0, 0.6, 1.2])  # rounded: 0 with probability .87 or so
    latent = np.interp(rng.random(40_000), [0, *LEVELS, 1], [0, *given, 2.4])
    asked = counted(np.rint(latent), given, whole=True).levels_to_ask(LEVELS)[0]
    np.testing.assert_allclose(asked[[4, 5]], LEVELS[[4, 5]], atol=0.02)


def test_a_few_outcomes_move_nothing_much() -> None:
    asked = counted(np.full(12, 0.0), LEVELS).levels_to_ask(LEVELS)
    np.testing.assert_allclose(asked[0], LEVELS, atol=0.03)


def test_only_the_last_known_origins_of_each_target_count() -> None:
    known = np.array([[5.0, 5.0], [5.0, 5.0], [5.0, 0.0], [5.0, 0.0]])
    units = np.full((4, 2), 7.0)
    every = Reliability(origins=DAYS, known=known, within=np.ones((4, 2, 6)), expected=units, came=units)
    lately = every.recent(2)
    np.testing.assert_array_equal(lately.known > 0, [[0, 1], [0, 1], [1, 0], [1, 0]])
    np.testing.assert_array_equal(lately.within[:, :, 0], lately.known > 0)
    np.testing.assert_array_equal(lately.came, 7.0 * (lately.known > 0))


def test_counts_of_two_times_follow_each_other_and_add_up_where_they_meet() -> None:
    one = counted(np.full(8, 0.2), LEVELS)
    later = replace(one, origins=DAYS + 7)
    both = one.followed_by(later)
    assert both.origins.tolist() == [*DAYS.tolist(), (DAYS[-1] + 7).tolist()]
    np.testing.assert_array_equal(both.known[:, 0], [2, 4, 4, 4, 2])
    np.testing.assert_allclose(both.came[:, 0], 0.2 * both.known[:, 0])


def test_a_bound_of_nothing_counts_with_the_whole_mean_though_most_of_it_is_zero() -> None:
    given = np.array([0.0, 0.0, 0.0, 0.0, 2.0, 4.0])
    nothing = counted(np.zeros(4), given, bounded=np.ones(4, dtype=bool), whole=True)
    assert 0.3 < nothing.came.sum() / 4 < 0.7


def test_unknown_outcomes_are_not_counted() -> None:
    known, unknown = counted(np.array([0.2]), LEVELS), counted(np.array([0.2, np.nan]), LEVELS)
    np.testing.assert_array_equal(known.known, unknown.known)
    np.testing.assert_array_equal(known.within, unknown.within)
    np.testing.assert_array_equal(known.expected, unknown.expected)


def test_outcomes_cut_short_are_shared_out_over_what_was_forecast_above_them() -> None:
    rng = np.random.default_rng(0)
    demand, stock = rng.random((2, 60_000))
    sold, cut = np.minimum(demand, stock), demand > stock
    told, as_sold = (
        counted(sold, LEVELS, bounded=bounded).levels_to_ask(LEVELS)[0] for bounded in (cut, None)
    )
    np.testing.assert_allclose(told, LEVELS, atol=0.01)
    assert (as_sold < LEVELS - 0.05).any()
