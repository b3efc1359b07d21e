"""Calibration of the hazard model on METABRIC and SUPPORT: over its quantiles in ten folds, and on average in time."""

from statistics import mean

from training.figures import Measured, Reference, Target
from training.survival_protocol import FoldScores, folds, read_set, score
from training.survival_sets import SEED, our_curves

__all__ = ["measure"]

SETS = ("metabric", "support")
LARGE = "support"  # more than 6,000 rows


def measure() -> Measured:
    """Folds that D-calibration finds nothing wrong with, and the distance to Kaplan-Meier of the larger set."""
    found = {name: [score(fold, our_curves(fold)) for fold in folds(read_set(name))] for name in SETS}
    calibrated = sum(fold.calibrated for scores in found.values() for fold in scores)
    return Measured(
        targets=(
            Target(name="d_calibrated_folds", value=calibrated, op=">=", target=9),
            Target(name=f"km_calibration_{LARGE}", value=_distance(found[LARGE]), op="<=", target=0.010),
        ),
        references=tuple(
            reference
            for name, scores in found.items()
            for reference in (
                Reference(name=f"{name}.km_calibration", value=_distance(scores)),
                Reference(name=f"{name}.calibrated_folds", value=sum(fold.calibrated for fold in scores)),
                Reference(name=f"{name}.smallest_p", value=min(fold.d_calibration_p for fold in scores)),
            )
        ),
        seeds=(SEED,),
    )


def _distance(scores: list[FoldScores]) -> float:
    return mean(fold.kaplan_meier_calibration for fold in scores)
