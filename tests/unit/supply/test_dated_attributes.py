"""Attributes dated after the order are refused."""

import datetime

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


@pytest.mark.parametrize(
    "days",
    [
        ["05/03/2024", "13/03/2024"],
        ["3/13/2024", "12/1/2023"],
        ["5.3.2024", "05.03.2024"],
        ["13-Mar-24", "2-Jun-06"],
        ["March 5, 2024", "February 29, 2024"],
        ["Tue, 5th March 2024", "Monday 4 March 2024"],
        ["2024/03/05 14:30", "2024-03-05T08:00:00Z"],
        ["11/13/06", "Date not captured"] + [f"11/{day}/06" for day in range(14, 31)] + ["1/1/07", "2/1/07"],
        [20240305, 20231231],
        [datetime.date(2024, 3, 5), None],
        pd.Categorical(["2024-03-05", "2024-03-06"]),
        pd.to_datetime(["2024-03-05T23:30+02:00"]),
    ],
)
def test_an_attribute_of_dates_is_refused_in_whatever_form_they_are_written(make_orders, days):
    with pytest.raises(DataError, match="attribute shipped_on holds dates"):
        lines_with(make_orders, shipped_on=days)


@pytest.mark.parametrize(
    "values",
    [
        [20.5, 31.0],
        [20240305, 5],
        [1, 2],
        [True, False],
        ["12", "2024"],
        ["A-12-24", "B-01-24"],
        ["12x4", "10-40-90"],
        ["May", "Mar"],
        ["12:30", "14:00"],
    ],
)
def test_numbers_and_codes_are_not_taken_for_dates(make_orders, values):
    assert "mode" in lines_with(make_orders, mode=values).attributes


def test_days_of_knowledge_are_read_in_the_form_that_fits_the_whole_column(make_orders):
    day_first = ["04/03/2024", "31/01/2024"]  # the second has no 31st month: so the first is no 3 April
    assert len(lines_with(make_orders, rating=[1.0, 2.0], rating_known_on=day_first)) == 2
    with pytest.raises(DataError, match="ordered on 2024-03-04, on 2024-03-05"):
        lines_with(make_orders, rating=[1.0, 2.0], rating_known_on=["05/03/2024", "31/01/2024"])


def test_days_that_may_be_read_as_before_or_after_the_order_are_refused_as_unclear(make_orders):
    both_before = lines_with(make_orders, rating=[1.0], rating_known_on=["01/02/2024"])
    assert len(both_before) == 1
    with pytest.raises(
        DataError, match=r"03/04/2024 of line 0.* as 2024-04-03 or 2024-03-04 .*year-month-day"
    ):
        lines_with(make_orders, rating=[1.0], rating_known_on=["03/04/2024"])
