"""Stock that expires on a day, as periods in which it can still be sold."""

import numpy as np
import pytest

from allocast.demand.calendar import Frequency
from allocast.errors import DataError
from allocast.planning.stock_lots import StockLots

TODAY = np.datetime64("2024-01-07")


def lots(days, units=None, row=None):
    return StockLots(
        row=np.zeros(len(days), dtype=int) if row is None else np.array(row),
        units=np.ones(len(days)) if units is None else np.array(units),
        expires_on=TODAY + np.array(days, dtype=int),
    )


def lived(found, on_hand, longest=9, frequency=Frequency.WEEKLY):
    return found.by_life(np.array(on_hand), today=TODAY, frequency=frequency, longest=longest).tolist()


def test_whole_periods_count_and_one_at_least():
    assert lived(lots([1, 7, 13, 14, 20]), [5.0]) == [[3, 2, 0]]
    assert lived(lots([1, 2, 2]), [3.0], frequency=Frequency.DAILY) == [[1, 2, 0]]


def test_what_bears_no_day_is_fresh_and_each_series_has_its_own():
    assert lived(lots([7, 14], row=[0, 2]), [4.0, 5.0, np.nan]) == [[1, 0, 3], [0, 0, 5], [0, 1, 0]]


def test_what_lasts_beyond_the_last_column_stands_in_it():
    assert lived(lots([7, 70, 700]), [4.0], longest=3) == [[1, 0, 3]]


def test_without_lots_all_is_fresh():
    assert lived(lots([]), [4.0]) == [[4]]


def test_negative_or_unequal_lots_are_refused():
    lots([7], units=[0.0])
    with pytest.raises(DataError, match="units"):
        lots([7], units=[-1.0])
    with pytest.raises(DataError, match="equally long"):
        lots([7], row=[0, 1])
