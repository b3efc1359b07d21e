"""What was ordered before: when it is paid, what room it takes, what it uses of a supplier's capacity."""

import numpy as np
import pandas as pd
import pytest

from allocast.planning.commitments import Commitments
from allocast.planning.situate import Stock
from allocast.supply.supplier_terms import SupplierTerms

TERMS = SupplierTerms(
    supplier_id=np.array(["s"], dtype=object),
    payment_terms_days=np.array([30.0]),
    capacity_units=np.array([np.inf]),
    minimum_order_value=np.zeros(1),
    container_volume=np.array([np.nan]),
    container_fill=np.ones(1),
)


@pytest.fixture
def known(make_panel, make_lines):
    def make(book, on_hand=(0.0, 0.0)) -> Commitments:
        stock = Stock(on_hand=np.array(on_hand), backordered=np.zeros(2))
        return Commitments(panel=make_panel("ab"), stock=stock, orders=book, sourcing=make_lines("ab"))

    return make


def test_a_closed_order_is_paid_for_what_came_and_an_open_one_for_all(known, make_book) -> None:
    days = {"ordered_on": ["2023-12-10", "2024-01-02"], "received_on": ["2024-01-03", "NaT"]}
    paid = known(make_book("ab", units_received=[7.0, 2.0], **days)).payments(TERMS, "month")
    assert paid["period"].tolist() == ["2024-01", "2024-02"]
    assert paid["money"].tolist() == [21.0, 30.0]


def test_an_order_says_its_own_price_and_without_any_it_counts_nothing(known, make_book) -> None:
    book = make_book("abc")
    book = type(book)(**{
        name: getattr(book, name)
        for name in ("order_line_id", "supplier_id", "item_id", "location_id", "ordered_on", "promised_on",
                     "received_on", "units_ordered", "units_received", "shipment_id")
    }, attributes=pd.DataFrame({"unit_price": [2.0, np.nan, np.nan]}))  # fmt: skip
    assert known(book).payments(TERMS, "month")["money"].tolist() == [20.0, 30.0, 0.0]


def test_stock_and_what_is_still_to_come_take_room(known, make_book) -> None:
    book = make_book("bb", units_received=[4.0, 0.0])
    taken = known(book, (5.0, np.nan)).space_taken(np.array([2.0, 0.5]))
    assert taken.tolist() == [10.0, 8.0]


def test_only_orders_of_the_period_just_ended_use_this_rounds_capacity(known, make_book) -> None:
    book = make_book("ab", ordered_on=["2024-01-07", "2024-01-08"])
    assert known(book).ordered_this_round().to_dict() == {"s": 10.0}
