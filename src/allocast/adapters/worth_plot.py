"""Carrying cost against service: where each policy stands between too much stock and too little."""

from typing import TYPE_CHECKING

import numpy as np

from allocast.adapters.plots import ACCENT, INK, WARN, new_figure
from allocast.simulation.worth import Worth

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["worth_plot"]


def worth_plot(worth: Worth) -> "Figure":
    """Carrying cost a window against fill rate, a point a policy; below and to the right of the reference is better."""
    table = worth.wide().sort_values("fill_rate", ignore_index=True)
    fill, cost = 100 * table["fill_rate"].to_numpy(), table["carrying_cost"].to_numpy()
    usual = table["policy"] == worth.reference
    figure, axes = new_figure(8.0, 4.6)
    axes.axvline(fill[usual][0], color=WARN, lw=0.8, ls=":")
    axes.axhline(cost[usual][0], color=WARN, lw=0.8, ls=":")
    axes.scatter(fill, cost, color=np.where(usual, WARN, ACCENT), s=36, zorder=3)
    for place, name in enumerate(table["policy"]):
        axes.annotate(
            f"{place + 1}  {name}",
            (1.02, 1 - place / max(len(table), 12)),
            xycoords="axes fraction",
            fontsize=8,
            color=WARN if usual[place] else INK,
            va="top",
        )
        axes.annotate(
            str(place + 1),
            (fill[place], cost[place]),
            (5, 4),
            textcoords="offset points",
            fontsize=8,
            color=INK,
        )
    axes.margins(x=0.08)
    axes.set_ylim(0, 1.12 * cost.max())
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel("fill rate, %")
    axes.set_ylabel("carrying cost, mean of a window")
    axes.set_title(f"What service costs (dotted: {worth.reference})", loc="left", fontsize=10)
    return figure
