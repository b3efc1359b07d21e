"""Names for the array types that travel between the layers."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["BoolArray", "DateArray", "FloatArray", "IntArray", "TextArray", "freeze"]

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]
BoolArray = NDArray[np.bool_]
DateArray = NDArray[np.datetime64]
TextArray = NDArray[np.object_]

Array = TypeVar("Array", bound=NDArray[Any])


def freeze(array: Array) -> Array:
    """A read-only view of an array; the caller's own array stays writable."""
    view = array.view()
    view.flags.writeable = False
    return view
