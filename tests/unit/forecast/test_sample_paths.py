import numpy as np
import pytest

from allocast.forecast.paths import inverse_distribution, paths_from_quantiles, remap_totals

LEVELS = np.array([0.1, 0.5, 0.9])
QUANTILES = np.array([[2.0, 5.0, 9.0]])


def at(*uniforms: float) -> list[float]:
    return inverse_distribution(QUANTILES, LEVELS, np.array([uniforms]))[0].tolist()


def test_values_at_the_levels_are_the_quantiles() -> None:
    assert at(0.1, 0.5, 0.9) == pytest.approx([2, 5, 9])


def test_values_between_are_linear_and_go_down_to_nothing() -> None:
    assert at(0.0, 0.05, 0.3, 0.7) == pytest.approx([0, 1, 3.5, 7])


def test_the_tail_is_exponential_and_continues_the_last_two_quantiles() -> None:
    scale = (9 - 5) / np.log(0.5 / 0.1)
    assert at(0.95, 0.99) == pytest.approx([9 + scale * np.log(2), 9 + scale * np.log(10)])


def test_a_series_that_never_sells_has_no_tail() -> None:
    assert inverse_distribution(np.zeros((1, 3)), LEVELS, np.array([[0.2, 0.999]])).tolist() == [[0, 0]]


def test_each_period_has_its_quantiles_even_with_few_paths() -> None:
    period_units = np.stack([QUANTILES, 10 * QUANTILES], axis=2)
    paths = paths_from_quantiles(period_units, LEVELS, 100, np.random.default_rng(0))
    assert paths.shape == (1, 100, 2)
    ranked = np.sort(paths[0], axis=0)
    between = inverse_distribution(QUANTILES, LEVELS, np.linspace(0, 0.99, 100)[None])[0]
    assert (ranked[:, 0] >= between - 1e-9).all()
    assert (ranked[:-1, 0] <= between[1:] + 1e-9).all()
    assert (ranked[:-1, 1] <= 10 * between[1:] + 1e-8).all()


def test_periods_and_series_are_drawn_independently() -> None:
    period_units = np.tile(QUANTILES[:, :, None], (2, 1, 2))
    paths = paths_from_quantiles(period_units, LEVELS, 3000, np.random.default_rng(0))
    columns = paths.transpose(0, 2, 1).reshape(4, 3000)
    np.testing.assert_allclose(np.corrcoef(columns), np.eye(4), atol=0.08)


def remapped(paths: np.ndarray, anchors: list[int], totals: np.ndarray) -> np.ndarray:
    return remap_totals(paths, np.array(anchors), totals, LEVELS)


def test_totals_get_the_wanted_quantiles_and_keep_their_ranks() -> None:
    paths = np.random.default_rng(0).gamma(2, 3, (1, 50, 4))
    wanted = inverse_distribution(QUANTILES, LEVELS, (np.arange(50)[None] + 0.5) / 50)[0]
    after = remapped(paths, [3], QUANTILES[:, :, None])[0, :, :3].sum(axis=1)
    np.testing.assert_allclose(np.sort(after), wanted)
    np.testing.assert_array_equal(np.argsort(after), np.argsort(paths[0, :, :3].sum(axis=1)))


def test_periods_share_the_change_in_proportion_and_later_ones_are_untouched() -> None:
    paths = np.random.default_rng(0).gamma(2, 3, (1, 50, 4))
    after = remapped(paths, [3], QUANTILES[:, :, None])
    ratio = after[:, :, :3] / paths[:, :, :3]
    np.testing.assert_allclose(ratio, np.repeat(ratio[:, :, :1], 3, axis=2))
    np.testing.assert_array_equal(after[:, :, 3], paths[:, :, 3])


def test_a_path_that_held_nothing_spreads_its_new_total_evenly() -> None:
    after = remapped(np.zeros((1, 1, 3)), [2], QUANTILES[:, :, None])
    assert after.tolist() == [[[2.5, 2.5, 0.0]]]


def test_the_given_paths_are_not_changed() -> None:
    paths = np.ones((1, 2, 3))
    remapped(paths, [3], QUANTILES[:, :, None])
    assert (paths == 1).all()


def test_totals_at_two_anchors_both_follow_unless_more_was_already_reached() -> None:
    paths = np.random.default_rng(0).gamma(2, 3, (1, 200, 4))
    totals = np.stack([QUANTILES, QUANTILES * 4 + 20], axis=2)
    after = np.cumsum(remapped(paths, [2, 4], totals), axis=2)[0]
    middle = (np.arange(200)[None] + 0.5) / 200
    first, second = (inverse_distribution(totals[:, :, place], LEVELS, middle)[0] for place in (0, 1))
    np.testing.assert_allclose(np.sort(after[:, 1]), first)
    np.testing.assert_allclose(np.sort(after[:, 3])[4:], second[4:])
    assert (np.sort(after[:, 3]) >= second - 1e-9).all()
