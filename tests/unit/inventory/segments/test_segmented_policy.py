"""A policy that controls each series as its effective values say."""

from dataclasses import fields, replace

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.inventory import policies
from allocast.inventory.policies import (
    FillRateLevel,
    FixedQuantity,
    MovingAverageCover,
    OrderUpTo,
    PeriodicReview,
    ProjectedNeed,
    ReorderPoint,
)
from allocast.inventory.segments.effective import effective_values
from allocast.inventory.segments.rules import PolicyValues, Rulebook, UserValue
from allocast.inventory.segments.segmented_policy import SegmentedPolicy

NAMED = {
    "order_up_to": OrderUpTo(),
    "reorder_point": ReorderPoint(),
    "24 at a time": FixedQuantity(batch_units=24),
    "every fourth": PeriodicReview(review_periods=4),
    "cover": MovingAverageCover(),
    "fill_rate": FillRateLevel(),
}
DEMAND = np.arange(1.0, 10)[None, :, None] * np.ones((3, 1, 2))  # each path 1 … 9 a period


def decided(situation, segments, *rules, champion=None, values=(), held=None):
    table = effective_values(Rulebook(rules=rules, values=values), segments)
    if held is not None:
        table["held_safety_stock"] = held
    champion = champion or OrderUpTo()
    policy = SegmentedPolicy(champion=champion, values=table, policies=NAMED.__getitem__, label="demo/1")
    return policy.decide(situation)


def test_without_rules_it_decides_as_the_champion(make_situation, make_segments):
    situation = make_situation(DEMAND, [1, 2, 3])
    for champion in (OrderUpTo(), ProjectedNeed(cycle_service_level=0.7), ReorderPoint()):
        ours, own = decided(situation, make_segments(3), champion=champion), champion.decide(situation)
        np.testing.assert_array_equal(ours.wanted_units, own.wanted_units)
        np.testing.assert_array_equal(ours.level, own.level)
        assert set(ours.notes) == {""}
        assert set(ours.decided_by) == {champion.name}


def test_each_series_has_the_service_level_that_was_set_for_it(make_situation, make_segments, make_rule):
    situation = make_situation(DEMAND, lead_time=0)
    rule = make_rule("A", 1, {"abc": ("A",)}, cycle_service_level=0.9)
    decision = decided(situation, make_segments(3, abc=["A", "B", "A"]), rule)
    assert decision.level.tolist() == [9, 8, 9]
    assert decision.decided_by == ("order_up_to(0.9)", "order_up_to(critical ratio)", "order_up_to(0.9)")
    assert decision.notes == (*("Set: cycle service level 0.9 (rule: A).", ""), decision.notes[0])


def test_a_rule_can_name_the_policy(make_situation, make_segments, make_rule):
    situation = make_situation(DEMAND, lead_time=0, costs={"order_cost": 50.0})
    rule = make_rule("batches", 1, {"item_id": ("i1",)}, policy="reorder_point", cycle_service_level=0.5)
    decision = decided(situation, make_segments(3), rule)
    own = ReorderPoint(cycle_service_level=0.5).decide(situation)
    assert (decision.trigger[1], decision.level[1]) == (own.trigger[1], own.level[1])
    assert decision.trigger[0] == decision.level[0]


def test_what_is_not_stocked_is_not_ordered_and_says_who_said_so(make_situation, make_segments):
    out = UserValue(item_id="i2", location_id="here", by="ben", then=PolicyValues(stocked=False))
    decision = decided(make_situation(DEMAND), make_segments(3), values=(out,))
    assert (decision.wanted_units > 0).tolist() == [True, True, False]
    assert decision.notes[2] == "Set: stocked no (user: ben)."


def test_no_order_raises_a_position_above_its_cover(make_situation, make_segments, make_rule):
    situation = make_situation(DEMAND, [0, 3, 30], lead_time=0)
    decision = decided(situation, make_segments(3), make_rule("cover", 1, largest_cover_periods=1.0))
    assert decision.wanted_units.tolist() == [5, 2, 0]  # the mean is 5 a period
    assert decision.level.tolist() == [5, 5, 5]


def test_a_held_safety_stock_moves_trigger_and_level_together(make_situation, make_segments):
    situation = make_situation(DEMAND, lead_time=0, costs={"order_cost": 50.0})
    own = ReorderPoint().decide(situation)
    decision = decided(situation, make_segments(3), champion=ReorderPoint(), held=[1.0, np.nan, np.nan])
    assert decision.trigger.tolist() == [6, *own.trigger[1:]]
    np.testing.assert_array_equal(decision.level - decision.trigger, own.level - own.trigger)
    assert "held until its change is approved" in decision.notes[0]
    assert decision.notes[1] == ""


def test_a_service_level_for_a_policy_that_takes_none_is_refused(make_situation, make_segments, make_rule):
    champion, rule = MovingAverageCover(), make_rule("A", 1, cycle_service_level=0.9)
    with pytest.raises(DataError, match=r"takes none .3 series affected.*Let the rule name a policy"):
        decided(make_situation(DEMAND), make_segments(3), rule, champion=champion)
    named = make_rule("A", 1, cycle_service_level=0.9, policy="order_up_to")
    decided(make_situation(DEMAND), make_segments(3), named, champion=champion)


def test_a_series_that_the_values_do_not_know_is_left_to_the_champion(
    make_situation, make_segments, make_rule
):
    situation = make_situation(DEMAND, lead_time=0)
    decision = decided(situation, make_segments(2), make_rule("A", 1, cycle_service_level=0.9, stocked=True))
    assert decision.level.tolist() == [9, 9, 8]
    assert decision.notes[2] == ""


def test_a_rule_can_name_a_policy_with_settings_of_its_own(make_situation, make_segments, make_rule):
    situation = make_situation(DEMAND, [0, 0, 0], lead_time=0)
    rule = make_rule("pallets", 1, {"item_id": ("i1",)}, policy="24 at a time", cycle_service_level=0.9)
    decision = decided(situation, make_segments(3), rule)
    assert decision.wanted_units.tolist() == [8, 24, 8]
    assert decision.decided_by[1] == "fixed_quantity(0.9, 24)"
    assert decision.notes[1].startswith("Set: policy 24 at a time (rule: pallets); cycle service level 0.9")


def test_a_fill_rate_is_served_by_the_policy_of_that_name(make_situation, make_segments, make_rule):
    situation = make_situation(DEMAND, [0, 0, 0], lead_time=0)
    rules = (
        make_rule("A", 1, {"abc": ("A",)}, fill_rate=0.99),
        make_rule("every", 9, policy="reorder_point", cycle_service_level=0.5),
    )
    decision = decided(situation, make_segments(3, abc=["A", "B", "A"]), *rules)
    own = FillRateLevel(fill_rate=0.99).decide(situation)
    assert decision.level[[0, 2]].tolist() == own.level[[0, 2]].tolist()
    assert decision.decided_by == ("fill_rate(0.99)", "reorder_point(0.5)", "fill_rate(0.99)")
    assert decision.notes[0] == "Set: policy fill_rate (rule: A); fill rate 0.99 (rule: A)."
    assert "fill rate" not in decision.notes[1]


def test_a_fill_rate_for_a_stronger_policy_that_serves_none_is_refused(
    make_situation, make_segments, make_rule
):
    target, named = make_rule("served", 5, fill_rate=0.9), make_rule("thumb", 1, policy="cover")
    with pytest.raises(
        DataError, match=r"rule: served.*rule: thumb. moving_average_cover.* takes none .3 se"
    ):
        decided(make_situation(DEMAND), make_segments(3), target, named)
    stronger = make_rule("served", 1, fill_rate=0.9)
    decided(make_situation(DEMAND), make_segments(3), stronger, make_rule("thumb", 5, policy="cover"))


def test_only_the_series_that_are_reviewed_later_wait(make_situation, make_segments, make_rule):
    situation = make_situation(np.concatenate([DEMAND, DEMAND], axis=2), [0, 0, 0], lead_time=0)
    waiting = PeriodicReview(review_periods=4).decide(situation).next_review
    rule = make_rule("late", 1, {"item_id": ("i1",)}, policy="every fourth")
    decision = decided(situation, make_segments(3), rule, held=[np.nan, 2.0, np.nan])
    assert waiting > 0
    assert np.broadcast_to(decision.next_review, 3).tolist() == [0, waiting, 0]
    assert decision.wanted_units[1] == 0 < decision.wanted_units[0]


LEVELLED = [
    getattr(policies, name)
    for name in policies.__all__
    if "cycle_service_level" in {field.name for field in fields(getattr(policies, name))}
]


@pytest.mark.parametrize("kind", LEVELLED)
def test_every_policy_that_has_a_service_level_heeds_the_one_that_is_set(kind, make_situation):
    """Set for the second series alone, it is decided as at that level, and the others as ever."""
    demand = np.random.default_rng(2).poisson(7, (3, 99, 8)).astype(float)
    situation = make_situation(demand, lead_time=1, costs={"order_cost": 30.0})
    aimed = replace(situation, service_target=np.array([np.nan, 0.7, np.nan]))
    decision = kind().decide(aimed)
    own, other = kind().decide(situation), kind(cycle_service_level=0.7).decide(situation)
    assert decision.trigger.tolist() == [own.trigger[0], other.trigger[1], own.trigger[2]]
    assert decision.level.tolist() == [own.level[0], other.level[1], own.level[2]]
