import numpy as np
import pytest
from scipy import stats

from allocast.errors import DataError
from allocast.numerics.discrete_laws import empirical, poisson, rounded_normal


def test_poisson_rows_are_those_of_scipy() -> None:
    means = np.array([0.05, 1.0, 6.0, 80.0])
    law = poisson(means)
    k = np.arange(law.probability.shape[1])
    np.testing.assert_allclose(law.probability, stats.poisson.pmf(k, means[:, None]), atol=1e-13)
    np.testing.assert_allclose(law.mean, means)


def test_a_rounded_normal_is_cut_between_the_halves() -> None:
    law = rounded_normal(np.array([3.0, 1.0]), np.array([1.0, 2.0]))
    k = np.arange(8)
    by_hand = stats.norm.cdf(k + 0.5, [[3.0], [1.0]], [[1.0], [2.0]]) - np.where(
        k > 0, stats.norm.cdf(k - 0.5, [[3.0], [1.0]], [[1.0], [2.0]]), 0.0
    )
    np.testing.assert_allclose(law.probability[:, :8], by_hand, atol=1e-12)


def test_an_empirical_law_counts_each_row_for_itself() -> None:
    law = empirical(np.array([[0.0, 2.0], [3.0, 3.0]]))
    np.testing.assert_array_equal(law.probability, [[0.5, 0, 0.5, 0], [0, 0, 0, 1]])


@pytest.mark.parametrize("samples", [[[0.5]], [[-1.0]]])
def test_samples_that_are_not_whole_are_refused(samples) -> None:
    with pytest.raises(DataError, match="samples must be whole numbers >= 0"):
        empirical(np.array(samples))


@pytest.mark.parametrize("mean", [0.0, np.nan, np.inf])
def test_a_mean_must_be_a_number_above_0(mean) -> None:
    with pytest.raises(DataError, match="mean must be finite and > 0"):
        poisson(np.array([1.0, mean]))
    with pytest.raises(DataError, match="deviation must be finite and > 0"):
        rounded_normal(np.array([1.0]), np.array([mean]))
