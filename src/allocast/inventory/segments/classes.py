"""Classes of series: how well they can be forecast, and how much they matter."""

from collections.abc import Mapping

import numpy as np

from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, TextArray

__all__ = ["NOT_SAID", "USUAL_MATRIX", "demand_variation", "importance_classes", "xyz_classes"]

NOT_SAID = "not said"
"""Criticality of what nobody has judged."""

USUAL_MATRIX: Mapping[str, Mapping[str, str]] = {
    "A": {"A": "high", "B": "high", "C": "medium"},
    "B": {"A": "high", "B": "medium", "C": "low"},
    "C": {"A": "medium", "B": "low", "C": "low"},
    NOT_SAID: {"A": "high", "B": "medium", "C": "low"},
}
"""Importance by criticality, A the most critical, and ABC class."""


def demand_variation(panel: DemandPanel, periods: int) -> FloatArray:
    """Deviation ÷ mean of the demand of the last periods, shape (n_series,); NaN where none was seen or sold.

    Parameters
    ----------
    panel : DemandPanel
    periods : int, >= 2
        How far back; periods that were not observed do not count.
    """
    last = panel.demand[:, -periods:]
    seen = ~np.isnan(last)
    count = np.maximum(seen.sum(axis=1), 1)
    mean = np.nansum(last, axis=1) / count
    spread = np.where(seen, (np.nan_to_num(last) - mean[:, None]) ** 2, 0.0).sum(axis=1) / count
    variation: FloatArray = np.divide(np.sqrt(spread), mean, out=np.full(len(mean), np.nan), where=mean > 0)
    return variation


def xyz_classes(error: FloatArray, *, x: float = 0.5, y: float = 1.0) -> TextArray:
    """Class of each series by how well it can be forecast: X below the first limit, Y below the second, else Z.

    Parameters
    ----------
    error : array of shape (n_series,), >= 0
        Relative error of past forecasts, or deviation ÷ mean of demand; NaN where not known, which is Z.
    x, y : float, 0 < x < y

    Raises
    ------
    DataError
        The limits are not in order.

    Examples
    --------
    >>> xyz_classes(np.array([0.2, 0.5, 3.0, np.nan])).tolist()
    ['X', 'Y', 'Z', 'Z']
    """
    if not 0 < x < y:
        raise DataError(f"limits of XYZ classes must be 0 < x < y; they are {x:g} and {y:g}.")
    classes: TextArray = np.select([error < x, error < y], ["X", "Y"], "Z")
    return classes


def importance_classes(
    criticality: TextArray, abc: TextArray, matrix: Mapping[str, Mapping[str, str]] = USUAL_MATRIX
) -> TextArray:
    """The cell of the criticality matrix that each series lies in.

    Parameters
    ----------
    criticality, abc : arrays of text, shape (n_series,)
    matrix : mapping of criticality to mapping of ABC class to importance

    Raises
    ------
    DataError
        The matrix has no cell for a series.

    Examples
    --------
    >>> importance_classes(np.array(["A", "C", NOT_SAID]), np.array(["C", "C", "A"])).tolist()
    ['medium', 'low', 'high']
    """
    cells = {(row, column): cell for row, columns in matrix.items() for column, cell in columns.items()}
    pairs = list(zip(criticality.tolist(), abc.tolist(), strict=True))
    without = sorted({pair for pair in pairs if pair not in cells})
    if without:
        affected = sum(pair not in cells for pair in pairs)
        raise DataError(
            f"the criticality matrix needs a cell for criticality {without[0][0]!r} and ABC class {without[0][1]!r}; "
            f"it has rows {', '.join(map(repr, matrix))} ({affected} of {len(pairs)} series affected). Add the row."
        )
    return np.array([cells[pair] for pair in pairs], dtype=object)
