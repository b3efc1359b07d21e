"""Probabilities of being there by a day beside how often that came true, such as on the day that was promised."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray, freeze
from allocast.numerics.checks import require_same_length

__all__ = ["Reliability", "reliability"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """What was predicted and what came true, by the level of the prediction.

    Parameters
    ----------
    lowest : array of shape (n_bins,), in [0, 1)
        From which probability on a bin holds predictions; bins without any are left out.
    predicted : array of shape (n_bins,), in [0, 1]
        Mean probability.
    realised : array of shape (n_bins,), in [0, 1]
        Share that came true.
    count : array of shape (n_bins,)
        Predictions.
    """

    lowest: FloatArray
    predicted: FloatArray
    realised: FloatArray
    count: IntArray

    @property
    def bias(self) -> float:
        """Mean probability − share that came true; above 0 is optimistic."""
        return float(np.average(self.predicted - self.realised, weights=self.count))

    @property
    def distance(self) -> float:
        """Mean of |predicted − realised| over all predictions, each counted with its bin."""
        return float(np.average(np.abs(self.predicted - self.realised), weights=self.count))


def reliability(probability: FloatArray, came_true: BoolArray, *, n_bins: int = 10) -> Reliability:
    """Predicted beside realised shares, in bins of equal width.

    Parameters
    ----------
    probability : array of shape (n,), in [0, 1]
    came_true : array of bool, shape (n,)
        Known for every row: bring only those that were watched for long enough.
    n_bins : int, >= 1

    Raises
    ------
    DataError
        There is nothing to judge, lengths differ, or a probability is not in [0, 1].

    Examples
    --------
    >>> table = reliability(np.array([0.15, 0.25, 0.95]), np.array([False, True, True]), n_bins=2)
    >>> table.predicted, table.realised, table.count
    (array([0.2 , 0.95]), array([0.5, 1. ]), array([2, 1]))
    """
    require_same_length(probability=probability, came_true=came_true)
    if not len(probability):
        raise DataError("reliability needs at least one probability; there is none.")
    outside = ~((probability >= 0) & (probability <= 1))
    if outside.any():
        row = int(np.argmax(outside))
        raise DataError(
            f"probabilities must be in [0, 1]; row {row} has {probability[row]:g} ({int(outside.sum())} of "
            f"{len(probability)} rows affected)."
        )
    place = np.minimum((probability * n_bins).astype(np.int64), n_bins - 1)
    count = np.bincount(place, minlength=n_bins)
    filled = count > 0
    sums = (np.bincount(place, values, minlength=n_bins)[filled] for values in (probability, came_true))
    predicted, realised = (total / count[filled] for total in sums)
    return Reliability(
        lowest=freeze((np.arange(n_bins) / n_bins)[filled]),
        predicted=freeze(predicted),
        realised=freeze(realised),
        count=freeze(count[filled]),
    )
