import numpy as np
import pytest
from scipy import stats

from allocast.errors import DataError
from allocast.supply.survival.metrics import administrative_brier, administrative_crps, crps, d_calibration

TIMES = np.arange(0, 200.0)


def test_times_nobody_was_watched_for_have_no_score() -> None:
    score = administrative_brier(np.ones((1, 2)), np.array([1.0, 5.0]), np.array([9.0]), np.array([3.0]))
    np.testing.assert_array_equal(score, [0, np.nan])


def test_with_everyone_watched_the_two_integrals_agree() -> None:
    rng = np.random.default_rng(0)
    survival = np.exp(-TIMES / rng.uniform(10, 40, (50, 1)))
    duration = np.ceil(rng.exponential(25, 50))
    whole = administrative_crps(survival, TIMES, duration, np.full(50, 1e9))
    assert whole == pytest.approx(crps(survival, TIMES, duration).mean())


def test_the_true_curve_scores_best_although_some_are_censored() -> None:
    rng = np.random.default_rng(1)
    truth = np.ceil(rng.exponential(25, 4000))
    watched = rng.uniform(5, 100, 4000)
    duration = np.where(truth <= watched, truth, watched + 1)
    scores = {
        mean: administrative_crps(np.tile(np.exp(-TIMES / mean), (4000, 1)), TIMES, duration, watched)
        for mean in (15, 25, 40)
    }
    assert min(scores, key=lambda mean: scores[mean]) == 25


@pytest.mark.parametrize(("mean", "calibrated"), [(25.0, True), (40.0, False)])
def test_d_calibration_finds_the_wrong_curve(mean: float, calibrated: bool) -> None:
    rng = np.random.default_rng(2)
    truth, watched = stats.expon(scale=25).rvs(3000, random_state=rng), rng.uniform(5, 100, 3000)
    ended = np.minimum(truth, watched)
    result = d_calibration(np.exp(-ended / mean), truth <= watched)
    assert (result.p_value > 0.05) == calibrated
    assert result.shares.sum() == pytest.approx(1)


def test_curves_of_another_shape_are_refused() -> None:
    with pytest.raises(DataError, match="survival must have shape"):
        crps(np.ones((2, 3)), TIMES, np.ones(2))
