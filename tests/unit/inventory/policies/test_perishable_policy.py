import dataclasses

import numpy as np
import pytest

from allocast.errors import DataError, SettingsError
from allocast.inventory.formulas.perishables import usable_order
from allocast.inventory.policies import Perishable, ProjectedNeed
from allocast.inventory.position import StockPosition

STEADY = np.full((1, 3, 6), 10.0)


def with_lives(make_position, by_life):
    by_life = np.array([by_life], dtype=float)
    return dataclasses.replace(make_position(by_life.sum(axis=1)), on_hand_by_life=by_life)


def test_what_expires_before_it_is_sold_does_not_count(make_situation, make_position) -> None:
    """Of 30 units 20 are in their last period: 10 of them are sold, 10 thrown away; 10 are left for the next."""
    old, fresh = (with_lives(make_position, lives) for lives in ([20, 10, 0], [0, 0, 30]))
    policy = Perishable(shelf_life_periods=3)
    decision = policy.decide(make_situation(STEADY, position=old, lead_time=1, review_periods=2))
    assert decision.wanted_units[0] == 10
    assert decision.notes == ("Until then 10 units are expected to expire.",)
    kept = policy.decide(make_situation(STEADY, position=fresh, lead_time=1, review_periods=2))
    assert (kept.wanted_units[0], kept.notes) == (0, ("",))


def test_what_lasts_for_long_is_ordered_like_anything_else(make_situation) -> None:
    demand = np.random.default_rng(3).poisson(9, (2, 999, 4)).astype(float)
    situation = make_situation(demand, [5.0, 14.0], lead_time=1)
    lasting = Perishable(shelf_life_periods=50).decide(situation)
    plain = ProjectedNeed().decide(situation)
    np.testing.assert_allclose(lasting.wanted_units, plain.wanted_units, atol=1)


def test_costly_waste_keeps_orders_small(make_situation) -> None:
    demand = np.random.default_rng(4).negative_binomial(1, 0.1, (1, 999, 4)).astype(float)
    situation = make_situation(demand, lead_time=0, costs={"shortage_cost": 9.0})
    orders = [
        Perishable(shelf_life_periods=1, waste_cost=waste).decide(situation).wanted_units[0]
        for waste in (0.0, 5.0, 50.0)
    ]
    assert orders[0] > orders[1] > orders[2] >= 0


def test_what_is_owed_and_what_waits_is_ordered_too(make_situation, make_position) -> None:
    """Nothing on hand, 4 owed, 10 missed before the order arrives and 10 asked for afterwards."""
    position, policy = make_position([0.0], backordered=4.0), Perishable(shelf_life_periods=2)
    waits = make_situation(STEADY, position=position, lead_time=1, costs={"backorders": True})
    assert policy.decide(waits).wanted_units[0] == 24
    lost = make_situation(STEADY, position=position, lead_time=1)
    assert policy.decide(lost).wanted_units[0] == 10


def test_lives_that_nobody_counted_are_taken_as_fresh(make_situation, make_position) -> None:
    counted = with_lives(make_position, [0, 0, 30])
    policy = Perishable(shelf_life_periods=3)
    known = policy.decide(make_situation(STEADY, position=counted, lead_time=1))
    assumed = policy.decide(make_situation(STEADY, [30.0], lead_time=1))
    np.testing.assert_array_equal(known.wanted_units, assumed.wanted_units)


def of_own_life(make_situation, days, by_life):
    """Series whose items have shelf lives in days, 7 to a period."""
    position = StockPosition.from_pipeline(by_life.sum(axis=1), np.zeros((len(days), 1)), np.zeros(len(days)))
    position = dataclasses.replace(position, on_hand_by_life=by_life)
    demand = np.random.default_rng(5).poisson(6, (len(days), 99, 4)).astype(float)
    situation = make_situation(demand, position=position, lead_time=1)
    series = situation.panel.series.assign(shelf_life_days=days)
    return dataclasses.replace(situation, panel=dataclasses.replace(situation.panel, series=series))


def test_each_item_has_a_life_of_its_own(make_situation) -> None:
    """Whole weeks of it, one at least; without one, longer than the four periods looked at."""
    situation = of_own_life(make_situation, [6.0, 20.0, 21.0, np.nan], np.array([[4.0, 3.0, 9.0]] * 4))
    own = Perishable().decide(situation)
    for row, lives in enumerate([[16], [4, 12], [4, 3, 9], [4, 3, 0, 0, 9]]):
        one = situation.take(np.array([row]))
        position = dataclasses.replace(one.position, on_hand_by_life=np.array([lives], dtype=float))
        policy = Perishable(shelf_life_periods=len(lives))
        alone = policy.decide(dataclasses.replace(one, position=position))
        assert (own.wanted_units[row], own.level[row]) == (alone.wanted_units[0], alone.level[0])
        assert own.notes[row] == alone.notes[0]
    assert len(set(own.wanted_units)) > 1


def test_without_any_life_nothing_expires(make_situation) -> None:
    demand = np.random.default_rng(3).poisson(9, (2, 999, 4)).astype(float)
    situation = make_situation(demand, [5.0, 14.0], lead_time=1)
    own, lasting = (policy.decide(situation) for policy in (Perishable(), Perishable(shelf_life_periods=50)))
    np.testing.assert_array_equal(own.wanted_units, lasting.wanted_units)
    assert Perishable().name == "perishable(own life, unit cost)"


def test_stock_counted_by_other_lives_is_refused(make_situation, make_position) -> None:
    situation = make_situation(STEADY, position=with_lives(make_position, [10, 20]), lead_time=1)
    Perishable(shelf_life_periods=2).decide(situation)
    with pytest.raises(DataError, match="a column for each of 3 periods of life; it has 2"):
        Perishable(shelf_life_periods=3).decide(situation)


def test_lives_add_up_to_what_is_on_hand(make_position) -> None:
    position = make_position([30.0])
    with pytest.raises(DataError, match="series 0 has 20 by life and 30 on hand"):
        dataclasses.replace(position, on_hand_by_life=np.array([[10.0, 10.0]]))
    with pytest.raises(DataError, match="equally long"):
        dataclasses.replace(position, on_hand_by_life=np.zeros((2, 2)))


def test_paths_shorter_than_the_protection_interval_are_refused() -> None:
    with pytest.raises(DataError, match="Forecast further ahead"):
        usable_order(np.zeros((1, 2)), np.zeros((1, 3, 2)), np.zeros((1, 3, 2)), np.full((1, 3), 2))


@pytest.mark.parametrize(
    "settings", [{"shelf_life_periods": 0}, {"shelf_life_periods": 2, "waste_cost": -1.0}]
)
def test_a_shelf_life_is_a_period_at_least_and_waste_costs_nothing_at_least(settings) -> None:
    assert Perishable(shelf_life_periods=2).name == "perishable(2, unit cost)"
    with pytest.raises(SettingsError, match="shelf_life_periods must be >= 1"):
        Perishable(**settings)
