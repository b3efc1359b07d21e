"""The car spare parts of Hyndman's package expsmooth, turned into Allocast's demand table."""

from pathlib import Path

import numpy as np
import pandas as pd

from allocast.adapters.schemas import schema_of
from allocast.adapters.table_files import conform
from allocast.adapters.tables import Tables
from allocast.demand.calendar import Frequency
from allocast.errors import DataError

__all__ = ["FIRST_MONTH", "LOCATION", "read_carparts"]

FIRST_MONTH = np.datetime64("1998-01-01")
LOCATION = "warehouse"
_COLUMNS = ["t", "series", "y"]


def read_carparts(root: Path) -> Tables:
    """Monthly sales of car spare parts, from January 1998.

    Parameters
    ----------
    root : Path
        Holds ``carparts.parquet`` with the columns ``t`` (number of the month, from 1), ``series`` and ``y`` (units,
        empty where nobody knows), with any number of months.

    Returns
    -------
    tables : Tables
        ``demand`` alone: a row a part and month, all at one location. What is empty was not observed.

    Raises
    ------
    DataError
        The file is absent, lacks a column, or has a month before the first or a series and month twice.

    References
    ----------
    Hyndman, Koehler, Ord and Snyder, *Forecasting with Exponential Smoothing* (2008); data ``carparts`` of the R
    package expsmooth: 2,674 series, January 1998 to March 2002.
    """
    path = Path(root) / "carparts.parquet"
    if not path.is_file():
        raise DataError(
            f"{path} is not there; it holds the columns {', '.join(_COLUMNS)}, a row a part and month."
        )
    table = pd.read_parquet(path)
    _check(table, path)
    demand = pd.DataFrame(
        {
            "item_id": table["series"].astype(str),
            "location_id": LOCATION,
            "date": Frequency.MONTHLY.shifted(FIRST_MONTH, table["t"].to_numpy(np.int64) - 1),
            "units": table["y"].astype(np.float64),
            "in_stock": table["y"].notna(),
        }
    ).sort_values(["item_id", "date"], ignore_index=True)
    return Tables(demand=conform(demand, schema_of("demand"), source=f"car parts in {path}"))


def _check(table: pd.DataFrame, path: Path) -> None:
    missing = [name for name in _COLUMNS if name not in table]
    if missing:
        raise DataError(f"{path} must have the columns {', '.join(_COLUMNS)}; it lacks {', '.join(missing)}.")
    if (table["t"] < 1).any():
        raise DataError(f"{path}: t numbers the months from 1; there is a {table['t'].min()}.")
    twice = table.duplicated(["series", "t"])
    if twice.any():
        first = table[twice].iloc[0]
        raise DataError(
            f"{path}: a row a series and month is expected; {first['series']}, month {first['t']} comes twice "
            f"({int(twice.sum())} rows too many). Remove what repeats."
        )
