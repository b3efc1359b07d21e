import numpy as np
import pytest

from allocast.errors import DataError
from allocast.supply.survival.competing import cumulative_incidence

EDGE = np.array([0.0, 10.0])
ONE = np.array([[0.1]])


def test_alone_a_cause_takes_what_its_survival_loses():
    incidence = cumulative_incidence([EDGE], [ONE], np.array([0.0, 5.0, 30.0]))
    np.testing.assert_allclose(incidence[0, 0], 1 - np.exp([0, -0.5, -3]))


def test_each_row_may_have_times_and_an_age_of_its_own():
    hazards, times = np.array([[0.1], [0.2]]), np.array([[5.0, 9.0], [12.0, 20.0]])
    incidence = cumulative_incidence([EDGE], [hazards], times, np.array([5.0, 0.0]))
    np.testing.assert_allclose(incidence[0], 1 - np.exp([[0, -0.4], [-2.4, -4]]))


def test_after_a_long_wait_the_incidences_still_share_out_everything():
    both = cumulative_incidence([EDGE, EDGE], [3 * ONE, ONE], np.array([1e6]), 10_000.0)
    np.testing.assert_allclose(both[:, 0, 0], [0.75, 0.25], rtol=1e-15)


def test_a_hazard_of_nothing_takes_nothing():
    both = cumulative_incidence([EDGE, EDGE], [0 * ONE, 0 * ONE], np.array([100.0]))
    np.testing.assert_array_equal(both, 0)


def test_causes_without_hazards_or_of_other_shapes_are_refused():
    with pytest.raises(DataError, match="there are 1 and 2 of them"):
        cumulative_incidence([EDGE], [ONE, ONE], np.array([1.0]))
    with pytest.raises(DataError, match=r"cause 1 must have shape \(1, 2\).*they have \(1, 1\)"):
        cumulative_incidence([EDGE, np.array([0.0, 1.0, 2.0])], [ONE, ONE], np.array([1.0]))
