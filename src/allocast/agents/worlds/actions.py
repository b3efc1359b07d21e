"""What an action means: how much to order in all, and which supplier's share of it."""

from typing import Literal

import numpy as np

from allocast.inventory.lead_time_demand import sample_quantile
from allocast.numerics.arrays import BoolArray, FloatArray

__all__ = [
    "ACTION_MEANING",
    "FRACTILES",
    "LARGEST_ORDER",
    "LEAST_DEMAND",
    "LEAST_SHARE",
    "QUANTILE_LEVELS",
    "ActionForm",
    "fractile",
    "fractile_action",
    "interval_quantiles",
    "level_between",
    "levels_of",
    "order_up_to_level",
    "supplier_shares",
    "wanted_units",
]

ActionForm = Literal["level", "residual", "order"]
"""``level``: a fractile of demand over the protection interval, and so an order-up-to level. ``residual``: a shift of
the critical fractile, so that 0 is the classical policy. ``order``: the order itself, up to twice expected demand."""

QUANTILE_LEVELS = (0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99)
FRACTILES = (0.0, *QUANTILE_LEVELS, 1.0)

LEAST_DEMAND = 0.25  # units per protection interval: a series that hardly sells would divide by zero
_ABOVE_TOP = 1.5  # the highest level, as a multiple of the top quantile
LARGEST_ORDER = 2.0  # in expected demand over the protection interval
LEAST_SHARE = 0.05  # of an order: a supplier asked for less is not asked
_KNOTS = np.linspace(-1.0, 1.0, len(FRACTILES))  # the actions that mean them

ACTION_MEANING = {"fractiles": list(FRACTILES), "highest_level_over_top_quantile": _ABOVE_TOP}
"""How an action becomes a level, written beside a saved agent: with another meaning it must not be loaded."""


def wanted_units(
    form: ActionForm,
    action: FloatArray,
    *,
    position: FloatArray,
    quantiles: FloatArray,
    mean: FloatArray,
    critical_ratio: FloatArray,
) -> FloatArray:
    """The units that an action wants, before shares, packs and minimum orders.

    Parameters
    ----------
    form : ActionForm
    action : array of shape (n,), in [-1, 1]
    position : array of shape (n,), in units
        On hand + ordered and not yet here − backordered.
    quantiles : array of shape (n, n_levels), in units
        Of demand over the protection interval, from ``interval_quantiles``.
    mean : array of shape (n,), in units
        Of the same.
    critical_ratio : array of shape (n,)

    Returns
    -------
    units : array of shape (n,), >= 0, whole where the position is

    Examples
    --------
    >>> known = {"position": np.array([3.0]), "quantiles": np.array([[1.0, 2, 4, 6, 8, 10, 20]]),
    ...          "mean": np.array([5.0]), "critical_ratio": np.array([0.75])}
    >>> wanted_units("level", np.array([-0.25]), **known), wanted_units("residual", np.zeros(1), **known)
    (array([1.]), array([3.]))
    >>> wanted_units("order", np.array([0.2]), **known)
    array([6.])
    """
    if form == "order":
        share = (np.clip(action, -1.0, 1.0) + 1.0) / 2.0
        return np.asarray(np.rint(share * LARGEST_ORDER * mean))
    moved = action + fractile_action(critical_ratio) if form == "residual" else action
    return np.asarray(np.maximum(order_up_to_level(moved, quantiles) - position, 0.0))


def supplier_shares(action: FloatArray, available: BoolArray) -> FloatArray:
    """Each supplier's share of an order.

    A supplier that is not available gets nothing, nor does one whose share would be below 5 %. Where all are
    asked for nothing, the first one available gets all.

    Parameters
    ----------
    action : array of shape (n, n_suppliers), in [-1, 1]
        -1 asks for nothing, 1 for as much as any.
    available : array of bool of the same shape

    Returns
    -------
    share : array of the same shape, rows sum to 1; to 0 where nobody is available

    Examples
    --------
    >>> supplier_shares(np.array([[1.0, 0.0], [-1.0, -1.0]]), np.array([[True, True], [False, True]]))
    array([[0.66666667, 0.33333333],
           [0.        , 1.        ]])
    """
    weight = np.where(available, (np.clip(action, -1.0, 1.0) + 1.0) / 2.0, 0.0)
    total = weight.sum(axis=1, keepdims=True)
    weight = np.where(weight < LEAST_SHARE * total, 0.0, weight)
    first = available & (np.cumsum(available, axis=1) == 1)
    weight = np.where(total > 0, weight, first)
    share: FloatArray = weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-300)
    return share


def interval_quantiles(units: FloatArray) -> FloatArray:
    """Quantiles of sampled demand over the protection interval, (n, n_paths) to (n, n_levels), in units."""
    ordered = np.sort(units, axis=1)
    return np.column_stack([sample_quantile(ordered, np.full(len(units), q)) for q in QUANTILE_LEVELS])


def order_up_to_level(action: FloatArray, quantiles: FloatArray) -> FloatArray:
    """The order-up-to level that an action means, in whole units.

    The range of the action is divided evenly between 0, the quantiles of demand over the protection
    interval and 1.5 × the topmost; in between the level is interpolated.

    Parameters
    ----------
    action : array of shape (n,), in [-1, 1]
    quantiles : array of shape (n, n_levels), in units

    Returns
    -------
    level : array of shape (n,), whole units, >= 0

    Examples
    --------
    >>> quantiles = np.array([[1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 20.0]])
    >>> [order_up_to_level(np.array([action]), quantiles).item() for action in (-1.0, -0.25, 0.125, 1.0)]
    [0.0, 4.0, 7.0, 30.0]
    """
    return np.asarray(np.rint(level_between(action, quantiles)))


def level_between(action: FloatArray, quantiles: FloatArray) -> FloatArray:
    """As ``order_up_to_level``, before it is rounded."""
    levels = levels_of(quantiles)
    place = (np.clip(action, -1.0, 1.0) + 1.0) / 2.0 * (levels.shape[1] - 1)
    below = np.minimum(place.astype(np.int64), levels.shape[1] - 2)
    rows = np.arange(len(levels))
    low, high = levels[rows, below], levels[rows, below + 1]
    level: FloatArray = low + (place - below) * (high - low)
    return level


def levels_of(quantiles: FloatArray) -> FloatArray:
    """The levels that evenly spaced actions mean, from -1 to 1, in units: (n, n_levels) to (n, n_levels + 2)."""
    return np.column_stack([np.zeros(len(quantiles)), quantiles, _ABOVE_TOP * quantiles[:, -1]])


def fractile(action: FloatArray) -> FloatArray:
    """The fractile of demand over the protection interval that an action means; beyond the top quantile, towards 1."""
    level: FloatArray = np.interp(action, _KNOTS, FRACTILES)
    return level


def fractile_action(level: FloatArray) -> FloatArray:
    """The action that means this fractile: the inverse of ``fractile``.

    Examples
    --------
    >>> fractile(fractile_action(np.array([0.2, 0.8]))).round(6)
    array([0.2, 0.8])
    """
    action: FloatArray = np.interp(level, FRACTILES, _KNOTS)
    return action
