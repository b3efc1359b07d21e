"""What lately sold, as demand over the protection interval: what an agent sees of history beside the forecast."""

import numpy as np

from allocast.demand.panel import DemandPanel
from allocast.forecast.baselines import SeasonalMovingAverage
from allocast.numerics.arrays import FloatArray

__all__ = ["RECENT_IN_UNITS", "RECENT_NAMES", "recent_demand"]

_WINDOWS = (4, 13, 52)
_MISSING_WINDOW = 8
_TURN_WINDOW = 4

RECENT_NAMES = (
    *(f"sold_lately_{window}" for window in _WINDOWS),
    "sold_last_year",
    "seasonal_average",
    "units_logarithm",
    "unknown_share",
    "season_turn",
)
"""What is seen of the past; the first five are in units before they are scaled."""
RECENT_IN_UNITS = 5


def recent_demand(panel: DemandPanel, interval: FloatArray, expected: FloatArray) -> FloatArray:
    """What the last periods say of demand over the protection interval, shape (n_series, len(RECENT_NAMES)).

    Columns: the interval's demand if it sold as the last 4, 13 and 52 periods did, as the same periods did a season
    ago, and by a seasonal moving average of 13 periods; the logarithm of what is expected; the share of the last 8
    periods of which nothing is known; and how all series together turned a season ago: three times the logarithm of
    their mean over the interval divided by that over the four periods before it. Where there is no season of history
    yet, ``expected`` stands for it, and nothing turned.

    Parameters
    ----------
    panel : DemandPanel
        Known until the decision.
    interval : array of shape (n_series,), in periods
        Mean length of the protection interval.
    expected : array of shape (n_series,), in units
        Of demand over it, from the forecast.
    """
    length = max(round(float(interval.mean())), 1)
    coming = SeasonalMovingAverage().mean(panel, length).mean(axis=1)
    per_period = [*(_mean_known(panel.units[:, -window:]) for window in _WINDOWS)]
    season = panel.frequency.season
    if len(panel.periods) >= season:
        first = len(panel.periods) - season
        year_ago: FloatArray = _mean_known(panel.units[:, first : first + length]) * interval
    else:
        year_ago = expected
    unknown = np.isnan(panel.units[:, -_MISSING_WINDOW:]).mean(axis=1)
    in_units = [*(mean * interval for mean in per_period), year_ago, coming * interval]
    turn = np.full(panel.n_series, _season_turn(panel, length))
    return np.column_stack([*in_units, np.log(np.maximum(expected, _LEAST)), unknown, turn])


def _season_turn(panel: DemandPanel, length: int) -> float:
    """How all series together turned a season ago, 0 where that is not known."""
    now = len(panel.periods) - panel.frequency.season
    if now < _TURN_WINDOW:
        return 0.0
    total = np.nansum(panel.units[:, now - _TURN_WINDOW : now + length], axis=0) + 1.0
    return float(3.0 * np.log(total[_TURN_WINDOW:].mean() / total[:_TURN_WINDOW].mean()))


_LEAST = 0.25  # units: what is expected of a series that hardly sells has no logarithm


def _mean_known(units: FloatArray) -> FloatArray:
    """Mean of what is known of each row, 0 where nothing is."""
    known = ~np.isnan(units)
    total = np.where(known, units, 0.0).sum(axis=1)
    return np.asarray(total / np.maximum(known.sum(axis=1), 1))
