"""What a service-level agent learns from: windows of the past, with the forecasts of their time."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.inventory.costs import Costs
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.checks import require_shape
from allocast.simulation.windows import WindowSettings

__all__ = ["PastWindows"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PastWindows:
    """Consecutive periods, in which windows begin.

    Parameters
    ----------
    demand : array of shape (n_series, n_periods), in units
        What was asked for.
    paths : array of shape (n_periods, n_series, n_paths, n_ahead), in units
        Sampled just before each period from the forecast of that time; reaching over the protection interval.
    lately : array of shape (n_periods, n_series)
        From ``sold_lately``, just before each period.
    starts : array of int, shape (n_windows,)
        First period of each window; all of it lies in the periods.
    on_hand : array of shape (n_windows, n_series), in units
    pipeline : array of shape (n_windows, n_series, n_places), in units
        What arrives at the beginning of the window's first, second, … period.
    lead_time : array of int, shape (n_series,), in periods
        Certain.
    costs : Costs
    shape : WindowSettings

    Raises
    ------
    DataError
        There is no window, or shapes disagree.
    """

    demand: FloatArray
    paths: FloatArray
    lately: FloatArray
    starts: IntArray
    on_hand: FloatArray
    pipeline: FloatArray
    lead_time: IntArray
    costs: Costs
    shape: WindowSettings

    def __post_init__(self) -> None:
        n_series, n_periods = self.demand.shape
        if not len(self.starts):
            raise DataError(
                f"learning from the past needs a window of {self.shape.periods} periods or more with forecasts of "
                f"their time; there are {n_periods}. Bring a longer history."
            )
        require_shape("lately", self.lately, (n_periods, n_series))
        require_shape("on_hand", self.on_hand, (len(self.starts), n_series))
        ahead = int(self.lead_time.max(initial=0)) + 1
        if self.paths.shape[:2] != (n_periods, n_series) or self.paths.shape[3] < ahead:
            raise DataError(
                f"paths must have shape ({n_periods}, {n_series}, n_paths, {ahead} or more); "
                f"they have {self.paths.shape}."
            )
        if self.pipeline.shape[2] < ahead:
            raise DataError(
                f"the pipeline must have {ahead} places or more; it has {self.pipeline.shape[2]}."
            )
        if int(np.max(self.starts)) + self.shape.periods > n_periods:
            raise DataError("every window must lie wholly within the periods.")
