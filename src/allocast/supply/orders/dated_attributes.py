"""What is said of an order line must have been known when it was placed."""

import numpy as np
import pandas as pd

from allocast.errors import DataError
from allocast.numerics.arrays import DateArray

__all__ = ["KNOWN_ON", "known_when_ordered"]

KNOWN_ON = "_known_on"
_FIRST = 100
_DAY = r"\d{4}-\d{2}-\d{2}(?:[T ].*)?"


def known_when_ordered(attributes: pd.DataFrame, ordered_on: DateArray) -> pd.DataFrame:
    """The attributes without the days on which they became known, which are checked.

    Parameters
    ----------
    attributes : DataFrame of n_lines rows
        ``x_known_on``, where it is there, says when the value of ``x`` became known. Other columns hold text and
        numbers only: a date would have to be shown not to lie after the order.
    ordered_on : array of days, shape (n_lines,)

    Raises
    ------
    DataError
        A value became known after its order, or at a time nobody knows; or an attribute holds dates.
    """
    companions = [name for name in attributes if str(name).removesuffix(KNOWN_ON) in attributes.columns]
    companions = [name for name in companions if str(name).endswith(KNOWN_ON)]
    for name in companions:
        _refuse_later(attributes, str(name).removesuffix(KNOWN_ON), str(name), ordered_on)
    rest = attributes.drop(columns=companions)
    for name in rest.columns:
        if _holds_dates(rest[name]):
            raise DataError(
                f"attribute {name} holds dates; bring the days from the order to it, as they were known on the "
                f"day of the order, or another value with the day it became known in {name}{KNOWN_ON}."
            )
    return rest


def _refuse_later(attributes: pd.DataFrame, name: str, companion: str, ordered_on: DateArray) -> None:
    days = pd.to_datetime(attributes[companion], errors="coerce").to_numpy("datetime64[D]")
    there = attributes[name].notna().to_numpy()
    wrong = there & (np.isnat(days) | (days > ordered_on))
    if wrong.any():
        line = int(np.argmax(wrong))
        known = "on no day that can be read" if np.isnat(days[line]) else f"on {days[line]}"
        raise DataError(
            f"attribute {name} became known after the order: that of line {line}, ordered on {ordered_on[line]}, "
            f"{known} ({int(wrong.sum())} of {len(wrong)} lines affected). Bring its value as of the day of the "
            "order, or leave it empty."
        )


def _holds_dates(values: pd.Series) -> bool:
    if pd.api.types.is_datetime64_any_dtype(values):
        return True
    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return False
    text = values.dropna()
    # The first few tell most columns that are none from dates without reading them all.
    return len(text) > 0 and all(
        bool(some.astype(str).str.fullmatch(_DAY).all()) for some in (text.head(_FIRST), text)
    )
