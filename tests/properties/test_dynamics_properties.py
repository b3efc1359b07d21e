"""Every setting of the dynamics, alone and together: no unit is made or lost, and whole units stay whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from allocast.simulation.dynamics import Delivery, Rates, Rules, Stock, Terms, ration, run

N, N_PERIODS, LONGEST = 3, 12, 8
RATES = Rates(holding_cost=0.2, shortage_cost=1.0, lost_cost=0.5, waste_cost=0.3, salvage_value=0.1)
SYSTEMS = {
    "lost sales": Rules(),
    "backorders": Rules(waiting_share=1.0),
    "part of the demand waits": Rules(waiting_share=0.4),
    "orders may not cross": Rules(crossover=False),
    "three suppliers": Rules(suppliers=3),
    "oldest first": Rules(shelf_life=3),
    "youngest first": Rules(shelf_life=3, issuing="lifo"),
    "reviews": Rules(review_periods=3),
    "seasons": Rules(season_periods=5),
    "all together": Rules(
        waiting_share=0.4, crossover=False, suppliers=3, shelf_life=3, issuing="lifo", review_periods=2,
        season_periods=5,
    ),
}  # fmt: skip
limited = settings(max_examples=25, deadline=None, derandomize=True)


def whole(*shape: int, most: int = 30) -> st.SearchStrategy:
    return arrays(np.float64, shape, elements=st.integers(0, most).map(float))


def share(*shape: int) -> st.SearchStrategy:
    return arrays(np.float64, shape, elements=st.floats(0, 1.2))


@st.composite
def lives(draw, rules: Rules):
    """A run from a random stock: what there was before it, and what it returned."""
    orders = rules.orders_shape((N, N_PERIODS))
    before = Stock(
        on_hand=draw(whole(N, *([] if rules.shelf_life is None else [rules.shelf_life]))),
        backordered=draw(whole(N)) if rules.owes else np.zeros(N),
        pipeline=draw(whole(N, LONGEST + 1)),
        latest=draw(arrays(np.int64, (N, rules.suppliers), elements=st.integers(0, 3))),
    )
    demand = draw(whole(N, N_PERIODS))
    each = orders[2:]
    terms = Terms(
        minimum_order_units=draw(whole(*each, most=6)),
        pack_units=1 + draw(whole(*each, most=4)),
        capacity_units=draw(whole(*each)),
    )
    delivery = Delivery(
        share=draw(share(*orders)), first_share=np.minimum(draw(share(*orders)), 1),
        rest_later=draw(arrays(np.int64, orders, elements=st.integers(0, 1))),
    )  # fmt: skip
    takes = draw(arrays(np.int64, orders, elements=st.integers(0, 3)))
    after = run(
        rules, before, demand, RATES, takes, order_units=draw(whole(*orders)), terms=terms, delivery=delivery
    )
    return before, demand, *after


@pytest.mark.parametrize("system", SYSTEMS)
@given(data=st.data())
@limited
def test_every_unit_is_sold_wasted_sold_off_or_still_there(system: str, data) -> None:
    before, _, after, ledger, placed = data.draw(lives(SYSTEMS[system]))
    there = before.units_on_hand + before.pipeline.sum(axis=1)
    came = placed.delivered.reshape(N, -1).sum(axis=1)
    left = after.units_on_hand + after.pipeline.sum(axis=1)
    np.testing.assert_array_equal(there + came, ledger.sold + ledger.wasted + ledger.salvaged + left)
    arrived = before.pipeline.sum(axis=1) + came - after.pipeline.sum(axis=1)
    np.testing.assert_array_equal(ledger.arrived, arrived)


@pytest.mark.parametrize("system", SYSTEMS)
@given(data=st.data())
@limited
def test_every_unit_asked_for_is_served_lost_or_waits(system: str, data) -> None:
    before, demand, after, ledger, _ = data.draw(lives(SYSTEMS[system]))
    asked = before.backordered + demand.sum(axis=1)
    np.testing.assert_array_equal(asked, ledger.sold + ledger.lost + after.backordered)


@pytest.mark.parametrize("system", SYSTEMS)
@given(data=st.data())
@limited
def test_nothing_is_negative_or_a_part_of_a_unit(system: str, data) -> None:
    _, _, after, ledger, placed = data.draw(lives(SYSTEMS[system]))
    for units in (after.on_hand, after.backordered, after.pipeline, placed.ordered, placed.delivered):
        assert (units >= 0).all()
        np.testing.assert_array_equal(units, np.rint(units))
    for name in ("arrived", "sold", "missed", "lost", "wasted", "salvaged", "on_hand"):
        assert (getattr(ledger, name) >= 0).all()


@given(wanted=whole(2, 5), available=whole(2, most=60), weight=whole(5, most=4), packs=whole(5, most=4))
@limited
def test_rationing_gives_no_more_than_there_is_and_keeps_packs_whole(
    wanted, available, weight, packs
) -> None:
    wanted = wanted * np.maximum(packs, 1)
    given_units = ration(wanted, available, weight=weight, pack_units=packs)
    assert ((given_units >= 0) & (given_units <= wanted + 1e-9)).all()
    assert ((given_units * weight).sum(axis=1) <= available + 1e-6).all()
    in_packs = given_units[:, packs > 0] / packs[packs > 0]
    np.testing.assert_allclose(in_packs, np.rint(in_packs), atol=1e-9)
    enough = (wanted * weight).sum(axis=1) <= available
    np.testing.assert_array_equal(given_units[enough], wanted[enough])


@given(wanted=whole(2, 5), available=whole(2, most=60))
@limited
def test_rationing_leaves_nothing_of_what_is_scarce_and_cuts_all_alike(wanted, available) -> None:
    units = ration(wanted, available)
    np.testing.assert_array_equal(units.sum(axis=1), np.minimum(wanted.sum(axis=1), available))
    exact = wanted * np.minimum(available / np.maximum(wanted.sum(axis=1), 1), 1)[:, None]
    assert (np.abs(units - exact) < 1).all()
