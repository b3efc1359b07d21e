"""A value of an attribute is one text, in whatever type it comes."""

import numpy as np
import pandas as pd
import pytest

from allocast.forecast.features import labels


@pytest.mark.parametrize("dtype", ["Int64", "float64", "Float64", "float32", "category", object])
def test_whole_numbers_are_one_text_in_every_type(dtype):
    text = labels(pd.Series([3, 10, None], dtype=dtype))
    assert text[:2].tolist() == ["3", "10"]
    assert text.isna().tolist() == [False, False, True]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_broken_numbers_keep_their_digits_beside_whole_ones(dtype):
    values = np.array([0.1, 2.0, 2.5], dtype=dtype)
    assert labels(pd.Series(values)).tolist() == labels(pd.Series(values.astype(np.float64))).tolist()
    assert labels(pd.Series(values))[1:].tolist() == ["2", "2.5"]


@pytest.mark.parametrize("dtype", ["str", "category", object])
def test_text_stays_as_it_is_though_it_looks_like_a_number(dtype):
    text = labels(pd.Series(["3.0", "3", None], dtype=dtype))
    assert text[:2].tolist() == ["3.0", "3"]
    assert text.isna().tolist() == [False, False, True]


def test_flags_are_no_numbers():
    assert labels(pd.Series([True, False])).tolist() == ["True", "False"]
