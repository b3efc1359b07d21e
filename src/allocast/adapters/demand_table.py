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
from allocast.numerics.arrays import DateArray

__all__ = ["demand_table", "forecast_table", "panel_of_table"]

KEYS = ["item_id", "location_id", "date"]
AHEAD = ("known_ahead", "prices")  # settings of features that name columns of numbers over time,
PAST = ("past_only",)  # and of such that nobody knows before a period is over
ATTRIBUTES = ("statics", "groups", "encodings")  # those that name columns of what a series is


def forecast_table(model: DemandModel, table: pd.DataFrame) -> pd.DataFrame:
    """The forecast of every series of a table, for the periods after the last one with units.

    Parameters
    ----------
    model : DemandModel
    table : DataFrame
        One row a series and period: ``item_id``, ``location_id``, ``date``, ``units``, ``in_stock``, and the
        covariates and attributes that the model's features name. Rows without units after the last period with
        some say what is known ahead; what is known only afterwards (past only) stays empty there.

    Returns
    -------
    forecast : DataFrame
        As ``DemandForecast.to_frame``: a row a series and period ahead, with ``mean`` and a column a quantile.

    Raises
    ------
    DataError
        Columns are missing, a cell comes twice, a date is not the beginning of a period, or what is known only
        afterwards has values for later.
    """
    panel = panel_of_table(table, model.settings.features, frequency=model.frequency)
    return model.forecast(panel).to_frame()


def demand_table(panel: DemandPanel, features: FeatureSettings) -> pd.DataFrame:
    """The table of a panel, future rows included, from which ``panel_of_table`` makes the same panel.

    Only what the features name is in it, besides the demand itself.
    """
    names, attributes = _named(features, AHEAD), _attributes(features)
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
    columns |= {name: _widened(panel.past_only[name], width).ravel() for name in _named(features, PAST)}
    columns |= {name: np.repeat(panel.series[name].to_numpy(), width) for name in attributes}
    return pd.DataFrame(columns)


def panel_of_table(table: pd.DataFrame, features: FeatureSettings, *, frequency: Frequency) -> DemandPanel:
    """The panel that a tidy table describes; its last period is the last one with units.

    Raises
    ------
    DataError
        Columns are missing, a cell comes twice, a date is not the beginning of a period, or what is known only
        afterwards has values for later.
    """
    attributes = _attributes(features)
    _check(table, [*KEYS, "units", *_named(features, AHEAD + PAST), *attributes])
    _check_dates(table["date"].to_numpy("datetime64[D]"), frequency)
    _check_past(table, _named(features, PAST))
    known = table.drop(columns=attributes)
    series = table.groupby(["item_id", "location_id"], sort=True)[attributes].first().reset_index()
    panel = demand_panel(
        Tables(demand=known),
        as_of=None,
        frequency=frequency,
        known_ahead=_named(features, AHEAD),
        past_only=_named(features, PAST),
    )
    return replace(panel, series=panel.series.assign(**{name: series[name] for name in attributes}))


def _check_dates(dates: DateArray, frequency: Frequency) -> None:
    """All are beginnings of periods, counted from the first."""
    if not len(dates):
        raise DataError("a forecast needs history; the table of demand has no rows.")
    first = dates.min()
    astray = dates[dates != frequency.shifted(first, frequency.place(first, dates))]
    if len(astray):
        raise DataError(
            f"the model forecasts {frequency} demand; counted from {first}, no {frequency.unit} begins on "
            f"{astray.min()} ({len(astray)} such rows). Sum the units up to periods of one {frequency.unit}."
        )


def _check_past(table: pd.DataFrame, names: list[str]) -> None:
    """What is known only once a period is over has no values after the last period with units."""
    last = table["date"].where(table["units"].notna()).max()
    later = table[table["date"] > last]
    for name in names:
        told = later[later[name].notna()]
        if len(told):
            raise DataError(
                f"{name} is past only: it is known once a period is over, but the table has it for "
                f"{pd.Timestamp(told['date'].min()):%Y-%m-%d}, after the last period with units, "
                f"{pd.Timestamp(last):%Y-%m-%d} ({len(told)} such rows). Leave it empty there."
            )


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
