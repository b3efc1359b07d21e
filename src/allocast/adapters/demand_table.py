"""Demand forecasts from one tidy table: how anybody's tool can ask a registered demand model."""

from dataclasses import replace

import numpy as np
import pandas as pd

from allocast.adapters.assemble import demand_panel
from allocast.adapters.tables import Tables
from allocast.demand.calendar import Frequency, next_periods
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.forecast.demand_settings import FeatureSettings
from allocast.forecast.lightgbm_model import DemandModel

__all__ = ["demand_table", "forecast_table", "frequency_of", "panel_of_table"]

KEYS = ["item_id", "location_id", "date"]
COVARIATES = ("known_ahead", "prices")  # settings of features that name columns of numbers over time
ATTRIBUTES = ("statics", "groups", "encodings")  # those that name columns of what a series is


def forecast_table(model: DemandModel, table: pd.DataFrame) -> pd.DataFrame:
    """The forecast of every series of a table, for the periods after the last one with units.

    Parameters
    ----------
    model : DemandModel
    table : DataFrame
        One row a series and period: ``item_id``, ``location_id``, ``date``, ``units``, ``in_stock``, and the
        covariates and attributes that the model's features name. Rows without units after the last period with
        some say what is known ahead.

    Returns
    -------
    forecast : DataFrame
        As ``DemandForecast.to_frame``: a row a series and period ahead, with ``mean`` and a column a quantile.

    Raises
    ------
    DataError
        Columns are missing, a cell comes twice, or the dates do not follow each other.
    """
    return model.forecast(panel_of_table(table, model.settings.features)).to_frame()


def demand_table(panel: DemandPanel, features: FeatureSettings) -> pd.DataFrame:
    """The table of a panel, future rows included, from which ``panel_of_table`` makes the same panel.

    Only what the features name is in it, besides the demand itself.
    """
    names, attributes = _named(features, COVARIATES), _attributes(features)
    width = max([len(panel.periods), *[panel.known_ahead[name].shape[1] for name in names]])
    after = next_periods(panel.as_of, width - len(panel.periods), panel.frequency)
    units, observed = _widened(panel.units, width), _widened(panel.observed.astype(np.float64), width)
    columns: dict[str, object] = {
        "item_id": np.repeat(panel.series["item_id"].to_numpy(object), width),
        "location_id": np.repeat(panel.series["location_id"].to_numpy(object), width),
        "date": np.tile(np.concatenate([panel.periods, after]), panel.n_series),
        "units": units.ravel(),
        "in_stock": (observed != 0).ravel(),
    }
    if panel.availability is not None:
        share = _widened(panel.availability.astype(np.float64), width)
        columns["stockout_fraction"] = np.where(np.isnan(share), 0.0, 1.0 - share).ravel()
    columns |= {name: _widened(panel.known_ahead[name], width).ravel() for name in names}
    columns |= {name: np.repeat(panel.series[name].to_numpy(), width) for name in attributes}
    return pd.DataFrame(columns)


def panel_of_table(table: pd.DataFrame, features: FeatureSettings) -> DemandPanel:
    """The panel that a tidy table describes; its last period is the last one with units.

    Raises
    ------
    DataError
        Columns are missing, a cell comes twice, or the dates do not follow each other.
    """
    attributes = _attributes(features)
    _check(table, [*KEYS, "units", *_named(features, COVARIATES), *attributes])
    dates = np.unique(table["date"].to_numpy("datetime64[D]"))
    known = table.drop(columns=attributes)
    series = table.groupby(["item_id", "location_id"], sort=True)[attributes].first().reset_index()
    panel = demand_panel(Tables(demand=known), as_of=None, frequency=frequency_of(dates))
    return replace(panel, series=panel.series.assign(**{name: series[name] for name in attributes}))


def frequency_of(dates: np.ndarray) -> Frequency:
    """The longest period of which all dates are beginnings, counted from the first.

    Raises
    ------
    DataError
        There are no dates.

    Examples
    --------
    >>> frequency_of(np.array(["2024-01-01", "2024-01-08", "2024-01-22"], dtype="datetime64[D]")).value
    'weekly'
    >>> frequency_of(np.array(["2024-01-01", "2024-01-08", "2024-01-09"], dtype="datetime64[D]")).value
    'daily'
    """
    if not len(dates):
        raise DataError("a forecast needs history; the table of demand has no rows.")
    for frequency in sorted(Frequency, key=lambda one: -one.days):
        if all(_is_beginning(frequency, dates.min(), date) for date in dates):
            return frequency
    return Frequency.DAILY


def _is_beginning(frequency: Frequency, first: np.datetime64, date: np.datetime64) -> bool:
    try:
        frequency.periods_between(first, date)
    except DataError:
        return False
    return True


def _check(table: pd.DataFrame, needed: list[str]) -> None:
    missing = [name for name in needed if name not in table]
    if missing:
        raise DataError(
            f"the table of demand lacks {', '.join(missing)}; the model needs {', '.join(needed)}, and in_stock "
            "where demand may have been cut off."
        )
    twice = table.duplicated(KEYS)
    if twice.any():
        first = table.loc[twice, KEYS].iloc[0]
        raise DataError(
            f"each series must have one row a period; {first['item_id']} at {first['location_id']} on "
            f"{pd.Timestamp(first['date']):%Y-%m-%d} comes twice ({int(twice.sum())} such rows)."
        )


def _named(features: FeatureSettings, kinds: tuple[str, ...]) -> list[str]:
    """Columns that some settings of the features name, each once."""
    names = [name for kind in kinds for name in getattr(features, kind, ())]
    return list(dict.fromkeys(names))


def _attributes(features: FeatureSettings) -> list[str]:
    return [name for name in _named(features, ATTRIBUTES) if name not in KEYS]


def _widened(values: np.ndarray, width: int) -> np.ndarray:
    """Values of shape (n_series, n_periods), with NaN for the periods after the last."""
    padded = np.full((len(values), width), np.nan)
    padded[:, : values.shape[1]] = values
    return padded
