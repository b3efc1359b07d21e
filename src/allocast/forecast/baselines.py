"""Rules of thumb for the mean of coming demand, to be beaten; each maps a panel to (n_series, horizon) units."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from allocast.demand.calendar import next_periods
from allocast.demand.panel import DemandPanel
from allocast.numerics.arrays import FloatArray, IntArray

__all__ = [
    "Croston",
    "MeanRule",
    "MovingAverage",
    "SeasonalMovingAverage",
    "SeasonalNaive",
    "TeunterSyntetosBabai",
]


class MeanRule(Protocol):
    """A rule that needs no training."""

    @property
    def name(self) -> str:
        """Short name for tables."""
        ...

    def mean(self, panel: DemandPanel, horizon: int) -> FloatArray:
        """Expected demand of the coming periods, shape (n_series, horizon), in units."""
        ...


@dataclass(frozen=True, slots=True)
class SeasonalNaive:
    """The last observed demand of the same season (week of the year, day of the week); 0 if never observed."""

    name: str = "seasonal_naive"

    def mean(self, panel: DemandPanel, horizon: int) -> FloatArray:
        """Same period a season ago, or the season before where that was not observed."""
        season, demand = panel.frequency.season, panel.demand
        n_periods = demand.shape[1]
        result = np.full((panel.n_series, horizon), np.nan)
        for step in range(horizon):
            column = n_periods + step - season
            while column >= n_periods:
                column -= season
            for place in range(column, -1, -season):
                result[:, step] = np.where(np.isnan(result[:, step]), demand[:, place], result[:, step])
        known: FloatArray = np.nan_to_num(result)
        return known


@dataclass(frozen=True, slots=True)
class MovingAverage:
    """The mean of the observed demand of the last periods; 0 where none was observed."""

    window: int = 13

    @property
    def name(self) -> str:
        """Name with its window."""
        return f"moving_average({self.window})"

    def mean(self, panel: DemandPanel, horizon: int) -> FloatArray:
        """One flat line a series."""
        return np.repeat(_mean_or_zero(panel.demand[:, -self.window :], axis=1)[:, None], horizon, axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonalMovingAverage:
    """A moving average of demand without its season, times the season of the coming week.

    The factor of an ISO week (of a month, where periods are months) is the mean, over its dates, of the mean over
    series, divided by the mean of all factors; it is 1 for a week never seen. A series' level is the mean of its
    last ``window`` observed values divided by their factors, and 0 where none was observed; weeks in which nobody
    ever asked for anything say nothing about the level.

    References
    ----------
    VN2 Inventory Planning Challenge (2025), the organiser's benchmark.
    """

    window: int = 13

    @property
    def name(self) -> str:
        """Name with its window."""
        return f"seasonal_moving_average({self.window})"

    def mean(self, panel: DemandPanel, horizon: int) -> FloatArray:
        """Level × factor of each coming period."""
        factors = self.factors(panel)
        past = factors[panel.frequency.place_in_year(panel.periods[-self.window :])]
        past = np.where(past > 0, past, np.nan)  # a week in which nothing sells says nothing about the level
        level = _mean_or_zero(panel.demand[:, -self.window :] / past, axis=1)
        coming = next_periods(panel.as_of, horizon, panel.frequency)
        return level[:, None] * factors[panel.frequency.place_in_year(coming)]

    def factors(self, panel: DemandPanel) -> FloatArray:
        """Seasonal factor by ISO week or month, shape (54,), place 0 unused."""
        observed = panel.observed.any(axis=0)
        overall = _mean_or_zero(panel.demand[:, observed], axis=0)
        week: IntArray = panel.frequency.place_in_year(panel.periods[observed])
        dates = np.bincount(week, minlength=54)
        total = np.bincount(week, overall, minlength=54)
        seen = dates > 0
        by_week = total[seen] / dates[seen]
        factors = np.ones(54)
        if by_week.any():
            factors[seen] = by_week / by_week.mean()
        return factors


@dataclass(frozen=True, slots=True)
class Croston:
    """Croston's method for intermittent demand with the Syntetos–Boylan correction.

    The size of demands and the interval between them are smoothed apart, both only when a demand occurs; periods
    that were not observed are passed over. The correction (1 − smoothing/2) removes Croston's upward bias.

    References
    ----------
    Syntetos and Boylan, *The accuracy of intermittent demand estimates*, IJF 21 (2005), equation (5).
    """

    smoothing: float = 0.1

    @property
    def name(self) -> str:
        """Name with its smoothing."""
        return f"croston_sba({self.smoothing:g})"

    def mean(self, panel: DemandPanel, horizon: int) -> FloatArray:
        """One flat line a series; cost linear in cells."""
        demand = panel.demand
        size = np.full(panel.n_series, np.nan)
        interval = np.full(panel.n_series, np.nan)
        waited = np.zeros(panel.n_series)
        for column in demand.T:  # over periods, all series at once
            waited += ~np.isnan(column)
            occurs = column > 0  # NaN compares as False
            first = occurs & np.isnan(size)
            weight = np.where(first, 1.0, self.smoothing) * occurs
            size = np.where(occurs, np.nan_to_num(size) * (1 - weight) + weight * np.nan_to_num(column), size)
            interval = np.where(occurs, np.nan_to_num(interval) * (1 - weight) + weight * waited, interval)
            waited = np.where(occurs, 0.0, waited)
        rate = (1 - self.smoothing / 2) * np.nan_to_num(size) / np.nan_to_num(interval, nan=1.0)
        return np.repeat(rate[:, None], horizon, axis=1)


@dataclass(frozen=True, slots=True)
class TeunterSyntetosBabai:
    """The TSB method: the probability of a sale, smoothed in every period, times its size, smoothed at each sale.

    Unlike Croston's it forgets a series that has stopped selling. The first sale sets both: its size, and one over the
    periods until it. Periods that were not observed are passed over.

    References
    ----------
    Teunter, Syntetos and Babai, *Intermittent demand: linking forecasting to inventory obsolescence*, EJOR 214 (2011),
    section 2.
    """

    smoothing: float = 0.1

    @property
    def name(self) -> str:
        """Name with its smoothing."""
        return f"tsb({self.smoothing:g})"

    def mean(self, panel: DemandPanel, horizon: int) -> FloatArray:
        """One flat line a series; cost linear in cells."""
        size = np.full(panel.n_series, np.nan)
        probability = np.zeros(panel.n_series)
        waited = np.zeros(panel.n_series)
        for column in panel.demand.T:  # over periods, all series at once
            seen, occurs, first = ~np.isnan(column), column > 0, np.isnan(size)
            waited += seen
            smoothed = probability + self.smoothing * (occurs - probability)
            started = np.where(occurs, 1 / np.maximum(waited, 1), 0.0)
            probability = np.where(seen, np.where(first, started, smoothed), probability)
            weight = np.where(first, 1.0, self.smoothing)
            size = np.where(occurs, np.nan_to_num(size) * (1 - weight) + weight * np.nan_to_num(column), size)
        return np.repeat((probability * np.nan_to_num(size))[:, None], horizon, axis=1)


def _mean_or_zero(values: FloatArray, axis: int) -> FloatArray:
    """Mean of what is not NaN, 0 where all is."""
    count = (~np.isnan(values)).sum(axis=axis)
    mean: FloatArray = np.divide(
        np.nansum(values, axis=axis), count, out=np.zeros(count.shape), where=count > 0
    )
    return mean
