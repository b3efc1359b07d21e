"""Markov chains of whole-number states."""

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.simulation.textbook.chains import explore
from allocast.simulation.textbook.search import descend

HALVES = np.full(2, 0.5)


def test_only_what_can_be_reached_is_explored() -> None:
    chain = explore(np.array([4]), lambda s: np.stack([s // 2, s], axis=1), HALVES)
    np.testing.assert_array_equal(chain.states.ravel(), [4, 2, 1, 0])
    np.testing.assert_allclose(chain.long_run(), [0, 0, 0, 1], atol=1e-12)


def test_a_cycle_spends_equal_time_in_its_states() -> None:
    chain = explore(np.array([0]), lambda s: ((s + 1) % 3)[:, None], np.ones(1))
    np.testing.assert_allclose(chain.long_run(), np.full(3, 1 / 3), atol=1e-10)


def test_classes_count_with_the_probability_of_ending_in_them() -> None:
    def apart(s):  # from 0 to -1 or to 1, and there for ever
        return np.stack([np.where(s == 0, -1, s), np.where(s == 0, 1, s)], axis=1)

    chain = explore(np.array([0]), apart, np.array([0.3, 0.7]))
    share = dict(zip(chain.states.ravel().tolist(), chain.long_run(), strict=True))
    assert (share[-1], share[1]) == (pytest.approx(0.3), pytest.approx(0.7))


def test_a_counter_that_grows_without_bound_is_refused() -> None:
    with pytest.raises(DataError, match="must lie in"):
        explore(np.array([0]), lambda s: (s + 50)[:, None], np.ones(1))


def test_a_walk_finds_the_bottom_and_stays_within_its_bounds() -> None:
    def bowl(at):
        return (at[0] - 7) ** 2 + (at[0] + at[1] - 10) ** 2

    assert descend(bowl, (0, 0), low=(0, 0), high=(9, 9)) == ((7, 3), 0)
    assert descend(bowl, (0, 0), low=(0, 0), high=(5, 9)) == ((5, 5), 4)
