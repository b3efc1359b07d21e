"""Pictures of explanations show the numbers of the table."""

import numpy as np
import pandas as pd
import pytest

from allocast.adapters.plots import contributions_plot, waterfall_plot
from allocast.forecast.explanation import Explanation


@pytest.fixture
def two_series():
    return Explanation(
        series=pd.DataFrame({"item_id": ["a", "b"], "location_id": ["x", "x"]}),
        period="day",
        periods=np.array([3, 3]),
        usual=np.array([37.0, 10.0]),
        expected=np.array([42.0, 9.0]),
        shares=np.array([[8.0, 1.0, -4.0], [0.0, -2.0, 1.0]]),
        names=("lag_1", "factor", "season_ago"),
        families={"lag_1": "recent demand", "factor": "season", "season_ago": "season"},
    )


def test_a_waterfall_falls_from_the_usual_to_the_expected(two_series):
    axes = waterfall_plot(two_series, 0).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "usual", "recent demand", "season", "expected",
    ]  # fmt: skip
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes.patches]
    assert bars == [(37.0, 45.0), (45.0, 42.0)]
    assert [bar.get_y() + bar.get_height() / 2 for bar in axes.patches] == [1.0, 2.0]
    assert axes.get_lines()[0].get_xydata().tolist() == [[37.0, 0.0], [42.0, 3.0]]
    assert [text.get_text() for text in axes.texts] == ["37.00", "+8.00", "−3.00", "42.00"]
    assert "Expected 42 a day, mostly because recent demand is high (+8)" in axes.get_title(loc="left")
    low, high = axes.get_xlim()
    assert low < 37 and high > 45


def test_families_are_drawn_above_features_with_their_mean_absolute_units(two_series):
    axes = contributions_plot(two_series, shown=2).axes[0]
    drawn = dict(zip([label.get_text() for label in axes.get_yticklabels()], axes.patches, strict=True))
    assert {name: bar.get_width() for name, bar in drawn.items()} == {
        "season_ago": 2.5, "lag_1": 4.0, "season": 2.0, "recent demand": 4.0,
    }  # fmt: skip
