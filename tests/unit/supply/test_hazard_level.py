"""The level of hazards, from rows that were not learned from."""

import numpy as np
import pytest

from allocast.supply.survival.hazard_level import level_of


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_the_level_undoes_a_factor_on_all_hazards_however_much_is_censored(factor: float) -> None:
    rng = np.random.default_rng(3)
    days, watched = rng.exponential(10, 40_000), rng.uniform(0, 20, 40_000)
    expected = factor * np.minimum(days, watched) / 10
    level = level_of(expected, days <= watched, np.ones(40_000))
    assert level == pytest.approx(-np.log(factor), abs=0.03)


def test_a_row_of_weight_two_counts_like_two_rows() -> None:
    rng = np.random.default_rng(4)
    expected, event = rng.exponential(2, 300), rng.random(300) < 0.7
    weight = rng.integers(1, 3, 300)
    twice = level_of(np.repeat(expected, weight), np.repeat(event, weight), np.ones(weight.sum()))
    assert level_of(expected, event, weight.astype(float)) == pytest.approx(twice, abs=1e-9)


def test_a_few_rows_with_far_too_much_hazard_hardly_change_the_level() -> None:
    """Where hazards differ by chance, the mean curve is right about when half have ended, and no lower."""
    rng = np.random.default_rng(5)
    days, chance = rng.exponential(1, 40_000), np.exp(rng.normal(0, 0.5, 40_000))
    level = level_of(days * chance, np.ones(40_000, dtype=bool), np.ones(40_000))
    half = np.exp(-np.exp(level) * chance * np.log(2)).mean()
    counted_alike = np.exp(-chance / (days * chance).mean() * np.log(2)).mean()
    assert half == pytest.approx(0.5, abs=0.02)
    assert counted_alike > 0.52


def test_rows_in_which_nothing_happened_ask_for_the_lowest_level() -> None:
    assert level_of(np.ones(5), np.zeros(5, dtype=bool), np.ones(5)) == pytest.approx(-2, abs=1e-6)
