"""Early units: for what the main line cannot bring in time, and for nothing else."""

import numpy as np
import pytest

from allocast.inventory.offers import early_units, rest_beyond_capacity

FIRST = np.array([0])


@pytest.fixture
def make_waiting(make_situation, make_offers):
    """One series with ten units asked for every week; its main line is the first offer, three weeks away."""

    def make(on_hand: float, *, costs=None, position=None, periods=(3, 1), lead_time=3, **terms):
        n = len(periods)
        offers = make_offers(
            [0] * n, np.array(periods), unit_cost=terms.pop("unit_cost", [3.0, 4.0]), **terms
        )
        situation = make_situation(
            np.full((1, 20, 10), 10.0), [on_hand], lead_time=lead_time, costs=costs, position=position
        )
        main = offers.sourcing.take(FIRST)
        return type(situation)(
            **{name: getattr(situation, name) for name in situation.__slots__} | {"sourcing": main}
        ), offers

    return make


def test_what_is_missed_in_the_next_week_that_the_fast_line_serves_is_ordered_there(make_waiting) -> None:
    found = early_units(*make_waiting(10.0), seed=1)
    assert (found.rows.tolist(), found.units.tolist()) == (
        [1],
        [10.0],
    )  # the week after can still be ordered for
    assert found.gain[0] == pytest.approx(10 * (4 - 1)) and found.shortage_saved[0] == pytest.approx(40.0)


@pytest.mark.parametrize("unit_cost", [[3.0, 7.0], [3.0, 9.0]])
def test_a_premium_as_high_as_the_shortage_is_not_paid(make_waiting, unit_cost) -> None:
    assert len(early_units(*make_waiting(10.0, unit_cost=unit_cost), seed=1)) == 0


def test_with_enough_until_the_main_line_can_deliver_nothing_is_early(make_waiting) -> None:
    assert len(early_units(*make_waiting(30.0), seed=1)) == 0
    assert len(early_units(*make_waiting(10.0, periods=(3, 3)), seed=1)) == 0  # as slow as the main line


def test_an_order_on_its_way_that_comes_too_late_does_not_hide_the_stock_out_before_it(
    make_waiting, make_position
) -> None:
    late = make_position([10.0], pipeline=[[0.0, 0.0, 500.0]])
    assert early_units(*make_waiting(10.0, position=late), seed=1).units.tolist() == [10.0]
    soon = make_position([10.0], pipeline=[[0.0, 500.0, 0.0]])
    assert len(early_units(*make_waiting(10.0, position=soon), seed=1)) == 0


def test_an_order_must_pay_for_its_order_cost_its_packs_and_its_minimum(make_waiting) -> None:
    assert len(early_units(*make_waiting(10.0, order_cost=[0.0, 31.0]), seed=1)) == 0
    assert len(early_units(*make_waiting(10.0, order_cost=[0.0, 29.0]), seed=1)) == 1
    assert early_units(*make_waiting(10.0, pack_units=6.0), seed=1).units.tolist() == [12.0]
    assert early_units(*make_waiting(10.0, capacity_units=7.0), seed=1).units.tolist() == [7.0]


def test_a_second_supplier_as_slow_as_the_first_helps_where_the_first_may_be_late(make_waiting) -> None:
    """Half of the time the main line needs five weeks, not three; the other never needs more than three."""
    lead_time = np.tile([3, 5], 10)
    law = np.zeros((2, 10))
    law[0, [3, 5]], law[1, 3] = 0.5, 1.0
    found = early_units(*make_waiting(30.0, periods=law, lead_time=lead_time), seed=1)
    assert found.units.tolist() == [10.0]
    assert found.shortage_saved[0] == pytest.approx(10 * 4 / 2)


def test_backorders_are_served_early_as_well(make_waiting) -> None:
    found = early_units(*make_waiting(10.0, costs={"backorders": True, "shortage_cost": 4.0}), seed=1)
    assert found.units.tolist() == [10.0]


def test_of_two_lines_that_help_the_one_that_saves_most_comes_first(make_waiting) -> None:
    found = early_units(*make_waiting(0.0, periods=(3, 1, 0), unit_cost=[3.0, 4.0, 3.5]), seed=1)
    assert found.rows.tolist() == [2] and found.units.tolist() == [
        10.0
    ]  # who can bring the next week's later


def test_what_is_above_the_capacity_comes_from_another_line_unless_it_can_wait(make_waiting) -> None:
    terms = {"capacity_units": [4.0, np.inf], "unit_cost": [3.0, 4.0]}
    situation, offers = make_waiting(30.0, periods=(3, 3), **terms)
    none = early_units(situation, offers, seed=1)
    rest = rest_beyond_capacity(situation, offers, np.array([10.0]), known=none, seed=1)
    assert (rest.rows.tolist(), rest.units.tolist()) == ([1], [6.0])
    situation, offers = make_waiting(30.0, periods=(3, 1), **terms)
    later = rest_beyond_capacity(situation, offers, np.array([10.0]), known=none, seed=1)
    assert len(later) == 0  # the fast line can still bring it, ordered next week
