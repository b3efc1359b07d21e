"""How scenarios look in a terminal: a row each, within a hundred columns."""

from pathlib import Path

import pandas as pd

from allocast.cli.show import console, show_frame
from allocast.simulation.what_if import SideBySide

__all__ = ["show_scenarios"]

LONGEST_NAME = 24
HEADINGS = {
    "cost": "cost", "cost_difference": "change", "cost_difference_error": "±", "average_stock_money": "stock",
    "cash": "cash", "cash_largest_period": "peak", "co2e_kg": "CO2e kg",
}  # fmt: skip


def show_scenarios(table: pd.DataFrame, result: SideBySide, out: Path, plot: Path) -> None:
    """The table, what its columns are, and where files lie."""
    n_periods, _, n_paths = result.baseline.book.shape
    shown = pd.DataFrame({"scenario": [_shortened(name) for name in table["scenario"]]})
    shown["fill %"] = [f"{100 * rate:.1f}" for rate in table["fill_rate"]]
    for name, heading in HEADINGS.items():
        shown[heading] = table[name].round(0)
    order = ["scenario", "cost", "change", "±", "fill %", "stock", "cash", "peak", "CO2e kg"]
    console.print(f"\nScenarios by {result.policy}", style="bold")
    show_frame(shown[order], "", digits=0)
    console.print(
        f"\n{n_periods} periods on {n_paths} paths, the same for all; expected money, stock on average. Peak is the\n"
        "dearest period's cash; ± is the standard error of the change."
    )
    unable = table.loc[table["series_without_supplier"] > table["series_without_supplier"].iloc[0]]
    for name, count in zip(unable["scenario"], unable["series_without_supplier"], strict=True):
        console.print(f"{name}: {count:,.0f} series cannot be ordered from anybody")
    if table["co2e_known_share"].min() < 1:
        share = table["co2e_known_share"].min()
        console.print(f"CO2e is known of {share:.0%} of the units ordered, or more; the rest is not counted")
    console.print(f"\nwritten: {out} ({len(table)} scenarios), {plot}")


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
