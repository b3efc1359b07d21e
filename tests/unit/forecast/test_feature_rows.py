import numpy as np
import pytest

from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_settings import FeatureSettings
from allocast.forecast.features import FeatureRows, Features, stream


@pytest.fixture(scope="module")
def rows(seasonal_panel: DemandPanel) -> FeatureRows:
    features = Features(seasonal_panel, FeatureSettings(known_ahead=("promotion",)), {})
    return FeatureRows.drawn(features, np.arange(30, 119), 3, 119, 1500, np.random.default_rng(0))


def test_rows_are_those_of_the_matrix(rows: FeatureRows, seasonal_panel: DemandPanel) -> None:
    features = Features(seasonal_panel, FeatureSettings(known_ahead=("promotion",)), {})
    for place in (0, 700, len(rows) - 1):
        whole = features.matrix(rows.origins[place : place + 1], int(rows.steps[place]))
        np.testing.assert_array_equal(rows[place], whole[rows.series[place]])


def test_a_slice_a_list_and_single_rows_agree(rows: FeatureRows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "READ_AHEAD", 7)
    singly = np.stack([rows[place] for place in range(3, 40)])
    np.testing.assert_array_equal(rows[3:40], singly)
    np.testing.assert_array_equal(rows[[3, 20, 39]], singly[[0, 17, 36]])


def test_rows_read_in_rising_order_are_made_once(rows: FeatureRows, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(stream, "READ_AHEAD", 100)
    monkeypatch.setattr(
        rows, "_between", lambda start, stop: made.append(start) or np.zeros((stop - start, 2))
    )
    rows._make(0)
    for place in range(0, 300, 3):
        rows[place]
    assert made == [0, 102, 204] or made == [0, 102, 204, 306]


def test_about_as_many_rows_are_drawn_as_asked_for_and_of_known_targets_only(
    rows: FeatureRows, seasonal_panel: DemandPanel
) -> None:
    assert len(rows) == pytest.approx(1500, rel=0.1)
    assert np.bincount(rows.steps)[1:] == pytest.approx([500] * 3, rel=0.2)
    assert seasonal_panel.observed[rows.series, rows.origins + rows.steps].all()
    assert (np.diff(rows.series) >= 0).all()
    cells = np.stack([rows.series, rows.origins, rows.steps])
    assert np.unique(cells, axis=1).shape[1] == len(rows)


def test_all_rows_are_taken_where_there_are_no_more_than_asked_for(seasonal_panel: DemandPanel) -> None:
    features = Features(seasonal_panel, FeatureSettings(), {})
    every = FeatureRows.drawn(features, np.arange(100, 119), 2, 119, 10**6, np.random.default_rng(0))
    assert len(every) == seasonal_panel.observed[:, 101:120].sum() + seasonal_panel.observed[:, 102:120].sum()
    assert seasonal_panel.observed[every.series, every.origins + every.steps].all()
