"""Columns of days, whatever the form they are written in."""

import numpy as np
import pandas as pd

from allocast.numerics.arrays import DateArray

__all__ = ["readings_as_days"]

NEARLY_ALL = 0.95  # of the distinct values of a column must be days in one form: others may say "not known"
_FIRST = 100  # distinct values that tell most columns from days without reading them all
_EARLIEST, _LATEST = 1900_01_01, 2100_12_31  # numbers in between may be days
# After separators became "-", and times, weekdays and ordinals went. Those of one row may be taken for each other.
_FORMS = ("%Y-%m-%d", "%Y%m%d", "%d-%b-%Y", "%d-%B-%Y", "%b-%d-%Y", "%B-%d-%Y", "%d-%b-%y", "%b-%d-%y",
          "%d-%m-%Y", "%m-%d-%Y",
          "%d-%m-%y", "%m-%d-%y")  # fmt: skip
_DROPPED = (
    (r"(?:[T ]|, )\s*\d{1,2}:\d{2}.*$", ""),
    (r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[., ]+", ""),
    (r"(?<=\d)(?:st|nd|rd|th)\b", ""),
    (r"[\s./,-]+", "-"),
)


def readings_as_days(values: pd.Series) -> list[DateArray]:
    """The days that a column may hold: one reading nearly always, none where it holds something else.

    A form fits where nearly all distinct values are days in it. Of several, those that fit most of the values stay:
    two where every number may be a day as well as a month.

    Parameters
    ----------
    values : Series of n values
        Days, or text or whole numbers that may be written days.

    Returns
    -------
    readings : list of arrays of days, shape (n,)
        NaT where a value is missing or no day.

    Examples
    --------
    >>> [days.astype(str).tolist() for days in readings_as_days(pd.Series(["31.01.2024", "5.2.2024"]))]
    [['2024-01-31', '2024-02-05']]
    >>> [days.astype(str).tolist() for days in readings_as_days(pd.Series(["03/04/2024"]))]
    [['2024-04-03'], ['2024-03-04']]
    >>> readings_as_days(pd.Series(["air", "sea"]))
    []
    """
    if pd.api.types.is_datetime64_any_dtype(values):
        return [values.to_numpy("datetime64[D]")]
    place, distinct = pd.factorize(_as_text(values))
    if not len(distinct) or not _fitting(_plain(distinct[:_FIRST]), 0.5):
        return []
    return [
        np.append(days, np.datetime64("NaT", "D"))[place] for days in _fitting(_plain(distinct), NEARLY_ALL)
    ]


def _as_text(values: pd.Series) -> pd.Series:
    """Values that may be written days as text, others as missing."""
    if pd.api.types.is_bool_dtype(values):
        return pd.Series(np.nan, index=values.index, dtype=object)
    if pd.api.types.is_numeric_dtype(values):
        may_be = (values >= _EARLIEST) & (values <= _LATEST) & (values % 1 == 0)
        # One number that is no day is enough: amounts are not days because most of them might be.
        fine = bool(may_be[values.notna()].all())
        return values.where(may_be & fine).astype("Int64").astype(object)
    return values.astype(object)


def _plain(distinct: pd.Index) -> pd.Series:
    text = pd.Series(distinct, dtype=object).astype(str).str.strip()
    for pattern, instead in _DROPPED:
        text = text.str.replace(pattern, instead, regex=True, case=False)
    return text


def _fitting(text: pd.Series, enough: float) -> list[DateArray]:
    """Days in each form that fits at least this share of the values, and as many as any other form does."""
    readings = [
        pd.to_datetime(text, format=form, errors="coerce").to_numpy("datetime64[D]") for form in _FORMS
    ]
    counts = [int((~np.isnat(days)).sum()) for days in readings]
    most = max(max(counts), int(np.ceil(enough * len(text))), 1)
    fitting = [days for days, count in zip(readings, counts, strict=True) if count >= most]
    return [days for n, days in enumerate(fitting) if not any(_same(days, other) for other in fitting[:n])]


def _same(days: DateArray, other: DateArray) -> bool:
    return np.array_equal(days, other, equal_nan=True)
