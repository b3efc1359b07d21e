"""Checks of demand as series in time: one weekday, rows in order, no silent gaps."""

import numpy as np
import pandas as pd

from allocast.adapters.quality import Action, Inspection, RepairRules
from allocast.demand.calendar import Frequency
from allocast.numerics.arrays import BoolArray, IntArray

__all__ = ["check_date_order", "check_gaps", "check_grid", "mark_unobserved"]

_SERIES = ["item_id", "location_id"]
_MEANING: dict[str, tuple[Action, str]] = {
    "refuse": ("refused", "say what it means: set the rule gaps to zero or unobserved"),
    "zero": ("repaired", "taken as 0 units"),
    "unobserved": ("repaired", "taken as unobserved"),
}


def mark_unobserved(frame: pd.DataFrame, mask: BoolArray) -> pd.DataFrame:
    """The same demand, of which these rows (shape (n_rows,)) are unknown: units empty, out of stock."""
    frame = frame.assign(units=frame["units"].mask(mask))
    if "stockout_fraction" in frame.columns:
        frame = frame.assign(stockout_fraction=frame["stockout_fraction"].mask(mask, 1.0))
    if "in_stock" in frame.columns:
        return frame.assign(in_stock=frame["in_stock"] & ~mask)
    return frame if "stockout_fraction" in frame.columns else frame.assign(in_stock=~mask)


def check_grid(inspection: Inspection, frequency: Frequency) -> None:
    """Weekly dates all name the same day of the week, which is the commonest one; months their first day."""
    if frequency is Frequency.MONTHLY:
        mask = (inspection.frame["date"].dt.day > 1).to_numpy()
        inspection.note(mask, "off the monthly grid", "date", "refused", "label each month by its first day")
    weekday = inspection.frame["date"].dt.day_of_week
    if frequency is Frequency.WEEKLY and weekday.notna().any():
        mask = (weekday.notna() & (weekday != weekday.mode().iloc[0])).to_numpy()
        inspection.note(mask, "off the weekly grid", "date", "refused", "label each week by the same weekday")


def check_date_order(inspection: Inspection) -> None:
    """Within a series each row's date follows the one before; counted here, repaired by ``sort_by_key``."""
    dates = inspection.frame["date"]
    before = dates.groupby([inspection.frame[name] for name in _SERIES], sort=False).shift()
    mask = (dates < before).to_numpy()
    inspection.note(mask, "dates out of order", "date", "repaired", "sorted by series and date")


def check_gaps(inspection: Inspection, rules: RepairRules, frequency: Frequency) -> None:
    """Between a series' first and last date each period has a row with units or is said to be unobserved."""
    _check_empty_units(inspection, rules)
    frame = inspection.frame.dropna(subset=[*_SERIES, "date"])
    if len(frame) and not any(found.check.startswith("off the ") for found in inspection.findings):
        _check_absent(inspection, rules, _absent_keys(frame, frequency))


def _check_empty_units(inspection: Inspection, rules: RepairRules) -> None:
    frame = inspection.frame
    mask = frame["units"].isna().to_numpy()
    if "in_stock" in frame.columns:
        mask = mask & frame["in_stock"].to_numpy(bool)
    if "stockout_fraction" in frame.columns:
        mask = mask & (frame["stockout_fraction"] != 1).to_numpy()
    action, done = _MEANING[rules.gaps]
    inspection.note(mask, "missing value", "units", action, done)
    if rules.gaps == "zero":
        inspection.frame = frame.assign(units=frame["units"].mask(mask, 0.0))
    elif rules.gaps == "unobserved" and mask.any():
        inspection.frame = mark_unobserved(frame, mask)


def _check_absent(inspection: Inspection, rules: RepairRules, absent: pd.DataFrame) -> None:
    action, done = _MEANING[rules.gaps]
    inspection.note_absent(absent, "gap in series", "date", action, done)
    if rules.gaps != "refuse" and len(absent):
        inspection.frame = _with_rows(inspection.frame, absent)
        if rules.gaps == "unobserved":
            added = np.arange(len(inspection.frame)) >= len(inspection.frame) - len(absent)
            inspection.frame = mark_unobserved(inspection.frame, added)


def _with_rows(frame: pd.DataFrame, keys: pd.DataFrame) -> pd.DataFrame:
    """Rows of zero units in stock added at the end; other columns are empty there (flags become 0 and 1)."""
    known = {"units": 0.0, "in_stock": True, "stockout_fraction": 0.0}
    rows = keys.assign(**{name: value for name, value in known.items() if name in frame.columns})
    flags = [name for name in frame.columns.difference(rows.columns) if frame[name].dtype == bool]
    return pd.concat([frame.astype(dict.fromkeys(flags, "float64")), rows], ignore_index=True)


def _absent_keys(frame: pd.DataFrame, frequency: Frequency) -> pd.DataFrame:
    """The keys between each series' first and last date that have no row."""
    series, a_row_of = _series_numbers(frame)
    days = frame["date"].to_numpy("datetime64[D]")
    period = frequency.place(days.min(), days)
    first = np.full(len(a_row_of), period.max())
    last = np.full(len(a_row_of), period.min())
    np.minimum.at(first, series, period)
    np.maximum.at(last, series, period)
    length = last - first + 1
    start = np.cumsum(length) - length  # all series' periods laid end to end
    present = np.zeros(length.sum(), dtype=bool)
    present[start[series] + period - first[series]] = True
    places = np.flatnonzero(~present)
    owner = np.repeat(np.arange(len(a_row_of)), length)[places]
    dates = frequency.shifted(days.min(), first[owner] + places - start[owner])
    return (
        frame[_SERIES]
        .iloc[a_row_of[owner]]
        .assign(date=dates.astype("datetime64[us]"))
        .reset_index(drop=True)
    )


def _series_numbers(frame: pd.DataFrame) -> tuple[IntArray, IntArray]:
    """For each row the number of its series, and for each series one of its rows."""
    items, locations = (pd.factorize(frame[name], sort=True)[0].astype(np.int64) for name in _SERIES)
    pair = items * (locations.max() + 1) + locations
    _, a_row_of, series = np.unique(pair, return_index=True, return_inverse=True)
    return series, a_row_of
