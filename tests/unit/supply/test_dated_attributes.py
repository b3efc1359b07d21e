"""Attributes dated after the order are refused."""

import numpy as np
import pandas as pd
import pytest

from allocast.errors import DataError
from allocast.supply.orders.order_features import OrderLines

MONDAY = np.datetime64("2024-03-04")


def lines_with(make_orders, **attributes):
    n = len(next(iter(attributes.values())))
    return OrderLines.of_orders(make_orders([MONDAY] * n, attributes=pd.DataFrame(attributes)))


def test_a_value_known_by_the_order_is_kept_and_its_day_is_not(make_orders):
    lines = lines_with(make_orders, rating=[1.0, None], rating_known_on=pd.to_datetime(["2024-03-04", None]))
    assert list(lines.attributes.columns) == ["rating"]


def test_a_value_known_after_the_order_is_refused_with_line_and_days(make_orders):
    days = pd.to_datetime(["2024-03-01", "2024-03-05"])
    expected = (
        r"rating became known after the order: that of line 1, ordered on 2024-03-04, on 2024-03-05 \(1 of 2"
    )
    with pytest.raises(DataError, match=expected):
        lines_with(make_orders, rating=[1.0, 2.0], rating_known_on=days)


def test_a_value_known_at_a_time_nobody_knows_is_refused(make_orders):
    for day in (None, "some day"):
        with pytest.raises(DataError, match="on no day that can be read"):
            lines_with(make_orders, rating=[1.0], rating_known_on=[day])


def test_days_of_knowledge_may_be_text_as_a_csv_has_them(make_orders):
    assert len(lines_with(make_orders, rating=[1.0], rating_known_on=["2024-03-04"])) == 1
    with pytest.raises(DataError, match="became known after the order"):
        lines_with(make_orders, rating=[1.0], rating_known_on=["2024-03-05"])


@pytest.mark.parametrize("days", [["2024-03-01", None], pd.to_datetime(["2024-03-01", None])])
def test_an_attribute_of_dates_is_refused_also_as_text(make_orders, days):
    with pytest.raises(DataError, match=r"attribute shipped_on holds dates.*shipped_on_known_on"):
        lines_with(make_orders, shipped_on=days)


def test_text_that_is_no_date_and_an_empty_column_are_attributes(make_orders):
    lines = lines_with(make_orders, mode=["air", "2024-03-01"], empty=[None, None])
    assert list(lines.attributes.columns) == ["mode", "empty"]
