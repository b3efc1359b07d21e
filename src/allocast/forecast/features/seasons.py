"""What the calendar says of a target: its week, its weekday, and how much is usually sold then."""

import numpy as np

from allocast.demand.panel import DemandPanel
from allocast.numerics.arrays import DateArray, FloatArray, IntArray

__all__ = ["Seasons", "back_to_season"]

SMALLEST_FACTOR = 0.05
RECENT = 13
WEEKS_OF_A_YEAR = 54


class Seasons:
    """Seasonal factors of a panel, as known at each of its periods.

    Parameters
    ----------
    panel : DemandPanel
    everybody : array of shape (2, 1, n_periods)
        Units of all series in each period, and how many of them were observed.
    """

    def __init__(self, panel: DemandPanel, everybody: FloatArray) -> None:
        self._first, self._frequency = panel.periods[:1], panel.frequency
        self._week = panel.frequency.place_in_year(panel.periods)
        self._factor = _factors(everybody, self._week)
        self._recent = np.array([self._recent_factor(place) for place in range(len(panel.periods))])

    @property
    def own(self) -> FloatArray:
        """Factor of each period's own week as known then, shape (n_periods,)."""
        return np.maximum(self._factor[np.arange(len(self._week)), self._week], SMALLEST_FACTOR)

    def dates(self, places: IntArray) -> DateArray:
        """Beginnings of periods, also of those after the panel's last."""
        return self._frequency.shifted(self._first, places)

    def week(self, dates: DateArray) -> IntArray:
        """Week of the year of each date; of monthly panels the month."""
        return self._frequency.place_in_year(dates)

    def factor(self, origins: IntArray, targets: IntArray) -> FloatArray:
        """Factor of each target's week as known at its origin."""
        factor: FloatArray = self._factor[origins, self.week(self.dates(targets))]
        return factor

    def recent(self, origins: IntArray) -> FloatArray:
        """Mean factor of the weeks just past, as known at each origin."""
        recent: FloatArray = self._recent[origins]
        return recent

    def _recent_factor(self, place: int) -> float:
        weeks = self._week[max(0, place - RECENT + 1) : place + 1]
        return max(float(self._factor[place, weeks].mean()), SMALLEST_FACTOR)


def back_to_season(origins: IntArray, targets: IntArray, season: int) -> IntArray:
    """The last period at or before the origin that lies whole seasons before the target.

    Examples
    --------
    >>> back_to_season(np.array([60]), np.array([63]), 52)
    array([11])
    """
    return targets - season * -(-(targets - origins) // season)


def _factors(everybody: FloatArray, week: IntArray) -> FloatArray:
    """Factor of each week (or month) as known at each period, shape (n_periods, 54); 1 for one never seen."""
    total, count = everybody[:, 0]
    overall = np.divide(total, count, out=np.zeros(len(week)), where=count > 0)
    one_hot = np.eye(WEEKS_OF_A_YEAR)[week]
    by_week = np.cumsum(one_hot * overall[:, None], axis=0)
    dates = np.cumsum(one_hot, axis=0)
    mean = np.divide(by_week, dates, out=np.full(by_week.shape, np.nan), where=dates > 0)
    average = np.nansum(mean, axis=1) / (dates > 0).sum(axis=1)
    known = (dates > 0) & (average > 0)[:, None]
    return np.where(known, mean / np.where(average > 0, average, 1.0)[:, None], 1.0)
