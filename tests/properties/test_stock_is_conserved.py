"""Units are neither made nor lost by the dynamics, whatever happens; many series at once are each by itself."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from allocast.numerics.arrays import FloatArray
from allocast.simulation.dynamics import Ledger, Rates, Rules, Stock, advance, place

N, LONGEST, N_PERIODS = 3, 3, 8
RATES = Rates(holding_cost=0.2, shortage_cost=1.0)
limited = settings(max_examples=50, deadline=None, derandomize=True)


def units(*shape: int, most: int = 40) -> st.SearchStrategy[FloatArray]:
    return arrays(np.float64, shape, elements=st.integers(0, most).map(float))


stocks = st.builds(Stock, on_hand=units(N), backordered=units(N, most=9), pipeline=units(N, LONGEST + 1))
histories = {
    "stock": stocks,
    "demand": units(N_PERIODS, N),
    "orders": units(N_PERIODS, N),
    "lead_time": arrays(np.int64, (N_PERIODS, N), elements=st.integers(0, LONGEST)),
    "backorders": st.booleans(),
}


def without_debt(stock: Stock, backorders: bool) -> Stock:
    """Where sales are lost nothing is ever owed."""
    owed = stock.backordered if backorders else np.zeros_like(stock.backordered)
    return Stock(on_hand=stock.on_hand, backordered=owed, pipeline=stock.pipeline)


def live(stock, demand, orders, lead_time, backorders) -> tuple[list[Stock], list[Ledger]]:
    rules, stocks, ledgers = Rules(waiting_share=float(backorders)), [stock], []
    for asked, ordered, takes in zip(demand, orders, lead_time, strict=True):
        stock, _ = place(rules, stock, ordered, takes)
        stock, ledger = advance(rules, stock, asked, RATES)
        stocks.append(stock)
        ledgers.append(ledger)
    return stocks, ledgers


@given(**histories)
@limited
def test_every_unit_bought_is_sold_or_still_there(stock, demand, orders, lead_time, backorders) -> None:
    stocks, ledgers = live(without_debt(stock, backorders), demand, orders, lead_time, backorders)
    first, last = stocks[0], stocks[-1]
    came_in = first.on_hand + first.pipeline.sum(axis=1) + orders.sum(axis=0)
    sold = sum(ledger.sold for ledger in ledgers)
    np.testing.assert_array_equal(came_in, sold + last.on_hand + last.pipeline.sum(axis=1))


@given(**histories)
@limited
def test_every_unit_asked_for_is_served_lost_or_owed(stock, demand, orders, lead_time, backorders) -> None:
    stocks, ledgers = live(without_debt(stock, backorders), demand, orders, lead_time, backorders)
    asked = stocks[0].backordered + demand.sum(axis=0)
    sold = sum(ledger.sold for ledger in ledgers)
    unmet = stocks[-1].backordered if backorders else sum(ledger.missed for ledger in ledgers)
    np.testing.assert_array_equal(asked, sold + unmet)


@given(**histories)
@limited
def test_nothing_is_ever_negative_and_nobody_waits_beside_full_shelves(
    stock, demand, orders, lead_time, backorders
) -> None:
    stocks, ledgers = live(without_debt(stock, backorders), demand, orders, lead_time, backorders)
    for state, ledger in zip(stocks[1:], ledgers, strict=True):
        for array in (state.on_hand, state.backordered, state.pipeline, ledger.sold, ledger.missed):
            assert (array >= 0).all()
        assert (state.on_hand * ledger.missed == 0).all()
        np.testing.assert_array_equal(ledger.cost, 0.2 * ledger.on_hand + 1.0 * ledger.missed)


@given(**histories)
@limited
def test_with_backorders_the_position_moves_by_orders_less_demand_alone(
    stock, demand, orders, lead_time, backorders
) -> None:
    stocks, ledgers = live(without_debt(stock, backorders), demand, orders, lead_time, backorders)
    for before, after, ledger, asked, ordered in zip(
        stocks[:-1], stocks[1:], ledgers, demand, orders, strict=True
    ):
        lost = 0 if backorders else ledger.missed
        np.testing.assert_array_equal(after.position, before.position + ordered - asked + lost)


@given(**histories)
@limited
def test_many_series_at_once_are_each_by_itself(stock, demand, orders, lead_time, backorders) -> None:
    start = without_debt(stock, backorders)
    together, _ = live(start, demand, orders, lead_time, backorders)
    for row in range(N):
        one = Stock(
            on_hand=start.on_hand[row], backordered=start.backordered[row], pipeline=start.pipeline[row]
        )
        alone, _ = live(one, demand[:, row], orders[:, row], lead_time[:, row], backorders)
        assert together[-1].on_hand[row] == alone[-1].on_hand
        assert together[-1].backordered[row] == alone[-1].backordered
        np.testing.assert_array_equal(together[-1].pipeline[row], alone[-1].pipeline)
