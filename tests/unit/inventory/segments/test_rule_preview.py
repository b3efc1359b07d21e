"""What a rule reaches and costs, before it applies."""

import numpy as np
import pytest

from allocast.inventory.policies import FillRateLevel, OrderUpTo, ReorderPoint
from allocast.inventory.segments.effective import effective_values
from allocast.inventory.segments.preview import PREVIEW, expected_money, preview
from allocast.inventory.segments.rules import PolicyValues, Rulebook, UserValue
from allocast.inventory.segments.segmented_policy import SegmentedPolicy

NAMED = {"reorder_point": ReorderPoint(), "fill_rate": FillRateLevel()}
CHOSEN = {"champion": OrderUpTo(), "policies": NAMED.__getitem__}
DEMAND = np.arange(1.0, 10)[None, :, None] * np.ones((3, 1, 2))


def test_expected_money_is_what_the_paths_say(make_situation):
    situation = make_situation(DEMAND, lead_time=0, costs={"unit_cost": 3.0, "holding_cost": 2.0})
    decision = OrderUpTo(cycle_service_level=0.5).decide(situation)  # a level of 5
    money = expected_money(decision, situation.lead_time_demand(), situation.costs)
    left = np.mean([4, 3, 2, 1, 0, 0, 0, 0, 0])
    assert money["stock_money"].tolist() == pytest.approx([3 * left] * 3)
    assert money["holding_cost"].tolist() == pytest.approx([2 * left] * 3)
    assert money["shortage_cost"].tolist() == pytest.approx([4 * left] * 3)  # demand lies evenly around 5


def test_each_rule_is_counted_and_costed_against_the_rest(make_situation, make_segments, make_rule):
    situation, segments = make_situation(DEMAND, lead_time=0), make_segments(3, abc=["A", "A", "C"])
    rules = (
        make_rule("every", 5, cycle_service_level=0.5),
        make_rule("A", 1, {"abc": ("A",)}, cycle_service_level=0.9),
        make_rule("none", 2, {"abc": ("B",)}, stocked=False),
    )
    table = preview(Rulebook(rules=rules), segments, **CHOSEN, situation=situation)
    assert list(table.columns) == PREVIEW
    assert table["rule"].tolist() == ["A", "none", "every", "all together"]
    assert table[["series", "decides", "changes"]].to_numpy().tolist() == [
        [2, 2, 2], [0, 0, 0], [3, 1, 1], [3, 3, 3],
    ]  # fmt: skip
    assert table["stock_money"][0] > 0 > table["shortage_cost"][0]
    assert table.loc[1, ["stock_money", "holding_cost", "shortage_cost"]].tolist() == [0, 0, 0]


def test_the_parts_add_up_where_rules_do_not_overlap(make_situation, make_segments, make_rule):
    situation, segments = make_situation(DEMAND, lead_time=0), make_segments(3, abc=["A", "B", "C"])
    rules = tuple(
        make_rule(name, place + 1, {"abc": (name,)}, cycle_service_level=level)
        for place, (name, level) in enumerate([("A", 0.9), ("B", 0.4)])
    )
    table = preview(Rulebook(rules=rules), segments, **CHOSEN, situation=situation)
    assert table["stock_money"][:2].sum() == pytest.approx(table["stock_money"][2])


def test_users_values_have_a_row_of_their_own(make_situation, make_segments, make_rule):
    value = UserValue(item_id="i0", location_id="here", by="anna", then=PolicyValues(stocked=False))
    book = Rulebook(rules=(make_rule("every", 5, cycle_service_level=0.5),), values=(value,))
    table = preview(
        book,
        make_segments(3),
        champion=OrderUpTo(),
        policies=NAMED.__getitem__,
        situation=make_situation(DEMAND),
    )
    row = table[table["rule"] == "users' values"].iloc[0]
    assert row[["series", "decides", "changes"]].tolist() == [1, 1, 1]
    assert row["stock_money"] < 0 < row["shortage_cost"]


def test_the_money_of_a_rule_is_that_of_two_whole_decisions(make_situation, make_segments, make_rule):
    """Found again without any short cut: all series decided with the rule, and all without it."""
    situation = make_situation(DEMAND, lead_time=0, costs={"order_cost": 20.0})
    segments = make_segments(3, abc=["A", "B", "C"]).iloc[::-1].reset_index(drop=True)
    rules = (
        make_rule("served", 1, {"abc": ("A", "B")}, fill_rate=0.97),
        make_rule("batches", 2, {"abc": ("B", "C")}, policy="reorder_point", cycle_service_level=0.6),
        make_rule("covered", 3, largest_cover_periods=1.2),
    )
    book = Rulebook(rules=rules)
    table = preview(book, segments, situation=situation, **CHOSEN).set_index("rule")

    def money(book):
        policy = SegmentedPolicy(values=effective_values(book, segments), label="demo/1", **CHOSEN)
        decision = policy.decide(situation)
        return expected_money(decision, situation.lead_time_demand(), situation.costs).sum()

    for rule in rules:
        expected = money(book) - money(book.without(rule.name))
        assert table.loc[rule.name, expected.index].tolist() == pytest.approx(expected.tolist())
    expected = money(book) - money(Rulebook())
    assert table.loc["all together", expected.index].tolist() == pytest.approx(expected.tolist())
