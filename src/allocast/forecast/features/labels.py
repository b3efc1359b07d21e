"""The values of an attribute as the texts by which a model knows them."""

from typing import Any

import pandas as pd

__all__ = ["labels"]

NUMBERS = ("integer", "floating", "mixed-integer-float")  # as pandas names what a column holds


def labels(values: "pd.Series[Any]") -> "pd.Series[str]":
    """Each value as text, a missing one as missing; a whole number is one text, whatever type it comes in.

    A column of integers becomes doubles where a table is handed on in a form whose integers cannot be missing, as
    that of MLflow: department 3 is department 3.0. Text that looks like a number stays as it is.

    Examples
    --------
    >>> [labels(pd.Series(of)).tolist() for of in ([3, 4], [3.0, 4.5], ["3.0", "4"])]
    [['3', '4'], ['3', '4.5'], ['3.0', '4']]
    """
    if pd.api.types.is_float_dtype(values):
        values = values.astype("float64")  # 0.1 as a short float has other digits than as a double
    text = values.astype(str)
    of_numbers = pd.api.types.infer_dtype(values.astype(object), skipna=True) in NUMBERS
    return text.str.removesuffix(".0") if of_numbers else text
