"""Compiling with numba, kept on disk where a folder can be written."""

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

__all__ = ["compiled"]

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """The function as machine code, made at its first call for each combination of argument types.

    The code is kept beside the source, or else in the user's cache folder, or where ``NUMBA_CACHE_DIR`` says. Where
    none of them can be written, as in a read-only container, every process compiles anew: slower to start, and the
    same results. The code holds no lock while it runs, so that threads share the work, and divides by zero as
    numpy does.

    Parameters
    ----------
    function : callable
        Written in what numba compiles.
    """
    try:
        code: Function = njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError as error:  # numba refuses to decorate at all where it can cache nowhere
        if "no locator" not in str(error):
            raise
        code = njit(nogil=True, error_model="numpy")(function)
    return code
