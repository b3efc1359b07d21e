"""Compiling of the few functions that numpy would be slow for."""

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

__all__ = ["compiled"]

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """The function as machine code: made when first called, kept on disk, dividing by zero as numpy does."""
    fast: Function = njit(function, cache=True, error_model="numpy")
    return fast
