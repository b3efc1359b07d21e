"""What a demand model says: quantiles per period and of running totals, and joint sample paths of both."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.errors import DataError
from allocast.forecast.paths import paths_from_quantiles, remap_totals
from allocast.numerics.arrays import DateArray, FloatArray, IntArray, freeze
from allocast.numerics.checks import require_at_least, require_increasing, require_shape

__all__ = ["DemandForecast"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandForecast:
    """Predictive distributions of the coming periods of every series.

    Parameters
    ----------
    series : DataFrame of n_series rows
        ``item_id`` and ``location_id``.
    as_of : day
        The last period whose demand was known.
    periods : array of days, shape (horizon,)
    levels : array of shape (n_levels,), in (0, 1), rising
    period_units : array of shape (n_series, n_levels, horizon), in units
        Quantiles of each period's demand.
    anchors : array of int, shape (n_anchors,), rising, in 1 … horizon
        Horizons whose running total was forecast directly.
    total_units : array of shape (n_series, n_levels, n_anchors), in units
        Quantiles of demand over the first ``anchors[k]`` periods together.
    mean : array of shape (n_series, horizon), in units
        Expected demand of each period.

    Raises
    ------
    DataError
        Shapes disagree, quantiles cross or are negative, or an anchor lies beyond the horizon.
    """

    series: pd.DataFrame
    as_of: np.datetime64
    periods: DateArray
    levels: FloatArray
    period_units: FloatArray
    anchors: IntArray
    total_units: FloatArray
    mean: FloatArray

    def __post_init__(self) -> None:
        n, q, h = len(self.series), len(self.levels), len(self.periods)
        require_increasing("levels", self.levels)
        require_increasing("anchors", self.anchors)
        if len(self.anchors) and not 1 <= self.anchors[0] <= self.anchors[-1] <= h:
            raise DataError(
                f"anchors must lie within 1 and the horizon of {h} periods; they are {self.anchors}."
            )
        require_shape("period_units", self.period_units, (n, q, h))
        require_shape("total_units", self.total_units, (n, q, len(self.anchors)))
        require_shape("mean", self.mean, (n, h))
        for name in ("period_units", "total_units", "mean"):
            values = np.asarray(getattr(self, name), dtype=np.float64)
            require_at_least(name, values)
            if name != "mean" and (np.diff(values, axis=1) < 0).any():
                series = int(np.argwhere(np.diff(values, axis=1) < 0)[0, 0])
                raise DataError(f"{name} must not fall from one level to the next; series {series} does.")
            object.__setattr__(self, name, freeze(values))

    @property
    def horizon(self) -> int:
        """How many periods ahead this reaches."""
        return len(self.periods)

    def sample_paths(self, n_paths: int, rng: np.random.Generator) -> FloatArray:
        """Joint futures, whose running totals at the anchors follow the directly forecast quantiles.

        Parameters
        ----------
        n_paths : int, >= 1
        rng : Generator

        Returns
        -------
        units : array of shape (n_series, n_paths, horizon), >= 0
        """
        paths = paths_from_quantiles(self.period_units, self.levels, n_paths, rng)
        return remap_totals(paths, self.anchors, self.total_units, self.levels)

    def to_frame(self) -> pd.DataFrame:
        """Tidy table: one row a series and period, one column a quantile, ``as_of`` in every row."""
        n, h = len(self.series), self.horizon
        frame = pd.DataFrame(
            {
                "item_id": np.repeat(self.series["item_id"].to_numpy(), h),
                "location_id": np.repeat(self.series["location_id"].to_numpy(), h),
                "as_of": self.as_of,
                "date": np.tile(self.periods, n),
                "mean": self.mean.ravel(),
            }
        )
        for level, units in zip(self.levels, np.moveaxis(self.period_units, 1, 0), strict=True):
            frame[f"q{level:g}"] = units.ravel()
        return frame
