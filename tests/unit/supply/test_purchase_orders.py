from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from allocast.errors import DataError
from allocast.supply.orders.purchase_orders import PurchaseOrders

MONDAY = np.datetime64("2024-03-04")


def columns_of(orders: PurchaseOrders) -> dict[str, object]:
    return {field.name: getattr(orders, field.name) for field in fields(orders)}


def test_an_order_without_a_receipt_is_open(make_orders) -> None:
    orders = make_orders([MONDAY, MONDAY], received_on=[MONDAY + 3, "NaT"])
    assert orders.is_open.tolist() == [False, True]
    assert len(orders) == 2


def test_open_orders_are_censored_at_their_age_not_dropped(make_orders) -> None:
    orders = make_orders([MONDAY, MONDAY], received_on=[MONDAY + 3, "NaT"])
    durations = orders.durations(MONDAY + 10)
    np.testing.assert_array_equal(durations.days, [3, 10])
    np.testing.assert_array_equal(durations.received, [True, False])


def test_what_was_known_on_a_day_has_no_later_order_and_no_later_receipt(make_orders) -> None:
    orders = make_orders(MONDAY + np.array([0, 1, 2, 6]), received_on=MONDAY + np.array([2, 5, 6, 9]))
    known = orders.known_at(MONDAY + 5)
    assert known.order_line_id.tolist() == ["0", "1", "2"]
    assert known.is_open.tolist() == [False, False, True]
    np.testing.assert_array_equal(known.units_received, [10, 10, 0])


def test_what_happens_on_a_day_is_known_at_its_end(make_orders) -> None:
    orders = make_orders([MONDAY - 2, MONDAY], received_on=[MONDAY, MONDAY + 1])
    assert orders.known_at(MONDAY).is_open.tolist() == [False, True]


def test_what_was_known_does_not_depend_on_what_came_later(make_orders) -> None:
    placed, today = MONDAY + np.arange(8), MONDAY + 5
    on_time, late = make_orders(placed, received_on=placed + 4), make_orders(placed, received_on=placed + 4)
    late = make_orders(placed, received_on=np.where(placed + 4 > today, placed + 90, placed + 4))
    first, second = on_time.known_at(today), late.known_at(today)
    for name in ("ordered_on", "received_on", "units_received"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


def test_lines_can_be_taken_by_place_or_by_mask_with_their_attributes(make_orders) -> None:
    orders = make_orders([MONDAY] * 3, attributes=pd.DataFrame({"mode": ["air", "sea", "road"]}))
    by_place, by_mask = orders.take(np.array([2, 0])), orders.take(np.array([True, False, True]))
    assert by_place.attributes["mode"].tolist() == ["road", "air"]
    assert by_place.order_line_id.tolist() == ["2", "0"]
    assert by_mask.attributes["mode"].tolist() == ["air", "road"]


def test_days_are_whole_days_whatever_they_came_as(make_orders) -> None:
    orders = make_orders([MONDAY])
    hours = PurchaseOrders(
        **columns_of(orders) | {"ordered_on": np.array(["2024-03-04T18:30"], "datetime64[s]")}
    )
    assert hours.ordered_on[0] == MONDAY


def test_an_order_without_a_day_is_refused(make_orders) -> None:
    with pytest.raises(DataError, match=r"order line 1 has no order day \(1 of 2 lines"):
        make_orders([MONDAY, "NaT"])


def test_a_receipt_before_the_order_is_refused_and_one_on_the_same_day_is_not(make_orders) -> None:
    assert len(make_orders([MONDAY], received_on=[MONDAY])) == 1
    with pytest.raises(DataError, match="order line 0 is received before it is ordered"):
        make_orders([MONDAY], received_on=[MONDAY - 1])


@pytest.mark.parametrize("name", ["units_ordered", "units_received"])
def test_negative_units_are_refused(make_orders, name: str) -> None:
    with pytest.raises(DataError, match=f"{name} must be finite and >= 0"):
        make_orders([MONDAY], **{name: np.array([-1.0])})


def test_columns_and_attributes_must_have_a_row_for_each_line(make_orders) -> None:
    with pytest.raises(DataError, match="equally long"):
        make_orders([MONDAY, MONDAY], units_ordered=np.ones(1))
    with pytest.raises(DataError, match="attributes must have 2 rows; it has 3"):
        make_orders([MONDAY, MONDAY], attributes=pd.DataFrame(index=range(3)))


def test_what_is_received_of_an_open_line_is_not_on_order_any_more(make_orders) -> None:
    orders = make_orders([MONDAY], units_received=np.array([4.0]))
    np.testing.assert_array_equal(orders.known_at(MONDAY + 3).units_received, [4.0])
