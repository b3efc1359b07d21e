"""The effective values of every series, and where each comes from: default, a rule, or a user."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from allocast.errors import DataError, UnknownNameError
from allocast.inventory.segments.clashes import TARGETS
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
    parameter by itself; then come the rulebook's defaults, then the built-in ones. A cycle service level and a fill
    rate are two ways to say one thing: the stronger takes the other away. A fill rate brings the policy ``fill_rate``
    with it, unless something stronger names another.

    Parameters
    ----------
    rulebook : Rulebook
    segments : DataFrame
        As `segment_table` gives it.

    Returns
    -------
    table : DataFrame, one row a series, columns ``EFFECTIVE``
        Each parameter and, in ``..._from``, ``default``, ``rule: NAME`` or ``user: NAME``.
        ``cycle_service_level`` is NaN where it is the policy's own, ``fill_rate`` where it is not the target,
        ``largest_cover_periods`` infinite without limit.

    Raises
    ------
    UnknownNameError
        A rule asks for a segment that there is not.
    """
    n = len(segments)
    speakers = _speakers(rulebook, segments)
    columns = _empty(n)
    named, aimed = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    for place, (rows, values, source) in enumerate(speakers):
        _put(columns, rows, values, source)
        strength = min(place, len(rulebook.rules) + 2)  # all users are as strong as each other
        if values.policy is not None:
            named[rows] = strength
        if values.fill_rate is not None:
            aimed[rows] = strength
    served = ~np.isnan(columns["fill_rate"]) & (aimed > named)
    columns["policy"][served] = "fill_rate"
    columns["policy_from"][served] = columns["fill_rate_from"][served]
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


def _speakers(rulebook: Rulebook, segments: pd.DataFrame) -> list[tuple[IntArray | slice, PolicyValues, str]]:
    """Who says what of which rows, the weakest first."""
    every = slice(None)
    rules = [
        (np.flatnonzero(touched(rule, segments)), rule.then, f"rule: {rule.name}")
        for rule in reversed(rulebook.by_priority)
    ]
    places = _places(rulebook.values, segments)
    users = [
        (place, said.then, f"user: {said.by}") for said, place in zip(rulebook.values, places, strict=True)
    ]
    return [(every, BUILT_IN, "default"), (every, rulebook.defaults, "default"), *rules, *users]


def _empty(n: int) -> _Columns:
    """Columns with nothing in them, of the kinds of their values."""
    columns: _Columns = {}
    for parameter in PARAMETERS:
        kind = {"policy": object, "stocked": bool}.get(parameter, np.float64)
        columns[parameter] = np.full(n, np.nan if kind is np.float64 else False, dtype=kind)
        columns[f"{parameter}_from"] = np.full(n, "default", dtype=object)
    return columns


def _put(columns: _Columns, rows: IntArray | slice, values: PolicyValues, source: str) -> None:
    said = values.said()
    beaten = [other for target, other in (TARGETS, TARGETS[::-1]) if target in said]
    for parameter, value in (said | dict.fromkeys(beaten, np.nan)).items():
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
