"""Receipts of order lines: kept in order, found by line."""

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.supply.orders.receipts import Receipts

MONDAY = np.datetime64("2024-03-04")


def receipts(line, days, units):
    return Receipts(line=np.array(line), received_on=MONDAY + np.array(days), units=np.array(units, float))


def test_receipts_are_sorted_by_line_and_day():
    sorted_ones = receipts([1, 0, 1], [5, 9, 2], [1, 2, 3])
    assert sorted_ones.line.tolist() == [0, 1, 1]
    assert sorted_ones.units.tolist() == [2, 3, 1]
    assert not sorted_ones.units.flags.writeable


def test_units_and_last_day_of_each_line_are_found_also_where_nothing_came():
    several = receipts([0, 2, 2], [1, 4, 8], [5, 2, 3])
    assert several.units_of(4).tolist() == [5, 0, 5, 0]
    last = several.last_of(4)
    assert last[2] == MONDAY + 8
    assert np.isnat(last).tolist() == [False, True, False, True]


def test_lines_can_be_chosen_in_any_order_and_several_times():
    chosen = receipts([0, 2, 2], [1, 4, 8], [5, 2, 3]).of_lines(np.array([2, 1, 0, 2]))
    assert chosen.line.tolist() == [0, 0, 2, 3, 3]
    assert chosen.units.tolist() == [2, 3, 5, 2, 3]


def test_no_receipts_are_receipts_too():
    nothing = Receipts.none()
    assert len(nothing) == 0
    assert nothing.units_of(2).tolist() == [0, 0]
    assert len(nothing.of_lines(np.array([0, 1]))) == 0


def test_a_receipt_without_a_day_is_refused_and_one_with_a_day_is_not():
    assert len(receipts([0], [1], [1])) == 1
    with pytest.raises(DataError, match=r"that of line 3 has none \(1 of 2 receipts"):
        Receipts(line=np.array([0, 3]), received_on=np.array([MONDAY, "NaT"], "M8[D]"), units=np.ones(2))


def test_negative_units_and_lines_are_refused():
    with pytest.raises(DataError, match="units must be finite and >= 0"):
        receipts([0], [1], [-1])
    with pytest.raises(DataError, match="line must be finite and >= 0"):
        receipts([-1], [1], [1])
