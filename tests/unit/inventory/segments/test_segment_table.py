"""The table of segments that rules can ask for."""

import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.errors import SettingsError
from allocast.inventory.segments.segment_table import SEGMENTS, SegmentSettings, annual_value, segment_table
from allocast.inventory.segments.vulnerability import vulnerability

SUPPLY = vulnerability(
    n_suppliers=np.array([1, 2]), drift=np.zeros(2), lead_time_ratio=np.ones(2), spend_share=np.full(2, 0.5)
)


def panel(**attributes):
    weeks = Frequency.WEEKLY.shifted(np.datetime64("2023-01-02"), np.arange(60))
    units = np.stack([np.full(60, 9.0), np.arange(60) % 5 == 0]).astype(float)
    series = pd.DataFrame({"item_id": ["a", "b"], "location_id": "here"} | attributes)
    return DemandPanel(
        series=series, periods=weeks, frequency=Frequency.WEEKLY, units=units, observed=np.ones((2, 60), bool)
    )


def test_the_labels_come_first_and_the_own_attributes_last():
    table = segment_table(panel(region=["north", "south"]), value=np.array([90.0, 1.0]), supply=SUPPLY)
    assert tuple(table.columns[2:9]) == SEGMENTS
    assert table.columns[-1] == "region"
    assert table[["abc", "xyz", "pattern"]].to_numpy().tolist() == [
        ["A", "X", "smooth"],
        ["C", "Z", "intermittent"],
    ]


def test_forecast_errors_decide_on_xyz_where_they_are_brought():
    table = segment_table(panel(), value=np.ones(2), supply=SUPPLY, error=np.array([2.0, 0.1]))
    assert table["xyz"].tolist() == ["Z", "X"]
    assert table["xyz_figure"].tolist() == [2.0, 0.1]


def test_importance_goes_by_the_column_that_says_how_critical_a_series_is():
    said = panel(risk=["C", None])
    settings = SegmentSettings(criticality_column="risk")
    table = segment_table(said, value=np.array([90.0, 89.0]), supply=SUPPLY, settings=settings)
    assert table["criticality"].tolist() == ["C", "not said"]
    assert table["importance"].tolist() == ["medium", "high"]


def test_the_value_of_a_year_leaves_out_what_was_sold_before():
    assert annual_value(panel(), np.array([2.0, np.nan])).tolist() == [2 * 9 * 52, 0]


@pytest.mark.parametrize("wrong", [{"a": 0.95, "b": 0.8}, {"x": 1.0, "y": 1.0}])
def test_limits_out_of_order_are_refused(wrong):
    with pytest.raises(SettingsError, match="must be >"):
        SegmentSettings(**wrong)
