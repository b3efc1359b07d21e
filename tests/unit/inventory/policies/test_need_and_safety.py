from dataclasses import replace

import numpy as np
import pytest

from allocast.errors import SettingsError
from allocast.inventory.policies import NeedAndSafety, ProjectedNeed

RNG = np.random.default_rng(3)
PATHS = RNG.poisson(20.0, (1, 99, 4)).astype(float)
QUIET, WILD = (20 + spread * np.tile([-1.0, 1.0], 26)[None, :] for spread in (1.0, 20.0))


def test_it_is_the_mean_need_and_the_quantile_beyond_the_mean_of_lead_time_demand(make_situation) -> None:
    situation = make_situation(PATHS, np.array([5.0]), units=WILD)
    decision = NeedAndSafety(cycle_service_level=0.9, own_share=0.0).decide(situation)
    total = PATHS[0, :, :2].sum(axis=1)
    need = PATHS[0, :, 1] - np.maximum(5.0 - PATHS[0, :, 0], 0.0)
    safety = np.sort(total)[89] - total.mean()  # the 90th of 99 covers 90 %
    np.testing.assert_allclose(decision.wanted_units, np.rint(need.mean() + safety))


def test_a_series_that_was_wilder_than_its_forecast_gets_more_safety_stock(make_situation) -> None:
    wanted = [
        NeedAndSafety(cycle_service_level=0.9, own_share=share).decide(make_situation(PATHS, units=units))
        for share, units in ((0.5, QUIET), (0.0, QUIET), (0.5, WILD), (1.0, WILD))
    ]
    quiet, forecast, half, own = (float(decision.wanted_units[0]) for decision in wanted)
    assert quiet < forecast < half < own


def test_with_few_periods_of_its_own_the_forecast_alone_counts(make_situation) -> None:
    short, forecast = (
        NeedAndSafety(cycle_service_level=0.9, own_share=share).decide(
            make_situation(PATHS, units=WILD[:, :7])
        )
        for share in (1.0, 0.0)
    )
    np.testing.assert_array_equal(short.wanted_units, forecast.wanted_units)


def test_without_spread_it_orders_what_projected_need_does(make_situation) -> None:
    steady = np.full((1, 50, 4), 6.0)
    situation = make_situation(steady, np.array([2.0]), units=np.full((1, 52), 6.0))
    ours, plain = (policy.decide(situation) for policy in (NeedAndSafety(), ProjectedNeed()))
    np.testing.assert_array_equal(ours.wanted_units, plain.wanted_units)


def test_the_last_order_before_an_end_is_at_the_critical_ratio_at_least(make_situation) -> None:
    situation = make_situation(PATHS, units=WILD, costs={"shortage_cost": 9.0})  # critical ratio 0.9
    low, high = NeedAndSafety(cycle_service_level=0.6), NeedAndSafety(cycle_service_level=0.95)
    at_ratio = NeedAndSafety().decide(situation).wanted_units
    for left, expected in ((1, at_ratio), (2, low.decide(situation).wanted_units)):
        ending = replace(situation, decisions_left=left)
        np.testing.assert_array_equal(low.decide(ending).wanted_units, expected)
        np.testing.assert_array_equal(high.decide(ending).wanted_units, high.decide(situation).wanted_units)


def test_a_service_target_of_a_series_beats_the_policys_own(make_situation) -> None:
    situation = make_situation(PATHS, units=WILD)
    asked = replace(situation, service_target=np.array([0.97]))
    expected = NeedAndSafety(cycle_service_level=0.97).decide(situation)
    np.testing.assert_array_equal(NeedAndSafety().decide(asked).wanted_units, expected.wanted_units)


def test_the_name_says_the_service_level_and_an_unusual_share() -> None:
    assert NeedAndSafety(cycle_service_level=0.7).name == "need_and_safety(0.7)"
    assert NeedAndSafety(own_share=0.25).name == "need_and_safety(critical ratio, 0.25)"


@pytest.mark.parametrize("settings", [{"own_share": 1.5}, {"own_share": -0.1}, {"window": 1}])
def test_numbers_out_of_their_range_are_refused(settings) -> None:
    with pytest.raises(SettingsError, match="own_share must lie within 0 and 1"):
        NeedAndSafety(**settings)
