"""Periods: days, weeks or months, named by the day they begin."""

from enum import StrEnum

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import DateArray, IntArray

__all__ = ["Frequency", "iso_week", "next_periods"]

DAYS = {"daily": 1, "weekly": 7, "monthly": 30}
UNITS = {"daily": "day", "weekly": "week", "monthly": "month"}
SEASON = {"daily": 7, "weekly": 52, "monthly": 12}


class Frequency(StrEnum):
    """How long a period is. Months are named by their first day."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"

    @property
    def days(self) -> int:
        """Days in a period, to turn durations into periods; 30 for months, whose own lengths differ."""
        return DAYS[self]

    @property
    def unit(self) -> str:
        """What one period is called."""
        return UNITS[self]

    @property
    def season(self) -> int:
        """Periods that a seasonal-naive forecast repeats: a week of days, a year of weeks or months."""
        return SEASON[self]

    def shifted(self, period: np.datetime64 | DateArray, count: int | IntArray) -> DateArray:
        """The beginning of the period that comes ``count`` periods after one that begins on this day.

        Parameters
        ----------
        period : day, or array of days
        count : int, or array of int; they are broadcast
            Below 0 for earlier ones.

        Examples
        --------
        >>> Frequency.MONTHLY.shifted(np.datetime64("2024-01-01"), np.array([1, 12]))
        array(['2024-02-01', '2025-01-01'], dtype='datetime64[D]')
        """
        start = np.asarray(period, dtype="datetime64[D]")
        if self is Frequency.MONTHLY:
            months = start.astype("datetime64[M]") + np.asarray(count) * np.timedelta64(1, "M")
            return np.asarray(months, dtype="datetime64[D]")
        return np.asarray(start + np.asarray(count) * np.timedelta64(self.days, "D"))

    def days_ahead(self, today: np.datetime64, count: int) -> int | tuple[int, ...]:
        """Days of the coming periods, the first of which begins on the day after ``today``.

        Returns
        -------
        days : int, or tuple of ``count`` ints
            One number where all periods are equally long; of months each one's own.

        Examples
        --------
        >>> Frequency.MONTHLY.days_ahead(np.datetime64("2024-01-31"), 3)
        (29, 31, 30)
        >>> Frequency.WEEKLY.days_ahead(np.datetime64("2024-01-31"), 3)
        7
        """
        if self is not Frequency.MONTHLY:
            return self.days
        first = today + np.timedelta64(1, "D")
        starts = np.append(first, self.shifted(first, np.arange(1, count + 1)))
        return tuple(int(days) for days in np.diff(starts).astype(np.int64))

    def end_of(self, period: np.datetime64) -> np.datetime64:
        """The last day of the period that begins on this day: decisions are made at its end."""
        following = np.datetime64(str(self.shifted(period, 1)), "D")
        return following - np.timedelta64(1, "D")

    def place(self, first: np.datetime64, days: np.datetime64 | DateArray) -> IntArray:
        """Places of the periods that hold some days, counted from 0 at the period that begins at ``first``."""
        moment = np.asarray(days, dtype="datetime64[D]")
        if self is Frequency.MONTHLY:
            months = moment.astype("datetime64[M]") - first.astype("datetime64[M]")
            return np.asarray(months.astype(np.int64))
        return np.asarray((moment - first).astype("timedelta64[D]").astype(np.int64) // self.days)

    def place_in_year(self, days: DateArray) -> IntArray:
        """Which part of the year a period belongs to: its ISO week, 1 to 53; of months the month, 1 to 12."""
        if self is Frequency.MONTHLY:
            return np.asarray(days.astype("datetime64[M]").astype(np.int64) % 12 + 1)
        return iso_week(days)

    def periods_between(self, start: np.datetime64, end: np.datetime64) -> int:
        """Whole periods from one beginning to another.

        Raises
        ------
        DataError
            The days are not a whole number of periods apart.
        """
        count = int(self.place(start, end))
        before = self.shifted(start, count)
        if before != end:
            raise DataError(
                f"{end} is not the beginning of a {self} period; with {start} as one, the nearest before is {before}."
            )
        return count


def next_periods(after: np.datetime64, count: int, frequency: Frequency) -> DateArray:
    """The beginnings of the ``count`` periods that follow one period."""
    return frequency.shifted(after, np.arange(1, count + 1))


def iso_week(days: DateArray) -> IntArray:
    """ISO 8601 week of the year of each day, 1 to 53.

    Examples
    --------
    >>> iso_week(np.array(["2021-01-03", "2021-01-04"], dtype="datetime64[D]"))
    array([53,  1])
    """
    thursday = days + (3 - (days.astype("datetime64[D]").astype(np.int64) + 3) % 7)
    first_of_january = thursday.astype("datetime64[Y]").astype("datetime64[D]")
    week: IntArray = (thursday - first_of_january).astype(np.int64) // 7 + 1
    return week
