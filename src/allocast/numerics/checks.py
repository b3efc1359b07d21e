"""Checks at the door: they say what was expected, what came, where, how many, and what to do."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocast.errors import DataError

__all__ = ["require_at_least", "require_increasing", "require_same_length", "require_shape"]


def require_shape(name: str, array: NDArray[Any], shape: tuple[int, ...]) -> None:
    """Refuse an array whose shape is not the expected one.

    Raises
    ------
    DataError
        The shapes differ; the message shows both.
    """
    if array.shape != shape:
        raise DataError(f"{name} must have shape {shape}; it has {array.shape}.")


def require_same_length(**arrays: NDArray[Any]) -> None:
    """Refuse arrays that do not have one common first dimension.

    Raises
    ------
    DataError
        The lengths differ; the message lists them all.
    """
    if len({len(array) for array in arrays.values()}) > 1:
        lengths = ", ".join(f"{name} {len(array)}" for name, array in arrays.items())
        raise DataError(f"these must be equally long: {lengths}.")


def require_at_least(name: str, array: NDArray[Any], minimum: float = 0.0, *, missing: bool = False) -> None:
    """Refuse values that are not finite or lie below a minimum.

    Parameters
    ----------
    name : str
        What the array holds, for the message.
    array : array of numbers
        Any shape.
    minimum : float
        Smallest value allowed.
    missing : bool
        Whether NaN is allowed (infinity never is).

    Raises
    ------
    DataError
        The message names the first offending place and how many there are.

    Examples
    --------
    >>> require_at_least("units", np.array([1.0, -2.0]))
    Traceback (most recent call last):
    allocast.errors.DataError: units must be finite and >= 0; at (1,) it is -2.0 (1 of 2 values affected).
    """
    bad = ~(np.isfinite(array) & (array >= minimum))
    if missing:
        bad &= ~np.isnan(array)
    if bad.any():
        place = tuple(int(axis[0]) for axis in np.nonzero(bad))
        raise DataError(
            f"{name} must be finite and >= {minimum:g}; at {place} it is {array[place]} "
            f"({int(bad.sum())} of {bad.size} values affected)."
        )


def require_increasing(name: str, array: NDArray[Any]) -> None:
    """Refuse a one-dimensional array that does not rise strictly.

    Raises
    ------
    DataError
        The message names the first place where it does not rise.
    """
    falls = np.flatnonzero(array[1:] <= array[:-1])
    if falls.size:
        place = int(falls[0]) + 1
        raise DataError(
            f"{name} must rise strictly; place {place} holds {array[place]} after {array[place - 1]} "
            f"({falls.size} such places)."
        )
