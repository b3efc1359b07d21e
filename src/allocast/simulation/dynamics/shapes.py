"""Arrays of any leading shape as the rows that compiled code goes through."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from allocast.errors import DataError

__all__ = ["rows"]


def rows(
    name: str,
    values: ArrayLike,
    shape: tuple[int, ...],
    tail: tuple[int, ...] = (),
    dtype: DTypeLike = np.float64,
) -> NDArray[Any]:
    """One row for each of the series, or a single one where all have the same; contiguous, not to be written to.

    Parameters
    ----------
    name : str
        For the message.
    values : array that fits (*shape, *tail)
    shape : tuple of int
        Of the series.
    tail : tuple of int
        Of each row.

    Raises
    ------
    DataError
        The values do not fit.

    Examples
    --------
    >>> rows("demand", 7, (2, 3)), rows("demand", [[1], [2]], (2, 3))
    (array([7.]), array([1., 1., 1., 2., 2., 2.]))
    """
    array = np.asarray(values, dtype=dtype)
    lead = max(array.ndim - len(tail), 0)
    try:
        if array.shape[:lead].count(1) == lead:
            one = np.broadcast_to(array.reshape(array.shape[lead:]), tail)
            return np.ascontiguousarray(one).reshape(1, *tail)
        whole = np.broadcast_to(array, (*shape, *tail))
    except ValueError:
        raise DataError(f"{name} must fit the shape {(*shape, *tail)}; it has {array.shape}.") from None
    return np.ascontiguousarray(whole).reshape(-1, *tail)
