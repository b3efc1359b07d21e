"""What is said of an order line must have been known when it was placed."""

import numpy as np
import pandas as pd

from allocast.errors import DataError
from allocast.numerics.arrays import DateArray
from allocast.supply.orders.written_days import readings_as_days

__all__ = ["KNOWN_ON", "known_when_ordered"]

KNOWN_ON = "_known_on"


def known_when_ordered(attributes: pd.DataFrame, ordered_on: DateArray) -> pd.DataFrame:
    """The attributes without the days on which they became known, which are checked.

    Parameters
    ----------
    attributes : DataFrame of n_lines rows
        ``x_known_on``, where it is there, says when the value of ``x`` became known. Other columns hold text and
        numbers only: a date, in whatever form it is written, would have to be shown not to lie after the order.
    ordered_on : array of days, shape (n_lines,)

    Raises
    ------
    DataError
        A value became known after its order, or at a time nobody knows, or at one that may be read as before or
        after; or an attribute holds dates.
    """
    companions = [name for name in attributes if str(name).removesuffix(KNOWN_ON) in attributes.columns]
    companions = [name for name in companions if str(name).endswith(KNOWN_ON)]
    for name in companions:
        _refuse_later(attributes, str(name).removesuffix(KNOWN_ON), str(name), ordered_on)
    rest = attributes.drop(columns=companions)
    for name in rest.columns:
        if readings_as_days(rest[name]):
            raise DataError(
                f"attribute {name} holds dates; bring the days from the order to it, as they were known on the "
                f"day of the order, or another value with the day it became known in {name}{KNOWN_ON}."
            )
    return rest


def _refuse_later(attributes: pd.DataFrame, name: str, companion: str, ordered_on: DateArray) -> None:
    there = attributes[name].notna().to_numpy()
    readings = readings_as_days(attributes[companion]) or [np.full(len(there), np.datetime64("NaT", "D"))]
    late = [there & (np.isnat(days) | (days > ordered_on)) for days in readings]
    unclear = np.logical_or.reduce(late) & ~np.logical_and.reduce(late)
    if unclear.any():
        line = int(np.argmax(unclear))
        meant = " or ".join(str(days[line]) for days in readings)
        raise DataError(
            f"{companion} may be read in two ways: {attributes[companion].iloc[line]} of line {line}, ordered on "
            f"{ordered_on[line]}, as {meant} ({int(unclear.sum())} of {len(there)} lines affected). Write days as "
            f"year-month-day, or leave {name} out."
        )
    if late[0].any():
        days, line = readings[0], int(np.argmax(late[0]))
        known = "on no day that can be read" if np.isnat(days[line]) else f"on {days[line]}"
        raise DataError(
            f"attribute {name} became known after the order: that of line {line}, ordered on {ordered_on[line]}, "
            f"{known} ({int(late[0].sum())} of {len(there)} lines affected). Bring its value as of the day of the "
            "order, or leave it empty."
        )
