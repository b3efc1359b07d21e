import numpy as np
import pytest
from scipy import stats

from allocast.errors import DataError
from allocast.supply.survival.judging.brier import (
    administrative_brier,
    administrative_crps,
    censored_brier,
    crps,
)
from allocast.supply.survival.judging.calibration import d_calibration, kaplan_meier_calibration
from allocast.supply.survival.judging.concordance import concordance
from allocast.supply.survival.judging.curves import integrated, judging_grid
from allocast.supply.survival.judging.reliability import reliability
from allocast.supply.survival.kaplan_meier import KaplanMeier

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


def test_one_curve_for_all_tells_nothing_apart() -> None:
    rng = np.random.default_rng(3)
    duration, event = np.ceil(rng.exponential(25, 200)), rng.random(200) < 0.7
    times = np.unique(duration)
    assert concordance(np.tile(np.exp(-times / 25), (200, 1)), times, duration, event) == 0.5


def test_curves_in_the_order_of_their_events_are_told_apart_wholly() -> None:
    duration = np.array([3.0, 1.0, 2.0, 4.0])
    curves = np.exp(-duration / duration[:, None])
    assert concordance(curves[:, [1, 2, 0, 3]], np.sort(duration), duration, np.ones(4, dtype=bool)) == 1


def test_curves_without_the_time_of_an_event_are_refused() -> None:
    with pytest.raises(DataError, match="3 is not among their 2 times"):
        concordance(np.ones((2, 2)), np.array([1.0, 2.0]), np.array([1.0, 3.0]), np.ones(2, dtype=bool))


def test_concordance_without_a_pair_is_refused() -> None:
    with pytest.raises(DataError, match="there is no such pair"):
        concordance(np.ones((2, 1)), np.array([1.0]), np.ones(2), np.ones(2, dtype=bool))


def test_censoring_at_random_does_not_change_the_score_but_for_noise() -> None:
    rng = np.random.default_rng(4)
    typical = rng.uniform(10, 40, 6000)
    truth, watched = rng.exponential(typical), rng.uniform(1, 80, 6000)
    curves = np.exp(-TIMES[:60] / typical[:, None])
    whole = censored_brier(curves, TIMES[:60], truth, np.ones(6000, dtype=bool))
    some = censored_brier(curves, TIMES[:60], np.minimum(truth, watched), truth <= watched)
    np.testing.assert_allclose(some, whole, atol=0.012)


def test_a_time_that_everybody_is_censored_by_has_no_score() -> None:
    score = censored_brier(np.ones((2, 2)), np.array([0.5, 2.0]), np.ones(2), np.zeros(2, dtype=bool))
    np.testing.assert_array_equal(score, [0, np.nan])
    with pytest.raises(DataError, match="two times with a score"):
        integrated(score, np.array([0.5, 2.0]))


def test_the_grid_runs_from_the_first_to_the_last_duration() -> None:
    grid = judging_grid(np.array([7.0, 3.0, 5.0]), n_times=5)
    np.testing.assert_array_equal(grid, [3, 4, 5, 6, 7])


def test_kaplan_meier_of_the_same_rows_is_calibrated_and_another_is_not() -> None:
    rng = np.random.default_rng(5)
    duration, event = rng.exponential(25, 500), rng.random(500) < 0.7
    grid = judging_grid(duration)
    own = np.tile(KaplanMeier.fit(duration, event).survival(grid), (500, 1))
    assert kaplan_meier_calibration(own, grid, duration, event) == pytest.approx(0)
    assert kaplan_meier_calibration(own - 0.05, grid, duration, event) == pytest.approx(0.05)


def test_reliability_finds_optimism_where_it_is() -> None:
    rng = np.random.default_rng(6)
    probability = rng.random(20_000)
    table = reliability(probability, rng.random(20_000) < probability**2)
    np.testing.assert_allclose(table.realised, table.predicted**2, atol=0.03)
    assert table.bias == pytest.approx(1 / 2 - 1 / 3, abs=0.01)
    assert table.distance == pytest.approx(table.bias)
    assert table.count.sum() == 20_000


@pytest.mark.parametrize(("probability", "message"), [([], "at least one"), ([0.5, 1.2], "row 1 has 1.2")])
def test_what_is_no_probability_is_refused(probability: list[float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        reliability(np.array(probability), np.ones(len(probability), dtype=bool))
