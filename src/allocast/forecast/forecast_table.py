"""A forecast read back from its tidy table."""

import numpy as np
import pandas as pd

from allocast.errors import DataError
from allocast.forecast.demand_forecast import DemandForecast
from allocast.numerics.arrays import FloatArray

__all__ = ["forecast_of_table", "horizon_of_table"]

KEYS = ["item_id", "location_id", "as_of", "date", "mean", "whole_units"]


def forecast_of_table(table: pd.DataFrame) -> DemandForecast:
    """The forecast of which ``DemandForecast.to_frame`` made the table.

    Parameters
    ----------
    table : DataFrame
        The rows of a series stand together, all series over the same periods.

    Raises
    ------
    DataError
        A column is missing, as in tables that earlier versions wrote; or series do not have the same periods.
    """
    levels = [name.removeprefix("total_q") for name in table.columns if str(name).startswith("total_q")]
    needed = [*KEYS, *(f"q{level}" for level in levels)]
    missing = [name for name in needed if name not in table.columns]
    if missing or len(levels) < 2:
        raise DataError(
            f"a forecast to decide from needs the columns {', '.join(KEYS)}, and q… and total_q… of two levels or "
            f"more; missing are {', '.join(missing) or 'total_q…'}. Write it anew with 'allocast forecast'."
        )
    horizon = horizon_of_table(table)
    first = table.iloc[::horizon]

    def spread(prefix: str) -> FloatArray:
        columns = [table[f"{prefix}{level}"].to_numpy(np.float64).reshape(-1, horizon) for level in levels]
        return np.stack(columns, axis=1)

    return DemandForecast(
        series=first[["item_id", "location_id"]].astype(object).reset_index(drop=True),
        as_of=np.datetime64(first["as_of"].iloc[0], "D"),
        periods=table["date"].iloc[:horizon].to_numpy("datetime64[D]"),
        levels=np.array([float(level) for level in levels]),
        period_units=spread("q"),
        total_units=spread("total_q"),
        mean=table["mean"].to_numpy(np.float64).reshape(-1, horizon),
        whole=bool(table["whole_units"].iloc[0]),
    )


def horizon_of_table(table: pd.DataFrame) -> int:
    """How many periods every series has.

    Raises
    ------
    DataError
        There are no rows, they are of several days of forecast, or series do not have the same periods.
    """
    if not len(table):
        raise DataError("a forecast to decide from has no rows.")
    if table["as_of"].nunique() != 1:
        raise DataError(
            f"a forecast to decide from is of one day; this has as_of {table['as_of'].min()} and "
            f"{table['as_of'].max()}."
        )
    dates = table["date"].to_numpy("datetime64[D]")
    horizon = int(np.argmax(np.append(dates[1:] <= dates[:-1], True))) + 1
    whole = len(table) % horizon == 0 and (dates.reshape(-1, horizon) == dates[:horizon]).all()
    if whole:
        ids = [table[name] for name in ("item_id", "location_id")]
        whole = all(
            (one.iloc[::horizon].to_numpy() == one.iloc[horizon - 1 :: horizon].to_numpy()).all()
            for one in ids
        )
    if not whole:
        raise DataError(
            f"the rows of a series must stand together, all series over the same {horizon} periods; these do not. "
            "Write the forecast anew with 'allocast forecast'."
        )
    return horizon
