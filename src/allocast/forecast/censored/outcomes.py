"""What was sold in some periods, and how far that was the demand."""

from dataclasses import dataclass

import numpy as np

from allocast.demand.panel import DemandPanel
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray

__all__ = ["Outcomes", "what_came"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What was sold, and how far that is the demand.

    Parameters
    ----------
    series : array of int, shape (n,)
    units : array of shape (n,), in units
        What was sold.
    exposure : array of shape (n,), in (0, 1] or NaN
        1: the units are the demand. Below 1: they are what was asked for in this share of the period. NaN: at
        least so much was asked for.
    """

    series: IntArray
    units: FloatArray
    exposure: FloatArray

    @property
    def complete(self) -> BoolArray:
        """Where the units are the demand, shape (n,)."""
        complete: BoolArray = self.exposure == 1
        return complete

    @property
    def bounded(self) -> BoolArray:
        """Where the units are only a lower bound, shape (n,)."""
        return np.isnan(self.exposure)

    def __getitem__(self, rows: IntArray | BoolArray | slice) -> "Outcomes":
        return Outcomes(series=self.series[rows], units=self.units[rows], exposure=self.exposure[rows])

    @staticmethod
    def told(panel: DemandPanel) -> BoolArray:
        """The cells of a panel that say something of demand, shape (n_series, n_periods).

        A period that was sold out from its beginning, or that sold nothing for nobody knows how long, says nothing.
        """
        exposure = _seen(panel)
        bound = np.isnan(exposure) & (np.nan_to_num(panel.units) > 0)
        told: BoolArray = panel.observed | (panel.censored & (bound | (exposure > 0)))
        return told

    @classmethod
    def of(cls, panel: DemandPanel, series: IntArray, periods: IntArray) -> "Outcomes":
        """The outcomes of some cells of a panel, arrays of shape (n,) of the places of their series and periods."""
        return cls(series=series, units=panel.units[series, periods], exposure=_seen(panel)[series, periods])


def what_came(
    panel: DemandPanel, horizon: int, origins: IntArray, rows: BoolArray
) -> tuple[FloatArray, BoolArray]:
    """Units in the steps after some rows, and where they are only a lower bound, shape (n_rows, horizon)."""
    series, places = np.nonzero(rows)
    ahead = origins[places, None] + np.arange(1, horizon + 1)
    inside = np.minimum(ahead, len(panel.periods) - 1)
    told = Outcomes.told(panel)[series[:, None], inside] & (ahead == inside)
    actual = np.where(told, panel.units[series[:, None], inside], np.nan)
    return actual, told & ~panel.observed[series[:, None], inside]


def _seen(panel: DemandPanel) -> FloatArray:
    """The share of each period that was seen; NaN where a period was not seen whole and no share below 1 is known."""
    exposure = panel.exposure
    return np.where(panel.observed | (exposure < 1), exposure, np.nan)
