"""Makes forecasts of all levels of a hierarchy agree: MinTrace of ``hierarchicalforecast``, as an option."""

from importlib import import_module
from typing import Any, Literal, get_args
from warnings import catch_warnings, filterwarnings

import numpy as np

from allocast.errors import DataError, MissingExtraError, UnknownNameError
from allocast.forecast.hierarchy import Hierarchy
from allocast.numerics.arrays import FloatArray
from allocast.numerics.checks import require_at_least

__all__ = ["Method", "reconcile"]

Method = Literal["ols", "wls_struct", "wls_var", "mint_shrink"]


def reconcile(
    hierarchy: Hierarchy, base: FloatArray, *, method: Method = "wls_struct", errors: FloatArray | None = None
) -> FloatArray:
    """Forecasts that add up and are as near as can be to those made for each level on its own.

    Parameters
    ----------
    hierarchy : Hierarchy
    base : array of shape (n_nodes, horizon), in units, >= 0
        Expected demand of every node, forecast independently.
    method : str
        What errors of the nodes are taken to be: ``ols`` all alike, ``wls_struct`` in proportion to how many series
        a node sums, ``wls_var`` with the variances of ``errors``, ``mint_shrink`` with their shrunken covariance.
    errors : array of shape (n_nodes, n_errors), in units, optional
        Actual − forecast of the same nodes on earlier periods; ``wls_var`` and ``mint_shrink`` need them.

    Returns
    -------
    reconciled : array of shape (n_nodes, horizon), in units, >= 0
        Every sum is the sum of its series.

    Raises
    ------
    UnknownNameError
        There is no such method.
    DataError
        Shapes disagree, a forecast is negative or missing, or the errors that a method needs are not there.
    MissingExtraError
        ``hierarchicalforecast`` is not installed.

    References
    ----------
    Wickramasuriya, Athanasopoulos and Hyndman, *Optimal forecast reconciliation for hierarchical and grouped time
    series through trace minimization*, JASA 114 (2019); for what must not be negative Wickramasuriya, Turlach and
    Hyndman, *Optimal non-negative forecast reconciliation*, Statistics and Computing 30 (2020).
    """
    if method not in get_args(Method):
        raise UnknownNameError("method of reconciliation", method, get_args(Method))
    base = np.asarray(base, dtype=np.float64)
    n_nodes = len(hierarchy.nodes)
    _require_rows("base", base, n_nodes)
    require_at_least("base", base)
    given = _given_errors(method, errors, n_nodes)
    series = _series_part(hierarchy, base, method, given)
    if (series < 0).any():
        series = _series_part(hierarchy, base, method, given, nonnegative=True)
    return hierarchy.aggregate(np.maximum(series, 0.0))


def _given_errors(method: Method, errors: FloatArray | None, n_nodes: int) -> dict[str, FloatArray]:
    """The errors as the library wants them: actuals of which the forecasts were 0."""
    if method not in ("wls_var", "mint_shrink"):
        return {}
    if errors is None:
        raise DataError(f"{method} needs the errors of earlier forecasts; bring them, or take wls_struct.")
    _require_rows("errors", errors, n_nodes)
    return {"y_insample": errors, "y_hat_insample": np.zeros_like(errors)}


def _series_part(
    hierarchy: Hierarchy,
    base: FloatArray,
    method: Method,
    given: dict[str, FloatArray],
    *,
    nonnegative: bool = False,
) -> FloatArray:
    """What the library makes of the lowest level."""
    min_trace = _methods().MinTrace(method=method, nonnegative=nonnegative)
    with catch_warnings():
        filterwarnings("ignore", message="Converted matrix")  # the library's own matrices, not ours
        found = min_trace.fit_predict(S=hierarchy.summing.toarray(), y_hat=base, **given)
    part: FloatArray = found["mean"][-hierarchy.n_series :]
    return part


def _require_rows(name: str, units: FloatArray, n_nodes: int) -> None:
    if units.ndim != 2 or len(units) != n_nodes:
        raise DataError(
            f"{name} must have a row for each of {n_nodes} nodes and a column for each period; "
            f"it has shape {units.shape}."
        )


def _methods() -> Any:
    try:
        return import_module("hierarchicalforecast.methods")
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "reconciliation needs hierarchicalforecast, which is not installed: pip install 'allocast[hierarchy]'."
        ) from error
