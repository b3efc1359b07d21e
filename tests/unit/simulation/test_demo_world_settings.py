from datetime import date

import numpy as np
import pytest

from allocast.demand.calendar import Frequency
from allocast.errors import SettingsError, UnknownNameError
from allocast.simulation.demo_settings import DemoWorldSettings


def test_the_defaults_are_valid_weeks_that_begin_on_mondays():
    periods = DemoWorldSettings().periods
    assert len(periods) == 156 + 26
    assert np.is_busday(periods, weekmask="Mon").all()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_items", 0),
        ("n_periods", 9),
        ("n_future", -1),
        ("new_share", 1.5),
        ("partial_delivery_probability", -0.1),
        ("safety_share", -0.1),
        ("weekly_units", 0.0),
        ("lead_time_drift", float("nan")),
    ],
)
def test_a_number_out_of_its_range_is_refused_by_name(name, value):
    with pytest.raises(SettingsError, match=name):
        DemoWorldSettings(**{name: value})


def test_weeks_must_begin_on_a_monday_days_need_not():
    with pytest.raises(SettingsError, match="Monday"):
        DemoWorldSettings(first_day=date(2021, 1, 5))
    assert DemoWorldSettings(first_day=date(2021, 1, 5), frequency=Frequency.DAILY).last_days[
        0
    ] == np.datetime64("2021-01-05")


def test_the_demo_world_knows_no_months():
    with pytest.raises(SettingsError, match="daily or weekly"):
        DemoWorldSettings(first_day=date(2021, 1, 1), frequency=Frequency.MONTHLY)


def test_pattern_shares_must_sum_to_one_and_name_patterns():
    assert DemoWorldSettings(pattern_shares={"lumpy": 1.0}).pattern_shares == {"lumpy": 1.0}
    with pytest.raises(SettingsError, match="sum to 1"):
        DemoWorldSettings(pattern_shares={"lumpy": 0.5})
    with pytest.raises(UnknownNameError, match=r"lumpi.*valid are lumpy"):
        DemoWorldSettings(pattern_shares={"lumpi": 1.0})
