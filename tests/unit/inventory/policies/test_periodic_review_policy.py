import numpy as np
import pytest

from allocast.errors import DataError, SettingsError
from allocast.inventory.order_lines import OrderLines
from allocast.inventory.policies import OrderUpTo, PeriodicReview
from allocast.inventory.recommendation import Status, explain
from allocast.inventory.situation import OrderDecision

STEADY = np.full((1, 3, 5), 10.0)


def test_one_week_in_r_is_a_review_week_and_covers_r_weeks(make_situation) -> None:
    waits = []
    for review_periods in range(1, 5):
        decision = PeriodicReview(review_periods=review_periods).decide(make_situation(STEADY, [5.0]))
        waits.append(decision.next_review)
        assert decision.level[0] == 10 * (review_periods + 1)
        assert decision.wanted_units[0] == (0 if decision.next_review else decision.level[0] - 5)
    assert waits == [(-2818) % r for r in range(1, 5)]  # 2024-01-08 is the Monday 2818 weeks after 1970-01-05


def test_reviewed_in_every_period_it_is_order_up_to(make_situation) -> None:
    demand = np.random.default_rng(1).poisson(6, (3, 200, 3)).astype(float)
    situation = make_situation(demand, [0.0, 11.0, 40.0])
    often, plain = PeriodicReview(review_periods=1).decide(situation), OrderUpTo().decide(situation)
    np.testing.assert_array_equal(often.wanted_units, plain.wanted_units)
    assert often.notes == ()


def test_between_reviews_the_reason_says_when_the_next_one_is(make_situation, lineage) -> None:
    situation = make_situation(STEADY, [5.0])
    decision = PeriodicReview(review_periods=3).decide(situation)
    row = explain(situation, decision, OrderLines.of(situation, decision), lineage).iloc[0]
    assert row["status"] == Status.NOT_DUE
    assert row["reason"].endswith("but no order is due. Stock is reviewed again in 2 weeks.")


def test_between_reviews_enough_stock_is_still_enough(make_situation, lineage) -> None:
    situation = make_situation(STEADY, [500.0])
    decision = PeriodicReview(review_periods=3).decide(situation)
    assert explain(situation, decision, OrderLines.of(situation, decision), lineage)["status"].tolist() == [
        Status.ENOUGH
    ]
    assert OrderDecision.up_to(np.ones(1), np.zeros(1)).next_review == 0


def test_beyond_the_forecast_each_path_goes_on_with_its_last_periods(make_situation) -> None:
    rising = np.arange(1.0, 5.0)[None, None, :]  # 1, 2, 3, 4, and 3, 4 once more
    decision = PeriodicReview(review_periods=3).decide(make_situation(rising, lead_time=3))
    assert decision.level[0] == 1 + 2 + 3 + 4 + 3 + 4


def test_a_forecast_too_short_for_the_review_is_refused(make_situation) -> None:
    assert PeriodicReview(review_periods=6).decide(make_situation(STEADY, [5.0])).level[0] == 70
    with pytest.raises(DataError, match="Forecast further ahead"):
        PeriodicReview(review_periods=7).decide(make_situation(STEADY, [5.0]))


def test_a_review_takes_a_period() -> None:
    assert PeriodicReview().name == "periodic_review(4, critical ratio)"
    with pytest.raises(SettingsError, match="review_periods must be >= 1; it is 0"):
        PeriodicReview(review_periods=0)
