import numpy as np
import pandas as pd
import pytest

from allocast.errors import DataError
from allocast.supply.orders.order_features import OrderEncoder, OrderLines

DAY = np.datetime64("2024-03-01")


def test_lines_are_encoded_by_the_places_fixed_at_training(make_orders) -> None:
    attributes = pd.DataFrame({"mode": ["sea", "air", "air"], "weight": [1.0, np.nan, 3.0]})
    orders = make_orders([DAY] * 3, promised_on=np.array([DAY + 9] * 3), attributes=attributes)
    encoder = OrderEncoder.fit(OrderLines.of_orders(orders), minimum_orders=1)
    assert encoder.names == ("quoted_days", "log_units", "month", "item_id", "location_id", "mode", "weight")
    expected = [[9, np.log(11), 3, 0, 0, 1, 1], [9, np.log(11), 3, 0, 0, 0, np.nan]]
    np.testing.assert_allclose(encoder.matrix(OrderLines.of_orders(orders))[:2], expected)


def test_what_training_did_not_know_is_missing(make_orders, make_sourcing) -> None:
    attributes = pd.DataFrame({"mode": ["sea", "air"]})
    known = OrderLines.of_orders(make_orders([DAY] * 2, attributes=attributes))
    encoder = OrderEncoder.fit(known, minimum_orders=2)  # sea and air have one order each
    lines = OrderLines.of_sourcing(make_sourcing(["s"], [7.0], item_id=["other"]), DAY)
    np.testing.assert_array_equal(encoder.matrix(lines), [[7, np.nan, 3, np.nan, 0, np.nan]])


def test_an_attribute_with_dates_is_refused(make_orders) -> None:
    attributes = pd.DataFrame({"shipped_on": pd.to_datetime(["2024-03-05"])})
    with pytest.raises(DataError, match="attribute shipped_on holds dates"):
        OrderLines.of_orders(make_orders([DAY], attributes=attributes))
