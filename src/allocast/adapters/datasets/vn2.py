"""The VN2 Inventory Planning Challenge's own files, turned into Allocast's tables."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from allocast.adapters.schemas import schema_of
from allocast.adapters.table_files import conform
from allocast.adapters.tables import Tables
from allocast.errors import DataError

__all__ = ["LEAD_TIME_DAYS", "SUPPLIER", "last_week", "read_vn2"]

SUPPLIER = "vn2"
LEAD_TIME_DAYS = 14
"""An order placed at the end of week X is sold from the start of week X + 3: two whole weeks lie between."""

_SERIES = ["Store", "Product"]
_OURS = {
    "Store": "location_id",
    "Product": "item_id",
    "ProductGroup": "product_group",
    "Division": "division",
    "Department": "department",
    "DepartmentGroup": "department_group",
    "StoreFormat": "store_format",
    "Format": "format",
}
_OF_PRODUCT = ["ProductGroup", "Division", "Department", "DepartmentGroup"]
_OF_STORE = ["StoreFormat", "Format"]


def read_vn2(root: Path, *, as_of: date) -> Tables:
    """VN2 as it was known at the end of one week.

    The stock and the orders in transit of ``initial_state.csv`` are taken to be those at the end of that week.
    VN2 charges nothing for a unit or an order, so both costs are 0.

    Parameters
    ----------
    root : Path
        Holds ``sales.csv``, ``in_stock.csv`` (a row a series, a column a week), ``master.csv``
        and ``initial_state.csv``, with any number of weeks.
    as_of : date
        The Monday that names the last week whose sales are known. Later weeks are not even read.

    Returns
    -------
    tables : Tables
        ``demand`` (a row a series and week; units of a week out of stock are what was sold), ``items``,
        ``locations``, ``sourcing`` (one supplier), ``purchase_orders`` (what is in transit, promised for the
        last day before the week in which it can be sold) and ``stock``.

    Raises
    ------
    DataError
        A file is absent or lacks a column, ``as_of`` is no Monday or not among the weeks, or the files do not
        have the same series.

    References
    ----------
    The rules of the VN2 Inventory Planning Challenge (2025).
    """
    root = Path(root)
    weeks = _weeks_until(root / "sales.csv", as_of)
    sales = _read(root / "sales.csv", weeks)
    in_stock = _read(root / "in_stock.csv", weeks)
    master = _read(root / "master.csv", [*_OF_PRODUCT, *_OF_STORE])
    state = _read(root / "initial_state.csv", ["End Inventory", "In Transit W+1", "In Transit W+2"])
    for name, other in {"in_stock": in_stock, "master": master, "initial_state": state}.items():
        _require_same_series(sales.index, other.index, f"{name}.csv", root)
    tables: dict[str, Any] = {
        "demand": _demand(sales, in_stock.loc[sales.index]),
        "items": _owned_by(master, "Product", _OF_PRODUCT),
        "locations": _owned_by(master, "Store", _OF_STORE),
        "sourcing": _sourcing(sales.index),
        "purchase_orders": _in_transit(state, as_of),
        "stock": _stock(state, as_of),
    }
    for name, table in tables.items():
        tables[name] = conform(table, schema_of(name), source=f"VN2 in {root}, {name}")
    return Tables(**tables)


def last_week(root: Path) -> date:
    """The last week of ``sales.csv``.

    Raises
    ------
    DataError
        The file is absent or has no week.
    """
    weeks = [name for name in _header(Path(root) / "sales.csv") if name not in _SERIES]
    if not weeks:
        raise DataError(f"{root}/sales.csv has no week; its columns are Store, Product and one a week.")
    return date.fromisoformat(max(weeks))


def _weeks_until(path: Path, as_of: date) -> list[str]:
    if as_of.weekday() != 0:
        raise DataError(
            f"as_of must be the Monday that names the last week whose sales are known; {as_of} is a {as_of:%A}."
        )
    weeks = [name for name in _header(path) if name not in _SERIES]
    if as_of.isoformat() not in weeks:
        raise DataError(
            f"{path} has no week {as_of}; its {len(weeks)} weeks run from {min(weeks, default='none')} "
            f"to {max(weeks, default='none')}. Give one of them as as_of."
        )
    return [week for week in weeks if week <= as_of.isoformat()]


def _header(path: Path) -> list[str]:
    if not path.is_file():
        raise DataError(
            f"{path} is not there. VN2's layout is sales.csv, in_stock.csv, master.csv and initial_state.csv "
            "in one folder."
        )
    return list(pd.read_csv(path, nrows=0).columns)


def _read(path: Path, columns: list[str]) -> pd.DataFrame:
    """Some columns of a file, by series."""
    header = _header(path)
    absent = [name for name in [*_SERIES, *columns] if name not in header]
    if absent:
        raise DataError(f"{path} lacks {len(absent)} of its columns, first {', '.join(absent[:3])}.")
    frame = pd.read_csv(path, usecols=[*_SERIES, *columns], dtype=dict.fromkeys(_SERIES, str))
    frame = frame.set_index(_SERIES)[columns]
    twice = frame.index[frame.index.duplicated()]
    if len(twice):
        raise DataError(f"{path} has {len(twice)} series more than once, first {_series_names(twice)}.")
    return frame


def _require_same_series(sold: "pd.Index[Any]", there: "pd.Index[Any]", name: str, root: Path) -> None:
    for missing, lacking in ((sold.difference(there), name), (there.difference(sold), "sales.csv")):
        if len(missing):
            both = f"sales.csv and {name} in {root} must have the same series"
            raise DataError(f"{both}; {lacking} lacks {len(missing)}, first {_series_names(missing)}.")


def _series_names(series: "pd.Index[Any]") -> str:
    return "; ".join(f"Store {store} Product {product}" for store, product in series[:3])


def _keys(series: "pd.Index[Any]") -> pd.DataFrame:
    return series.to_frame(index=False).rename(columns=_OURS)[["item_id", "location_id"]]


def _demand(sales: pd.DataFrame, in_stock: pd.DataFrame) -> pd.DataFrame:
    """Wide to long: a row a series and week, series by series."""
    keys = _keys(sales.index)
    rows = keys.loc[keys.index.repeat(sales.shape[1])].reset_index(drop=True)
    dates = np.tile(sales.columns.to_numpy("datetime64[us]"), len(sales))
    return rows.assign(date=dates, units=sales.to_numpy().ravel(), in_stock=in_stock.to_numpy().ravel())


def _owned_by(master: pd.DataFrame, owner: str, categories: list[str]) -> pd.DataFrame:
    """The categories of each product or store, which all its series must share; codes become text."""
    distinct = master.reset_index()[[owner, *categories]].drop_duplicates()
    twice = distinct.loc[distinct[owner].duplicated(), owner]
    if len(twice):
        raise DataError(
            f"master.csv: each {owner} must have one {', '.join(categories)}; {len(twice)} have several, "
            f"first {', '.join(twice[:3])}."
        )
    return distinct.astype("str").rename(columns=_OURS).reset_index(drop=True)


def _sourcing(series: "pd.Index[Any]") -> pd.DataFrame:
    return _keys(series).assign(
        supplier_id=SUPPLIER,
        unit_cost=0.0,
        order_cost=0.0,
        minimum_order_units=1.0,
        pack_units=1.0,
        lead_time_days=LEAD_TIME_DAYS,
    )


def _stock(state: pd.DataFrame, as_of: date) -> pd.DataFrame:
    return _keys(state.index).assign(as_of=pd.Timestamp(as_of), on_hand=state["End Inventory"].to_numpy())


def _in_transit(state: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Open order lines: what arrives at the start of week W + k was ordered at the end of week W + k - 3."""
    lines = [_arriving(state[f"In Transit W+{k}"], as_of + timedelta(weeks=k)) for k in (1, 2)]
    return pd.concat(lines, ignore_index=True)


def _arriving(units: "pd.Series[float]", arrival: date) -> pd.DataFrame:
    units = units[units != 0]
    keys = _keys(units.index)
    ordered_on = arrival - timedelta(days=LEAD_TIME_DAYS + 1)  # the Sunday that ends the week of the order
    return pd.DataFrame(
        {
            "order_line_id": keys["location_id"] + "-" + keys["item_id"] + "-" + ordered_on.isoformat(),
            "supplier_id": SUPPLIER,
            "item_id": keys["item_id"],
            "location_id": keys["location_id"],
            "ordered_on": pd.Timestamp(ordered_on),
            "promised_on": pd.Timestamp(ordered_on + timedelta(days=LEAD_TIME_DAYS)),
            "received_on": pd.NaT,
            "units_ordered": units.to_numpy(),
            "units_received": 0.0,
        }
    )
