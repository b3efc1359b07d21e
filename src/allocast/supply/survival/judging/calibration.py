"""Whether curves are true on average: over their own quantiles, over time, and on the day that was promised."""

from typing import NamedTuple

import numpy as np
from scipy import stats

from allocast.numerics.arrays import BoolArray, FloatArray
from allocast.numerics.checks import require_same_length
from allocast.supply.survival.judging.curves import integrated, require_outcomes
from allocast.supply.survival.kaplan_meier import KaplanMeier

__all__ = ["DCalibration", "d_calibration", "kaplan_meier_calibration"]


class DCalibration(NamedTuple):
    """Share of the rows in each tenth of their own distribution, and how likely so uneven shares are by chance."""

    shares: FloatArray
    p_value: float


def d_calibration(survival_at_end: FloatArray, event: BoolArray, *, n_bins: int = 10) -> DCalibration:
    """Whether durations fall evenly over the quantiles that were predicted for them.

    Parameters
    ----------
    survival_at_end : array of shape (n,), in [0, 1]
        Each curve at its own duration, or at the time it was censored.
    event : array of bool, shape (n,)
        A censored row is spread over what was left of its distribution.
    n_bins : int, >= 2

    References
    ----------
    Haider, H. et al. (2020), Effective ways to build and evaluate individual survival distributions, JMLR 21(85).
    """
    require_same_length(survival_at_end=survival_at_end, event=event)
    lower = np.arange(n_bins) / n_bins
    level = np.clip(survival_at_end, 1e-12, 1.0)[:, None]
    inside = (level > lower) & (level <= lower + 1 / n_bins + 1e-15)
    spread = np.clip(level - lower, 0, 1 / n_bins) / level
    shares = np.where(event[:, None], inside / inside.sum(axis=1, keepdims=True), spread).mean(axis=0)
    statistic = len(event) * n_bins * ((shares - 1 / n_bins) ** 2).sum()
    return DCalibration(shares=shares, p_value=float(stats.chi2.sf(statistic, n_bins - 1)))


def kaplan_meier_calibration(
    survival: FloatArray, times: FloatArray, duration: FloatArray, event: BoolArray
) -> float:
    """How far the mean curve is from the Kaplan–Meier curve of the same rows, on average over time.

    0 where the mean curve is the one that was seen; sampling alone leaves about 0.3 ÷ √n.

    Parameters
    ----------
    survival : array of shape (n, n_times), in [0, 1]
    times : array of shape (n_times,), rising
    duration : array of shape (n,)
    event : array of bool, shape (n,)

    Returns
    -------
    distance : float, in [0, 1]
        The integral of |mean curve − Kaplan–Meier| over the times, divided by their span.

    Examples
    --------
    >>> seen, happened = np.array([1.0, 2.0]), np.array([True, True])
    >>> kaplan_meier_calibration(np.array([[0.5, 0.0], [0.5, 0.0]]), seen, seen, happened)
    0.0
    """
    require_outcomes(survival, times, duration, event)
    seen = KaplanMeier.fit(duration, event).survival(times)
    return integrated(np.abs(survival.mean(axis=0) - seen), times)
