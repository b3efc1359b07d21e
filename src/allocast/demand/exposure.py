"""How much of a day's demand could show: from the hours in which there was stock."""

import numpy as np
from scipy.optimize import nnls

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, FloatArray
from allocast.numerics.checks import require_shape

__all__ = ["exposure", "hour_profile"]

LATE_SHARE = 4  # the last hours, one in so many, are those in which a day must have stock to be learned from
SMOOTHING = 0.02  # of all that is usually sold: what hours being alike counts for
ROWS = 200_000  # at a time
SELDOM_WHOLE = 0.999  # a day that lacks an hour, however quiet, was not seen whole


def hour_profile(sales: FloatArray, usual_sales: FloatArray, in_stock: BoolArray) -> FloatArray:
    """The share of a usual day's demand that falls into each hour: a smooth, non-negative regression on hours in stock.

    Days of high demand sell out early, so what was sold before stock ran out is more than those hours' share. Only
    days that end in stock are learned from: they lack hours because a delivery came late, which that day's demand did
    not cause.

    Parameters
    ----------
    sales, usual_sales : arrays of shape (n,), in units, >= 0
        What was sold on a day, and what the series sells on such a day when nothing is out of stock.
    in_stock : array of bool, shape (n, n_hours)
        The hours in which demand is to be expected, in their order.

    Returns
    -------
    profile : array of shape (n_hours,), >= 0, summing to 1

    Raises
    ------
    DataError
        Nothing was sold on days that end in stock.

    Examples
    --------
    >>> in_stock = np.repeat([[True, True, True, True], [False, True, True, True]], 100_000, axis=0)
    >>> hour_profile(np.repeat([1.0, 0.6], 100_000), np.ones(200_000), in_stock)[0].round(1)
    np.float64(0.4)
    """
    require_shape("sales", sales, in_stock.shape[:1])
    require_shape("usual_sales", usual_sales, in_stock.shape[:1])
    hours = in_stock.shape[1]
    chosen = np.flatnonzero(in_stock[:, -max(hours // LATE_SHARE, 1) :].all(axis=1))
    squares, product = np.zeros((hours, hours)), np.zeros(hours)
    for start in range(0, len(chosen), ROWS):
        part = chosen[start : start + ROWS]
        there = in_stock[part].astype(np.float64)
        squares += there.T @ (there * usual_sales[part, None])
        product += there.T @ sales[part]
    if not product.any():
        raise DataError("an hour profile needs days that end in stock and sold something; there are none.")
    steps = np.diff(np.eye(hours), axis=0)
    share = nnls(squares + SMOOTHING * usual_sales[chosen].sum() * steps.T @ steps, product)[0]
    profile: FloatArray = share / share.sum()
    return profile


def exposure(in_stock: BoolArray, profile: FloatArray) -> FloatArray:
    """Share of a day's demand that falls into its hours in stock, in [0, 1]; 1 where no hour is missing.

    Parameters
    ----------
    in_stock : array of bool, shape (..., n_hours)
    profile : array of shape (n_hours,), summing to 1
    """
    share: FloatArray = np.where(in_stock.all(axis=-1), 1.0, np.minimum(in_stock @ profile, SELDOM_WHOLE))
    return share
