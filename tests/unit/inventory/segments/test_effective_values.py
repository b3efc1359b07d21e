"""Which value holds for a series, and where it comes from."""

import numpy as np
import pytest

from allocast.errors import DataError, SettingsError, UnknownNameError
from allocast.inventory.segments.effective import EFFECTIVE, effective_values, same_values, touched
from allocast.inventory.segments.rules import PolicyValues, Rulebook, UserValue


def user(item_id="i0", by="anna", **then):
    return UserValue(item_id=item_id, location_id="here", by=by, then=PolicyValues(**then))


def test_without_any_rule_everything_is_default_and_left_to_the_champion(make_segments):
    table = effective_values(Rulebook(), make_segments(2))
    assert list(table.columns) == EFFECTIVE
    assert table["policy"].tolist() == ["champion"] * 2
    assert table["cycle_service_level"].isna().all()
    assert np.isinf(table["largest_cover_periods"]).all()
    assert set(table["stocked_from"]) == {"default"}


def test_the_smaller_priority_wins_for_each_parameter_by_itself(make_segments, make_rule):
    rules = (
        make_rule("every", 9, cycle_service_level=0.8, policy="order_up_to"),
        make_rule("A", 1, {"abc": ("A",)}, cycle_service_level=0.97),
    )
    table = effective_values(Rulebook(rules=rules), make_segments(2, abc=["A", "B"]))
    assert table["cycle_service_level"].tolist() == [0.97, 0.8]
    assert table["cycle_service_level_from"].tolist() == ["rule: A", "rule: every"]
    assert table["policy_from"].tolist() == ["rule: every"] * 2


def test_a_users_value_beats_the_first_rule_and_only_what_it_sets(make_segments, make_rule):
    rule = make_rule("first", 1, cycle_service_level=0.9, stocked=False)
    book = Rulebook(rules=(rule,), values=(user(cycle_service_level=0.6),))
    table = effective_values(book, make_segments(2))
    assert table["cycle_service_level"].tolist() == [0.6, 0.9]
    assert table["cycle_service_level_from"].tolist() == ["user: anna", "rule: first"]
    assert table["stocked"].tolist() == [False, False]


def test_a_rule_can_give_back_what_a_weaker_one_took(make_segments, make_rule):
    rules = (
        make_rule("weak", 2, cycle_service_level=0.9, largest_cover_periods=4.0),
        make_rule("strong", 1, cycle_service_level="own", largest_cover_periods="unlimited"),
    )
    table = effective_values(Rulebook(rules=rules), make_segments(1))
    assert np.isnan(table["cycle_service_level"][0])
    assert np.isinf(table["largest_cover_periods"][0])
    assert table["cycle_service_level_from"][0] == "rule: strong"


def test_a_rule_needs_one_of_the_values_of_every_segment_it_names(make_segments, make_rule):
    segments = make_segments(3, abc=["A", "B", "C"], region=["north", "north", "south"])
    rule = make_rule("r", 1, {"abc": ("A", "C"), "region": ("north",)}, stocked=False)
    assert touched(rule, segments).tolist() == [True, False, False]


def test_a_segment_that_there_is_not_is_refused_with_the_nearest(make_segments, make_rule):
    rule = make_rule("r", 1, {"vulnerabilty": ("high",)}, stocked=False)
    with pytest.raises(UnknownNameError, match="rule 'r': 'vulnerabilty'; valid are vulnerability"):
        touched(rule, make_segments(1))


def test_the_same_values_from_elsewhere_are_the_same(make_segments, make_rule):
    segments = make_segments(2)
    one = effective_values(Rulebook(rules=(make_rule("a", 1, cycle_service_level=0.9),)), segments)
    other = effective_values(Rulebook(rules=(make_rule("b", 2, cycle_service_level=0.9),)), segments)
    assert same_values(one, other).all()
    assert not same_values(one, effective_values(Rulebook(), segments)).any()
    with pytest.raises(DataError, match="same series"):
        same_values(one, other.iloc[::-1])


def test_rules_that_cannot_be_told_apart_are_refused_all_at_once(make_rule):
    rules = (
        make_rule("a", 1, stocked=False),
        make_rule("b", 1, stocked=True),
        make_rule("b", 2, policy="champion"),
    )
    with pytest.raises(SettingsError, match=r"2 are called 'b'; rules about stocked .* 'a', 'b' have 1"):
        Rulebook(rules=rules)
    Rulebook(rules=(make_rule("a", 1, stocked=False), make_rule("b", 1, policy="champion")))


def test_two_users_cannot_set_the_same_thing():
    with pytest.raises(SettingsError, match="stocked of i0 at here is set 2 times, by anna, ben"):
        Rulebook(values=(user(stocked=True), user(by="ben", stocked=False)))
    Rulebook(values=(user(stocked=True), user(by="ben", policy="champion")))


def test_saying_nothing_is_refused(make_rule):
    with pytest.raises(SettingsError, match="rule 'r' says nothing"):
        make_rule("r", 1)
    with pytest.raises(SettingsError, match="the value of anna for i0 at here says nothing"):
        user()


def test_of_two_targets_the_stronger_holds(make_segments, make_rule):
    rules = (
        make_rule("served", 1, {"abc": ("A",)}, fill_rate=0.95),
        make_rule("level", 2, {"abc": ("A", "B")}, cycle_service_level=0.9),
        make_rule("all", 3, fill_rate=0.8),
    )
    table = effective_values(Rulebook(rules=rules), make_segments(3, abc=["A", "B", "C"]))
    np.testing.assert_array_equal(table["fill_rate"], [0.95, np.nan, 0.8])
    np.testing.assert_array_equal(table["cycle_service_level"], [np.nan, 0.9, np.nan])
    assert table["policy"].tolist() == ["fill_rate", "champion", "fill_rate"]
    assert table["policy_from"].tolist() == ["rule: served", "default", "rule: all"]


def test_two_targets_in_one_place_are_refused(make_rule):
    with pytest.raises(SettingsError, match="by a cycle_service_level or by a fill_rate, not by both"):
        make_rule("r", 1, cycle_service_level=0.9, fill_rate=0.9)
    with pytest.raises(SettingsError, match="served by the policy 'fill_rate'; leave 'order_up_to' out"):
        make_rule("r", 1, policy="order_up_to", fill_rate=0.9)
    make_rule("r", 1, policy="fill_rate", fill_rate=0.9)


def test_rules_of_one_priority_cannot_set_both_targets(make_rule):
    level = make_rule("level", 1, cycle_service_level=0.9)
    with pytest.raises(SettingsError, match="about cycle_service_level or fill_rate must have different"):
        Rulebook(rules=(level, make_rule("served", 1, fill_rate=0.9)))
    Rulebook(rules=(level, make_rule("served", 2, fill_rate=0.9)))
