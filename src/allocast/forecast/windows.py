"""Statistics of the last periods at every period at once, with unobserved cells passed over."""

import numpy as np

from allocast.numerics.arrays import FloatArray, IntArray

__all__ = ["columns", "exponential_mean", "group_mean", "rolling_max", "rolling_mean", "rolling_sum"]


def rolling_sum(values: FloatArray, window: int) -> FloatArray:
    """Sum of what is not NaN among the last ``window`` periods, shape as ``values``; cost independent of the window."""
    total = np.cumsum(np.nan_to_num(values), axis=1)
    result: FloatArray = total.copy()
    result[:, window:] -= total[:, :-window]
    return result


def rolling_mean(values: FloatArray, window: int) -> FloatArray:
    """Mean of what is not NaN among the last ``window`` periods; NaN where nothing was observed.

    Examples
    --------
    >>> rolling_mean(np.array([[1.0, np.nan, 5.0]]), 2)
    array([[1., 1., 5.]])
    """
    count = rolling_sum((~np.isnan(values)).astype(np.float64), window)
    return _ratio(rolling_sum(values, window), count)


def rolling_max(values: FloatArray, window: int) -> FloatArray:
    """Largest of the last ``window`` periods; 0 where nothing was observed."""
    padded = np.pad(np.nan_to_num(values), ((0, 0), (window - 1, 0)))
    largest: FloatArray = np.lib.stride_tricks.sliding_window_view(padded, window, axis=1).max(axis=2)
    return largest


def exponential_mean(values: FloatArray, decay: float) -> FloatArray:
    """Mean with weights ``decay`` ** age over what was observed; NaN before the first observation."""
    total = np.zeros(values.shape)
    weight = np.zeros(values.shape)
    seen = ~np.isnan(values)
    known = np.nan_to_num(values)
    for period in range(values.shape[1]):  # over periods, all series at once
        before = (total[:, period - 1], weight[:, period - 1]) if period else (0.0, 0.0)
        total[:, period] = before[0] * decay + known[:, period]
        weight[:, period] = before[1] * decay + seen[:, period]
    return _ratio(total, weight)


def group_mean(values: FloatArray, group: IntArray) -> FloatArray:
    """Mean over the series of each group in each period, given back to each of its series; NaN where none is known.

    Parameters
    ----------
    values : array of shape (n_series, n_periods)
    group : array of int, shape (n_series,), >= 0
    """
    size = (int(group.max()) + 1, values.shape[1])
    total, count = np.zeros(size), np.zeros(size)
    np.add.at(total, group, np.nan_to_num(values))
    np.add.at(count, group, ~np.isnan(values))
    return _ratio(total, count)[group]


def columns(values: FloatArray, places: IntArray) -> FloatArray:
    """The columns at these places; NaN where a place lies before the first.

    Examples
    --------
    >>> columns(np.array([[1.0, 2.0]]), np.array([-1, 1]))
    array([[nan,  2.]])
    """
    taken = values[:, np.maximum(places, 0)].astype(np.float64)
    taken[:, places < 0] = np.nan
    return taken


def _ratio(total: FloatArray, count: FloatArray) -> FloatArray:
    """Total ÷ count, NaN where nothing was counted."""
    ratio: FloatArray = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return ratio
