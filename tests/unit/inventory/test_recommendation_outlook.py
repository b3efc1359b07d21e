"""Ten units a week, a lead time of one week, a review every week: what happens if nothing more is ordered."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from allocast.inventory.order_lines import OrderLines
from allocast.inventory.policies import OrderUpTo, ProjectedNeed, ReorderPoint
from allocast.inventory.recommendation import COLUMNS, Recommendations, explain

TODAY = pd.Timestamp("2024-01-14")  # the Sunday that ends the week of 8 January
WEEK = pd.Timedelta(days=7)


def advise(situation, lineage, policy=None):
    decision = (policy or OrderUpTo()).decide(situation)
    lines = OrderLines.of(situation, decision)
    return Recommendations(table=explain(situation, decision, lines, lineage)[COLUMNS]).table


@pytest.fixture
def steady(make_situation, lineage):
    def of(on_hand, **terms):
        return advise(make_situation(np.full((len(on_hand), 9, 6), 10.0), on_hand, **terms), lineage)

    return of


def test_an_order_must_be_placed_at_the_last_review_from_which_it_comes_in_time(steady) -> None:
    """20 last two weeks, what is ordered in a week is there in the third: it may wait one review, 19 none."""
    deadline = pd.to_datetime(steady([19.0, 20.0, 29.0, 30.0, 0.0])["deadline"])
    assert deadline.tolist() == [TODAY, TODAY + WEEK, TODAY + WEEK, TODAY + 2 * WEEK, TODAY]


def test_a_base_stock_order_is_due_today_and_none_else_is(steady) -> None:
    table = steady(np.arange(0.0, 45.0, 3.0))
    today = pd.to_datetime(table["deadline"]) == TODAY
    assert today.tolist() == (table["order_units"] > 0).tolist()


def test_no_deadline_is_named_beyond_what_the_scenarios_show(steady) -> None:
    assert steady([59.0, 999.0])["deadline"].isna().tolist() == [False, True]


def test_a_batch_that_is_ordered_early_may_wait(make_situation, lineage) -> None:
    """At a service level of 0.9 it is ordered now; the series' own, 0.8, lets it wait a week."""
    demand = np.full((1, 9, 6), 10.0)
    demand[0, 0, :2] = 12.0
    table = advise(make_situation(demand, [20.0]), lineage, ReorderPoint(cycle_service_level=0.9))
    assert table["order_units"].item() > 0
    assert pd.Timestamp(table["deadline"].item()) == TODAY + WEEK


def test_it_says_how_probably_demand_is_missed_before_an_order_can_be_there(make_situation, lineage) -> None:
    demand = np.full((1, 8, 4), 5.0)
    demand[0, :6, 0] = 11.0
    row = advise(make_situation(demand, [10.0]), lineage).iloc[0]
    assert row["stockout_probability"] == 0.75
    assert "Demand is probably missed (0.75) before an order can be there: expedite" in row["warning"]


def test_the_first_shortage_is_the_week_by_whose_end_half_the_scenarios_missed_demand(steady) -> None:
    shortage = pd.to_datetime(steady([0.0, 10.0, 25.0, 99.0])["first_shortage"])
    assert shortage[:3].tolist() == [TODAY + pd.Timedelta(days=1) + k * WEEK for k in (0, 1, 2)]
    assert pd.isna(shortage[3])


def test_waiting_costs_what_is_missed_less_what_need_not_be_held(make_situation, lineage) -> None:
    """Needs of 2, 4, 6, 8 and an order of 6 at 4 a unit missed, 1 held: 20 - 2 missed, (4 + 2) / 4 held."""
    demand = np.array([[[0.0, 2], [0, 4], [0, 6], [0, 8]]])
    row = advise(make_situation(demand), lineage, OrderUpTo(cycle_service_level=0.6)).iloc[0]
    assert row["cost_at_stake"] == pytest.approx(18)
    assert row["cost_of_waiting"] == pytest.approx(18 - 1.5)
    assert row["confidence"] == 1.0  # even a need of 2 saves 8 for 4 held


def test_confidence_is_the_share_of_scenarios_in_which_the_order_pays(make_situation, lineage) -> None:
    """An order of 9 saves 4 and holds 8 where 1 is needed, saves 8 and holds 7 where 2 are."""
    demand = np.array([[[0.0, need] for need in (0, 0, 1, 2, 9, 9)]])
    row = advise(make_situation(demand), lineage).iloc[0]
    assert row["order_units"] == 9
    assert row["confidence"] == pytest.approx(3 / 6)


def test_without_an_order_confidence_is_the_chance_that_none_is_needed(make_situation, lineage) -> None:
    demand = np.full((1, 10, 3), 5.0)
    demand[0, 0] = 50.0
    row = advise(make_situation(demand, [10.0]), lineage, OrderUpTo(cycle_service_level=0.5)).iloc[0]
    assert row["order_units"] == 0
    assert row["confidence"] == 0.9


@pytest.mark.parametrize("policy", [OrderUpTo(), ProjectedNeed(), ReorderPoint()])
def test_a_far_off_delivery_hides_no_stock_out_before_it(
    make_situation, make_position, lineage, policy
) -> None:
    far, none = ([[0, 0, 0, 0, 0, 500.0]], [[0, 0, 0, 0, 0, 0.0]])
    tables = [
        advise(
            make_situation(np.full((1, 9, 6), 10.0), position=make_position([4.0], pipeline=due)),
            lineage,
            policy,
        ).iloc[0]
        for due in (far, none)
    ]
    assert tables[0]["order_units"] == tables[1]["order_units"] > 0
    assert (tables[0]["late_units"], tables[0]["position"]) == (500, 504)
    assert "500 on order probably come too late to count." in tables[0]["warning"]
    assert tables[0]["reason"] == tables[1]["reason"]


def test_what_comes_until_the_next_order_could_be_there_counts(make_situation, make_position) -> None:
    due = make_position([4.0, 4.0], pipeline=[[0, 7.0, 0], [0, 0, 7.0]])
    situation = make_situation(np.full((2, 9, 4), 10.0), position=due)
    assert situation.late_units().tolist() == [0, 7]
    assert situation.timely_position().tolist() == [11, 4]
    assert situation.late_units(2).tolist() == [0, 0]
    assert situation.position.units.tolist() == [11, 11]


def test_an_order_placed_on_the_same_terms_is_never_late(make_situation) -> None:
    """Lead times of 1 to 5 weeks: yesterday's order may well be overtaken by a new one, and still counts."""
    rng = np.random.default_rng(3)
    lead_time = rng.integers(1, 6, (1, 500))
    situation = make_situation(np.full((1, 500, 8), 10.0), lead_time=lead_time)
    position = replace(
        situation.position,
        open_series=np.array([0]),
        open_units=np.array([30.0]),
        arrival=situation.lead_time.periods,
    )
    assert replace(situation, position=position).late_units().tolist() == [0]
