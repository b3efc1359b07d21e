"""What befalls order lines of the demo world."""

import numpy as np
import pytest

from allocast.simulation.demo_fates import NEVER, Fates, OrderFates, part_of


def one_line(**fates):
    usual = {
        "part_days": NEVER,
        "cancelled_days": NEVER,
        "surplus": 0.0,
        "promise_days": NEVER,
        "promise_shift": 0.0,
    }
    return Fates(**{name: np.array([fates.get(name, value)]) for name, value in usual.items()})


def parts(fates, *, ordered=10.0, delivered=10.0, days=20):
    first, rest = fates.parts(np.array([ordered]), np.array([delivered]), np.array([days]))
    return first[0], rest[0]


def test_half_of_a_line_comes_first_if_its_day_lies_before_the_receipt():
    assert parts(one_line(part_days=19.0)) == (5, 5)
    assert parts(one_line(part_days=20.0)) == (0, 10)
    assert parts(one_line(part_days=5.0), delivered=7.0) == (4, 3)


def test_a_line_cancelled_before_its_receipt_does_not_come_but_its_first_part_did():
    assert parts(one_line(cancelled_days=19.0)) == (0, 0)
    assert parts(one_line(cancelled_days=20.0)) == (0, 10)
    assert parts(one_line(cancelled_days=19.0, part_days=19.0)) == (5, 0)
    assert parts(one_line(cancelled_days=18.0, part_days=19.0)) == (0, 0)


def test_a_surplus_comes_on_top_of_all_and_never_makes_up_for_a_shortfall():
    assert parts(one_line(surplus=0.11)) == (0, 12)
    assert parts(one_line(surplus=0.11), delivered=9.0) == (0, 9)


def test_what_cannot_be_halved_comes_at_once():
    assert part_of(np.array([0.0, 1.0, 2.0, 3.0])).tolist() == [0, 0, 1, 2]


@pytest.fixture(scope="module")
def drawn():
    order_fates = OrderFates(
        split_probability=0.5,
        cancellation_probability=0.4,
        over_delivery_probability=0.3,
        new_promise_probability=0.2,
    )
    return order_fates, order_fates.draw(np.full((200, 200), 17.0), np.random.default_rng(3))


def test_fates_are_drawn_as_often_as_their_probabilities_say(drawn):
    _, fates = drawn
    assert (fates.part_days < NEVER).mean() == pytest.approx(0.5, abs=0.01)
    assert (fates.surplus > 0).mean() == pytest.approx(0.3, abs=0.01)
    assert (fates.promise_days < NEVER).mean() == pytest.approx(0.2, abs=0.01)
    moved = fates.promise_shift[fates.promise_shift > 0]
    assert moved.min() >= 2 and moved.max() <= 9


@pytest.mark.parametrize("days", [0, 1, 6, 12, 16, 39, 40, 60])
def test_the_truth_about_days_is_that_of_the_draws(drawn, days):
    order_fates, fates = drawn
    split = fates.part_days[fates.part_days < NEVER]
    said = order_fates.no_part_by(np.array(17.0), np.array(float(days)))
    assert said == pytest.approx((split > days).mean(), abs=0.015)
    said = order_fates.not_cancelled_before(np.array(float(days)))
    assert said == pytest.approx((fates.cancelled_days >= days).mean(), abs=0.01)
