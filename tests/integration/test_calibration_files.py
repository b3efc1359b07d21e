"""Calibrations survive being written and read, as CSV and as Parquet."""

import numpy as np
import pandas as pd
import pytest

from allocast.adapters.calibration_files import read_calibration
from allocast.adapters.files import write_table
from allocast.errors import DataError
from allocast.inventory.segments.calibration import CALIBRATION


@pytest.fixture
def calibration():
    text = dict.fromkeys(CALIBRATION, "x") | {"item_id": "007", "location_id": "1.0", "state": "acting"}
    numbers = {
        "cycle_service_level": np.nan,
        "fill_rate": 0.95,
        "largest_cover_periods": np.inf,
        "safety_stock": 0.1 + 0.2,
    }
    figures = {"demand_variation": 0.5, "lead_time_variation": 1 / 3, "safety_stock_money": 2.0}
    row = text | numbers | figures | {"stocked": False, "calibrated_on": "2024-01-08"}
    return pd.DataFrame([row, row | {"item_id": "NA", "stocked": True}])[CALIBRATION]


@pytest.mark.parametrize("name", ["calibration.csv", "calibration.parquet"])
def test_a_calibration_comes_back_as_it_was_written(calibration, tmp_path, name):
    write_table(calibration, tmp_path / name)
    found = read_calibration(tmp_path / name)
    pd.testing.assert_frame_equal(found, calibration, check_dtype=False)
    assert found["stocked"].dtype == bool


def test_what_is_not_there_or_is_another_table_is_refused(calibration, tmp_path):
    with pytest.raises(DataError, match=r"there is no calibration .*policy recalibrate"):
        read_calibration(tmp_path / "none.csv")
    write_table(calibration.drop(columns="why"), tmp_path / "other.csv")
    with pytest.raises(DataError, match="missing are why"):
        read_calibration(tmp_path / "other.csv")
