import dataclasses

import numpy as np
import pytest
from scipy.stats import norm

from allocast.errors import SettingsError
from allocast.inventory.policies import RuleOfThumb

NOTHING = np.zeros((1, 2, 6))
SALES = [[8.0, 12.0, 8.0, 12.0]]  # mean 10, standard deviation 2.309


def test_the_reorder_point_is_the_textbooks(make_situation) -> None:
    situation = make_situation(NOTHING, np.array([5.0]), units=SALES, lead_time_days=21.0)
    decision = RuleOfThumb(cycle_service_level=0.9).decide(situation)
    deviation = np.std(SALES[0], ddof=1)
    reorder_point = np.ceil(10 * (3 + 1) + norm.ppf(0.9) * deviation * np.sqrt(3 + 1))
    np.testing.assert_allclose(decision.trigger, reorder_point)
    np.testing.assert_allclose(decision.wanted_units, reorder_point - 5)  # ordering is free: single units


def test_safety_stock_and_batch_may_be_periods_of_demand(make_situation) -> None:
    rule = RuleOfThumb(safety_periods=2.0, batch_periods=4.0)
    for on_hand, wanted in ((39.0, 40.0), (40.0, 0.0), (0.0, 40.0)):  # (1 + 1 + 2) x 10 and batches of 40
        decision = rule.decide(make_situation(NOTHING, np.array([on_hand]), units=SALES))
        np.testing.assert_allclose(decision.wanted_units, wanted)


def test_without_a_batch_it_is_the_economic_one(make_situation) -> None:
    costs = {"order_cost": 20.0, "holding_cost": 1.0}  # sqrt(2 x 20 x 10) = 20
    situation = make_situation(NOTHING, np.array([39.0]), units=SALES, costs=costs)
    decision = RuleOfThumb(safety_periods=2.0).decide(situation)
    np.testing.assert_allclose(decision.wanted_units, 20.0)
    np.testing.assert_allclose(decision.level, 59.0)


def test_neither_scenarios_nor_learned_lead_times_make_a_difference(make_situation) -> None:
    demand = np.random.default_rng(1).poisson(90.0, (1, 50, 6))
    quiet, wild = (
        RuleOfThumb().decide(make_situation(paths, np.zeros(1), units=SALES, lead_time=taken))
        for paths, taken in ((NOTHING, 1), (demand, 4))
    )
    np.testing.assert_array_equal(quiet.wanted_units, wild.wanted_units)


def test_levels_that_were_set_stay_whatever_is_sold_later(make_situation) -> None:
    before = make_situation(NOTHING, np.zeros(1), units=SALES)
    rule = RuleOfThumb().kept_from(before.panel.as_of - 7)  # the period with the last 12 was not known
    sold_out = make_situation(NOTHING, np.zeros(1), units=[[8.0, 12.0, 8.0, 500.0]])
    then, now = rule.decide(before), rule.decide(sold_out)
    np.testing.assert_array_equal(then.trigger, now.trigger)
    assert RuleOfThumb().decide(sold_out).trigger > now.trigger


def test_without_a_contract_the_usual_lead_time_counts(make_situation) -> None:
    rule = RuleOfThumb(safety_periods=0.0)
    situation = make_situation(NOTHING, units=SALES, lead_time=2, lead_time_days=np.nan)
    np.testing.assert_allclose(rule.decide(situation).trigger, 30.0)


def test_what_never_sold_is_never_ordered(make_situation) -> None:
    decision = RuleOfThumb().decide(make_situation(NOTHING, units=[[0.0, 0.0, 0.0]]))
    np.testing.assert_array_equal(decision.wanted_units, 0.0)


def test_periods_out_of_stock_are_left_out(make_situation) -> None:
    seen, gap = (
        RuleOfThumb().decide(make_situation(NOTHING, units=units))
        for units in ([[8.0, 12.0]], [[8.0, np.nan, 12.0]])
    )
    np.testing.assert_array_equal(seen.trigger, gap.trigger)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "rule_of_thumb(0.95, economic batch)"),
        ({"safety_periods": 2.0, "batch_periods": 4.0}, "rule_of_thumb(2 periods, 4 periods)"),
    ],
)
def test_the_name_says_safety_stock_and_batch(settings, name) -> None:
    assert RuleOfThumb(**settings).name == name


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"cycle_service_level": 1.0}, "cycle_service_level is 1"),
        ({"safety_periods": -1.0}, "safety_periods is -1"),
        ({"batch_periods": 0.0}, "batch_periods is 0"),
        ({"window": 1}, "window is 1"),
    ],
)
def test_numbers_out_of_their_range_are_refused(settings, said) -> None:
    with pytest.raises(SettingsError, match=said):
        RuleOfThumb(**settings)


def test_a_service_level_set_for_a_series_beats_periods_set_by_hand(make_situation) -> None:
    situation = make_situation(NOTHING, np.array([5.0]), units=SALES, lead_time_days=21.0)
    aimed = dataclasses.replace(situation, service_target=np.array([0.9]))
    by_hand, level = RuleOfThumb(safety_periods=2.0), RuleOfThumb(cycle_service_level=0.9)
    assert by_hand.decide(aimed).trigger == level.decide(situation).trigger
    assert by_hand.decide(situation).trigger != level.decide(situation).trigger
