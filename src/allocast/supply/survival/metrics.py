"""How good survival curves are, where the end of watching is known for everyone."""

from typing import NamedTuple

import numpy as np
from scipy import stats

from allocast.numerics.arrays import BoolArray, FloatArray
from allocast.numerics.checks import require_increasing, require_same_length, require_shape

__all__ = ["DCalibration", "administrative_brier", "administrative_crps", "crps", "d_calibration"]


def administrative_brier(
    survival: FloatArray, times: FloatArray, duration: FloatArray, watched: FloatArray
) -> FloatArray:
    """Mean squared error of P(duration > time), over those watched for that long.

    An order's end of watching (today − day of order) is known whether or not it was received, so each time
    is judged on the orders placed early enough, and no censoring weights are needed: they would be wrong
    wherever features tell the day of the order.

    Parameters
    ----------
    survival : array of shape (n, n_times), in [0, 1]
    times : array of shape (n_times,), in days, rising
    duration : array of shape (n,), in days
        The true one, or for a censored row any number >= its ``watched``.
    watched : array of shape (n,), in days
        For how long each row was watched, received or not.

    Returns
    -------
    score : array of shape (n_times,), NaN where nobody was watched for that long; smaller is better

    References
    ----------
    Kvamme, H. and Borgan, Ø. (2023), The Brier score under administrative censoring, JMLR 24(2).

    Examples
    --------
    >>> curves = np.array([[0.5, 0.5], [0.5, 0.0]])
    >>> administrative_brier(curves, np.array([1.0, 2.0]), np.array([2.0, 1.0]), np.array([2.0, 1.0]))
    array([0.25, 0.25])
    """
    _require_curves(survival, times, duration=duration, watched=watched)
    counted = watched[:, None] >= times
    error = np.where(counted, (survival - (duration[:, None] > times)) ** 2, 0.0)
    n_counted = counted.sum(axis=0)
    return np.where(n_counted > 0, error.sum(axis=0) / np.maximum(n_counted, 1), np.nan)


def administrative_crps(
    survival: FloatArray, times: FloatArray, duration: FloatArray, watched: FloatArray
) -> float:
    """The administrative Brier score integrated over time: days, smaller is better.

    Each score is taken to hold until the next time (exact for whole-day data on a daily grid); times that
    nobody was watched for are left out. Parameters are those of `administrative_brier`.
    """
    score = administrative_brier(survival, times, duration, watched)
    return float(np.nansum(score[:-1] * np.diff(times)))


def crps(survival: FloatArray, times: FloatArray, duration: FloatArray) -> FloatArray:
    """Distance of each curve from the duration that came true, up to the last time: days, smaller is better.

    The integral of (P(duration > time) − [duration > time])²; each value is taken to hold until the next time.

    Parameters
    ----------
    survival : array of shape (n, n_times), in [0, 1]
    times : array of shape (n_times,), in days, rising
    duration : array of shape (n,), in days

    Returns
    -------
    score : array of shape (n,), in days

    Examples
    --------
    >>> crps(np.array([[1.0, 0.5, 0.0]]), np.array([0.0, 1.0, 2.0]), np.array([1.0]))
    array([0.25])
    """
    _require_curves(survival, times, duration=duration)
    error = (survival - (duration[:, None] > times)) ** 2
    return error[:, :-1] @ np.diff(times)


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


def _require_curves(survival: FloatArray, times: FloatArray, **rows: FloatArray) -> None:
    require_increasing("times", times)
    for name, values in rows.items():
        require_shape(name, values, (len(survival),))
    require_shape("survival", survival, (len(survival), len(times)))
