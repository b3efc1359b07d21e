"""Survival curves on a grid of times, with what came true beside them."""

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, FloatArray
from allocast.numerics.checks import require_increasing, require_same_length, require_shape

__all__ = ["columns_at", "integrated", "judging_grid", "require_curves", "require_outcomes"]


def judging_grid(duration: FloatArray, n_times: int = 100) -> FloatArray:
    """Equidistant times from the shortest to the longest duration: the grid of pycox, shape (n_times,)."""
    return np.linspace(duration.min(), duration.max(), n_times)


def integrated(score: FloatArray, times: FloatArray) -> float:
    """Mean of a score over time, by the trapezoid rule; times without a score (NaN) are left out.

    Examples
    --------
    >>> integrated(np.array([0.0, 1.0, np.nan]), np.array([0.0, 2.0, 4.0]))
    0.5
    """
    known = np.isfinite(score)
    if known.sum() < 2:
        raise DataError(
            f"an integral needs two times with a score; of {len(times)} times {int(known.sum())} have one."
        )
    span = times[known]
    return float(np.trapezoid(score[known], span) / (span[-1] - span[0]))


def columns_at(survival: FloatArray, times: FloatArray, wanted: FloatArray) -> FloatArray:
    """The columns of the curves at the wanted times, all of which must be among ``times``."""
    place = np.minimum(np.searchsorted(times, wanted), len(times) - 1)
    absent = times[place] != wanted
    if absent.any():
        raise DataError(
            f"the curves must be given at the time of every event; {wanted[np.argmax(absent)]:g} is not among their "
            f"{len(times)} times ({int(absent.sum())} of {len(wanted)} absent). Predict them at "
            "np.unique(duration[event])."
        )
    return survival[:, place]


def require_curves(survival: FloatArray, times: FloatArray, **rows: FloatArray) -> None:
    """Refuse curves whose shape does not fit their times, or the rows beside them."""
    require_increasing("times", times)
    for name, values in rows.items():
        require_shape(name, values, (len(survival),))
    require_shape("survival", survival, (len(survival), len(times)))


def require_outcomes(survival: FloatArray, times: FloatArray, duration: FloatArray, event: BoolArray) -> None:
    """As `require_curves`, with the events beside."""
    require_curves(survival, times, duration=duration)
    require_same_length(duration=duration, event=event)
