"""One test for each numbered event of a period, in the order of ``dynamics``."""

import numpy as np
import pytest

from allocast.simulation.dynamics import Rates, Rules, Stock, advance, place


def stock_of(on_hand: float, pipeline: list[float], backordered: float = 0.0) -> Stock:
    return Stock(
        on_hand=np.array([on_hand]), backordered=np.array([backordered]), pipeline=np.array([pipeline])
    )


LOST_SALES, BACKORDERS = Rules(), Rules(waiting_share=1.0)
RATES = Rates(holding_cost=0.5, shortage_cost=2.0)


def live(stock: Stock, demand: float, rules: Rules = LOST_SALES):
    return advance(rules, stock, np.array([demand]), RATES)


def test_1_what_is_due_arrives_before_the_demand_and_the_rest_moves_up() -> None:
    after, ledger = live(stock_of(0, [5, 3, 2]), demand=4)
    assert (ledger.arrived[0], ledger.sold[0], after.on_hand[0]) == (5, 4, 1)
    np.testing.assert_array_equal(after.pipeline, [[3, 2, 0]])


def test_2_demand_is_met_as_far_as_stock_goes_and_the_rest_is_lost() -> None:
    after, ledger = live(stock_of(3, [2, 0]), demand=9)
    assert (ledger.sold[0], ledger.missed[0]) == (5, 4)
    assert (after.on_hand[0], after.backordered[0]) == (0, 0)


def test_2_with_backorders_the_rest_is_owed_and_served_first_in_the_next_period() -> None:
    owing, _ = live(stock_of(3, [0, 6]), demand=7, rules=BACKORDERS)
    assert owing.backordered[0] == 4
    after, ledger = live(owing, demand=5, rules=BACKORDERS)
    assert (ledger.sold[0], ledger.missed[0], after.backordered[0]) == (6, 3, 3)


def test_3_holding_is_charged_on_what_is_left_and_shortage_on_what_was_missed() -> None:
    _, too_much = live(stock_of(10, [0]), demand=4)
    assert (too_much.holding_cost[0], too_much.shortage_cost[0], too_much.cost[0]) == (3, 0, 3)
    _, too_little = live(stock_of(1, [0]), demand=4)
    assert (too_little.holding_cost[0], too_little.shortage_cost[0], too_little.cost[0]) == (0, 6, 6)


def test_3_what_is_owed_is_charged_again_in_every_period_it_waits() -> None:
    owing, first = live(stock_of(0, [0]), demand=4, rules=BACKORDERS)
    _, second = live(owing, demand=0, rules=BACKORDERS)
    assert (first.shortage_cost[0], second.shortage_cost[0]) == (8, 8)


@pytest.mark.parametrize("lead_time", [0, 1, 2, 3])
def test_4_an_order_with_lead_time_l_is_there_at_the_start_of_the_lth_period_after_the_next(
    lead_time,
) -> None:
    stock, _ = place(LOST_SALES, stock_of(0, [0, 0, 0, 0]), np.array([8.0]), lead_time)
    arrived = []
    for _ in range(5):
        stock, ledger = live(stock, demand=0)
        arrived.append(float(ledger.arrived[0]))
    assert arrived == [8.0 if period == lead_time else 0.0 for period in range(5)]


def test_4_an_order_adds_to_what_is_due_at_the_same_time_and_each_series_has_its_own_lead_time() -> None:
    stock = Stock(on_hand=np.zeros(2), backordered=np.zeros(2), pipeline=np.array([[1.0, 2, 3], [4, 5, 6]]))
    after, _ = place(LOST_SALES, stock, np.array([10.0, 20.0]), np.array([2, 0]))
    np.testing.assert_array_equal(after.pipeline, [[1, 2, 13], [24, 5, 6]])
    np.testing.assert_array_equal(after.position, stock.position + np.array([10, 20]))


def test_the_position_is_on_hand_and_on_order_less_what_is_owed() -> None:
    assert stock_of(3, [2, 4], backordered=5).position[0] == 4


def test_nothing_given_is_changed() -> None:
    stock, demand = stock_of(3, [2, 4], backordered=1), np.array([4.0])
    advance(BACKORDERS, stock, demand, RATES)
    place(BACKORDERS, stock, np.array([7.0]), 1)
    assert (stock.on_hand[0], stock.backordered[0], demand[0]) == (3, 1, 4)
    np.testing.assert_array_equal(stock.pipeline, [[2, 4]])


def test_an_array_of_any_leading_shape_is_many_single_series() -> None:
    rng = np.random.default_rng(2)
    stock = Stock(
        on_hand=rng.integers(0, 9, (3, 4)).astype(float),
        backordered=rng.integers(0, 3, (3, 4)).astype(float),
        pipeline=rng.integers(0, 5, (3, 4, 3)).astype(float),
    )
    demand, units = rng.integers(0, 15, (2, 3, 4)).astype(float)
    lead_time = rng.integers(0, 3, (3, 4))
    placed, _ = place(BACKORDERS, stock, units, lead_time)
    after, ledger = advance(BACKORDERS, placed, demand, RATES)
    for at in np.ndindex(3, 4):
        one = stock_of(stock.on_hand[at], list(stock.pipeline[at]), stock.backordered[at])
        ordered, _ = place(BACKORDERS, one, units[at][None], int(lead_time[at]))
        alone, line = live(ordered, demand[at], BACKORDERS)
        np.testing.assert_array_equal(after.pipeline[at], alone.pipeline[0])
        assert (after.on_hand[at], after.backordered[at]) == (alone.on_hand[0], alone.backordered[0])
        assert (ledger.cost[at], ledger.sold[at]) == (line.cost[0], line.sold[0])
