import numpy as np
import pytest

from allocast.forecast.distribution import inverse_distribution, probability_within
from allocast.forecast.paths import paths_from_quantiles, remap_totals, whole_steps

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


def test_probabilities_undo_values() -> None:
    uniforms = np.array([[0.0, 0.05, 0.3, 0.5, 0.9, 0.97]])
    values = inverse_distribution(QUANTILES, LEVELS, uniforms)
    np.testing.assert_allclose(probability_within(QUANTILES, LEVELS, values), uniforms, atol=1e-12)


def test_a_jump_counts_as_within_where_it_is_reached() -> None:
    assert probability_within(np.zeros((1, 3)), LEVELS, np.array([[0.0, 2.0]])).tolist() == [[1, 1]]
    two_steps = np.array([[0.0, 0.0, 4.0]])
    assert probability_within(two_steps, LEVELS, np.array([[0.0, 2.0]]))[0] == pytest.approx([0.5, 0.7])


TOTALS = np.stack([QUANTILES, QUANTILES * 4 + 20, QUANTILES * 4 + 20], axis=2)


def remapped(n_paths: int, totals: np.ndarray = TOTALS) -> tuple[np.ndarray, np.ndarray]:
    """Random paths, and what became of them."""
    paths = np.random.default_rng(0).gamma(2, 3, (len(totals), n_paths, totals.shape[2]))
    return paths, remap_totals(paths, totals, LEVELS)


def test_totals_of_every_horizon_have_the_wanted_distribution() -> None:
    totals = np.cumsum(remapped(200)[1], axis=2)[0]
    middle = (np.arange(200)[None] + 0.5) / 200
    for period in range(3):
        wanted = inverse_distribution(TOTALS[:, :, period], LEVELS, middle)[0]
        np.testing.assert_allclose(np.sort(totals[:, period]), wanted)


def test_the_first_total_keeps_its_ranks_and_no_total_falls() -> None:
    before, after = remapped(50)
    np.testing.assert_array_equal(np.argsort(after[0, :, 0]), np.argsort(before[0, :, 0]))
    assert (after >= 0).all()


def test_a_path_with_more_demand_in_a_period_mostly_gets_more_then() -> None:
    before, after = remapped(400)
    assert np.corrcoef(before[0, :, 1], after[0, :, 1])[0, 1] > 0.5


def test_tails_that_would_cross_are_lifted_to_the_total_before() -> None:
    steep_then_flat = np.array([[[0.0, 0.0], [1.0, 8.9], [9.0, 9.0]]])
    assert (remapped(200, steep_then_flat)[1] >= 0).all()


def test_the_given_paths_are_not_changed() -> None:
    paths = np.ones((1, 2, 3))
    remap_totals(paths, TOTALS, LEVELS)
    assert (paths == 1).all()


def test_whole_steps_lose_nothing_along_a_path() -> None:
    paths = np.random.default_rng(0).gamma(1, 0.4, (3, 20, 8))
    whole = whole_steps(paths)
    np.testing.assert_array_equal(whole, np.rint(whole))
    assert np.abs(whole.sum(axis=2) - paths.sum(axis=2)).max() <= 0.5
    assert (whole >= 0).all()
