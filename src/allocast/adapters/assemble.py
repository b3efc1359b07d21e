"""From tables to the nouns of the core, purchase orders aside: the place that knows both."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from allocast.adapters.emissions import kg_per_unit
from allocast.adapters.job_settings import CostSettings, FlatCosts
from allocast.adapters.tables import Tables
from allocast.demand.calendar import Frequency, next_periods
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.inventory.costs import Costs
from allocast.numerics.arrays import BoolArray, DateArray, FloatArray, IntArray
from allocast.planning.situate import Stock, preferred_lines
from allocast.planning.stock_lots import StockLots
from allocast.supply.sourcing import Sourcing

__all__ = ["costs_of", "demand_panel", "series_attributes", "sourcing_lines", "stock_of"]

SERIES = ["item_id", "location_id"]
OWN_COLUMNS = {"item_id", "location_id", "date", "units", "in_stock", "stockout_fraction"}


def demand_panel(
    tables: Tables,
    *,
    as_of: np.datetime64 | None,
    frequency: Frequency,
    known_ahead: Collection[str] = (),
    past_only: Collection[str] = (),
    span: tuple[np.datetime64, np.datetime64] | None = None,
) -> DemandPanel:
    """The demand panel as it was known at the end of a period.

    Parameters
    ----------
    tables : Tables
        With ``demand``; ``items`` and ``locations`` give the series their attributes, ``calendar`` its known
        events. Numeric columns of ``demand`` beyond its own, and of ``calendar``, become known-ahead covariates.
    as_of : day, optional
        Beginning of the last known period; by default the last one with any units.
    frequency : Frequency
    known_ahead : collection of str
        Columns of ``demand`` that are declared as covariates: numbers even where a part of the table has none.
    past_only : collection of str
        Columns of ``demand`` that are known only once a period is over: nothing of them beyond ``as_of`` is taken.
    span : pair of days, optional
        First and last date of the whole table, where ``demand`` is a part of it; ``as_of`` is then asked for and
        taken as known.

    Raises
    ------
    DataError
        There is no demand, or none until ``as_of``, or ``as_of`` lies after the last known period.
    """
    demand = tables.require("demand")
    dates = demand["date"].to_numpy("datetime64[D]")
    first, ends = (dates.min(), dates.max()) if span is None else span
    latest = dates[demand["units"].notna()].max(initial=first) if span is None else ends
    last = latest if as_of is None else as_of
    n_known = frequency.periods_between(first, last) + 1
    if n_known < 1:
        raise DataError(f"no demand is known until {last}; the first is of {first}.")
    if last > latest:
        raise DataError(f"as_of {last} lies after the last known period, {latest}; bring later demand.")
    cells = _Cells.of(demand, dates, first, ends, frequency)
    units = cells.spread(demand["units"].to_numpy(np.float64), n_known)
    covariates = _covariates(demand, cells, {*known_ahead, *past_only})
    later = {name: values for name, values in covariates.items() if name in past_only}
    ahead = {name: values for name, values in covariates.items() if name not in past_only}
    return DemandPanel(
        series=series_attributes(cells.series, tables),
        periods=np.concatenate([[first], next_periods(first, n_known - 1, frequency)]),
        frequency=frequency,
        units=units,
        observed=~np.isnan(units)
        & cells.spread(_in_stock(demand).astype(np.float64), n_known, 0.0).astype(bool),
        availability=_availability(demand, cells, n_known),
        known_ahead=ahead | _events(tables.calendar, cells, first, frequency),
        past_only={name: values[:, :n_known] for name, values in later.items()},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cells:
    """Where each row of the demand table belongs in a series × period array."""

    series: pd.DataFrame
    row: IntArray
    column: IntArray
    n_columns: int

    @classmethod
    def of(
        cls,
        demand: pd.DataFrame,
        dates: DateArray,
        first: np.datetime64,
        ends: np.datetime64,
        frequency: Frequency,
    ) -> "_Cells":
        grouped = demand.groupby(SERIES, sort=True)
        keys = pd.DataFrame(list(grouped.groups), columns=SERIES, dtype=object)
        column = frequency.place(first, dates)
        n_columns = max(int(column.max()), frequency.place(first, np.array([ends]))[0]) + 1
        return cls(series=keys, row=grouped.ngroup().to_numpy(), column=column, n_columns=int(n_columns))

    def spread(self, values: FloatArray, n_columns: int, empty: float = np.nan) -> FloatArray:
        """Values put into their cells, as float64 of shape (n_series, n_columns)."""
        array = np.full((len(self.series), n_columns), empty)
        inside = self.column < n_columns
        array[self.row[inside], self.column[inside]] = values[inside]
        return array


def _in_stock(demand: pd.DataFrame) -> BoolArray:
    observed: BoolArray = np.ones(len(demand), dtype=bool)
    if "in_stock" in demand:
        observed = observed & demand["in_stock"].fillna(True).to_numpy(bool)
    if "stockout_fraction" in demand:
        observed = observed & (demand["stockout_fraction"].fillna(0.0).to_numpy() == 0)
    return observed


def _availability(demand: pd.DataFrame, cells: _Cells, n_known: int) -> FloatArray | None:
    """Share of each period in stock, where the table says it."""
    if "stockout_fraction" not in demand:
        return None
    share = 1.0 - demand["stockout_fraction"].fillna(0.0).to_numpy(np.float64)
    if "in_stock" in demand:  # out of stock, but for how long?
        share = np.where((share == 1) & ~demand["in_stock"].fillna(True).to_numpy(bool), np.nan, share)
    return cells.spread(share, n_known)


def series_attributes(series: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Series with what the tables ``items`` and ``locations`` say of them."""
    for table, key in ((tables.items, "item_id"), (tables.locations, "location_id")):
        if table is not None:
            whole = [name for name in table if pd.api.types.is_integer_dtype(table[name])]
            table = table.astype(dict.fromkeys(whole, "Int64"))  # a code 1 is no 1.0 where others are missing
            series = series.merge(table, on=key, how="left", suffixes=("", f"_of_{key[:-3]}"))
    return series


def _covariates(demand: pd.DataFrame, cells: _Cells, declared: Collection[str]) -> dict[str, FloatArray]:
    """Numeric columns, and those declared that hold nothing but numbers where they are not empty."""
    columns = {name: demand[name] for name in demand if name not in OWN_COLUMNS}
    columns |= {name: _numbers(columns[name]) for name in columns if name in declared}
    return {
        str(name): cells.spread(values.to_numpy(np.float64, na_value=np.nan), cells.n_columns)
        for name, values in columns.items()
        if pd.api.types.is_numeric_dtype(values)
    }


def _numbers(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """A column without a type, empty in a part of the table, as numbers; text stays text."""
    if values.dtype != object:
        return values
    numbers = pd.to_numeric(values, errors="coerce")
    return values if (numbers.isna() & values.notna()).any() else numbers


def _events(
    calendar: pd.DataFrame | None, cells: _Cells, first: np.datetime64, frequency: Frequency
) -> dict[str, FloatArray]:
    """Numeric columns of the calendar, the same for every series."""
    if calendar is None:
        return {}
    column = frequency.place(first, calendar["date"].to_numpy("datetime64[D]"))
    inside = column >= 0
    width = max(int(column.max(initial=0)) + 1, cells.n_columns)
    events: dict[str, FloatArray] = {}
    for name in calendar:
        if name != "date" and pd.api.types.is_numeric_dtype(calendar[name]):
            values = np.zeros(width)
            np.maximum.at(values, column[inside], calendar[name].to_numpy(np.float64)[inside])
            events[str(name)] = np.broadcast_to(values, (len(cells.series), width))
    return events


def sourcing_lines(tables: Tables) -> Sourcing:
    """Who delivers what; without a table, nobody."""
    table = tables.sourcing
    if table is None:
        table = pd.DataFrame({"item_id": [], "location_id": [], "supplier_id": []}, dtype=object)

    def numbers(name: str, default: float) -> FloatArray:
        column = table.get(name, pd.Series(default, index=table.index))
        values: FloatArray = column.fillna(default).to_numpy(np.float64)
        return values

    return Sourcing(
        item_id=table["item_id"].to_numpy(object),
        location_id=table["location_id"].to_numpy(object),
        supplier_id=table["supplier_id"].to_numpy(object),
        unit_cost=numbers("unit_cost", np.nan),
        order_cost=numbers("order_cost", 0.0),
        minimum_order_units=numbers("minimum_order_units", 0.0),
        pack_units=numbers("pack_units", 1.0),
        lead_time_days=numbers("lead_time_days", np.nan),
        capacity_units=numbers("capacity_units", np.inf),
        co2e_kg_per_unit=kg_per_unit(table, tables),
    )


def stock_of(tables: Tables, series: pd.DataFrame, *, as_of: np.datetime64) -> Stock:
    """Stock of each series as last counted until the end of a day; NaN where no figure was known then.

    Where it is counted by ``expires_on``, a count is all rows of its day; what has expired by ``as_of`` is not there.
    """
    table = tables.require("stock")
    known = table[table["as_of"].to_numpy("datetime64[D]") <= as_of]
    if "expires_on" in table:
        return _stock_in_lots(known, series, as_of)
    last = known.sort_values("as_of", kind="stable").drop_duplicates(SERIES, keep="last")
    found = series[SERIES].merge(last, on=SERIES, how="left")
    owed = found.get("backordered", pd.Series(0.0, index=found.index))
    return Stock(
        on_hand=found["on_hand"].to_numpy(np.float64), backordered=owed.fillna(0.0).to_numpy(np.float64)
    )


def _stock_in_lots(known: pd.DataFrame, series: pd.DataFrame, as_of: np.datetime64) -> Stock:
    last = known[known["as_of"] == known.groupby(SERIES)["as_of"].transform("max")]
    places = series[SERIES].reset_index(drop=True).reset_index(names="row")
    rows = last.merge(places, on=SERIES, how="inner")
    expires = rows["expires_on"].to_numpy("datetime64[D]")
    place = rows["row"].to_numpy(np.int64)
    dated, gone = ~np.isnat(expires), expires <= as_of
    units = np.where(gone, 0.0, rows["on_hand"].to_numpy(np.float64))
    owed = rows.get("backordered", pd.Series(0.0, index=rows.index)).fillna(0.0).to_numpy(np.float64)
    on_hand, backordered = np.zeros(len(places)), np.zeros(len(places))
    np.add.at(on_hand, place, units)
    np.add.at(backordered, place, owed)
    on_hand[~np.isin(np.arange(len(places)), place)] = np.nan
    kept = dated & ~gone
    lots = StockLots(row=place[kept], units=units[kept], expires_on=expires[kept])
    return Stock(on_hand=on_hand, backordered=backordered, lots=lots)


def costs_of(settings: CostSettings, series: pd.DataFrame, sourcing: Sourcing, frequency: Frequency) -> Costs:
    """Cost rates of each series.

    Raises
    ------
    DataError
        Rates are shares of unit cost and price, and the items have none.
    """
    if isinstance(settings, FlatCosts):
        return Costs.uniform(
            len(series),
            holding_cost=settings.holding_cost,
            shortage_cost=settings.shortage_cost,
            order_cost=settings.order_cost,
        )
    for name in ("unit_cost", "price"):
        if name not in series or series[name].isna().any():
            raise DataError(f"costs of kind 'shares' need {name} of every item; bring it in the table items.")
    unit_cost, price = (series[name].to_numpy(np.float64) for name in ("unit_cost", "price"))
    line = preferred_lines(series, sourcing)
    order_cost = np.append(sourcing.order_cost, 0.0)[line]
    return Costs(
        holding_cost=settings.holding_share_per_year * unit_cost * frequency.days / 365,
        shortage_cost=settings.margin_share_lost * np.maximum(price - unit_cost, 0.0),
        order_cost=order_cost,
        unit_cost=unit_cost,
    )
