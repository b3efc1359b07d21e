"""One table to and from one file: CSV, Parquet, or a folder of Parquet parts."""

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from allocast.adapters.schemas import Column, TableSchema
from allocast.errors import DataError, UnknownNameError
from allocast.numerics.arrays import BoolArray

__all__ = ["conform", "digest", "read_table"]

_NOT_A_NUMBER = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"]
_DAY = r"(?:\d{4}-\d{2}-\d{2}(?:[T ].*)?|\d{8})"
_FLAGS = {
    "true": True,
    "false": False,
    "yes": True,
    "no": False,
    "1": True,
    "0": False,
    "1.0": True,
    "0.0": False,
}
_EXPECTED = {
    "id": "an id (text or whole number)",
    "date": "a day as YYYY-MM-DD without time zone",
    "number": "a finite number",
    "whole": "a finite number",
    "flag": "true or false",
}


def read_table(path: Path, schema: TableSchema, rename: Mapping[str, str] | None = None) -> pd.DataFrame:
    """A table from a ``.csv`` or ``.parquet`` file or a folder of Parquet parts, with our names and types.

    Values are only parsed here; whether they make sense is the business of ``check_tables``.

    Parameters
    ----------
    path : Path
        The parts of a folder are read in the order of their names; its subfolders' names are not columns.
    schema : TableSchema
    rename : mapping of str to str, optional
        The source's own column names, each with ours.

    Returns
    -------
    table : DataFrame
        Columns in the order of the file; ids as text, days as datetime64[us] at midnight, numbers as float64,
        flags as bool. Columns that the schema does not know keep the type they have.

    Raises
    ------
    DataError
        The file is absent or unreadable, a required column is absent, or a value cannot be parsed.
    UnknownNameError
        ``rename`` names a column that the file does not have.
    """
    path, rename = Path(path), rename or {}
    if not path.exists():
        raise DataError(f"the table {schema.name} should be at {path}, and nothing is there.")
    with _readable(path, schema):
        is_csv = path.is_file() and ".csv" in path.suffixes
        raw = _read_csv(path, schema, rename) if is_csv else pd.read_parquet(path, partitioning=None)
    for theirs in rename:
        if theirs not in raw.columns:
            raise UnknownNameError(f"column of {path}", theirs, map(str, raw.columns))
    return conform(raw.rename(columns=dict(rename)), schema, source=str(path))


@contextlib.contextmanager
def _readable(path: Path, schema: TableSchema) -> Iterator[None]:
    try:
        yield
    except (
        pd.errors.ParserError,
        pd.errors.EmptyDataError,
        pa.ArrowException,
        UnicodeDecodeError,
        OSError,
    ) as error:
        raise DataError(
            f"the table {schema.name} at {path} cannot be read: {error}. "
            "It should be CSV (UTF-8, commas), Parquet, or a folder of Parquet parts."
        ) from error


def _read_csv(path: Path, schema: TableSchema, rename: Mapping[str, str]) -> pd.DataFrame:
    """Ids and dates as the text they are, "NA" being an id; of other columns the type is inferred."""
    theirs = list(pd.read_csv(path, nrows=0).columns)
    ours = {name: rename.get(name, name) for name in theirs}
    as_text = {name for name in theirs if ours[name] in schema.of_kind("id", "date")}
    return pd.read_csv(
        path,
        dtype=dict.fromkeys(as_text, str),
        keep_default_na=False,
        na_values={name: [""] if ours[name] in schema.of_kind("id") else _NOT_A_NUMBER for name in theirs},
        low_memory=False,
    )


def conform(frame: pd.DataFrame, schema: TableSchema, *, source: str) -> pd.DataFrame:
    """The same table with the schema's types.

    Parameters
    ----------
    frame : DataFrame
        With our column names.
    source : str
        Where it comes from, for the messages.

    Raises
    ------
    DataError
        A column is there twice or, though required, not at all, or values cannot be parsed (all are counted).

    Examples
    --------
    >>> from allocast.adapters.schemas import schema_of
    >>> frame = pd.DataFrame({"location_id": [1, 2], "capacity": ["10", "ten"]})
    >>> conform(frame, schema_of("locations"), source="a")
    Traceback (most recent call last):
    allocast.errors.DataError: a: column capacity must hold a finite number; 1 of 2 rows do not: row 2 'ten'.
    """
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError(f"{source}: column {twice[0]} is there twice; rename or remove one.")
    absent = [name for name in schema.required if name not in frame.columns]
    if absent:
        raise DataError(
            f"{source}: the table {schema.name} must have the columns {', '.join(schema.required)}; "
            f"{', '.join(absent)} not among {', '.join(map(str, frame.columns))}. Map your names with rename."
        )
    frame, mistakes = frame.reset_index(drop=True), []
    for column in schema.columns:
        if column.name in frame.columns:
            parsed, bad = _parsed(frame[column.name], column)
            mistakes += [_mistake(source, frame[column.name], bad, column)] if bad.any() else []
            frame[column.name] = parsed
    if mistakes:
        raise DataError("\n".join(mistakes))
    return frame


def _mistake(source: str, values: "pd.Series[Any]", bad: BoolArray, column: Column) -> str:
    first = ", ".join(f"row {row + 1} {str(values.iloc[row])!r}" for row in np.flatnonzero(bad)[:3])
    return (
        f"{source}: column {column.name} must hold {_EXPECTED[column.kind]}; "
        f"{int(bad.sum())} of {len(bad)} rows do not: {first}."
    )


def _parsed(values: "pd.Series[Any]", column: Column) -> tuple["pd.Series[Any]", BoolArray]:
    """The values in the column's type, and which of those that are there could not be parsed."""
    there = values.notna() & (values != "")
    if column.kind in ("number", "whole"):
        parsed = pd.to_numeric(values.where(there), errors="coerce").astype("float64")
        return parsed, (there & ~np.isfinite(parsed)).to_numpy()
    parse = _PARSERS[column.kind]
    codes, distinct = pd.factorize(values.where(there))  # long tables repeat few ids and days
    parsed = parse(pd.Series(distinct)).reindex(codes).reset_index(drop=True)  # code -1 is "empty"
    bad = there.to_numpy() & parsed.isna().to_numpy()
    if column.kind == "flag":
        return parsed.fillna(False).astype(bool), bad | ~there.to_numpy()  # an empty flag says neither
    return parsed, bad


def _id(distinct: "pd.Series[Any]") -> "pd.Series[str]":
    if pd.api.types.is_float_dtype(distinct):  # whole numbers beside empty cells became floats on the way
        return distinct.where(distinct % 1 == 0).astype("Int64").astype("str")
    return distinct.astype("str")


def _day(distinct: "pd.Series[Any]") -> "pd.Series[pd.Timestamp]":
    if pd.api.types.is_datetime64_dtype(distinct):
        return distinct.astype("datetime64[us]").dt.normalize()
    text = distinct.astype("str")
    text = text.where(text.str.fullmatch(_DAY))  # a bare year would otherwise become its first of January
    days = pd.to_datetime(text, format="ISO8601", errors="coerce", utc=True)
    has_zone = text.str.contains(r"(?:Z|[+-]\d{2}(?::?\d{2})?)$", na=False) & (text.str.len() > 10)
    return days.where(~has_zone).dt.tz_localize(None).astype("datetime64[us]").dt.normalize()


def _flag(distinct: "pd.Series[Any]") -> "pd.Series[Any]":
    return distinct.astype("str").str.lower().map(_FLAGS).astype("object")


_PARSERS: dict[str, Callable[["pd.Series[Any]"], "pd.Series[Any]"]] = {"id": _id, "date": _day, "flag": _flag}


def digest(frame: pd.DataFrame) -> str:
    """A fingerprint of a table's content: names and types of columns, values, order of rows and columns.

    Returns
    -------
    digest : str
        SHA-256 in hexadecimal, the same in every process.

    Examples
    --------
    >>> table = pd.DataFrame({"units": [1.0, 2.0]})
    >>> digest(table) == digest(table.copy())
    True
    >>> digest(table) == digest(table[::-1])
    False
    """
    names = repr([(str(name), str(kind)) for name, kind in frame.dtypes.items()])
    rows = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    return hashlib.sha256(names.encode() + rows.tobytes()).hexdigest()
