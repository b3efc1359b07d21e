"""What was asked for in past periods, also in those of which only the sales are known."""

from typing import Literal

import numpy as np

from allocast.demand.panel import DemandPanel
from allocast.numerics.arrays import FloatArray

__all__ = ["Censored", "asked_for"]

Censored = Literal["estimated", "as_sold"]
"""What stands for the demand of a period in which stock ran out: an estimate, or what was sold, as in contests."""

WINDOW = 13  # periods


def asked_for(panel: DemandPanel, first: int, n_periods: int, censored: Censored) -> FloatArray:
    """Demand of some periods of a panel as past windows meet it, shape (n_series, n_periods), in units.

    Where stock ran out, the estimate is the mean of what was observed in the 13 periods before, or what was sold if
    that is more. To leave such periods out of the cost instead would leave out just those in which much was asked for,
    and so praise small stocks. Of what is not known at all nothing was asked for: such series are not on sale.

    Parameters
    ----------
    panel : DemandPanel
    first, n_periods : int
        Places of the periods in the panel.
    censored : Censored

    Examples
    --------
    >>> import pandas as pd
    >>> from allocast.demand.calendar import Frequency
    >>> seen = np.array([[True, True, False, False]])
    >>> panel = DemandPanel(series=pd.DataFrame(index=[0]), frequency=Frequency.WEEKLY, observed=seen,
    ...                     periods=np.datetime64("2024-01-01") + 7 * np.arange(4), units=np.array([[3.0, 5, 1, 6]]))
    >>> asked_for(panel, 2, 2, "estimated"), asked_for(panel, 2, 2, "as_sold")
    (array([[4., 6.]]), array([[1., 6.]]))
    """
    periods = slice(first, first + n_periods)
    sold = np.nan_to_num(panel.units[:, periods])
    if censored == "as_sold":
        return sold
    usual = _usual(panel, first, n_periods)
    return np.asarray(np.where(panel.censored[:, periods], np.maximum(sold, usual), sold))


def _usual(panel: DemandPanel, first: int, n_periods: int) -> FloatArray:
    """Mean of what was observed in the last periods before each, 0 where nothing was; whole where all sales are."""
    demand = np.where(panel.observed, panel.units, 0.0)
    total, count = (np.pad(np.cumsum(part, axis=1), ((0, 0), (1, 0))) for part in (demand, panel.observed))
    after = np.arange(first, first + n_periods)
    before = np.maximum(after - WINDOW, 0)
    mean = (total[:, after] - total[:, before]) / np.maximum(count[:, after] - count[:, before], 1)
    return np.asarray(np.rint(mean) if panel.whole_units else mean)
