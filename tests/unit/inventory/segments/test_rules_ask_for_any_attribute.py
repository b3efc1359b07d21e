"""Rules ask for attributes by what they read as, whatever type a column has."""

import numpy as np
import pandas as pd
import pytest

from allocast.inventory.segments.effective import touched


@pytest.mark.parametrize(
    "column",
    [
        np.array(["1", "2", None], dtype=object),
        pd.array([1, 2, None], dtype="Int64"),
        pd.Categorical(["1", "2", None]),
        np.array([1, 2, None], dtype=object),
    ],
)
def test_a_code_is_found_as_text_and_what_is_missing_is_not(make_segments, make_rule, column):
    rule = make_rule("r", 1, {"code": ("1", "None", "nan", "<NA>")}, stocked=False)
    assert touched(rule, make_segments(3, code=column)).tolist() == [True, False, False]
