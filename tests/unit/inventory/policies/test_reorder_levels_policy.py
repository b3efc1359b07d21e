import numpy as np
import pytest

from allocast.errors import SettingsError
from allocast.inventory.policies import OrderUpTo, ReorderLevels

WEEKLY = np.random.default_rng(5).poisson(6, (1, 20_000, 1)).astype(float)


def test_on_the_textbooks_demand_it_finds_the_textbooks_levels(make_situation) -> None:
    """Snyder and Shen, example 4.7: Poisson(6), K = 5, h = 1, p = 4: order at or below 4, up to 10."""
    situation = make_situation(WEEKLY, [4.0], lead_time=0, costs={"order_cost": 5.0})
    decision = ReorderLevels().decide(situation)
    assert (decision.trigger[0], decision.level[0], decision.wanted_units[0]) == (5, 10, 6)
    above = make_situation(WEEKLY, [5.0], lead_time=0, costs={"order_cost": 5.0})
    assert ReorderLevels().decide(above).wanted_units[0] == 0


def test_large_quantities_are_counted_in_steps(make_situation) -> None:
    costs = {"order_cost": 5.0 * 1000}
    decision = ReorderLevels(steps=200).decide(make_situation(WEEKLY * 1000, [0.0], lead_time=0, costs=costs))
    assert decision.level[0] == pytest.approx(10_000, rel=0.02)
    assert 4000 <= decision.trigger[0] <= 5000  # no position lies between


def test_a_series_without_demand_or_costs_is_ordered_up_to_its_quantile(make_situation) -> None:
    demand = np.concatenate([WEEKLY[:, :200]] * 2 + [np.zeros((1, 200, 1))])
    costs = {"holding_cost": [1.0, 0.0, 1.0]}
    situation = make_situation(demand, lead_time=0, costs=costs)
    decision, plain = ReorderLevels().decide(situation), OrderUpTo().decide(situation)
    np.testing.assert_array_equal(decision.level[1:], plain.level[1:])
    assert decision.wanted_units[2] == 0


def test_what_is_lost_before_an_order_arrives_needs_no_replacement(make_situation) -> None:
    """6 a week, nothing on hand, one week of lead time: 6 are lost, or owed."""
    steady = np.full((1, 5, 2), 6.0)
    lost, owed = (
        ReorderLevels().decide(make_situation(steady, [0.0], lead_time=1, costs={"backorders": waits}))
        for waits in (False, True)
    )
    assert (owed.wanted_units[0], lost.wanted_units[0]) == (12, 6)
    assert lost.trigger[0] == owed.trigger[0] - 6


def test_demand_between_two_reviews_is_that_of_all_their_periods(make_situation) -> None:
    daily = np.random.default_rng(6).poisson(3, (1, 20_000, 2)).astype(float)
    situation = make_situation(daily, [4.0], lead_time=0, review_periods=2, costs={"order_cost": 5.0})
    decision = ReorderLevels().decide(situation)
    assert (decision.trigger[0], decision.level[0]) == (5, 10)


def test_ten_steps_are_the_least() -> None:
    assert ReorderLevels(steps=10).name == "reorder_levels"
    with pytest.raises(SettingsError, match="steps must be >= 10"):
        ReorderLevels(steps=9)
