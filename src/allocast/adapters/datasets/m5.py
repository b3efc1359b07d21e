"""The M5 competition's files (Walmart, 2011 to 2016), turned into daily demand panels."""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, FloatArray

__all__ = [
    "CLOSED",
    "EVENT_RANGE",
    "M5_HORIZON",
    "occasions",
    "read_m5_items",
    "read_m5_store_departments",
    "read_m5_weights",
]

M5_HORIZON = 28
"""Days that the competition asked for: covariates are brought for as many days after the last sales."""

CLOSED = "Christmas"
"""The event on which the stores are closed: the few units booked that day are no demand, so it is not observed."""

EVENT_RANGE = 15
"""Days before and after an event that are told apart; beyond it a day counts as this far away."""

_DAY = re.compile(r"d_\d+")
_STORE_DEPARTMENT = "sales_store_dept_d1_d{}.parquet"
_ITEMS = "sales_items_FOODS_1_CA_1_CA_2_d1_d{}.parquet"
_PRICES = "sell_prices_CA_1_full_CA_2_partial.parquet"
_STATICS = {"store_id": "store", "state_id": "state", "dept_id": "department", "cat_id": "category"}


def read_m5_store_departments(root: Path) -> DemandPanel:
    """The 70 store × department series, whose sums are all 154 series of levels 1 to 9.

    Parameters
    ----------
    root : Path
        Holds ``sales_store_dept_d1_dN.parquet`` (the longest is read) and ``calendar.csv``.

    Returns
    -------
    panel : DemandPanel
        Daily, in units; ``item_id`` is the department, ``location_id`` the store; statics ``store``, ``state``,
        ``department``, ``category``. Known ahead for 28 days beyond the sales, or as far as the calendar goes:
        ``snap`` (1 where food stamps of the series' own state are paid out), ``closed`` (1 on Christmas) and how
        far each event is (see :func:`occasions`). Closed days are not observed.

    Raises
    ------
    DataError
        A file or a column is absent, a series lacks a day, or the calendar ends before the sales.

    References
    ----------
    Makridakis, Spiliotis and Assimakopoulos, *The M5 competition: Background, organization, and
    implementation*, IJF 38 (2022).
    """
    path = _longest(Path(root), _STORE_DEPARTMENT)
    sales = _parquet(path, ["store_id", "dept_id", "d", "units"])
    wide = sales.pivot(index=["store_id", "dept_id"], columns="d", values="units")
    _require_every_day(wide, path)
    keys = wide.index.to_frame(index=False)
    keys["state_id"] = keys["store_id"].str.split("_").str[0]
    keys["cat_id"] = keys["dept_id"].str.rsplit("_", n=1).str[0]
    calendar = _calendar(Path(root), wide.shape[1])
    launched = np.ones(wide.shape, dtype=bool)
    return _panel(keys.assign(item_id=keys["dept_id"]), wide.to_numpy(np.float64), launched, calendar)


def read_m5_items(root: Path) -> DemandPanel:
    """The 432 item series of FOODS_1 in two stores, each from its launch on.

    Parameters
    ----------
    root : Path
        Holds ``sales_items_FOODS_1_CA_1_CA_2_d1_dN.parquet`` (the longest is read), the sell prices and
        ``calendar.csv``.

    Returns
    -------
    panel : DemandPanel
        As of :func:`read_m5_store_departments`, with ``price`` known ahead too: NaN where none is given. Days
        before a series' first price, or its first sale where it has no price, are not observed.

    Raises
    ------
    DataError
        A file or a column is absent, a series is there twice, or the calendar ends before the sales.
    """
    root = Path(root)
    path = _longest(root, _ITEMS)
    frame = _parquet(path, ["item_id", *_STATICS])
    twice = frame[frame.duplicated(["item_id", "store_id"])]
    if len(twice):
        raise DataError(f"{path} has {len(twice)} series more than once, first {_name(twice.iloc[0])}.")
    days = [name for name in frame.columns if _DAY.fullmatch(name)]
    wide = frame[days].set_axis([int(name[2:]) for name in days], axis=1)
    _require_every_day(wide.set_axis(pd.MultiIndex.from_frame(frame[["store_id", "item_id"]])), path)
    units = wide.to_numpy(np.float64)
    calendar = _calendar(root, len(days))
    price = _prices(root, frame, calendar)
    return _panel(frame, units, _launched(units, price), calendar, price=price)


def read_m5_weights(root: Path) -> "pd.Series[float]":
    """The official weights of the competition's series, by level and name.

    Parameters
    ----------
    root : Path
        Holds ``weights_evaluation.parquet``: each series' share of its level's dollar sales in days 1914 to 1941.

    Returns
    -------
    weights : Series
        Indexed by ``level`` (``Level1`` … ``Level12``) and ``name``: the attributes joined by `` / ``, and
        ``all`` for the total. They sum to 1 in each level.

    Raises
    ------
    DataError
        The file or a column is absent.
    """
    frame = _parquet(
        Path(root) / "weights_evaluation.parquet", ["Level_id", "Agg_Level_1", "Agg_Level_2", "weight"]
    )
    alone = frame["Agg_Level_2"].isin(["X", ""]) | frame["Agg_Level_2"].isna()
    names = frame["Agg_Level_1"].where(alone, frame["Agg_Level_1"] + " / " + frame["Agg_Level_2"])
    names = names.where(frame["Level_id"] != "Level1", "all")
    index = pd.MultiIndex.from_arrays([frame["Level_id"], names], names=["level", "name"])
    return pd.Series(frame["weight"].to_numpy(np.float64), index=index)


def occasions(panel: DemandPanel) -> tuple[str, ...]:
    """Names of the covariates that say how far an event is.

    Each is a whole number from -15 to 15: negative before the nearest day of the event, 0 on it, positive
    after it. An event that the calendar does not reach counts as far away.
    """
    return tuple(name for name in panel.known_ahead if name.startswith("days_from_"))


def _longest(root: Path, pattern: str) -> Path:
    """The file of this pattern that reaches furthest."""
    found = {
        int(match[1]): path
        for path in root.glob(pattern.format("*"))
        if (match := re.search(r"_d(\d+)\.parquet$", path.name))
    }
    if not found:
        raise DataError(f"{root / pattern.format('N')} is not there, for any last day N.")
    return found[max(found)]


def _parquet(path: Path, required: Iterable[str]) -> pd.DataFrame:
    if not path.is_file():
        raise DataError(f"{path} is not there.")
    frame = pd.read_parquet(path)
    _require_columns(frame, required, path)
    return frame


def _require_columns(frame: pd.DataFrame, required: Iterable[str], path: Path) -> None:
    absent = [name for name in required if name not in frame]
    if absent:
        raise DataError(f"{path} lacks {len(absent)} of its columns, first {', '.join(absent[:3])}.")


def _require_every_day(wide: pd.DataFrame, path: Path) -> None:
    """Refuse days that do not follow each other from the first on, and series that lack one."""
    days = wide.columns.to_numpy()
    expected = np.arange(1, len(days) + 1)
    if (days != expected).any():
        place = int(np.argmax(days != expected))
        raise DataError(
            f"{path} must have every day from 1 on; where {place + 1} is expected {days[place]} comes."
        )
    lacking = wide.isna().to_numpy()
    if lacking.any():
        row, column = np.argwhere(lacking)[0]
        series = " ".join(map(str, wide.index[row]))
        raise DataError(
            f"{path} must have sales of every series and day; {series} has none for day {days[column]} "
            f"({int(lacking.sum())} cells affected)."
        )


def _calendar(root: Path, n_days: int) -> pd.DataFrame:
    """The calendar, which may reach further than anything is brought for: events after the end cast ahead."""
    path = root / "calendar.csv"
    if not path.is_file():
        raise DataError(f"{path} is not there.")
    calendar = pd.read_csv(path)
    _require_columns(calendar, ["date", "wm_yr_wk", "event_name_1", "event_name_2"], path)
    if len(calendar) < n_days:
        raise DataError(f"{path} must reach as far as the sales, {n_days} days; it has {len(calendar)}.")
    return calendar


def _panel(
    keys: pd.DataFrame,
    units: FloatArray,
    launched: BoolArray,
    calendar: pd.DataFrame,
    **covariates: FloatArray,
) -> DemandPanel:
    dates = calendar["date"].to_numpy("datetime64[D]")
    closed = _on(calendar, CLOSED)
    open_ = ~closed[: units.shape[1]]
    until = min(len(dates), units.shape[1] + M5_HORIZON)
    shared = {"closed": closed.astype(np.float64)} | _days_from_events(calendar)
    statics = keys[list(_STATICS)].rename(columns=_STATICS)
    return DemandPanel(
        series=pd.DataFrame({"item_id": keys["item_id"], "location_id": keys["store_id"]}).join(statics),
        periods=dates[: units.shape[1]],
        frequency=Frequency.DAILY,
        units=units,
        observed=launched & open_,
        availability=np.where(launched & open_, 1.0, np.where(open_, np.nan, 0.0)),
        known_ahead={
            "snap": _snap(calendar, keys["state_id"])[:, :until],
            **{name: np.broadcast_to(values[:until], (len(keys), until)) for name, values in shared.items()},
            **{name: values[:, :until] for name, values in covariates.items()},
        },
    )


def _snap(calendar: pd.DataFrame, states: "pd.Series[str]") -> FloatArray:
    """Whether food stamps are paid out in each series' own state, shape (n_series, n_days)."""
    absent = sorted({state for state in states if f"snap_{state}" not in calendar})
    if absent:
        raise DataError(f"calendar.csv lacks the column snap_{absent[0]} ({len(absent)} states affected).")
    return np.stack([calendar[f"snap_{state}"].to_numpy(np.float64) for state in states])


def _on(calendar: pd.DataFrame, event: str) -> BoolArray:
    """Days of one event; two can fall on one day."""
    either = (calendar["event_name_1"] == event) | (calendar["event_name_2"] == event)
    on: BoolArray = either.to_numpy(dtype=bool)
    return on


def _days_from_events(calendar: pd.DataFrame) -> dict[str, FloatArray]:
    """Signed days from the nearest occurrence of each event, shape (n_days,) each."""
    names = pd.unique(calendar[["event_name_1", "event_name_2"]].to_numpy(dtype=object).ravel())
    events = sorted(name for name in names if isinstance(name, str))
    return {f"days_from_{_plain(name)}": _days_from(_on(calendar, name)) for name in events}


def _days_from(on: BoolArray) -> FloatArray:
    """Signed days from the nearest day that is marked; the later of two that are equally near."""
    apart = np.arange(len(on))[:, None] - np.flatnonzero(on)
    nearest = np.abs(apart).shape[1] - 1 - np.argmin(np.abs(apart)[:, ::-1], axis=1)
    days: FloatArray = np.clip(apart[np.arange(len(on)), nearest], -EVENT_RANGE, EVENT_RANGE).astype(
        np.float64
    )
    return days


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]+", "_", name.lower().replace("'", "")).strip("_")


def _prices(root: Path, keys: pd.DataFrame, calendar: pd.DataFrame) -> FloatArray:
    """Price of each series and day, shape (n_series, n_days); NaN where the file has none."""
    prices = _parquet(root / _PRICES, ["store_id", "item_id", "wm_yr_wk", "sell_price"])
    wide = prices.pivot(index=["store_id", "item_id"], columns="wm_yr_wk", values="sell_price")
    wanted = pd.MultiIndex.from_frame(keys[["store_id", "item_id"]])
    by_week = wide.reindex(index=wanted, columns=calendar["wm_yr_wk"])
    price: FloatArray = by_week.to_numpy(np.float64)
    return price


def _launched(units: FloatArray, price: FloatArray) -> BoolArray:
    """True from a series' first price on, or from its first sale where it never had a price."""
    known = price[:, : units.shape[1]]
    priced = np.isfinite(known)
    sign = np.where(priced.any(axis=1, keepdims=True), priced, units > 0)
    launched: BoolArray = np.logical_or.accumulate(sign, axis=1)
    return launched


def _name(row: "pd.Series[str]") -> str:
    return f"{row['store_id']} {row['item_id']}"
