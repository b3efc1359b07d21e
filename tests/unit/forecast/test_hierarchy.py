import numpy as np
import pandas as pd
import pytest

from allocast.errors import DataError, UnknownNameError
from allocast.forecast.hierarchy import Hierarchy


def three_series(**attributes):
    columns = {"item_id": ["milk", "milk", "tea"], "location_id": ["north", "south", "north"]}
    return pd.DataFrame(columns | attributes)


def test_levels_are_named_in_their_order_and_end_with_the_series():
    made = Hierarchy.of(three_series(), {"total": [], "place": ["location_id"]})
    assert made.levels == ("total", "place", "series")
    assert made.nodes["name"].tolist() == [
        "all",
        "north",
        "south",
        "milk / north",
        "milk / south",
        "tea / north",
    ]
    assert made.n_series == 3


def test_groupings_need_not_be_nested():
    series = three_series(brand=["a", "b", "b"])
    made = Hierarchy.of(series, {"brand": ["brand"], "brand and item": ["brand", "item_id"]})
    sums = made.aggregate(np.array([[1.0], [2.0], [4.0]]))
    assert sums[made.of_level("brand"), 0].tolist() == [1, 6]
    assert sums[made.of_level("brand and item"), 0].tolist() == [1, 2, 4]


def test_only_members_are_stored():
    made = Hierarchy.of(three_series(), {"total": [], "item": ["item_id"]})
    assert made.summing.nnz == 3 + 3 + 3


def test_two_series_of_one_name_stay_two():
    series = pd.concat([three_series(), three_series().head(1)], ignore_index=True)
    made = Hierarchy.of(series, {"total": []})
    assert made.aggregate(np.ones(4)).tolist() == [4, 1, 1, 1, 1]


def test_paths_keep_their_axes():
    made = Hierarchy.of(three_series(), {"total": []})
    paths = np.arange(24.0).reshape(3, 4, 2)
    np.testing.assert_array_equal(made.aggregate(paths)[0], paths.sum(axis=0))
    np.testing.assert_array_equal(made.aggregate(paths)[1:], paths)


def test_a_grouping_by_an_unknown_attribute_is_refused():
    with pytest.raises(UnknownNameError, match="unknown series attribute 'item'; valid are item_id"):
        Hierarchy.of(three_series(), {"item": ["item"]})


def test_an_unknown_level_is_refused():
    with pytest.raises(UnknownNameError, match="unknown level 'totl'; valid are total, series"):
        Hierarchy.of(three_series(), {"total": []}).of_level("totl")


def test_no_grouping_may_take_the_name_of_the_lowest_level():
    with pytest.raises(DataError, match="'series' is the lowest level"):
        Hierarchy.of(three_series(), {"series": ["item_id"]})


def test_units_of_another_number_of_series_are_refused():
    with pytest.raises(DataError, match=r"sums 3 series; units have shape \(2, 5\)"):
        Hierarchy.of(three_series(), {"total": []}).aggregate(np.ones((2, 5)))
