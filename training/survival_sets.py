"""METABRIC and SUPPORT in five folds: the hazard model with one setting for both, beside its peers on the same folds.

Each is judged on rows it did not see, by the protocol of ``survival_protocol``. Nothing is tuned per set, the peers'
settings neither. The defaults of `HazardModel` were chosen on other folds of these two sets and on FLCHAIN, GBSG2,
WHAS500 and AIDS as scikit-survival brings them; these folds were looked at on the way too, at the beginning, and
before and after trees were made smaller where events are few.
"""

import time
from dataclasses import asdict

import numpy as np

from allocast.numerics.arrays import FloatArray
from allocast.supply.survival.hazard_model import HazardModel
from training.figures import Measured, Reference, Target
from training.peer_environment import run_peer
from training.survival_protocol import Fold, folds, read_set, score

__all__ = ["OURS", "measure", "our_curves"]

SEED = 0
PEERS = (
    "kaplan_meier",
    "cox",
    "weibull_aft",
    "lognormal_aft",
    "random_survival_forest",
)
TARGETS = {"metabric": (0.666, 0.1630), "support": (0.639, 0.1884)}
OURS = "hazard_model"
Scores = dict[str, dict[str, float]]


def measure() -> Measured:
    """Concordance and integrated Brier score of every model, means over the folds of each set."""
    found = {name: _means([_judge(fold) for fold in folds(read_set(name))]) for name in TARGETS}
    targets = [
        target
        for name, (told_apart, brier) in TARGETS.items()
        for target in _targets(name, found[name][OURS], told_apart, brier)
    ]
    return Measured(
        targets=tuple(targets),
        references=tuple(
            Reference(name=f"{name} {model}.{metric}", value=value)
            for name, models in found.items()
            for model, scores in models.items()
            for metric, value in scores.items()
        ),
        seeds=(SEED,),
    )


def our_curves(fold: Fold) -> FloatArray:
    """Curves of the hazard model as it comes, at ``fold.times``."""
    model = HazardModel(random_state=SEED).fit(fold.train.x, fold.train.duration, fold.train.event)
    return model.predict_survival(fold.test.x, fold.times)


def _judge(fold: Fold) -> Scores:
    """Scores of every model on one fold, and processor seconds of fitting and asking."""
    started = time.process_time()
    curves = {OURS: our_curves(fold)}
    seconds = {OURS: time.process_time() - started}
    train = fold.train
    arrays = {
        "X": train.x,
        "duration": train.duration,
        "event": train.event,
        "ask": fold.test.x,
        "times": fold.times,
    }
    said = run_peer("survival_curves", arrays, models=PEERS, seed=SEED)
    curves |= {name: said[f"{name}.survival"] for name in PEERS}
    seconds |= {name: float(said[f"{name}.seconds"]) for name in PEERS}
    return {
        name: {**asdict(score(fold, survival)), "cpu_seconds": seconds[name]}
        for name, survival in curves.items()
    }


def _means(judged: list[Scores]) -> Scores:
    return {
        model: {
            metric: float(np.mean([each[model][metric] for each in judged])) for metric in judged[0][model]
        }
        for model in judged[0]
    }


def _targets(name: str, ours: dict[str, float], told_apart: float, brier: float) -> tuple[Target, Target]:
    return (
        Target(name=f"{name}_concordance", value=ours["concordance"], op=">=", target=told_apart),
        Target(name=f"{name}_integrated_brier", value=ours["integrated_brier"], op="<=", target=brier),
    )
