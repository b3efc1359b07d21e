"""Calendar periods that budgets are given for, by the names that planners use for them."""

from typing import Literal

import numpy as np

from allocast.errors import UnknownNameError
from allocast.numerics.arrays import DateArray, TextArray

__all__ = ["EVERY", "Every", "calendar_period"]

Every = Literal["week", "month", "quarter", "year"]
EVERY: tuple[Every, ...] = ("week", "month", "quarter", "year")


def calendar_period(days: DateArray, every: Every) -> TextArray:
    """The name of the week (ISO 8601), month, quarter or year that each day lies in.

    Parameters
    ----------
    days : array of days, none missing
    every : {"week", "month", "quarter", "year"}

    Raises
    ------
    UnknownNameError
        There is no such period.

    Examples
    --------
    >>> days = np.array(["2024-12-31", "2025-05-10"], dtype="datetime64[D]")
    >>> for every in EVERY:
    ...     print(*calendar_period(days, every))
    2025-W01 2025-W19
    2024-12 2025-05
    2024-Q4 2025-Q2
    2024 2025
    """
    if every not in EVERY:
        raise UnknownNameError("calendar period", every, EVERY)
    moment = np.asarray(days, dtype="datetime64[D]")
    if every == "week":  # a week belongs to the year of its Thursday
        number = moment.astype(np.int64)
        moment = moment + (3 - (number + 3) % 7)
    year = moment.astype("datetime64[Y]").astype(np.int64) + 1970
    month = moment.astype("datetime64[M]").astype(np.int64) % 12 + 1
    place = (moment - moment.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
    within = {"week": place // 7 + 1, "month": month, "quarter": (month + 2) // 3, "year": month}[every]
    form = {"week": "{}-W{:02d}", "month": "{}-{:02d}", "quarter": "{}-Q{}", "year": "{}"}[every]
    return np.array([form.format(y, w) for y, w in zip(year, within, strict=True)], dtype=object)
