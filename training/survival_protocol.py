"""Survival sets as they are published, their folds, and the scores of a curve on a fold."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedKFold

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.supply.survival.judging.brier import censored_brier
from allocast.supply.survival.judging.calibration import d_calibration, kaplan_meier_calibration
from allocast.supply.survival.judging.concordance import concordance
from allocast.supply.survival.judging.curves import columns_at, integrated, judging_grid
from training.figures import data_folder
from training.peer_environment import run_peer

__all__ = ["CALIBRATED", "Fold", "FoldScores", "SurvivalSet", "folds", "read_set", "score"]

FILES = {"metabric": "metabric_IHC4_clinical_train_test.h5", "support": "support_train_test.h5"}
N_FOLDS, FOLD_SEED = 5, 0
CALIBRATED = 0.05  # p-value of D-calibration above which a fold counts as calibrated


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalSet:
    """Features, durations and events of one set, shapes (n, n_features), (n,) and (n,)."""

    x: FloatArray
    duration: FloatArray
    event: BoolArray

    def part(self, rows: IntArray) -> "SurvivalSet":
        """Some of the rows."""
        return SurvivalSet(x=self.x[rows], duration=self.duration[rows], event=self.event[rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Rows to learn from, and rows to judge."""

    train: SurvivalSet
    test: SurvivalSet

    @property
    def times(self) -> FloatArray:
        """All that `score` asks curves for: the durations judged and the grid of the integrals."""
        return np.unique(np.concatenate([self.test.duration, judging_grid(self.test.duration)]))


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldScores:
    """Scores of one model on one fold."""

    concordance: float
    integrated_brier: float
    kaplan_meier_calibration: float
    d_calibration_p: float
    calibrated: bool


def read_set(name: str) -> SurvivalSet:
    """A set of ``survival`` in the data folder, its published train and test parts joined.

    A duration of 0 is counted as half the shortest other one: nothing happens in no time.
    """
    if name not in FILES:
        raise DataError(f"survival sets are {', '.join(FILES)}; there is no {name}.")
    parts = run_peer("hdf5_arrays", {}, path=str((data_folder("survival") / FILES[name]).resolve()))
    x, duration, event = (
        np.concatenate([parts[f"{part}.{key}"] for part in ("train", "test")]) for key in "xte"
    )
    duration = duration.astype(np.float64)
    shortest = duration[duration > 0].min()
    return SurvivalSet(
        x=x.astype(np.float64), duration=np.where(duration > 0, duration, shortest / 2), event=event > 0
    )


def folds(rows: SurvivalSet, seed: int = FOLD_SEED) -> Iterator[Fold]:
    """Five folds, the same share of events in each."""
    splits = StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed).split(rows.x, rows.event)
    for train, test in splits:
        yield Fold(train=rows.part(train), test=rows.part(test))


def score(fold: Fold, survival: FloatArray) -> FoldScores:
    """Scores of curves at ``fold.times`` of the rows to judge.

    Integrals run over 100 times from the shortest to the longest duration judged; the Brier score is weighted by
    Kaplan-Meier of the censoring of the rows judged (the protocol of pycox).
    """
    test, times = fold.test, fold.times
    grid = judging_grid(test.duration)
    outcome = test.duration, test.event
    on_grid = columns_at(survival, times, grid)
    at_end: FloatArray = survival[np.arange(len(survival)), np.searchsorted(times, test.duration)]
    p_value = d_calibration(at_end, test.event).p_value
    return FoldScores(
        concordance=concordance(survival, times, *outcome),
        integrated_brier=integrated(censored_brier(on_grid, grid, *outcome), grid),
        kaplan_meier_calibration=kaplan_meier_calibration(on_grid, grid, *outcome),
        d_calibration_p=p_value,
        calibrated=p_value > CALIBRATED,
    )
