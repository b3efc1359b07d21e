"""Periods: days or weeks, named by the day they begin."""

from enum import StrEnum

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import DateArray, IntArray

__all__ = ["Frequency", "iso_week", "next_periods"]


class Frequency(StrEnum):
    """How long a period is."""

    DAILY = "daily"
    WEEKLY = "weekly"

    @property
    def days(self) -> int:
        """Days in a period."""
        return 1 if self is Frequency.DAILY else 7

    @property
    def unit(self) -> str:
        """What one period is called."""
        return "day" if self is Frequency.DAILY else "week"

    @property
    def season(self) -> int:
        """Periods in the season that a seasonal-naive forecast repeats: a week of days, a year of weeks."""
        return 7 if self is Frequency.DAILY else 52

    def end_of(self, period: np.datetime64) -> np.datetime64:
        """The last day of the period that begins on this day: decisions are made at its end."""
        return period + np.timedelta64(self.days - 1, "D")

    def periods_between(self, start: np.datetime64, end: np.datetime64) -> int:
        """Whole periods from one beginning to another.

        Raises
        ------
        DataError
            The days are not a whole number of periods apart.
        """
        days = int((end - start).astype("timedelta64[D]").astype(int))
        if days % self.days:
            raise DataError(
                f"{end} is not the beginning of a {self} period; with {start} as one, "
                f"the nearest before is {end - np.timedelta64(days % self.days, 'D')}."
            )
        return days // self.days


def next_periods(after: np.datetime64, count: int, frequency: Frequency) -> DateArray:
    """The beginnings of the ``count`` periods that follow one period."""
    return after + np.arange(1, count + 1) * np.timedelta64(frequency.days, "D")


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
