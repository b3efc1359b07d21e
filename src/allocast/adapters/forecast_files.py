"""Forecasts given as one Parquet file or a folder of parts: looked through one at a time, and who is in which."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from allocast.adapters.parts_job import part_files
from allocast.errors import DataError
from allocast.forecast.forecast_table import horizon_of_table
from allocast.numerics.arrays import IntArray, TextArray

__all__ = ["ForecastPart", "SeriesPlaces", "forecast_files", "look_through", "require_one_forecast"]

SERIES = ["item_id", "location_id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastPart:
    """What is known of one file of forecasts.

    Parameters
    ----------
    file : Path
    item_id, location_id : arrays of text, shape (n_series,)
    rows, horizon : int
    as_of : day
    model_version : str
        Empty where the table does not say.
    digest : str
        Of the file's bytes.
    """

    file: Path
    item_id: TextArray
    location_id: TextArray
    rows: int
    horizon: int
    as_of: np.datetime64
    model_version: str
    digest: str


def forecast_files(path: Path) -> tuple[Path, ...]:
    """The file itself, or the parts of a folder in the order of their names.

    Raises
    ------
    DataError
        There is nothing, or no Parquet file.
    """
    if path.is_dir():
        return part_files(path, "forecast")
    if not path.exists() or path.suffix != ".parquet":
        raise DataError(
            f"forecasts are a .parquet file or a folder of Parquet parts as 'allocast forecast' writes them; {path} "
            f"{'is none' if path.exists() else 'is not there'}."
        )
    return (path,)


def look_through(file: Path) -> ForecastPart:
    """Read the keys of a file of forecasts, and its digest.

    Raises
    ------
    DataError
        It is no table of forecasts, or of several versions.
    """
    try:
        table = pd.read_parquet(file, columns=[*SERIES, "as_of", "date"])
        versions = _versions(file)
    except (ValueError, KeyError, OSError) as error:
        raise DataError(
            f"{file} is no forecast as 'allocast forecast' writes them: {str(error).splitlines()[0]}"
        ) from error
    horizon = horizon_of_table(table)
    first = table[SERIES].iloc[::horizon]
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return ForecastPart(
        file=file,
        item_id=first["item_id"].to_numpy(object),
        location_id=first["location_id"].to_numpy(object),
        rows=len(table),
        horizon=horizon,
        as_of=np.datetime64(table["as_of"].iloc[0], "D"),
        model_version=versions,
        digest=digest,
    )


def require_one_forecast(parts: Sequence[ForecastPart]) -> None:
    """Refuse files of several days, horizons or models.

    Raises
    ------
    DataError
        The message names two that differ.
    """
    for what in ("as_of", "horizon", "model_version"):
        values = [getattr(part, what) for part in parts]
        for part, value in zip(parts, values, strict=True):
            if value != values[0]:
                raise DataError(
                    f"forecasts to decide from must have one {what}; {parts[0].file.name} has {values[0]}, "
                    f"{part.file.name} has {value}."
                )


class SeriesPlaces:
    """Which of some groups of series a row of a table belongs to.

    Parameters
    ----------
    groups : sequence of (item_id, location_id), arrays of text

    Raises
    ------
    DataError
        A series is in two groups, or twice in one.
    """

    def __init__(self, groups: Iterable[tuple[TextArray, TextArray]]) -> None:
        listed = list(groups)
        self._items, item = _index([each[0] for each in listed])
        self._locations, location = _index([each[1] for each in listed])
        self._group = np.repeat(np.arange(len(listed)), [len(each[0]) for each in listed])
        self._codes = pd.Index(self._coded(item, location))
        if not self._codes.is_unique:
            twice = int(np.argmax(self._codes.duplicated()))
            raise DataError(
                f"each series must be forecast once; item {self._items[item[twice]]!r} at "
                f"{self._locations[location[twice]]!r} comes again ({int(self._codes.duplicated().sum())} times too "
                "often)."
            )

    def of(self, table: pd.DataFrame) -> IntArray:
        """The group of each row's series, shape (n_rows,); −1 where it is in none."""
        item = self._items.get_indexer(pd.Index(table["item_id"].to_numpy(object)))
        location = self._locations.get_indexer(pd.Index(table["location_id"].to_numpy(object)))
        place = self._codes.get_indexer(pd.Index(self._coded(item, location)))
        known = (item >= 0) & (location >= 0) & (place >= 0)
        return np.where(known, self._group[place], -1)

    def items_of(self, table: pd.DataFrame) -> IntArray:
        """The place of each row's item among all items of the series; −1 where it is none of them."""
        places: IntArray = self._items.get_indexer(pd.Index(table["item_id"].to_numpy(object)))
        return places

    def _coded(self, item: IntArray, location: IntArray) -> IntArray:
        return np.asarray(item, dtype=np.int64) * (len(self._locations) + 1) + location


def _index(columns: Sequence[TextArray]) -> tuple["pd.Index[str]", IntArray]:
    codes, names = pd.factorize(np.concatenate(columns))
    return pd.Index(names, dtype=object), codes


def _versions(file: Path) -> str:
    import pyarrow.parquet as pq

    if "model_version" not in pq.read_schema(file).names:
        return ""
    found = pq.read_table(file, columns=["model_version"]).column(0).unique().to_pylist()
    if len(found) != 1:
        raise DataError(f"forecasts to decide from must have one model_version; {file} has {len(found)}.")
    return str(found[0])
