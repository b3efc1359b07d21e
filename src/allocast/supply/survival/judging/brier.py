"""How near curves came to what happened: squared errors of probabilities, at each time and over all."""

import numpy as np

from allocast.numerics.arrays import BoolArray, FloatArray
from allocast.supply.survival.judging.curves import require_curves, require_outcomes
from allocast.supply.survival.kaplan_meier import KaplanMeier

__all__ = ["administrative_brier", "administrative_crps", "censored_brier", "crps"]


def administrative_brier(
    survival: FloatArray,
    times: FloatArray,
    duration: FloatArray,
    watched: FloatArray,
    *,
    weight: FloatArray | None = None,
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
    weight : array of shape (n,), > 0, optional
        How much each row counts; by default all alike.

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
    weight = np.ones(len(duration)) if weight is None else weight
    require_curves(survival, times, duration=duration, watched=watched, weight=weight)
    counted = (watched[:, None] >= times) * weight[:, None]
    error = counted * (survival - (duration[:, None] > times)) ** 2
    total = counted.sum(axis=0)
    return np.where(total > 0, error.sum(axis=0) / np.where(total > 0, total, 1.0), np.nan)


def administrative_crps(
    survival: FloatArray,
    times: FloatArray,
    duration: FloatArray,
    watched: FloatArray,
    *,
    weight: FloatArray | None = None,
) -> float:
    """The administrative Brier score integrated over time: days, smaller is better.

    Each score is taken to hold until the next time (exact for whole-day data on a daily grid); times that
    nobody was watched for are left out. Parameters are those of `administrative_brier`.
    """
    score = administrative_brier(survival, times, duration, watched, weight=weight)
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
    require_curves(survival, times, duration=duration)
    error = (survival - (duration[:, None] > times)) ** 2
    return error[:, :-1] @ np.diff(times)


def censored_brier(
    survival: FloatArray, times: FloatArray, duration: FloatArray, event: BoolArray
) -> FloatArray:
    """Mean squared error of P(duration > time), rows lost to censoring made up for by those like them.

    A row that is censored before a time says nothing about it; the others are weighted by 1 ÷ P(not censored by
    then), from Kaplan–Meier of the censoring of the same rows. That is right only where censoring has nothing to
    do with the features. Where the end of watching is known for everyone, as for orders, use
    `administrative_brier` instead.

    Parameters
    ----------
    survival : array of shape (n, n_times), in [0, 1]
    times : array of shape (n_times,), rising
    duration : array of shape (n,)
        To the event, or to the end of watching.
    event : array of bool, shape (n,)

    Returns
    -------
    score : array of shape (n_times,), NaN where everyone is censored by then; smaller is better

    References
    ----------
    Graf, E. et al. (1999), Assessment and comparison of prognostic classification schemes for survival data,
    Statistics in Medicine 18:2529.

    Examples
    --------
    >>> curves = np.array([[0.5], [0.5], [0.5]])
    >>> censored_brier(curves, np.array([1.5]), np.array([1.0, 1.0, 2.0]), np.array([True, False, True]))
    array([0.25])
    """
    require_outcomes(survival, times, duration, event)
    watched = KaplanMeier.fit(duration, ~event)
    ended = np.where(event, _inverse(watched.survival(duration)), 0.0)[:, None]
    later = duration[:, None] > times
    weight = np.where(later, _inverse(watched.survival(times)), ended)
    error = np.where(later, 1 - survival, survival) ** 2
    total = weight.sum(axis=0)
    return np.where(total > 0, (weight * error).sum(axis=0) / np.maximum(total, 1e-300), np.nan)


def _inverse(share: FloatArray) -> FloatArray:
    return np.divide(1.0, share, out=np.zeros(share.shape), where=share > 0)
