"""Compiling with numba, kept on disk where a folder can be written."""

import zlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from numba import njit

__all__ = ["compiled", "inlined", "source_digest"]

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


def inlined(function: Function) -> Function:
    """The function as a part of whatever compiled code calls it, constants that it is called with known.

    Compiled code in another module that calls it must know the ``source_digest`` of the function's module.

    Parameters
    ----------
    function : callable
        Written in what numba compiles.
    """
    code: Function = njit(inline="always", error_model="numpy")(function)
    return code


def source_digest(module: ModuleType) -> int:
    """A number that changes with a module's source.

    numba keeps code by the date of the one file it is written in. Code into which functions of another module are
    inlined is out of date when that changes, too: a closure that reads this number is kept under it.
    """
    return zlib.crc32(Path(str(module.__file__)).read_bytes())
