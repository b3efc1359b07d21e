import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.demand.patterns import (
    PatternSettings,
    abc_classes,
    demand_patterns,
    periods_in_year,
    segments,
)
from allocast.errors import DataError

NAN = np.nan


def a_panel(*units: object, frequency: Frequency = Frequency.WEEKLY) -> DemandPanel:
    rows = np.array(units, dtype=np.float64)
    return DemandPanel(
        series=pd.DataFrame({"item_id": range(len(rows)), "location_id": "x"}),
        periods=frequency.shifted(np.datetime64("2020-06-01"), np.arange(rows.shape[1])),
        frequency=frequency,
        units=np.nan_to_num(rows),
        observed=~np.isnan(rows),
    )


def every(periods: int, units: object = 4.0, length: int = 120) -> np.ndarray:
    return np.where(np.arange(length) % periods == periods - 1, units, 0.0)


def test_how_often_and_how_evenly_make_four_patterns() -> None:
    uneven = np.where(np.arange(120) % 12 == 11, 60.0, 2.0)
    panel = a_panel(every(1), every(1, uneven), every(3), every(3, uneven))
    assert demand_patterns(panel).tolist() == ["smooth", "erratic", "intermittent", "lumpy"]


def test_the_limits_themselves_belong_to_the_rarer_and_the_more_uneven() -> None:
    panel = a_panel(
        every(2), every(1, np.where(np.arange(120) % 2 == 0, 3.0, 1.0))
    )  # ADI 2 and 1, CV² 0 and 1/4
    assert demand_patterns(panel, PatternSettings(interval=2, variation=0.25)).tolist() == [
        "intermittent",
        "erratic",
    ]
    assert demand_patterns(panel, PatternSettings(interval=2.01, variation=0.26)).tolist() == [
        "smooth",
        "smooth",
    ]


def test_a_series_seen_for_less_than_a_quarter_is_new() -> None:
    late = np.where(np.arange(120) < 108, NAN, 5.0)
    a_week_older = np.where(np.arange(120) < 107, NAN, 5.0)
    assert demand_patterns(a_panel(late, a_week_older)).tolist() == ["new", "smooth"]


def test_a_series_that_never_sold_is_new_until_it_is_dead() -> None:
    nothing_yet = np.where(np.arange(120) < 69, NAN, 0.0)  # 51 weeks
    assert demand_patterns(a_panel(nothing_yet, np.zeros(120))).tolist() == ["new", "dead"]


def test_a_year_without_a_sale_is_dead_but_a_year_without_a_look_is_not() -> None:
    stopped, hidden = np.full(120, 5.0), np.full(120, 5.0)
    stopped[-52:], hidden[-52:] = 0.0, NAN
    assert demand_patterns(a_panel(stopped, hidden)).tolist() == ["dead", "smooth"]
    assert demand_patterns(a_panel(stopped[:-1], hidden[:-1])).tolist()[0] == "intermittent"


def test_what_sells_in_the_same_months_only_is_seasonal_only() -> None:
    months = Frequency.MONTHLY.shifted(np.datetime64("2020-06-01"), np.arange(40))
    of_year = months.astype("datetime64[M]").astype(int) % 12
    winter = np.where(np.isin(of_year, [10, 11, 0, 1]), 6.0, 0.0)
    all_year = np.where(of_year % 3 == 0, 6.0, 0.0)
    panel = a_panel(winter, all_year, frequency=Frequency.MONTHLY)
    assert demand_patterns(panel).tolist() == ["seasonal_only", "intermittent"]


def test_one_season_alone_does_not_make_a_seasonal_series() -> None:
    days = np.where(np.arange(500) >= 470, 3.0, 0.0)
    assert demand_patterns(a_panel(days, frequency=Frequency.DAILY)).tolist() == ["intermittent"]


def test_abc_goes_by_the_share_of_the_whole() -> None:
    assert abc_classes(np.array([50.0, 30.0, 10.0, 6.0, 4.0])).tolist() == ["A", "A", "B", "B", "C"]
    assert abc_classes(np.zeros(2)).tolist() == ["C", "C"]
    with pytest.raises(DataError, match="value"):
        abc_classes(np.array([1.0, -1.0]))


@pytest.mark.parametrize("frequency", list(Frequency))
def test_a_year_has_about_365_days(frequency: Frequency) -> None:
    assert 355 <= periods_in_year(frequency) * frequency.days <= 366


def test_segments_of_a_day_do_not_change_with_what_comes_later() -> None:
    rng = np.random.default_rng(5)
    units = rng.poisson(rng.gamma(0.5, 2, (30, 1)), (30, 120)).astype(np.float64)
    units[rng.random(units.shape) < 0.1] = NAN
    shuffled = units.copy()
    shuffled[:, 90:] = rng.permuted(units[:, 90:], axis=1) * 7
    origin = a_panel(*units).periods[89]
    one, other = (segments(a_panel(*rows).until(origin)) for rows in (units, shuffled))
    pd.testing.assert_frame_equal(one, other)
    assert one.shape == (30, 3)
