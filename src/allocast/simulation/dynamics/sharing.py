"""What several series share: a budget, room, a supplier's capacity, a warehouse's stock. First order, then ration."""

import numpy as np
from numpy.typing import ArrayLike

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray
from allocast.numerics.checks import require_at_least
from allocast.numerics.compiled import compiled

__all__ = ["ration"]

_DUST = 1e-9  # of the limit


def ration(
    wanted: ArrayLike,
    available: ArrayLike,
    *,
    weight: ArrayLike = 1.0,
    pack_units: ArrayLike = 1.0,
) -> FloatArray:
    """Cut orders that together ask for too much to what is available, each in the same proportion.

    Where packs are whole, each first gets the whole packs in its proportion; what is then left goes out pack by pack,
    to those whose proportion was cut the most, as long as it fits.

    Parameters
    ----------
    wanted : array of shape (..., n_series), in units, >= 0
        In whole packs already.
    available : array of shape (...), >= 0
        In what ``weight`` is in: money for a budget, volume for room, units for stock or capacity.
    weight : array that fits ``wanted``, >= 0
        How much of it one unit takes up.
    pack_units : array that fits ``wanted``, >= 0
        0 for what is not sold in packs.

    Returns
    -------
    units : array of shape (..., n_series)
        Never above what is wanted; together never above what is available.

    Raises
    ------
    DataError
        A number is negative or not finite, or shapes do not fit.

    Examples
    --------
    >>> ration([8.0, 4.0, 4.0], 11.0)
    array([5., 3., 3.])
    >>> ration([8.0, 4.0, 4.0], 11.0, weight=[1.0, 2.0, 0.0], pack_units=4.0)
    array([8., 0., 4.])
    """
    asked = np.array(wanted, dtype=np.float64, order="C")
    require_at_least("wanted", asked)
    if not asked.ndim:
        raise DataError("wanted must have an axis for the series that share.")
    shape = asked.shape[:-1]
    try:
        limit = np.array(np.broadcast_to(np.asarray(available, dtype=np.float64), shape)).reshape(-1)
        each, packs = (
            np.array(np.broadcast_to(np.asarray(values, dtype=np.float64), asked.shape)).reshape(
                len(limit), -1
            )
            for values in (weight, pack_units)
        )
    except ValueError:
        raise DataError(
            f"available must fit the shape {shape}, weight and pack_units the shape {asked.shape}; they have "
            f"{np.shape(available)}, {np.shape(weight)} and {np.shape(pack_units)}."
        ) from None
    for name, values in (("available", limit), ("weight", each), ("pack_units", packs)):
        require_at_least(name, values)
    units = asked.reshape(len(limit), -1)
    _ration_all(units, limit, each, packs)
    return units.reshape(asked.shape)


@compiled
def _ration_all(units: FloatArray, limit: FloatArray, weight: FloatArray, pack: FloatArray) -> None:
    """Cut each row of ``units``, which changes."""
    for row in range(len(units)):
        total = (units[row] * weight[row]).sum()
        if total <= limit[row] * (1.0 + _DUST):
            continue
        share = limit[row] / total
        left, short = limit[row], np.zeros(units.shape[1])
        for i in range(units.shape[1]):
            if weight[row, i] == 0.0:
                continue  # it takes nothing of what is scarce
            exact = units[row, i] * share
            given = exact
            if pack[row, i] > 0.0:
                given = np.floor(exact / pack[row, i] + _DUST) * pack[row, i]
                short[i] = (exact - given) / pack[row, i]
            units[row, i] = given
            left -= given * weight[row, i]
        for i in np.argsort(-short, kind="mergesort"):
            takes = pack[row, i] * weight[row, i]
            if short[i] > _DUST and takes <= left + limit[row] * _DUST:
                units[row, i] += pack[row, i]
                left -= takes
