"""Plots of results; each gives a matplotlib figure and leaves no global state behind."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from allocast.adapters.files import write_atomically
from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_forecast import DemandForecast
from allocast.forecast.explanation import Explanation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "calibration_plot",
    "contributions_plot",
    "example_plot",
    "importance_plot",
    "learning_curve_plot",
    "new_figure",
    "policy_plot",
    "save_plot",
    "waterfall_plot",
]

INK, ACCENT, SOFT, WARN = "#22313f", "#1f77b4", "#b8cfe5", "#d1495b"
SHOWN_PERIODS = 60


def policy_plot(summary: pd.DataFrame) -> "Figure":
    """Cost of each policy, split into holding, shortage and ordering, cheapest on top; fill rates beside it."""
    figure, axes = new_figure(8.0, 0.8 + 0.45 * len(summary))
    table = summary.iloc[::-1]
    left = np.zeros(len(table))
    parts = (
        ("holding_cost", "holding", ACCENT),
        ("shortage_cost", "shortage", WARN),
        ("order_cost", "ordering", SOFT),
    )
    for column, label, colour in parts:
        if table[column].any():
            axes.barh(table["policy"], table[column], left=left, color=colour, label=label)
            left = left + table[column].to_numpy()
    for place, (total, fill) in enumerate(zip(left, table["fill_rate"], strict=True)):
        axes.text(total, place, f"  {total:,.0f}   fill {fill:.1%}", va="center", fontsize=8, color=INK)
    axes.set_xlim(0, left.max() * 1.28)
    axes.set_title("Cost of each policy in the past windows", loc="left", fontsize=10)
    figure.legend(loc="outside lower center", fontsize=8, frameon=False, ncols=3)
    return figure


def example_plot(
    panel: DemandPanel,
    forecast: DemandForecast,
    row: int,
    recommendation: pd.Series,
    rng: np.random.Generator,
) -> "Figure":
    """One series: its history with what was not observed, the forecast as a fan, and the advice in words."""
    figure, axes = new_figure(9.0, 3.8)
    dates, units = panel.periods[-SHOWN_PERIODS:], panel.units[row, -SHOWN_PERIODS:]
    seen = panel.observed[row, -SHOWN_PERIODS:]
    axes.plot(dates, np.where(seen, units, np.nan), color=INK, lw=1.2, marker=".", ms=4, label="demand")
    axes.plot(dates[~seen], units[~seen], "x", color=WARN, ms=5, label="out of stock: sales only")
    paths = forecast.sample_paths(500, rng)[row]
    for low, high, shade in ((0.05, 0.95, 0.25), (0.25, 0.75, 0.45)):
        edges = np.quantile(paths, [low, high], axis=0)
        axes.fill_between(
            forecast.periods, *edges, color=ACCENT, alpha=shade, lw=0, label=f"{low:.0%} to {high:.0%}"
        )
    axes.plot(forecast.periods, forecast.mean[row], color=ACCENT, lw=1.5, label="mean")
    axes.set_ylim(bottom=0)
    axes.set_ylabel("units per period")
    where = f"{recommendation['item_id']} at {recommendation['location_id']}"
    axes.set_title(f"{where}\n{recommendation['reason']}", loc="left", fontsize=9)
    figure.legend(loc="outside lower center", fontsize=8, frameon=False, ncols=5)
    return figure


def importance_plot(importance: pd.Series, shown: int = 20) -> "Figure":
    """Share of the gain of the most important features."""
    top = importance.head(shown).iloc[::-1]
    figure, axes = new_figure(7.0, 0.8 + 0.24 * len(top))
    axes.barh(top.index, top.to_numpy(), color=ACCENT)
    axes.set_title("Share of the gain by feature", loc="left", fontsize=10)
    axes.tick_params(labelsize=8)
    return figure


def waterfall_plot(explanation: Explanation, row: int) -> "Figure":
    """One series, family by family, from the usual units a period to the expected ones."""
    table = explanation.table(row)
    shares = table["units"].to_numpy()[1:-1]
    after = table["units"].iloc[0] + np.cumsum(shares)
    ends = np.array([table["units"].iloc[0], *after, table["units"].iloc[-1]])
    figure, axes = new_figure(8.0, 1.5 + 0.34 * len(table))
    bars, colours = np.arange(1, len(table) - 1), np.where(shares > 0, ACCENT, WARN)
    axes.barh(bars, shares, left=after - shares, color=colours, height=0.6)
    axes.plot(ends[[0, -1]], [0, len(table) - 1], "D", color=INK, ms=7, ls="none")
    axes.set_yticks(range(len(table)), table["what"])
    axes.set_ylim(len(table) - 0.4, -0.6)
    for place, end in enumerate(ends[:-1]):
        axes.plot([end, end], [place, place + 1], color=INK, lw=0.6, zorder=0)
    reach = max(np.ptp(ends), 0.02 * ends.max())
    axes.set_xlim(max(ends.min() - 0.1 * reach, 0.0), ends.max() + 0.25 * reach)
    numbers = [f"{ends[0]:,.2f}", *[f"{n:+,.2f}".replace("-", "−") for n in shares], f"{ends[-1]:,.2f}"]
    for place, number in enumerate(numbers):
        right = max(ends[place], ends[max(place - 1, 0)] if 0 < place < len(ends) - 1 else 0.0)
        axes.text(right + 0.03 * reach, place, number, va="center", fontsize=8, color=INK)
    axes.set_xlabel(f"units a {explanation.period}, mean of the next {explanation.periods[row]}")
    of = explanation.series.iloc[row]
    title = f"{of['item_id']} at {of['location_id']}\n{explanation.sentence(row)}"
    axes.set_title(title, loc="left", x=0.0, fontsize=9)
    return figure


def contributions_plot(explanation: Explanation, shown: int = 12) -> "Figure":
    """What moves forecasts on average: families above, the features that move most below."""
    families = explanation.family_importance().iloc[::-1]
    features = explanation.importance().head(shown).iloc[::-1]
    figure, axes = new_figure(7.5, 1.4 + 0.26 * (len(families) + len(features)))
    places = np.arange(len(features) + len(families)) + (
        np.arange(len(features) + len(families)) >= len(features)
    )
    axes.barh(places[: len(features)], features["units"], color=SOFT, label="feature")
    axes.barh(places[len(features) :], families.to_numpy(), color=ACCENT, label="family")
    axes.set_yticks(places, [*features["feature"], *families.index])
    axes.tick_params(labelsize=8)
    axes.set_xlabel(
        f"units a {explanation.period} that the forecast moves, mean over {len(explanation.series)} series"
    )
    axes.set_title("What moves the forecasts", loc="left", fontsize=10)
    axes.legend(fontsize=8, frameon=False, loc="lower right")
    return figure


def calibration_plot(table: pd.DataFrame, model: str) -> "Figure":
    """Share of outcomes at or below each quantile, by window, against its level; and the places of all outcomes.

    Where the table has randomised places, both go by them: then whole units do not look like coverage too wide.
    """
    own = table[table["model"] == model]
    randomised = "pit_1" in own
    figure, axes = new_figure(9.0 if randomised else 6.0, 4.0, n_panels=2 if randomised else 1)
    if randomised:
        _draw_places(figure.axes[1], own)
    prefix = "placed_" if randomised else "coverage_"
    columns = [name for name in own if str(name).startswith(prefix) and name != "placed_cells"]
    levels = np.array([float(str(name).removeprefix(prefix)) for name in columns])
    for target, colour in (("period", ACCENT), ("total", WARN)):
        shares = own[own["target"] == target].groupby("window")[columns].mean()
        for _, share in shares.iterrows():
            axes.plot(levels, share.to_numpy() - levels, color=colour, alpha=0.35, lw=1)
        if len(shares):
            axes.plot(
                levels, shares.mean().to_numpy() - levels, color=colour, marker="o", label=f"{target}s, mean"
            )
    axes.axhline(0, color=INK, lw=0.8)
    axes.set_xlabel("level")
    axes.set_ylabel("share below − level")
    axes.set_title("Calibration on past windows", loc="left", fontsize=10)
    axes.legend(fontsize=8, frameon=False)
    return figure


def _draw_places(axes: Any, own: pd.DataFrame) -> None:
    """Histogram of the randomised places of outcomes in their distributions; flat is calibrated."""
    columns = [name for name in own if str(name).startswith("pit_") and name != "pit_error"]
    edges = np.linspace(0, 1, len(columns) + 1)
    for target, colour in (("period", ACCENT), ("total", WARN)):
        part = own[own["target"] == target]
        if len(part):
            shares = np.average(part[columns], axis=0, weights=part["placed_cells"]) * len(columns)
            axes.stairs(shares, edges, baseline=None, color=colour, lw=1.5, label=f"{target}s")
    axes.axhline(1, color=INK, lw=0.8)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("place of the outcome in its distribution (randomised)")
    axes.set_ylabel("density; 1 is calibrated")
    axes.set_title("Places of outcomes", loc="left", fontsize=10)
    axes.legend(fontsize=8, frameon=False)


def learning_curve_plot(curve: pd.DataFrame) -> "Figure":
    """Cost of the agent on fixed scenarios while it learned, and of ordering up to the critical ratio."""
    figure, axes = new_figure(6.0, 3.4)
    axes.plot(curve["step"], curve["cost"], color=ACCENT, marker=".", label="agent")
    axes.plot(
        curve["step"], curve["order_up_to_cost"], color=WARN, ls="--", label="order up to critical ratio"
    )
    axes.set_xlabel("decisions")
    axes.set_ylabel("cost per decision, scaled")
    axes.set_title("Learning curve", loc="left", fontsize=10)
    axes.legend(fontsize=8, frameon=False)
    return figure


def save_plot(figure: "Figure", path: Path) -> Path:
    """Write a figure atomically; the suffix says the format."""
    write_atomically(path, lambda unfinished: figure.savefig(unfinished, dpi=130))
    return path


def new_figure(width: float, height: float, n_panels: int = 1) -> tuple["Figure", Any]:
    """A figure of its own, not of pyplot: nothing global, nothing to close; and its first panel."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    panels = figure.subplots(1, n_panels, squeeze=False)[0]
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
    return figure, panels[0]
