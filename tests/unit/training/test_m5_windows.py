import numpy as np
import pandas as pd
import pytest
from training import m5_windows

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.forecast.hierarchy import Hierarchy

N_DAYS = 200


def a_panel(n_days=N_DAYS):
    keys = [
        ("CA_1", "CA", "FOODS_1", "FOODS"),
        ("TX_1", "TX", "FOODS_1", "FOODS"),
        ("TX_1", "TX", "HOBBIES_1", "HOBBIES"),
    ]
    statics = pd.DataFrame(keys, columns=["store", "state", "department", "category"])
    series = statics.assign(item_id=statics["department"], location_id=statics["store"])
    units = np.random.default_rng(1).integers(1, 30, (3, n_days)).astype(float)
    closed = np.zeros((3, n_days + 28))
    closed[:, -10] = 1
    return DemandPanel(
        series=series,
        periods=np.datetime64("2015-01-01") + np.arange(n_days),
        frequency=Frequency.DAILY,
        units=units,
        observed=closed[:, :n_days] == 0,
        known_ahead={"closed": closed},
    )


def equal_weights(hierarchy: Hierarchy):
    sizes = hierarchy.nodes.groupby("level")["name"].transform("size").to_numpy()
    return np.where(hierarchy.of_level("series"), 0.0, 1 / sizes)


@pytest.mark.parametrize("n_days", [N_DAYS, N_DAYS + 28])
def test_the_six_windows_lie_side_by_side_and_end_with_the_data(n_days):
    starts = m5_windows.starts(a_panel(n_days))
    assert len(starts) == 6
    assert set(np.diff(starts)) == {28}
    assert m5_windows.ahead(starts[-1]).stop == n_days


def test_nothing_of_a_window_is_known_before_it():
    panel = a_panel()
    known = m5_windows.known_then(panel, 100)
    assert known.units.shape == (3, 100)
    assert known.periods[-1] == panel.periods[99]


def test_a_perfect_forecast_scores_nothing_and_naive_scores_something_at_every_level():
    panel, start = a_panel(), 172
    hierarchy = m5_windows.hierarchy_of(panel)
    weights = equal_weights(hierarchy)
    naive = m5_windows.season_repeated(panel.units[:, :start], 7)
    perfect = hierarchy.aggregate(panel.units[:, start:])
    assert not m5_windows.level_scores(hierarchy, perfect, panel.units, weights, start).any()
    assert (
        m5_windows.level_scores(hierarchy, hierarchy.aggregate(naive), panel.units, weights, start) > 0.3
    ).all()


def test_the_score_of_the_total_is_the_one_of_the_competition():
    panel, start = a_panel(), 172
    hierarchy = m5_windows.hierarchy_of(panel)
    total = panel.units.sum(axis=0)
    mean = np.full((len(hierarchy.nodes), 28), 40.0)
    found = m5_windows.level_scores(hierarchy, mean, panel.units, equal_weights(hierarchy), start)[0]
    by_hand = np.mean((total[start:] - 40) ** 2) / np.mean(np.diff(total[:start]) ** 2)
    assert found == pytest.approx(np.sqrt(by_hand))


def test_days_before_the_first_sale_are_no_history():
    found = m5_windows.since_first_sale(np.array([[0.0, 0.0, 3.0, 0.0]]))
    np.testing.assert_array_equal(found, [[np.nan, np.nan, 3.0, 0.0]])


def test_a_season_is_repeated_from_its_last():
    history = np.arange(20.0)[None, :]
    assert m5_windows.season_repeated(history, 7)[0, :8].tolist() == [13, 14, 15, 16, 17, 18, 19, 13]


def test_closed_days_are_told_for_the_window():
    panel = a_panel()
    assert m5_windows.open_days(panel, 200).sum() == 3 * 27
    assert m5_windows.open_days(panel, 172).all()
