"""Plots about suppliers and open orders; each gives a matplotlib figure and leaves no global state behind."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from allocast.adapters.plots import ACCENT, INK, SOFT, WARN, new_figure
from allocast.numerics.arrays import FloatArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["arrivals_plot", "held_out_plot", "overdue_plot", "scorecard_plot"]

SHOWN_SUPPLIERS, SHOWN_ORDERS, SHOWN_KEYS = 20, 25, 6
TENTHS = 10


def scorecard_plot(card: pd.DataFrame, comparison: pd.DataFrame, title: str) -> "Figure":
    """On-time share and pace of the largest suppliers with intervals, what ERPs show, and money still open."""
    shown = card.head(SHOWN_SUPPLIERS).iloc[::-1].reset_index(drop=True)
    panels = {"on_time_estimate": _draw_shares, "pace": _draw_pace, "open_money": _draw_money}
    drawn = [panels[name] for name in panels if name in shown]
    figure, _ = new_figure(4.0 + 3.2 * len(drawn), 1.6 + 0.34 * len(shown), n_panels=len(drawn))
    for draw, axes in zip(drawn, figure.axes, strict=True):
        draw(axes, shown, comparison)
        axes.set_ylim(-0.6, len(shown) - 0.4)
        axes.tick_params(labelsize=8)
    figure.suptitle(title, x=0.01, ha="left", fontsize=9)
    figure.legend(loc="outside lower center", fontsize=8, frameon=False, ncols=7)
    return figure


def _draw_pace(axes: Any, shown: pd.DataFrame, comparison: pd.DataFrame) -> None:  # noqa: ARG001
    places = np.arange(len(shown))
    pace, low, high = (shown[f"pace{end}"].to_numpy(np.float64) for end in ("", "_low", "_high"))
    changed = shown["drift"].notna().to_numpy()
    axes.axvline(1.0, color=INK, lw=0.8)
    axes.hlines(places, low, high, color=np.where(changed, WARN, ACCENT).tolist(), lw=3, alpha=0.35)
    axes.plot(pace[~changed], places[~changed], "o", color=ACCENT, ms=6)
    axes.plot(pace[changed], places[changed], "o", color=WARN, ms=6, label="has become slower or faster")
    axes.set_yticks(places, [f"({orders:.0f})" for orders in shown["pace_orders"].fillna(0)])
    axes.set_xlabel("lead time now ÷ usual for such orders; in brackets receipts", fontsize=8)


def _draw_money(axes: Any, shown: pd.DataFrame, comparison: pd.DataFrame) -> None:  # noqa: ARG001
    places = np.arange(len(shown))
    axes.barh(places, shown["open_money"], color=SOFT, label="on order")
    axes.barh(places, shown["overdue_money"], color=WARN, label="of it overdue")
    axes.set_yticks(places, [""] * len(shown))
    axes.set_xlabel("money still to come", fontsize=8)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def _draw_shares(axes: Any, shown: pd.DataFrame, comparison: pd.DataFrame) -> None:
    places = np.arange(len(shown))
    estimate = shown["on_time_estimate"].to_numpy(np.float64)
    low, high = (shown[f"on_time_{end}"].to_numpy(np.float64) for end in ("low", "high"))
    axes.hlines(places, low, high, color=ACCENT, lw=3, alpha=0.35)
    axes.plot(estimate, places, "o", color=ACCENT, ms=6, label="ours, 90 % interval")
    own = comparison.set_index("supplier_id").reindex(shown["supplier_id"])
    for column, label, marker in (
        ("odoo_on_time_rate", "Odoo", "^"),
        ("erpnext_on_time_rate", "ERPNext", "s"),
        ("sap_on_time_score", "SAP, of 100 points", "D"),
    ):
        axes.plot(own[column].to_numpy(np.float64), places, marker, color=INK, mfc="none", ms=5, label=label)
    names = [f"{name} ({due})" for name, due in zip(shown["supplier_id"], shown["due_orders"], strict=True)]
    axes.set_yticks(places, names)
    axes.set_xlim(-0.03, 1.03)
    axes.set_xlabel("share on time; in brackets the orders it rests on", fontsize=8)


def overdue_plot(table: pd.DataFrame, as_of: np.datetime64) -> "Figure":
    """The open orders with most money: ordered, promised, today, and when they are expected."""
    shown = table.head(SHOWN_ORDERS).iloc[::-1].reset_index(drop=True)
    figure, axes = new_figure(9.5, 1.5 + 0.28 * len(shown))
    places = np.arange(len(shown))
    ordered, promised = shown["ordered_on"], shown["promised_on"]
    end = shown[["expected_on_p50", "expected_on_p90"]].max().max()
    last = pd.Timestamp(as_of) + pd.Timedelta(days=30) if pd.isna(end) else end
    axes.hlines(places, ordered, np.full(len(shown), as_of), color=SOFT, lw=4, label="waited")
    median, late = (shown[f"expected_on_{p}"].fillna(last) for p in ("p50", "p90"))
    axes.hlines(places, median, late, color=ACCENT, lw=4, alpha=0.45, label="P50 to P90 of its arrival")
    axes.plot(median, places, "o", color=ACCENT, ms=5, label="P50")
    axes.plot(promised, places, "|", color=WARN, ms=11, mew=2, label="promised")
    axes.axvline(as_of, color=INK, lw=0.8)
    axes.set_yticks(
        places,
        [f"{line}  {who}" for line, who in zip(shown["order_line_id"], shown["supplier_id"], strict=True)],
    )
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.tick_params(labelsize=8)
    axes.set_title(f"Open orders as of {as_of}", loc="left", fontsize=10)
    figure.legend(loc="outside lower center", fontsize=8, frameon=False, ncols=4)
    return figure


def arrivals_plot(table: pd.DataFrame, as_of: np.datetime64) -> "Figure":
    """Expected units by coming period, of all and of the items with most on order, with P10 to P90."""
    totals = table.groupby(["item_id", "location_id"])["expected_units"].sum().sort_values(ascending=False)
    keys = totals.index[:SHOWN_KEYS]
    figure, axes = new_figure(9.5, 4.0)
    periods = np.sort(table["period"].unique())
    places = np.arange(len(periods))
    for shift, key in zip(np.linspace(-0.3, 0.3, max(len(keys), 1)), keys, strict=False):
        own = table[(table["item_id"] == key[0]) & (table["location_id"] == key[1])]
        (line,) = axes.plot(places + shift, own["expected_units"], "o", ms=4, label=f"{key[0]} at {key[1]}")
        axes.vlines(places + shift, own["p10"], own["p90"], color=line.get_color(), lw=2, alpha=0.4)
    axes.set_xticks(places, [str(period)[:10] for period in periods], rotation=30, ha="right")
    axes.set_ylim(bottom=0)
    axes.set_ylabel("units a period: mean, P10 to P90")
    axes.tick_params(labelsize=8)
    axes.set_title(f"What open orders will bring, as of {as_of}: most expected", loc="left", fontsize=10)
    figure.legend(loc="outside lower center", fontsize=8, frameon=False, ncols=3)
    return figure


def held_out_plot(
    days: FloatArray, said: FloatArray, seen: FloatArray, due: pd.DataFrame, title: str
) -> "Figure":
    """Share still to come as said and as seen, and how often what was said came true by the promise.

    Parameters
    ----------
    days, said, seen : arrays of shape (n_days,)
        Mean of the curves, and Kaplan-Meier of what happened.
    due : DataFrame
        A line a row, ``said`` the probability of being received by the promise, and ``on_time``, 0 or 1.
    title : str
    """
    figure, axes = new_figure(9.5, 3.8, n_panels=2)
    axes.step(days, seen, where="post", color=INK, lw=1, label="seen (Kaplan-Meier)")
    axes.plot(days, said, color=ACCENT, lw=1.8, label="said, mean")
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlabel("days since the order", fontsize=8)
    axes.set_ylabel("share still to come", fontsize=8)
    axes.legend(fontsize=8, frameon=False)
    reliability = figure.axes[1]
    reliability.plot([0, 1], [0, 1], color=INK, lw=0.8)
    if len(due):
        bins = np.minimum((due["said"].to_numpy() * TENTHS).astype(int), TENTHS - 1)
        means = due.groupby(bins)[["said", "on_time"]].agg(["mean", "size"])
        seen_share, count = means["on_time", "mean"].to_numpy(), means["said", "size"].to_numpy()
        error = np.sqrt(np.maximum(seen_share * (1 - seen_share), 0.01) / count)
        reliability.errorbar(
            means["said", "mean"], seen_share, yerr=1.64 * error, fmt="o", color=ACCENT, ms=5, lw=1, capsize=2
        )
    reliability.set_xlabel("said: received by the promise", fontsize=8)
    reliability.set_ylabel(f"seen, of {len(due)} due orders, 90 % interval", fontsize=8)
    figure.suptitle(title, x=0.01, ha="left", fontsize=9)
    return figure
