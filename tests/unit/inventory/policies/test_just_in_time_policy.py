import numpy as np
import pytest

from allocast.errors import DataError, SettingsError
from allocast.inventory.formulas.just_in_time import Conditions, Evidence, just_in_time_level
from allocast.inventory.order_lines import OrderLines
from allocast.inventory.policies import JustInTime, OrderUpTo
from allocast.inventory.recommendation import explain

SMOOTH = np.random.default_rng(1).normal(100, 5, (1, 400, 6))
JIT = JustInTime(otherwise=OrderUpTo())


def test_where_all_holds_only_the_expected_demand_and_an_allowance_circulates(make_situation) -> None:
    decision = JIT.decide(make_situation(SMOOTH, lead_time=1, costs={"order_cost": 10.0}))
    assert decision.level[0] == pytest.approx(220, abs=1)
    assert decision.notes == ("Just in time.",)
    assert decision.decided_by == (JIT.name,)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lead_time": 3}, "one lead time in ten is 3 weeks or more"),
        ({"lead_time": np.tile([[0, 0, 0, 1]], 100)}, "it may be 1 weeks later than usual"),
        ({"demand": SMOOTH * np.array([0, 3, 0, 0, 3, 0])}, "demand varies by 14"),
        ({"costs": {"order_cost": 900.0}}, "an economic batch lasts 4.2 weeks (at most 2)"),
    ],
)
def test_each_condition_that_fails_is_said_and_leaves_it_to_the_other_policy(
    make_situation, changes, said
) -> None:
    situation = make_situation(changes.pop("demand", SMOOTH), **({"lead_time": 1} | changes))
    decision, other = JIT.decide(situation), OrderUpTo().decide(situation)
    assert said in decision.notes[0]
    assert decision.decided_by == (OrderUpTo().name,)
    np.testing.assert_array_equal(decision.wanted_units, other.wanted_units)


def test_the_reason_of_a_recommendation_says_why_it_is_not_just_in_time(make_situation, lineage) -> None:
    situation = make_situation(SMOOTH, lead_time=3)
    decision = JIT.decide(situation)
    row = explain(situation, decision, OrderLines.of(situation, decision), lineage).iloc[0]
    assert row["policy"] == "order_up_to(critical ratio)"
    assert "Not just in time: one lead time in ten is 3 weeks or more (at most 1)." in row["reason"]


def test_series_are_decided_each_for_itself(make_situation) -> None:
    demand = np.concatenate([SMOOTH, SMOOTH * np.array([0, 3, 0, 0, 3, 0])])
    decision = JIT.decide(make_situation(demand, lead_time=1))
    assert [note.startswith("Just") for note in decision.notes] == [True, False]


def test_a_series_without_demand_circulates_nothing(make_situation) -> None:
    assert JIT.decide(make_situation(np.zeros((1, 3, 3)), lead_time=1)).wanted_units[0] == 0


def test_limits_below_nothing_are_refused() -> None:
    assert JIT.name == "just_in_time(0.1, else order_up_to(critical ratio))"
    for wrong in ({"longest_lead_time": -1.0}, {"largest_variation": 0.0}, {"longest_batch": 0.0}):
        with pytest.raises(SettingsError, match="conditions of just in time"):
            Conditions(**wrong)
    with pytest.raises(SettingsError, match="allowance_share must be >= 0"):
        JustInTime(allowance_share=-0.1)
    with pytest.raises(SettingsError, match="allowance_share must be >= 0"):
        just_in_time_level(np.ones(1), np.ones(1), allowance_share=-0.1)


def test_evidence_is_complete_and_not_negative() -> None:
    fine = {"lead_time_p50": np.zeros(1), "lead_time_p90": np.ones(1), "batch_periods": np.ones(1)}
    Evidence(**fine, variation=np.ones(1))
    with pytest.raises(DataError, match="variation must be finite and >= 0"):
        Evidence(**fine, variation=np.array([-0.1]))
    with pytest.raises(DataError, match="equally long"):
        Evidence(**fine, variation=np.ones(2))
