"""The windows, levels, weights and scores of the M5 figures, and what both recipes need of the data."""

from pathlib import Path

import numpy as np
import pandas as pd

from allocast.adapters.datasets.m5 import M5_HORIZON, read_m5_weights
from allocast.demand.panel import DemandPanel
from allocast.forecast.hierarchy import Hierarchy
from allocast.forecast.judging.metrics import weighted_rmsse
from allocast.numerics.arrays import FloatArray, IntArray

__all__ = [
    "LEVELS",
    "ahead",
    "hierarchy_of",
    "known_then",
    "level_scores",
    "level_weights",
    "open_days",
    "season_repeated",
    "since_first_sale",
    "starts",
]

N_WINDOWS = 6
LEVELS = {
    "Level1": [],
    "Level2": ["state"],
    "Level3": ["store"],
    "Level4": ["category"],
    "Level5": ["department"],
    "Level6": ["state", "category"],
    "Level7": ["state", "department"],
    "Level8": ["store", "category"],
    "Level9": ["store", "department"],
}


def starts(panel: DemandPanel) -> list[int]:
    """Places of the first days of the last six windows of 28 days, side by side, up to the panel's end."""
    end = len(panel.periods)
    return [end - M5_HORIZON * k for k in range(N_WINDOWS, 0, -1)]


def known_then(panel: DemandPanel, start: int) -> DemandPanel:
    """The panel as it was known before a window; the calendar (and prices) beyond it stay, as in the competition."""
    return panel.until(panel.periods[start - 1])


def ahead(start: int) -> slice:
    """The days of a window."""
    return slice(start, start + M5_HORIZON)


def hierarchy_of(panel: DemandPanel) -> Hierarchy:
    """The competition's levels 1 to 9."""
    return Hierarchy.of(panel.series, LEVELS)


def level_weights(root: Path, hierarchy: Hierarchy) -> FloatArray:
    """The official weight of each node of levels 1 to 9, shape (n_nodes,); 0 for the series' own level, judged as 9."""
    official = read_m5_weights(root)
    nodes = pd.MultiIndex.from_frame(hierarchy.nodes)
    weights: FloatArray = official.reindex(nodes).fillna(0.0).to_numpy(np.float64)
    return weights


def level_scores(
    hierarchy: Hierarchy, nodes_mean: FloatArray, units: FloatArray, weights: FloatArray, start: int
) -> FloatArray:
    """WRMSSE of each of the nine levels in one window, scales from what came before it.

    Parameters
    ----------
    hierarchy : Hierarchy
    nodes_mean : array of shape (n_nodes, 28), in units
    units : array of shape (n_series, n_days)
        What was sold, closed days too.
    weights : array of shape (n_nodes,)
    start : int
    """
    sold = hierarchy.aggregate(units[:, : ahead(start).stop])
    history = since_first_sale(sold[:, :start])
    scores = []
    for level in LEVELS:
        own = hierarchy.of_level(level)
        scores.append(weighted_rmsse(sold[own, start:], nodes_mean[own], history[own], weights[own]))
    return np.array(scores)


def since_first_sale(units: FloatArray) -> FloatArray:
    """Units, NaN before the first sale."""
    return np.where(np.cumsum(units, axis=1) > 0, units, np.nan)


def open_days(panel: DemandPanel, start: int) -> FloatArray:
    """1 where the stores are open, 0 where they are known to be closed, shape (n_series, 28)."""
    closed: FloatArray = panel.known_ahead["closed"][:, ahead(start)]
    return 1.0 - closed


def season_repeated(history: FloatArray, season: int) -> FloatArray:
    """Seasonal naive: the last season again and again, shape (n_series, 28)."""
    places: IntArray = history.shape[1] - season + np.arange(M5_HORIZON) % season
    return history[:, places]
