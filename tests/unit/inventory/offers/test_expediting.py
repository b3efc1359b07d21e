"""Open orders that are worth paying for to come earlier."""

from dataclasses import replace

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.inventory.offers import OpenOrders, expediting_table


def text(values):
    return np.array(list(values), dtype=object)


@pytest.fixture
def orders() -> OpenOrders:
    """Twenty each for two series, due in the third coming week; for the second it makes no difference."""
    return OpenOrders(
        order_line_id=text("pq"),
        supplier_id=text("st"),
        series=np.array([0, 1]),
        outstanding_units=np.array([20.0, 20.0]),
        periods=np.full((2, 20), 2),
        units=np.full((2, 20), 20.0),
        expedited_period=np.array([0, 0]),
        cost_per_unit=np.array([np.nan, 0.1]),
    )


@pytest.fixture
def situation(make_situation):
    """Ten a week are asked for; a new order needs four weeks. The first has nothing, the second enough."""
    return make_situation(np.full((2, 20, 8), 10.0), [0.0, 99.0], lead_time=4)


def test_an_order_that_would_only_be_missed_later_saves_nothing(situation, orders) -> None:
    """What serves weeks 1 and 2 is missing in weeks 3 and 4, before anything new can be there."""
    assert len(expediting_table(situation, orders)) == 0


def test_waiting_costs_what_is_missed_and_held_until_a_new_order_can_be_there(make_situation, orders) -> None:
    demand = np.tile([10.0, 10.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], (2, 20, 1))
    table = expediting_table(make_situation(demand, [0.0, 99.0], lead_time=4), orders)
    row = table.iloc[0]
    assert row["expected_period"] == 3 and row["expedited_period"] == 1
    assert (
        row["cost_of_waiting"] == 4 * 20 + 20 * 2 - 10
    )  # twenty missed, then held for two weeks; or ten held for one
    assert row["break_even_per_unit"] == pytest.approx(110 / 20)
    assert row["expedite"] == "ask the price" and row["reason"].startswith(
        "Ask for the price: in week 1 instead of"
    )


@pytest.mark.parametrize(("price", "worth"), [(5.4, "yes"), (5.6, "no")])
def test_a_price_below_the_break_even_is_worth_paying(make_situation, orders, price, worth) -> None:
    demand = np.tile([10.0, 10.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], (2, 20, 1))
    priced = replace(orders, cost_per_unit=np.full(2, price))
    row = expediting_table(make_situation(demand, [0.0, 99.0], lead_time=4), priced).iloc[0]
    assert row["expedite"] == worth
    assert row["saving"] == pytest.approx(110 - 20 * price)


def test_an_order_that_comes_as_early_anyway_saves_nothing(situation, orders) -> None:
    assert len(expediting_table(situation, replace(orders, periods=np.zeros((2, 20), dtype=np.int64)))) == 0


def test_what_is_cancelled_is_not_saved_by_expediting(situation, orders) -> None:
    never = replace(orders, periods=np.full((2, 20), 8), units=np.zeros((2, 20)))
    assert len(expediting_table(situation, never)) == 0
    late = replace(orders, periods=np.full((2, 20), 8))
    assert expediting_table(situation, late).iloc[0]["reason"].count("beyond the forecast") == 1


def test_open_orders_of_other_lengths_are_refused(orders) -> None:
    assert len(orders) == 2
    with pytest.raises(DataError, match="units"):
        replace(orders, units=np.zeros((2, 3)))
