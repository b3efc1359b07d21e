"""How rulebooks and calibrations look in a terminal: tables that fit the screen."""

from pathlib import Path

import numpy as np
import pandas as pd

from allocast.adapters.policy_words import kind_of
from allocast.adapters.rulebook_document import RulebookDocument
from allocast.cli.show import console, show_frame
from allocast.inventory.segments.calibration import NEEDS_APPROVAL
from allocast.inventory.segments.recalibration import Recalibration
from allocast.inventory.segments.rules import PARAMETERS
from allocast.simulation.paired import PairedComparison
from allocast.workflows.policy_review import Shown
from allocast.workflows.ruled_past import ruled_sentence

__all__ = ["show_differences", "show_preview", "show_recalibration", "show_ruled_past", "show_values"]

SHOWN = 15
SERIES = {"item_id": "item", "location_id": "location"}


def show_values(shown: Shown, out: Path) -> None:
    """Importance by ABC class, how many values come from where, and the series worth most."""
    console.print(f"\nRulebook {shown.document.version}, in effect from {shown.document.effective_from}")
    matrix = pd.crosstab(shown.segments["criticality"], shown.segments["abc"]).reset_index()
    _show(matrix.rename(columns={"criticality": "critical"}), "Series by criticality and ABC class")
    counts = [
        shown.values[f"{name}_from"].value_counts().rename(name.replace("_", " ")) for name in PARAMETERS
    ]
    origins = pd.concat(counts, axis=1).fillna(0).astype(int).rename_axis("value from").reset_index()
    _show(origins, "Series by where their values come from")
    first = shown.table.sort_values("annual_value", ascending=False, kind="stable").head(SHOWN)
    headings = SERIES | {
        "abc": "ABC", "xyz": "XYZ", "importance": "importance", "vulnerability": "supply", "policy": "policy",
        "cycle_service_level": "service", "cycle_service_level_from": "service from",
    }  # fmt: skip
    service = [
        _service(level, rate)
        for level, rate in zip(first["cycle_service_level"], first["fill_rate"], strict=True)
    ]
    _show(
        first.assign(cycle_service_level=service, policy=first["policy"].map(kind_of))[list(headings)].rename(
            columns=headings
        ),
        "Series of most value",
    )
    console.print(f"\nwritten: {out} ({len(shown.values):,} series)")


def show_preview(table: pd.DataFrame, document: RulebookDocument, out: Path) -> None:
    """What each rule reaches and adds, the strongest first."""
    headings = {
        "rule": "rule", "priority": "prio", "series": "series", "decides": "decides", "changes": "changes",
        "stock_money": "stock", "holding_cost": "holding", "shortage_cost": "shortage",
    }  # fmt: skip
    shown = table[list(headings)].rename(columns=headings)
    shown["prio"] = shown["prio"].map(lambda value: "" if pd.isna(value) else str(value))
    _show(
        shown.round({"stock": 0, "holding": 1, "shortage": 1}),
        f"Preview of {document.version}, in money that each rule adds; nothing applies yet",
        digits=1,
    )
    idle = table.loc[(table["series"] == 0) & table["priority"].notna(), "rule"]
    if len(idle):
        console.print(f"\nno series lies in the segments of: {', '.join(idle)}")
    console.print(f"\nwritten: {out}")


def show_differences(table: pd.DataFrame, before: RulebookDocument, after: RulebookDocument) -> None:
    """Value by value; or that nothing differs."""
    if table.empty:
        console.print(f"no difference: {before.version} and {after.version} say the same")
        return
    _show(table, f"From {before.version} to {after.version}")


def show_recalibration(found: Recalibration, document: RulebookDocument, out: Path, changes: Path) -> None:
    """How many series were due and why, and the largest changes, those that wait first."""
    status = found.changes["status"].value_counts().rename_axis("status").reset_index(name="series")
    _show(status, f"Recalibration by {document.version}: series that were due")
    moved = found.changes[~found.changes["status"].isin(["confirmed", "gone"])]
    waits = moved["status"] == NEEDS_APPROVAL
    first = moved.iloc[np.argsort(~waits.to_numpy(), kind="stable")].head(SHOWN)
    headings = SERIES | {
        "status": "status", "safety_stock_before": "before", "safety_stock_after": "after",
        "change_money": "money", "why": "why",
    }  # fmt: skip
    if len(first):
        _show(first[list(headings)].rename(columns=headings), "Safety stock in units", digits=1)
    if waits.any():
        console.print(
            f"\n{int(waits.sum())} changes do not act until approved: name them under approvals: in the rulebook"
        )
    console.print(f"\nwritten: {out} ({len(found.table):,} rows), {changes} ({len(found.changes):,} rows)")


def show_ruled_past(comparison: PairedComparison) -> None:
    """What the rulebook would have cost in the past windows."""
    console.print(f"\n{ruled_sentence(comparison)}")


def _show(frame: pd.DataFrame, title: str, digits: int = 2) -> None:
    """A table below its title, which may be wider."""
    console.print(f"\n{title}", style="bold")
    show_frame(frame, "", digits=digits)


def _service(level: float, rate: float) -> str:
    """The target that holds: a cycle service level, or a fill rate."""
    return f"fill {rate:.3g}" if not np.isnan(rate) else "own" if np.isnan(level) else f"{level:.3g}"
