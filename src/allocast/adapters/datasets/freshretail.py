"""FreshRetailNet-50K (Dingdong fresh grocery, 2024), turned into a daily demand panel with exposures."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.compute
import pyarrow.parquet as parquet

from allocast.demand.calendar import Frequency
from allocast.demand.exposure import exposure, hour_profile
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, DateArray, FloatArray

__all__ = ["OPENING_HOURS", "last_day", "latest_file", "read_freshretail"]

OPENING_HOURS = tuple(range(6, 22))
"""Hours of the day that count: those the publisher counts, in which nearly all is sold."""

_KEYS = ["store_id", "product_id"]
_STATICS = {
    "city_id": "city",
    "store_id": "store",
    "management_group_id": "management_group",
    "first_category_id": "category_1",
    "second_category_id": "category_2",
    "third_category_id": "category_3",
}
_KNOWN_AHEAD = {"discount": "discount", "holiday_flag": "holiday", "activity_flag": "activity"}
_COLUMNS = [*_STATICS, "product_id", "dt", *_KNOWN_AHEAD, "sale_amount", "stockout_mask"]
_FEWEST_WHOLE_DAYS = 5  # of a series whose usual sales are known


def latest_file(root: Path) -> Path:
    """The file of a folder that reaches furthest.

    Raises
    ------
    DataError
        There is none.
    """
    found = sorted(Path(root).glob("daily_to_*.parquet"))
    if not found:
        raise DataError(f"{root} has no file daily_to_YYYY-MM-DD.parquet.")
    return found[-1]


def last_day(root: Path) -> np.datetime64:
    """The last day of the file that reaches furthest, as its rows have it.

    Raises
    ------
    DataError
        There is no file, or it has no day.
    """
    path = latest_file(root)
    latest = pyarrow.compute.max(parquet.read_table(path, columns=["dt"])["dt"]).as_py()
    if latest is None:
        raise DataError(f"{path} has no day in its column dt.")
    return np.datetime64(latest, "D")


def read_freshretail(root: Path, *, learn_until: np.datetime64 | None = None) -> DemandPanel:
    """All series as a daily panel.

    Parameters
    ----------
    root : Path
        Holds ``daily_to_YYYY-MM-DD.parquet``: a row a store, product and day, ``stockout_mask`` with bit ``h`` set
        where hour ``h`` was out of stock. The file that reaches furthest is read.
    learn_until : day, optional
        The hour profile is learned from days until then; from all by default.

    Returns
    -------
    panel : DemandPanel
        In the publisher's normalised amounts. Availability is the share of a usual day's demand that falls into the
        hours in stock; a day that lacks none of the hours with demand is observed. Statics ``city``, ``store``,
        ``management_group`` and three levels of category. ``discount`` (share of the list price that is paid),
        ``holiday`` and ``activity`` are known ahead: they are plans and calendars. The weather is not, and is
        left out.

    Raises
    ------
    DataError
        There is no file, it lacks a column, or a series lacks a day or has it twice.

    References
    ----------
    *FreshRetailNet-50K: A stockout-annotated censored demand dataset*, arXiv 2505.16319 (2025).
    """
    path = latest_file(root)
    frame = _sorted(path)
    days = np.unique(frame["dt"].to_numpy("datetime64[D]"))
    shape = _shape(frame, days, path)
    units = frame["sale_amount"].to_numpy(np.float64).reshape(shape)
    in_stock = _hours_in_stock(frame["stockout_mask"].to_numpy().reshape(shape))
    learned = days <= (days[-1] if learn_until is None else learn_until)
    profile = _profile(units[:, learned], in_stock[:, learned])
    share = exposure(in_stock, profile)
    keys = frame.iloc[:: shape[1]].reset_index(drop=True)
    return DemandPanel(
        series=pd.DataFrame(
            {"item_id": keys["product_id"].astype(str), "location_id": keys["store_id"].astype(str)}
            | {ours: keys[name].astype(str) for name, ours in _STATICS.items()}
        ),
        periods=days,
        frequency=Frequency.DAILY,
        units=units,
        observed=share == 1,
        availability=share,
        known_ahead={
            ours: frame[name].to_numpy(np.float32).reshape(shape) for name, ours in _KNOWN_AHEAD.items()
        },
    )


def _sorted(path: Path) -> pd.DataFrame:
    """The rows in the order of series and days."""
    there = parquet.read_schema(path).names
    absent = [name for name in _COLUMNS if name not in there]
    if absent:
        raise DataError(f"{path} lacks {len(absent)} of its columns, first {', '.join(absent[:3])}.")
    frame = parquet.read_table(path, columns=_COLUMNS).to_pandas()
    return frame.sort_values([*_KEYS, "dt"], ignore_index=True)


def _shape(frame: pd.DataFrame, days: DateArray, path: Path) -> tuple[int, int]:
    """Series and days; every series must have every day once."""
    count = frame.groupby(_KEYS).size()
    wrong = count[count != len(days)]
    if len(wrong):
        store, product = wrong.index[0]
        raise DataError(
            f"{path} must have each of its {len(days)} days once for every series; store {store} product "
            f"{product} has {wrong.iloc[0]} rows ({len(wrong)} series affected)."
        )
    if frame.duplicated([*_KEYS, "dt"]).any():
        first = frame[frame.duplicated([*_KEYS, "dt"])].iloc[0]
        raise DataError(
            f"{path} has store {first['store_id']} product {first['product_id']} twice on {first['dt']:%Y-%m-%d}."
        )
    return len(count), len(days)


def _hours_in_stock(mask: "np.ndarray[tuple[int, ...], np.dtype[np.uint32]]") -> BoolArray:
    """Whether there was stock in each opening hour, shape (n_series, n_days, n_hours)."""
    return np.stack([(mask >> np.uint32(hour)) & np.uint32(1) == 0 for hour in OPENING_HOURS], axis=-1)


def _profile(units: FloatArray, in_stock: BoolArray) -> FloatArray:
    """The hour profile, beside each series' usual sales on each day: its own level times that of the day."""
    whole = in_stock.all(axis=-1)
    seen = np.where(whole, units, 0.0)
    level = seen.sum(axis=1) / np.maximum(whole.sum(axis=1), 1)
    of_day = seen.sum(axis=0) / np.maximum(np.where(whole, level[:, None], 0.0).sum(axis=0), 1e-9)
    known = whole.sum(axis=1) >= _FEWEST_WHOLE_DAYS
    usual = level[known, None] * of_day
    return hour_profile(units[known].ravel(), usual.ravel(), in_stock[known].reshape(-1, in_stock.shape[-1]))
