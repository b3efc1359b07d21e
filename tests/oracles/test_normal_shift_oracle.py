import numpy as np
from scipy.stats import norm

from allocast.supply.suppliers.normal_shift import expected_arrivals, learned

GRID = np.linspace(-4, 4, 4001)
PIECES = [(-8.0, 0.25, False), (0.25, 1.3, True), (-8.0, 0.7, True), (-8.0, 1.1, False), (-8.0, -0.2, True)]


def exact(variance: float) -> tuple[float, float]:
    """Mean and variance of the shift by brute force, over a grid."""
    density = norm.logpdf(GRID, scale=variance**0.5)
    for begun, reached, arrived in PIECES:
        end = norm.logpdf(reached - GRID) if arrived else norm.logsf(reached - GRID)
        density = density + end - norm.logsf(begun - GRID)
    share = np.exp(density - density.max())
    share /= share.sum()
    mean = share @ GRID
    return float(mean), float(share @ (GRID - mean) ** 2)


def test_learning_piece_by_piece_comes_near_the_exact_posterior() -> None:
    for prior in (0.1, 0.5, 1.0):
        mean, variance = 0.0, prior
        for begun, reached, arrived in PIECES:
            mean, variance, _ = learned(mean, variance, begun, reached, arrived, 1.0)
        wanted, spread = exact(prior)
        assert abs(mean - wanted) < 0.1 * spread**0.5
        assert abs(variance / spread - 1) < 0.15


def test_a_belief_that_foresaw_better_has_the_larger_evidence() -> None:
    near, far = (learned(mean, 0.1, -8.0, 1.0, True, 1.0)[2] for mean in (1.0, -1.0))
    assert near > far


def test_expected_arrivals_are_the_cumulative_hazard() -> None:
    np.testing.assert_allclose(expected_arrivals(-8.0, 0.0), np.log(2))
    np.testing.assert_allclose(expected_arrivals(0.0, 2.0), norm.logsf(0) - norm.logsf(2))
