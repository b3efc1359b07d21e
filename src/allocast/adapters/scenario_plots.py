"""Plot of scenarios side by side."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from allocast.adapters.plots import ACCENT, INK, SOFT, WARN, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["scenarios_plot"]

PANELS = {
    "cost": "cost", "fill_rate": "fill rate", "average_stock_money": "stock, money on average",
    "cash": "cash for orders", "co2e_kg": "kg of CO2e",
}  # fmt: skip
CLEAR = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}  # numbers stay legible on the line
COSTS = (
    ("holding_cost", "holding", ACCENT),
    ("shortage_cost", "shortage", WARN),
    ("order_cost", "ordering", SOFT),
)


def scenarios_plot(table: pd.DataFrame) -> "Figure":
    """A panel each for cost, service, stock, cash and CO2e; a bar a scenario, the unchanged plan on top.

    Parameters
    ----------
    table : DataFrame
        As `SideBySide.table` gives it.
    """
    rows = table.iloc[::-1]
    figure, _ = new_figure(14.0, 1.4 + 0.42 * len(rows), n_panels=len(PANELS))
    for axes, (column, title) in zip(figure.axes, PANELS.items(), strict=True):
        _draw(axes, rows, column)
        axes.set_title(title, loc="left", fontsize=9)
        axes.set_yticks(range(len(rows)), rows["scenario"] if axes is figure.axes[0] else [""] * len(rows))
        axes.tick_params(labelsize=8, length=0)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
    figure.legend(loc="outside lower left", fontsize=8, frameon=False, ncols=3)
    return figure


def _draw(axes: Any, rows: pd.DataFrame, column: str) -> None:
    """Bars of one column with their numbers, and a line where the unchanged plan is."""
    values = rows[column].to_numpy(np.float64)
    if np.isnan(values).all():
        axes.text(0.0, 0.5, "not known", transform=axes.transAxes, fontsize=8, color=INK)
        return
    places = np.arange(len(rows))
    left = np.zeros(len(rows))
    parts = COSTS if column == "cost" else ((column, "", ACCENT),)
    for part, label, colour in parts:
        if rows[part].any():
            axes.barh(places, rows[part], left=left, color=colour, height=0.62, label=label or None)
            left = left + rows[part].to_numpy()
    plain, rate = values[-1], column == "fill_rate"
    axes.axvline(plain, color=INK, lw=0.8, ls=":")
    for place, value in zip(places, values, strict=True):
        apart = "" if place == len(rows) - 1 else _change(value, plain, rate)
        said = "not known" if np.isnan(value) else f"{value:.1%}" if rate else f"{value:,.0f}"
        axes.annotate(
            f"{said}{apart}", (np.nan_to_num(value), place), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize=7.5, color=INK, bbox=CLEAR,
        )  # fmt: skip
    axes.set_xlim(0, max(float(np.nanmax(values)), 1e-9) * 1.75)


def _change(value: float, plain: float, rate: bool) -> str:
    """The change against the unchanged plan: in points of a rate, else in percent."""
    if rate:
        return f"  {100 * (value - plain):+.1f} pt".replace("-", "−")
    return f"  {100 * (value / plain - 1):+.0f} %".replace("-", "−") if plain > 0 else ""
