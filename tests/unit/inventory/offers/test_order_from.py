"""Order lines from several suppliers say why, and hold to every supplier's terms."""

from dataclasses import replace

import numpy as np
import pytest

from allocast.inventory.offers import (
    ExtraUnits,
    SourcingRules,
    early_units,
    line_costs,
    main_lines,
    order_from,
    with_early,
)
from allocast.inventory.policies import OrderUpTo
from allocast.inventory.recommendation import COLUMNS, explain


@pytest.fixture
def make_lines(make_situation, make_offers):
    """Ten are asked for every week; what an order-up-to policy and the offers make of it."""

    def make(on_hand, rules=None, *, periods=(3, 1), lead_time=3, notes=(), **terms):
        rules, n = rules or SourcingRules(), len(on_hand)
        offers = make_offers(
            np.repeat(np.arange(n), len(periods)).tolist(),
            np.tile(periods, n),
            unit_cost=np.tile(terms.pop("unit_cost", [3.0, 4.0]), n),
            notes=notes,
            **{name: np.tile(value, n) for name, value in terms.items()},
        )
        situation = make_situation(np.full((n, 20, 12), 10.0), on_hand, lead_time=lead_time)
        cost = line_costs(offers, situation.scenarios.demand, situation.costs, seed=1)
        main = main_lines(offers, cost)
        situation = replace(
            situation, sourcing=offers.sourcing.take(main), lead_time=offers.lead_time.take(main)
        )
        early = early_units(situation, offers, seed=1) if rules.split else ExtraUnits.none(20)
        decision = OrderUpTo().decide(with_early(situation, offers, early))
        lines = order_from(situation, decision, offers, early=early, cost=cost, rules=rules, seed=1)
        return lines, decision, situation

    return make


def test_what_comes_early_is_not_ordered_again_from_the_main_line(make_lines) -> None:
    lines, *_ = make_lines([10.0])
    assert lines.sourcing.supplier_id.tolist() == ["s0", "s1"]
    assert lines.units.tolist() == [20.0, 10.0]  # forty are needed in all, ten are there
    assert lines.note.tolist() == [
        "",
        "10 from s1 instead of s0: 33 % dearer, but 2.0 weeks earlier; saves 40.00 of expected shortage.",
    ]


def test_without_splitting_all_comes_from_the_main_line(make_lines) -> None:
    lines, *_ = make_lines([10.0, 10.0], SourcingRules(split=False))
    assert lines.series.tolist() == [0, 1] and lines.units.tolist() == [30.0, 30.0]


def test_what_the_main_line_cannot_deliver_comes_from_another(make_lines) -> None:
    lines, *_ = make_lines([30.0], periods=(3, 3), capacity_units=[4.0, np.inf])
    assert lines.units.tolist() == [4.0, 6.0]
    assert lines.binding.tolist() == ["capacity", ""]
    assert lines.note[1].startswith("6 from s1, as s0 delivers no more than 4 an order: 33 % dearer")


def test_a_main_line_that_is_not_the_cheapest_says_what_both_cost_in_all(make_lines) -> None:
    terms = {"unit_cost": [3.0, 3.3], "minimum_order_units": [60.0, 0.0]}
    lines, *_ = make_lines([30.0], periods=(1, 1), lead_time=1, **terms, notes=("s7 is left out: why.",))
    assert lines.note[0] == (
        "From s1, 10 % dearer than s0: it costs 33.00 a week with stock and shortage, s0 55.00. s7 is left out: why."
    )


def test_a_row_a_supplier_tells_its_own_reason_and_stake(make_lines, lineage) -> None:
    lines, decision, situation = make_lines([10.0])
    table = explain(situation, decision, lines, lineage)
    assert set(COLUMNS) <= set(table.columns) and table["order_units"].tolist() == [20, 10]
    assert table["on_order"].tolist() == [0, 0]  # what is proposed is not on order yet
    assert "instead of" in table["reason"][1] and "instead of" not in table["reason"][0]
    assert table["cost_at_stake"][1] == pytest.approx(40.0)


def test_an_order_only_for_the_time_until_the_main_line_says_so(make_lines, lineage) -> None:
    lines, decision, situation = make_lines([10.0])
    nothing = replace(decision, wanted_units=np.zeros(1), trigger=np.zeros(1))
    table = explain(situation, nothing, replace(lines, units=np.array([0.0, 10.0])), lineage)
    assert table["reason"].str.contains("but not all of it comes in time").all()


def test_no_supplier_gets_more_than_his_share(make_lines) -> None:
    lines, *_ = make_lines([0.0, 36.0], SourcingRules(largest_share=0.7), periods=(1, 1), lead_time=1)
    assert lines.units.reshape(-1)[:2].tolist() == [14.0, 6.0]
    assert lines.note[1] == "No more than 70 % from one supplier."


def test_an_order_too_small_to_be_divided_stays_whole_and_says_so(make_lines) -> None:
    rules = SourcingRules(largest_share=0.5)
    lines, *_ = make_lines([0.0], rules, periods=(1, 1), lead_time=1, minimum_order_units=15.0)
    assert lines.units.tolist() == [20.0]
    assert "More than 50 %" in lines.note[0]


def test_three_suppliers_share_where_two_may_not_have_enough(make_lines) -> None:
    rules = SourcingRules(largest_share=0.4)
    lines, *_ = make_lines([0.0], rules, periods=(1, 1, 1), lead_time=1, unit_cost=[3.0, 4.0, 5.0])
    assert lines.sourcing.supplier_id.tolist() == ["s0", "s1", "s2"]
    assert lines.units.tolist() == [8.0, 8.0, 4.0]


def test_two_suppliers_share_as_far_as_the_rule_goes_where_there_is_no_third(make_lines) -> None:
    lines, *_ = make_lines([0.0], SourcingRules(largest_share=0.4), periods=(1, 1), lead_time=1)
    assert lines.units.tolist() == [12.0, 8.0]
    assert "More than 40 %" in lines.note[0]
