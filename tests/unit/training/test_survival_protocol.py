import numpy as np
import pytest
from training.scms import BEFORE_THE_END_DAYS, cutoffs
from training.survival_protocol import Fold, SurvivalSet, folds, read_set, score

from allocast.errors import DataError


def rows(n: int) -> SurvivalSet:
    rng = np.random.default_rng(0)
    x, watched = rng.normal(size=(n, 1)), rng.uniform(5, 60, n)
    truth = np.ceil(rng.exponential(20 * np.exp(x[:, 0])))
    return SurvivalSet(x=x, duration=np.minimum(truth, np.ceil(watched)), event=truth <= watched)


def test_folds_share_out_rows_and_events_evenly() -> None:
    whole = rows(200)
    parts = list(folds(whole))
    assert sum(len(fold.test.x) for fold in parts) == 200
    assert max(fold.test.event.sum() for fold in parts) - min(fold.test.event.sum() for fold in parts) <= 1
    assert all(len(fold.train.x) + len(fold.test.x) == 200 for fold in parts)


def test_the_true_curve_beats_one_curve_for_all() -> None:
    whole = rows(2000)
    fold = Fold(train=whole, test=whole)
    typical = 20 * np.exp(whole.x)
    truth = score(fold, np.exp(-fold.times / typical))
    same = score(fold, np.tile(np.exp(-fold.times / 20), (2000, 1)))
    assert truth.concordance > 0.6 > same.concordance == 0.5
    assert truth.integrated_brier < same.integrated_brier
    assert truth.kaplan_meier_calibration < same.kaplan_meier_calibration


def test_a_set_that_is_not_there_is_refused() -> None:
    with pytest.raises(DataError, match="metabric, support"):
        read_set("rossi")


def test_longer_data_bring_later_dates() -> None:
    last = np.datetime64("2014-03-31")
    days = cutoffs(last)
    assert last - days[-1] == np.timedelta64(BEFORE_THE_END_DAYS, "D")
    assert (np.diff(days) > np.timedelta64(0, "D")).all()
    np.testing.assert_array_equal(cutoffs(last + 100) - days, np.timedelta64(100, "D"))
