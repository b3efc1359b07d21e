"""XYZ classes, the variation of demand, and the criticality matrix."""

import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.inventory.segments.classes import (
    NOT_SAID,
    USUAL_MATRIX,
    demand_variation,
    importance_classes,
    xyz_classes,
)


def weekly(units):
    units = np.asarray(units, dtype=float)
    return DemandPanel(
        series=pd.DataFrame({"item_id": [f"i{k}" for k in range(len(units))], "location_id": "here"}),
        periods=Frequency.WEEKLY.shifted(np.datetime64("2024-01-01"), np.arange(units.shape[1])),
        frequency=Frequency.WEEKLY,
        units=units,
        observed=~np.isnan(units),
    )


def test_what_is_on_a_limit_belongs_to_the_next_class():
    assert xyz_classes(np.array([0.49, 0.5, 1.0]), x=0.5, y=1.0).tolist() == ["X", "Y", "Z"]


def test_limits_that_are_not_in_order_are_refused():
    with pytest.raises(DataError, match=r"0 < x < y; they are 1 and 0\.5"):
        xyz_classes(np.array([0.1]), x=1.0, y=0.5)


def test_the_variation_is_deviation_over_mean_of_what_was_seen():
    panel = weekly([[2, 4, np.nan, 6], [5, 5, 5, 5], [0, 0, 0, 0], [np.nan] * 4])
    expected = [np.std([2, 4, 6]) / 4, 0.0, np.nan, np.nan]
    np.testing.assert_allclose(demand_variation(panel, 52), expected)


def test_only_the_last_periods_vary():
    panel = weekly([[100, 0, 5, 5]])
    assert demand_variation(panel, 2)[0] == 0
    assert demand_variation(panel, 4)[0] > 1


def test_every_cell_of_the_usual_matrix_is_reached():
    rows, columns = np.meshgrid([*USUAL_MATRIX], ["A", "B", "C"], indexing="ij")
    found = importance_classes(rows.ravel().astype(object), columns.ravel())
    assert found.tolist() == [cell for row in USUAL_MATRIX.values() for cell in row.values()]


def test_a_criticality_without_a_row_is_refused_by_name():
    with pytest.raises(DataError, match=r"criticality 'vital' and ABC class 'A'.*1 of 2 series.*Add the row"):
        importance_classes(np.array(["vital", NOT_SAID], dtype=object), np.array(["A", "A"]))
