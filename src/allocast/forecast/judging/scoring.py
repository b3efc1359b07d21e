"""Every cell is scored once: sums of each series, from which the scores of any group of series are made."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.forecast.judging.metrics import absolute_scale, level_weights, pinball, scaled_rmse
from allocast.forecast.judging.pit import calibration_error, covered, place_range
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray

__all__ = ["JUDGED_LEVELS", "PIT_BINS", "SeriesScores", "cells_of", "shares_of"]

JUDGED_LEVELS = (0.5, 0.9, 0.95, 0.99)
PIT_BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesScores:
    """What each series adds to the scores; sums over its observed cells.

    Parameters
    ----------
    cells, placed_cells, demand, error, pinball, crps : arrays of shape (n_series,)
        Number, without and with those of which only a bound is known; units; forecast mean − demand; twice the
        pinball loss, its mean over levels and its integral over them.
    rmsse, scaled_pinball : arrays of shape (n_series,)
        Of the series by itself; NaN where it has no cells or a history that does not move.
    weight : array of shape (n_series,), >= 0
        In the weighted RMSSE.
    below, placed : arrays of shape (n_series, n_judged)
        At or below each judged quantile; and with the place randomised.
    places : array of shape (n_series, PIT_BINS)
        Histogram of randomised places.
    judged : tuple of float
        Those of ``JUDGED_LEVELS`` that were forecast.
    """

    cells: FloatArray
    placed_cells: FloatArray
    demand: FloatArray
    error: FloatArray
    pinball: FloatArray
    crps: FloatArray
    rmsse: FloatArray
    scaled_pinball: FloatArray
    weight: FloatArray
    below: FloatArray
    placed: FloatArray
    places: FloatArray
    judged: tuple[float, ...]

    @classmethod
    def of(
        cls,
        actual: FloatArray,
        mean: FloatArray,
        quantiles: FloatArray,
        levels: FloatArray,
        *,
        history: FloatArray,
        weight: FloatArray,
        bounded: BoolArray | None = None,
    ) -> "SeriesScores":
        """Score every cell.

        Parameters
        ----------
        actual, mean : arrays of shape (n_series, horizon), actual NaN where nothing is known of it
        quantiles : array of shape (n_series, n_levels, horizon)
        levels : array of shape (n_levels,)
        history : array of shape (n_series, n_periods), NaN where not observed
            What series are scaled by.
        weight : array of shape (n_series,), >= 0
        bounded : array of bool, shape (n_series, horizon), optional
            Where ``actual`` is only a lower bound. Such a cell counts for the places alone: it is spread over all of
            the distribution above the bound, which keeps the places uniform where forecasts are right.

        References
        ----------
        Haider, Hoehn, Davis and Greiner, *Effective ways to build and evaluate individual survival distributions*,
        JMLR 21 (2020), section 3.5 (D-calibration): how censored outcomes are spread.
        """
        bounded = np.zeros(actual.shape, dtype=bool) if bounded is None else bounded
        lower, upper = place_range(actual, quantiles, levels)
        upper = np.where(bounded, 1.0, upper)
        placed = (~np.isnan(actual)).sum(axis=1).astype(np.float64)
        actual = np.where(bounded, np.nan, actual)
        loss = pinball(actual, quantiles, levels)
        chosen = [place for place, level in enumerate(levels) if any(np.isclose(level, JUDGED_LEVELS))]
        edges = np.linspace(0, 1, PIT_BINS + 1)
        up_to = np.stack([np.nansum(covered(lower, upper, edge), axis=1) for edge in edges], axis=1)
        cells = (~np.isnan(actual)).sum(axis=1).astype(np.float64)
        total = np.nansum(loss.mean(axis=1), axis=1)
        scale = absolute_scale(history) * cells
        return cls(
            cells=cells,
            placed_cells=placed,
            demand=np.nansum(actual, axis=1),
            error=np.nansum(mean - actual, axis=1),
            pinball=total,
            crps=np.nansum((loss * level_weights(levels)[:, None]).sum(axis=1), axis=1),
            rmsse=scaled_rmse(actual, mean, history),
            scaled_pinball=np.divide(total, scale, out=np.full(len(scale), np.nan), where=scale > 0),
            weight=weight,
            below=(actual[:, None, :] <= quantiles[:, chosen]).sum(axis=2).astype(np.float64),
            placed=_per_level([covered(lower, upper, levels[place]) for place in chosen], len(cells)),
            places=np.diff(up_to, axis=1),
            judged=tuple(float(levels[place]) for place in chosen),
        )

    def table(self, group: IntArray | None = None, n_groups: int = 1) -> pd.DataFrame:
        """Scores of each group of series, a row a group that has any cell.

        Parameters
        ----------
        group : array of int, shape (n_series,), in 0 … n_groups − 1, optional
            By default all are one.
        n_groups : int

        Returns
        -------
        table : DataFrame, indexed by group
            ``series``, ``cells`` and ``demand``, and the scores, all as ``forecast.judging.metrics`` has them.
        """
        group = np.zeros(len(self.cells), dtype=np.int64) if group is None else group
        judged = ~np.isnan(self.rmsse)
        sums = {
            "series": self.cells > 0,
            "cells": self.cells,
            "placed_cells": self.placed_cells,
            "demand": self.demand,
            "error": self.error,
            "pinball": self.pinball,
            "crps": self.crps,
            "judged": judged,
            "rmsse": np.nan_to_num(self.rmsse),
            "series_pinball": np.nan_to_num(self.scaled_pinball),
            "weight": self.weight * judged,
            "wrmsse": np.nan_to_num(self.rmsse) * self.weight,
            **{f"coverage_{level:g}": self.below[:, place] for place, level in enumerate(self.judged)},
            **{f"placed_{level:g}": self.placed[:, place] for place, level in enumerate(self.judged)},
            **{f"pit_{bin_ + 1}": self.places[:, bin_] for bin_ in range(PIT_BINS)},
        }
        found = pd.DataFrame(
            {name: np.bincount(group, values, minlength=n_groups) for name, values in sums.items()}
        )
        return _scores(found[found["cells"] > 0])


def shares_of(table: pd.DataFrame) -> pd.DataFrame:
    """The columns of a table of scores that are shares of outcomes."""
    shares = ("coverage_", "placed_", "pit_")
    return table[[c for c in table if str(c).startswith(shares) and c not in ("pit_error", "placed_cells")]]


def cells_of(share: str) -> str:
    """The column that says of how many cells a share is."""
    return "cells" if share.startswith("coverage_") else "placed_cells"


def _per_level(shares: list[FloatArray], n_series: int) -> FloatArray:
    if not shares:
        return np.zeros((n_series, 0))
    return np.stack([np.nansum(share, axis=1) for share in shares], axis=1)


def _scores(sums: pd.DataFrame) -> pd.DataFrame:
    """Ratios of sums; NaN where there is nothing to divide by."""
    demand, cells = sums["demand"].where(sums["demand"] > 0), sums["cells"]
    judged, weight = sums["judged"].where(sums["judged"] > 0), sums["weight"].where(sums["weight"] > 0)
    shares = shares_of(sums).apply(lambda share: share / sums[cells_of(str(share.name))])
    places = shares[[f"pit_{place + 1}" for place in range(PIT_BINS)]].to_numpy()
    return pd.DataFrame(
        {
            "series": sums["series"].astype(np.int64),
            "cells": cells.astype(np.int64),
            "placed_cells": sums["placed_cells"].astype(np.int64),
            "demand": sums["demand"],
            "scaled_pinball": sums["pinball"] / demand,
            "series_pinball": sums["series_pinball"] / judged,
            "crps": sums["crps"] / cells,
            "rmsse": sums["rmsse"] / judged,
            "wrmsse": sums["wrmsse"] / weight,
            "bias": sums["error"] / demand,
            "pit_error": [calibration_error(row) for row in places],
            **shares,
        }
    )
