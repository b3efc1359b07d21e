"""What may be searched, and within what."""

import pytest
from pydantic import ValidationError

from allocast.adapters.tuning_settings import SEARCHED, SearchRange, TuningSettings, is_whole
from allocast.forecast.demand_settings import DemandModelSettings


def test_the_usual_ranges_are_allowed_and_hold_the_usual_settings():
    usual = DemandModelSettings()
    for name, searched in TuningSettings().space.items():
        assert searched.low <= getattr(usual, name) <= searched.high, name


@pytest.mark.parametrize(("name", "whole"), [("rounds", True), ("leaves", True), ("learning_rate", False)])
def test_whole_numbers_are_known_by_the_setting_they_are_of(name, whole):
    assert is_whole(name) is whole


def test_a_range_reaches_as_far_as_the_value_in_use():
    assert SEARCHED["rounds"].reaching(1000) == SearchRange(low=50, high=1000, log=True)
    assert SEARCHED["rounds"].reaching(100) == SEARCHED["rounds"]


@pytest.mark.parametrize(
    ("low", "high", "log", "message"),
    [
        (3, 2, False, "low must be < high"),
        (2, 2, False, "low must be < high"),
        (0, 1, True, "low must be > 0"),
    ],
)
def test_a_range_that_is_none_is_refused(low, high, log, message):
    SearchRange(low=1, high=2, log=log)
    with pytest.raises(ValidationError, match=message):
        SearchRange(low=low, high=high, log=log)


@pytest.mark.parametrize(
    ("name", "low", "high", "message"),
    [
        ("round", 50, 100, "unknown searched setting 'round'; valid are rounds"),
        ("horizon", 5, 8, "unknown searched setting 'horizon'"),
        (
            "tweedie_power",
            0.5,
            1.5,
            "tweedie_power cannot be 0.5: input should be greater than or equal to 1",
        ),
        ("rounds", 0, 10, "rounds cannot be 0"),
        ("rounds", 10, 20.5, "rounds cannot be 20.5"),
    ],
)
def test_what_a_setting_itself_would_refuse_cannot_be_searched(name, low, high, message):
    assert TuningSettings(space={"rounds": SearchRange(low=5, high=9)}).space.keys() == {"rounds"}
    with pytest.raises(ValidationError, match=message):
        TuningSettings(space={name: SearchRange(low=low, high=high)})


def test_a_search_of_nothing_is_refused():
    with pytest.raises(ValidationError, match="space must name one setting or more"):
        TuningSettings(space={})
