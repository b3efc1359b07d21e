"""Recalibration: which series are due and why, what changes by how much, and what has to be approved."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd
from annotated_types import Ge, Gt

from allocast.errors import DataError
from allocast.inventory.segments.calibration import (
    ACTING,
    CALIBRATION,
    NEEDS_APPROVAL,
    Approval,
    settled,
)
from allocast.inventory.segments.clashes import TARGETS
from allocast.inventory.segments.segment_table import SERIES
from allocast.numerics.arrays import BoolArray, FloatArray, TextArray

__all__ = ["CHANGES", "Recalibration", "RecalibrationRules", "recalibrate"]

CHANGES = [
    *SERIES, "status", "why", "safety_stock_before", "safety_stock_after", "change_units", "change_share",
    "change_money", "cycle_service_level_before", "cycle_service_level_after", "fill_rate_before", "fill_rate_after",
    "policy_before", "policy_after",
]  # fmt: skip
LEAST_CHANGE = 0.5  # units: less is no change of an order
LEAST_UNITS = 1e-9  # a safety stock of less is none


@dataclass(frozen=True, slots=True, kw_only=True)
class RecalibrationRules:
    """When values are found anew, and which changes somebody has to approve.

    Parameters
    ----------
    every_days : int, >= 1
        A series is due so many days after its last calibration.
    demand_band, lead_time_band : float, > 0
        It is due at once when the variation of its demand, or of its lead time, is off by more than this share of what
        it was at its last calibration.
    demand_periods : int, >= 2
        Periods over which demand's variation is watched.
    approval_share : float, > 0
        A change of safety stock by more than this share of what it was needs approval, if it is also
    approval_money : float, >= 0
        more than so much money.
    """

    every_days: Annotated[int, Ge(1)] = 7
    demand_band: Annotated[float, Gt(0)] = 0.25
    lead_time_band: Annotated[float, Gt(0)] = 0.25
    demand_periods: Annotated[int, Ge(2)] = 26
    approval_share: Annotated[float, Gt(0)] = 0.5
    approval_money: Annotated[float, Ge(0)] = 100.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recalibration:
    """What a recalibration found.

    Parameters
    ----------
    table : DataFrame, columns ``CALIBRATION``
        What holds from now on, and what waits for approval.
    changes : DataFrame, columns ``CHANGES``, most money first
        A row a series that was due: ``new``, ``changed``, ``needs approval``, ``confirmed`` (nothing to change), or
        ``gone``, no longer among the series. Of ``needs approval``, "after" is what waits.
    """

    table: pd.DataFrame
    changes: pd.DataFrame


def recalibrate(
    before: pd.DataFrame | None,
    now: pd.DataFrame,
    *,
    as_of: np.datetime64,
    rulebook: str,
    rules: RecalibrationRules | None = None,
    approvals: Sequence[Approval] = (),
) -> Recalibration:
    """Find anew what is due; leave the rest as it was.

    A change that needs approval waits: until it is approved the series keeps its values and its safety stock. It is
    looked at again when it is due again.

    Parameters
    ----------
    before : DataFrame, columns ``CALIBRATION``, optional
        The last calibration; without it every series is new.
    now : DataFrame
        As `measured` gives it.
    as_of : day
    rulebook : str
        Version that ``now`` follows; another one than before makes all series due.
    rules : RecalibrationRules, optional
    approvals : sequence of Approval

    Raises
    ------
    DataError
        The last calibration is of a later day.
    """
    rules = rules or RecalibrationRules()
    stamp = str(as_of.astype("datetime64[D]"))
    fresh = now.assign(state=ACTING, calibrated_on=stamp, rulebook=rulebook)
    last = pd.DataFrame(columns=CALIBRATION) if before is None else settled(before, approvals)
    _require_earlier(last, stamp)
    acting = _beside(fresh, last[last["state"] == ACTING])
    waiting = _beside(fresh, last[last["state"] == NEEDS_APPROVAL])
    why = _why(fresh, waiting.where(waiting["state"].notna(), acting), rules, stamp)
    change = _change(fresh, acting)
    known, due = acting["state"].notna().to_numpy(), why != ""
    needs = due & known & _is_large(change, rules)
    status = np.select(
        [~known, needs, change["changed"].to_numpy(bool)], ["new", NEEDS_APPROVAL, "changed"], "confirmed"
    )
    changes = fresh[SERIES].assign(status=status.astype(object), why=why).join(change)[due]
    proposed = fresh.assign(why=why, state=np.where(needs, NEEDS_APPROVAL, ACTING))
    kept = acting[known & (~due | needs)], waiting[waiting["state"].notna().to_numpy() & ~due]
    return Recalibration(table=_together(proposed[due], *kept), changes=_ordered(changes, fresh, last))


def _together(*parts: pd.DataFrame) -> pd.DataFrame:
    """What is new and what is kept, by series, in one order whatever was due."""
    table = pd.concat([part[CALIBRATION] for part in parts if len(part)], ignore_index=True)
    return table.astype({"stocked": bool}).sort_values([*SERIES, "state"], kind="stable", ignore_index=True)


def _require_earlier(last: pd.DataFrame, stamp: str) -> None:
    later = last["calibrated_on"].max() if len(last) else stamp
    if later > stamp:
        raise DataError(
            f"the last calibration is of {later}, after {stamp}; a calibration cannot be taken back in time. "
            "Bring an earlier one, or a later day."
        )


def _beside(series: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of a calibration in the order of the series, NaN where there is none."""
    return series[SERIES].merge(rows.astype({"stocked": object}), on=SERIES, how="left")


def _why(now: pd.DataFrame, latest: pd.DataFrame, rules: RecalibrationRules, stamp: str) -> TextArray:
    """Why each series is due; empty where it is not."""
    known = latest["state"].notna().to_numpy()
    days = (
        np.datetime64(stamp) - latest["calibrated_on"].where(known, stamp).to_numpy("datetime64[D]")
    ).astype(int)
    parts = [
        np.where(known, "", "first calibration"),
        _text(known & (days >= rules.every_days), [f"{n} days since the last" for n in days]),
        _text(
            known & (latest["rulebook"] != now["rulebook"]).to_numpy(),
            [f"rulebook {version}" for version in now["rulebook"]],
        ),
        *(
            _left_band(now[name], latest[name], band, known, name.replace("_", " "))
            for name, band in (
                ("demand_variation", rules.demand_band),
                ("lead_time_variation", rules.lead_time_band),
            )
        ),
    ]
    return np.array(["; ".join(filter(None, row)) for row in zip(*parts, strict=True)], dtype=object)


def _left_band(
    now: "pd.Series[float]", then: "pd.Series[float]", band: float, known: BoolArray, name: str
) -> TextArray:
    current, former = now.to_numpy(np.float64), then.to_numpy(np.float64)
    off = np.abs(current - former) > band * np.abs(former) + 1e-12
    appeared = np.isnan(current) != np.isnan(former)
    words = [
        f"{name} {value:.2f} left {(1 - band) * centre:.2f} to {(1 + band) * centre:.2f}"
        for value, centre in zip(current, former, strict=True)
    ]
    return _text(known & (off | appeared), words)


def _text(rows: BoolArray, words: list[str]) -> TextArray:
    chosen: TextArray = np.where(rows, np.array(words, dtype=object), "")
    return chosen


def _change(now: pd.DataFrame, acting: pd.DataFrame) -> pd.DataFrame:
    """What a series would change to, against what acts."""
    before, after = (table["safety_stock"].to_numpy(np.float64) for table in (acting, now))
    units = np.nan_to_num(after) - np.nan_to_num(before)
    money = [np.nan_to_num(table["safety_stock_money"].to_numpy(np.float64)) for table in (acting, now)]
    share = np.divide(
        units, np.abs(before), out=np.full(len(units), np.inf), where=np.abs(before) > LEAST_UNITS
    )
    table = pd.DataFrame({"safety_stock_before": before, "safety_stock_after": after, "change_units": units})
    table["change_share"] = np.where(units == 0, 0.0, np.where(np.isnan(before), np.nan, share))
    table["change_money"] = money[1] - money[0]
    changed = np.abs(units) >= LEAST_CHANGE
    for name in (*TARGETS, "policy"):
        old, new = acting[name], now[name]
        table[f"{name}_before"], table[f"{name}_after"] = old.to_numpy(), new.to_numpy()
        changed |= ((old != new) & ~(old.isna() & new.isna())).to_numpy(bool)
    return table.assign(changed=changed)


def _is_large(change: pd.DataFrame, rules: RecalibrationRules) -> BoolArray:
    share, money = (np.abs(change[name].to_numpy(np.float64)) for name in ("change_share", "change_money"))
    large: BoolArray = (np.where(np.isnan(share), np.inf, share) > rules.approval_share) & (
        money > rules.approval_money
    )
    return large


def _ordered(changes: pd.DataFrame, now: pd.DataFrame, last: pd.DataFrame) -> pd.DataFrame:
    """The changes, most money first, then the series that are gone."""
    size: FloatArray = -changes["change_money"].abs().to_numpy(np.float64)
    ordered = changes.iloc[np.argsort(np.nan_to_num(size), kind="stable")][CHANGES]
    keys = pd.MultiIndex.from_frame(now[SERIES])
    away = last[(last["state"] == ACTING) & ~pd.MultiIndex.from_frame(last[SERIES]).isin(keys)]
    gone = away[SERIES].assign(status="gone", why="no longer among the series").reindex(columns=CHANGES)
    parts = [part for part in (ordered, gone) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else ordered.reset_index(drop=True)
