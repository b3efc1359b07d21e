"""Whether curves put in the right order what happened first."""

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, FloatArray
from allocast.supply.survival.judging.curves import columns_at, require_outcomes

__all__ = ["concordance"]


def concordance(survival: FloatArray, times: FloatArray, duration: FloatArray, event: BoolArray) -> float:
    """Share of the comparable pairs in which the row that ended first had the lower curve when it ended.

    Time-dependent: at the time of each event its curve is compared with those of all rows that went on, so curves
    that cross are judged fairly. A pair is comparable if the one that ended first was an event and the other
    went on for longer, or was censored at that very time; two events at one time are not comparable. Curves
    that are equal there count one half, so that one curve for all scores 0.5 exactly.

    Parameters
    ----------
    survival : array of shape (n, n_times), in [0, 1]
    times : array of shape (n_times,), rising
        Must hold the time of every event.
    duration : array of shape (n,)
        To the event, or to the end of watching.
    event : array of bool, shape (n,)

    Returns
    -------
    share : float, in [0, 1]

    Raises
    ------
    DataError
        An event's time is not among ``times``, no two rows can be compared, or shapes differ.

    References
    ----------
    Antolini, L., Boracchi, P. and Biganzoli, E. (2005), A time-dependent discrimination index for survival data,
    Statistics in Medicine 24:3927. Equal curves counted one half are this project's choice.

    Examples
    --------
    >>> curves = np.array([[0.2, 0.1], [0.6, 0.5], [0.6, 0.3]])
    >>> concordance(curves, np.array([1.0, 2.0]), np.array([1.0, 3.0, 2.0]), np.array([True, False, True]))
    1.0
    """
    require_outcomes(survival, times, duration, event)
    moments = np.unique(duration[event])
    won, pairs = 0.0, 0
    for moment, curve in zip(moments, columns_at(survival, times, moments).T, strict=True):
        ended = event & (duration == moment)
        went_on = np.sort(curve[(duration > moment) | ((duration == moment) & ~event)])
        lower_or_equal = np.searchsorted(went_on, curve[ended], side="right")
        lower = np.searchsorted(went_on, curve[ended], side="left")
        won += float((len(went_on) - (lower_or_equal + lower) / 2).sum())
        pairs += len(went_on) * len(lower)
    if not pairs:
        raise DataError(
            f"concordance needs an event and a row that went on for longer; among {len(duration)} rows with "
            f"{int(event.sum())} events there is no such pair."
        )
    return won / pairs
