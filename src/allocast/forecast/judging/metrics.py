"""How good a forecast is. One sign convention: error = forecast − actual, so a positive bias is over-forecasting.

Cells that were not observed are NaN in ``actual`` and count for nothing. A score that has nothing to be compared
with (no demand at all, no history that moves) is NaN. What is scaled is scaled by the error of the one-step naive
forecast in the history, series by series; mean absolute errors stand nowhere by themselves, because on demand that is
mostly zero they are best for a forecast of zero.
"""

import numpy as np

from allocast.numerics.arrays import FloatArray
from allocast.numerics.checks import require_at_least, require_shape

__all__ = [
    "absolute_scale",
    "bias",
    "coverage",
    "crps",
    "level_weights",
    "mean_scaled_pinball",
    "pinball",
    "root_mean_squared_scaled_error",
    "scaled_pinball",
    "scaled_rmse",
    "squared_scale",
    "weighted_rmsse",
]


def pinball(actual: FloatArray, quantiles: FloatArray, levels: FloatArray) -> FloatArray:
    """Twice the pinball loss of each cell and level, shape as ``quantiles``, in units; NaN where not observed.

    Parameters
    ----------
    actual : array of shape (n_series, horizon), NaN where not observed
    quantiles : array of shape (n_series, n_levels, horizon)
    levels : array of shape (n_levels,)

    Examples
    --------
    >>> pinball(np.array([[4.0]]), np.array([[[2.0], [5.0]]]), np.array([0.5, 0.9]))
    array([[[2. ],
            [0.2]]])
    """
    error = actual[:, None, :] - quantiles
    loss: FloatArray = 2 * np.maximum(levels[:, None] * error, (levels[:, None] - 1) * error)
    return loss


def scaled_pinball(actual: FloatArray, quantiles: FloatArray, levels: FloatArray) -> float:
    """Twice the mean pinball loss over levels and cells, divided by mean demand (a scaled CRPS).

    Parameters
    ----------
    actual : array of shape (n_series, horizon), NaN where not observed
    quantiles : array of shape (n_series, n_levels, horizon)
    levels : array of shape (n_levels,)

    References
    ----------
    Gneiting and Raftery, *Strictly proper scoring rules, prediction, and estimation*, JASA 102 (2007), section 6.

    Examples
    --------
    >>> scaled_pinball(np.array([[4.0]]), np.array([[[2.0]]]), np.array([0.5]))
    0.5
    """
    return _per_unit(float(np.nanmean(pinball(actual, quantiles, levels))), actual)


def mean_scaled_pinball(
    actual: FloatArray, quantiles: FloatArray, levels: FloatArray, history: FloatArray
) -> float:
    """Twice the pinball loss of each series over its naive absolute error, averaged over series.

    Every series counts the same, whatever it sells. Series whose history does not move, or that have no observed
    actuals, are left out of the average.

    Parameters
    ----------
    actual, quantiles, levels
        As for ``scaled_pinball``.
    history : array of shape (n_series, n_periods), NaN where not observed

    References
    ----------
    Shchur et al., *fev-bench* (2025), scaled quantile loss; its season is 1 here.

    Examples
    --------
    >>> actual, history = np.array([[4.0]]), np.array([[1.0, 2.0, 5.0]])
    >>> mean_scaled_pinball(actual, np.array([[[2.0]]]), np.array([0.5]), history)
    1.0
    """
    loss = pinball(actual, quantiles, levels).mean(axis=1)
    return _mean_of_series(_mean_of_cells(loss), absolute_scale(history))


def level_weights(levels: FloatArray) -> FloatArray:
    """The part of (0, 1) that each level stands for, shape (n_levels,), summing to 1: up to halfway to the next.

    Examples
    --------
    >>> level_weights(np.array([0.1, 0.5, 0.9]))
    array([0.3, 0.4, 0.3])
    """
    edges = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [1.0]])
    weights: FloatArray = np.diff(edges)
    return weights


def crps(actual: FloatArray, quantiles: FloatArray, levels: FloatArray) -> float:
    """Mean continuous ranked probability score, in units: the pinball loss integrated over the levels.

    It differs from the plain mean over levels where these are not evenly spread: dense tails do not count double.
    What lies beyond the outermost levels is taken as at them.

    Parameters
    ----------
    actual, quantiles, levels
        As for ``scaled_pinball``.

    References
    ----------
    Laio and Tamea, *Verification tools for probabilistic forecasts*, HESS 11 (2007), equation (12).

    Examples
    --------
    >>> crps(np.array([[4.0]]), np.array([[[2.0], [2.0], [2.0]]]), np.array([0.1, 0.5, 0.9]))
    2.0
    """
    weights = level_weights(levels)[:, None]
    return float(np.nanmean((pinball(actual, quantiles, levels) * weights).sum(axis=1)))


def coverage(actual: FloatArray, quantiles: FloatArray) -> FloatArray:
    """Share of observed cells at or below each quantile, shape (n_levels,).

    Of whole units this exceeds the level even where the forecast is right, most for slow sellers:
    ``pit.covered`` does not.

    Examples
    --------
    >>> coverage(np.array([[1.0, 3.0, np.nan]]), np.array([[[2.0, 2.0, 2.0]]]))
    array([0.5])
    """
    seen = ~np.isnan(actual)
    below = (actual[:, None, :] <= quantiles) & seen[:, None, :]
    share: FloatArray = below.sum(axis=(0, 2)) / seen.sum()
    return share


def bias(actual: FloatArray, mean: FloatArray) -> float:
    """Mean error as a share of mean demand; positive is too much.

    Examples
    --------
    >>> bias(np.array([[1.0, 3.0]]), np.array([[2.0, 4.0]]))
    0.5
    """
    return _per_unit(float(np.nanmean(mean - actual)), actual)


def root_mean_squared_scaled_error(actual: FloatArray, mean: FloatArray, history: FloatArray) -> float:
    """RMSSE: root of squared error over the squared one-step naive error of the history, averaged over series.

    Series whose history does not move, or that have no observed actuals, are left out of the average.

    Parameters
    ----------
    actual, mean : arrays of shape (n_series, horizon), actual NaN where not observed
    history : array of shape (n_series, n_periods), NaN where not observed

    References
    ----------
    Makridakis, Spiliotis and Assimakopoulos, *The M5 competition*, IJF 38 (2022), equation (1).

    Examples
    --------
    >>> root_mean_squared_scaled_error(np.array([[2.0]]), np.array([[4.0]]), np.array([[1.0, 2.0, 3.0]]))
    2.0
    """
    each = scaled_rmse(actual, mean, history)
    return float(np.nanmean(each)) if (~np.isnan(each)).any() else float("nan")


def weighted_rmsse(actual: FloatArray, mean: FloatArray, history: FloatArray, weights: FloatArray) -> float:
    """WRMSSE: the RMSSE of each series times its weight, weights taken to sum to 1 over the series that are judged.

    Parameters
    ----------
    actual, mean, history
        As for ``root_mean_squared_scaled_error``.
    weights : array of shape (n_series,), >= 0
        What a series counts: its money or units in the last known periods.

    Raises
    ------
    DataError
        Weights of another shape, negative or missing.

    References
    ----------
    Makridakis, Spiliotis and Assimakopoulos, *The M5 competition*, IJF 38 (2022), equation (2).

    Examples
    --------
    >>> actual, mean = np.array([[2.0], [2.0]]), np.array([[4.0], [3.0]])
    >>> history = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    >>> weighted_rmsse(actual, mean, history, np.array([3.0, 1.0]))
    1.75
    """
    require_shape("weights", weights, (len(actual),))
    require_at_least("weights", weights)
    each = scaled_rmse(actual, mean, history)
    total = float(weights[~np.isnan(each)].sum())
    return float(np.nansum(each * weights) / total) if total > 0 else float("nan")


def scaled_rmse(actual: FloatArray, mean: FloatArray, history: FloatArray) -> FloatArray:
    """RMSSE of each series, shape (n_series,); NaN where there is nothing to judge or to scale by."""
    squared, scale = _mean_of_cells((mean - actual) ** 2), squared_scale(history)
    ratio = np.divide(squared, scale, out=np.full(len(scale), np.nan), where=scale > 0)
    each: FloatArray = np.sqrt(ratio)
    return each


def squared_scale(history: FloatArray) -> FloatArray:
    """Mean squared one-step naive error of each series, shape (n_series,); NaN where none is known."""
    return _mean_of_cells(np.diff(history, axis=1) ** 2)


def absolute_scale(history: FloatArray) -> FloatArray:
    """Mean absolute one-step naive error of each series, shape (n_series,); NaN where none is known."""
    return _mean_of_cells(np.abs(np.diff(history, axis=1)))


def _mean_of_cells(values: FloatArray) -> FloatArray:
    """Mean of what is not NaN in each row; NaN where all is."""
    known = (~np.isnan(values)).sum(axis=1)
    mean: FloatArray = np.divide(
        np.nansum(values, axis=1), known, out=np.full(len(values), np.nan), where=known > 0
    )
    return mean


def _mean_of_series(values: FloatArray, scale: FloatArray) -> float:
    """Mean of values over their scales; NaN where no series has both."""
    ratio = np.divide(values, scale, out=np.full(len(scale), np.nan), where=scale > 0)
    return float(np.nanmean(ratio)) if (~np.isnan(ratio)).any() else float("nan")


def _per_unit(value: float, actual: FloatArray) -> float:
    """A value as a share of mean demand; NaN where nothing was demanded."""
    demand = float(np.nanmean(actual))
    return value / demand if demand > 0 else float("nan")
