"""How good a forecast is. One sign convention: error = forecast − actual, so a positive bias is over-forecasting.

Cells that were not observed are NaN in ``actual`` and count for nothing. A score that has nothing to be compared
with (no demand at all, no history that moves) is NaN.
"""

import numpy as np

from allocast.numerics.arrays import FloatArray

__all__ = ["bias", "coverage", "root_mean_squared_scaled_error", "scaled_pinball"]


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
    error = actual[:, None, :] - quantiles
    loss = np.maximum(levels[:, None] * error, (levels[:, None] - 1) * error)
    return _per_unit(2 * float(np.nanmean(loss)), actual)


def coverage(actual: FloatArray, quantiles: FloatArray) -> FloatArray:
    """Share of observed cells at or below each quantile, shape (n_levels,).

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
    steps = np.diff(history, axis=1) ** 2
    known = (~np.isnan(steps)).sum(axis=1)
    scale = np.divide(np.nansum(steps, axis=1), known, out=np.zeros(len(steps)), where=known > 0)
    seen = (~np.isnan(actual)).sum(axis=1)
    squared = np.nansum((mean - actual) ** 2, axis=1)
    judged = (scale > 0) & (seen > 0)
    if not judged.any():
        return float("nan")
    return float(np.sqrt(squared[judged] / seen[judged] / scale[judged]).mean())


def _per_unit(value: float, actual: FloatArray) -> float:
    """A value as a share of mean demand; NaN where nothing was demanded."""
    demand = float(np.nanmean(actual))
    return value / demand if demand > 0 else float("nan")
