import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency, iso_week, next_periods
from allocast.errors import DataError


def day(text: str) -> np.datetime64:
    return np.datetime64(text, "D")


def test_iso_weeks_are_those_of_pandas_on_every_day_of_forty_years() -> None:
    days = np.arange(day("1995-01-01"), day("2035-01-01"))
    assert iso_week(days).tolist() == pd.DatetimeIndex(days).isocalendar().week.tolist()


def test_iso_weeks_before_1970_are_right_too() -> None:
    days = np.arange(day("1960-01-01"), day("1970-01-10"))
    assert iso_week(days).tolist() == pd.DatetimeIndex(days).isocalendar().week.tolist()


@pytest.mark.parametrize(
    ("frequency", "ends"), [("daily", "2024-01-01"), ("weekly", "2024-01-07"), ("monthly", "2024-01-31")]
)
def test_a_period_ends_on_its_last_day(frequency: str, ends: str) -> None:
    assert Frequency(frequency).end_of(day("2024-01-01")) == day(ends)


@pytest.mark.parametrize(
    ("frequency", "days", "season"), [("daily", 1, 7), ("weekly", 7, 52), ("monthly", 30, 12)]
)
def test_a_season_is_a_week_of_days_or_a_year_of_weeks_or_months(
    frequency: str, days: int, season: int
) -> None:
    assert (Frequency(frequency).days, Frequency(frequency).season) == (days, season)


def test_next_periods_follow_without_a_gap() -> None:
    weeks = next_periods(day("2024-02-26"), 2, Frequency.WEEKLY)
    assert weeks.astype(str).tolist() == ["2024-03-04", "2024-03-11"]
    days = next_periods(day("2024-02-28"), 2, Frequency.DAILY)
    assert days.astype(str).tolist() == ["2024-02-29", "2024-03-01"]
    months = next_periods(day("2023-12-01"), 3, Frequency.MONTHLY)
    assert months.astype(str).tolist() == ["2024-01-01", "2024-02-01", "2024-03-01"]


def test_periods_between_counts_whole_periods_forward_and_back() -> None:
    assert Frequency.WEEKLY.periods_between(day("2024-01-01"), day("2024-01-22")) == 3
    assert Frequency.WEEKLY.periods_between(day("2024-01-22"), day("2024-01-01")) == -3
    assert Frequency.DAILY.periods_between(day("2024-01-01"), day("2024-01-22")) == 21


@pytest.mark.parametrize("end", ["2024-01-10", "2024-01-14"])
def test_a_day_inside_a_week_is_refused_with_the_beginning_before_it(end: str) -> None:
    with pytest.raises(DataError, match=f"{end} is not the beginning of a weekly.*2024-01-08"):
        Frequency.WEEKLY.periods_between(day("2024-01-01"), day(end))


def test_a_day_inside_a_month_is_refused_with_its_first_day() -> None:
    assert Frequency.MONTHLY.periods_between(day("2023-11-01"), day("2024-02-01")) == 3
    assert Frequency.MONTHLY.periods_between(day("2024-02-01"), day("2023-11-01")) == -3
    with pytest.raises(DataError, match=r"2024-02-10 is not the beginning of a monthly.*2024-02-01"):
        Frequency.MONTHLY.periods_between(day("2024-01-01"), day("2024-02-10"))


@pytest.mark.parametrize("frequency", list(Frequency))
def test_every_day_of_a_period_has_its_place(frequency: Frequency) -> None:
    starts = frequency.shifted(day("2024-01-01"), np.arange(-3, 14))
    for place, start in enumerate(starts[:-1], start=-3):
        days = np.arange(start, starts[place + 4])
        assert set(frequency.place(day("2024-01-01"), days)) == {place}


def test_the_place_in_the_year_of_a_month_is_the_month() -> None:
    months = Frequency.MONTHLY.shifted(day("1969-11-01"), np.arange(4))
    assert Frequency.MONTHLY.place_in_year(months).tolist() == [11, 12, 1, 2]
    assert Frequency.WEEKLY.place_in_year(months).tolist() == iso_week(months).tolist()


def test_the_days_ahead_are_those_of_each_month_and_one_number_where_all_are_alike() -> None:
    assert Frequency.MONTHLY.days_ahead(day("2023-12-31"), 3) == (31, 29, 31)
    assert Frequency.WEEKLY.days_ahead(day("2024-01-07"), 3) == 7
    assert Frequency.MONTHLY.days_ahead(day("2024-01-30"), 2) == (
        1,
        29,
    )  # what is left of January, then February
