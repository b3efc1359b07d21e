"""The effective values of every series, and where each comes from: default, a rule, or a user."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from allocast.errors import DataError, UnknownNameError
from allocast.inventory.segments.rules import PARAMETERS, PolicyValues, Rule, Rulebook, UserValue
from allocast.inventory.segments.segment_table import SEGMENTS, SERIES
from allocast.numerics.arrays import BoolArray, IntArray

__all__ = ["BUILT_IN", "EFFECTIVE", "effective_values", "same_values", "touched"]

BUILT_IN = PolicyValues(
    policy="champion", cycle_service_level="own", largest_cover_periods="unlimited", stocked=True
)
"""What holds where nobody has said anything."""

EFFECTIVE = [*SERIES, *(name for parameter in PARAMETERS for name in (parameter, f"{parameter}_from"))]
_Columns = dict[str, np.ndarray[Any, Any]]
_WORDS = {"own": np.nan, "unlimited": np.inf}


def effective_values(rulebook: Rulebook, segments: pd.DataFrame) -> pd.DataFrame:
    """What holds for each series.

    A user's value beats any rule; of rules that reach a series, the one of the smallest priority number wins, for each
    parameter by itself; then come the rulebook's defaults, then the built-in ones.

    Parameters
    ----------
    rulebook : Rulebook
    segments : DataFrame
        As `segment_table` gives it.

    Returns
    -------
    table : DataFrame, one row a series, columns ``EFFECTIVE``
        Each parameter and, in ``..._from``, ``default``, ``rule: NAME`` or ``user: NAME``.
        ``cycle_service_level`` is NaN where it is the policy's own, ``largest_cover_periods`` infinite without limit.

    Raises
    ------
    UnknownNameError
        A rule asks for a segment that there is not.
    """
    n = len(segments)
    defaults = BUILT_IN.said() | rulebook.defaults.said()
    columns: _Columns = {}
    for parameter in PARAMETERS:
        value = _number(defaults[parameter])
        columns[parameter] = np.full(n, value, dtype=object if isinstance(value, str) else None)
        columns[f"{parameter}_from"] = np.full(n, "default", dtype=object)
    for rule in reversed(rulebook.by_priority):
        _put(columns, np.flatnonzero(touched(rule, segments)), rule.then, f"rule: {rule.name}")
    for said, place in zip(rulebook.values, _places(rulebook.values, segments), strict=True):
        _put(columns, place, said.then, f"user: {said.by}")
    table = segments[SERIES].reset_index(drop=True).assign(**columns)
    return table[EFFECTIVE]


def touched(rule: Rule, segments: pd.DataFrame) -> BoolArray:
    """The series that a rule is about, shape (n_series,).

    Raises
    ------
    UnknownNameError
        There is no such segment or attribute.
    """
    chosen: BoolArray = np.ones(len(segments), dtype=bool)
    for name, values in rule.where.items():
        if name not in segments:
            others = [str(column) for column in segments if column not in SEGMENTS]
            raise UnknownNameError(f"segment of rule {rule.name!r}:", name, [*SEGMENTS, *others])
        code, found = pd.factorize(segments[name])
        wanted = np.array([*(str(value) in values for value in found), False])
        chosen = chosen & wanted[code]  # -1, the last, is what is missing
    return chosen


def same_values(one: pd.DataFrame, other: pd.DataFrame) -> BoolArray:
    """Whether the values of two tables of the same series are the same, wherever they come from, shape (n_series,).

    Raises
    ------
    DataError
        The tables are of other series.
    """
    if not one[SERIES].equals(other[SERIES]):
        raise DataError("effective values can be compared for the same series in the same order only.")
    same: BoolArray = np.ones(len(one), dtype=bool)
    for parameter in PARAMETERS:
        left, right = one[parameter], other[parameter]
        same = same & ((left == right) | (left.isna() & right.isna())).to_numpy(bool)
    return same


def _put(columns: _Columns, rows: IntArray, values: PolicyValues, source: str) -> None:
    for parameter, value in values.said().items():
        columns[parameter][rows] = _number(value)
        columns[f"{parameter}_from"][rows] = source


def _places(values: Sequence[UserValue], segments: pd.DataFrame) -> list[IntArray]:
    """Where the series of each user's value stands; nowhere if there is no such series."""
    if not values:
        return []
    wanted = pd.MultiIndex.from_tuples([(value.item_id, value.location_id) for value in values])
    found = pd.MultiIndex.from_frame(segments[SERIES]).get_indexer(wanted)
    return [np.array([place] if place >= 0 else [], dtype=np.int64) for place in found]


def _number(value: str | float | bool) -> str | float | bool:
    return _WORDS.get(value, value) if isinstance(value, str) else value
