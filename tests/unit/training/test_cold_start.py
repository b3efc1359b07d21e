"""What new series are compared with, and how they are shown to the models, in the figure of cold starts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from training import cold_start
from training.cold_start import LEVELS, group_quantiles

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.forecast.fitting.young import begun_at

HELD = np.arange(12) % 6 == 5  # one series of each product group


@pytest.fixture
def panel():
    """Two product groups of six series in two stores; the store y sells three times as much."""
    series = pd.DataFrame({"item_id": np.arange(12).astype(str), "location_id": ["x", "y"] * 6})
    series = series.assign(product_group=["milk"] * 6 + ["tea"] * 6, department="food")
    level = np.where(series["location_id"] == "y", 30.0, 10.0) * np.repeat([1.0, 2.0], 6)
    units = np.random.default_rng(4).poisson(level[:, None], (12, 60)).astype(float)
    return DemandPanel(
        series=series,
        periods=np.datetime64("2023-01-02") + 7 * np.arange(60),
        frequency=Frequency.WEEKLY,
        units=units,
        observed=np.ones(units.shape, dtype=bool),
    )


def test_a_series_never_seen_gets_the_quantiles_of_its_group_at_the_level_of_its_store(panel):
    past = begun_at(panel, np.where(HELD, 60, 0))
    median = group_quantiles(past, HELD)[HELD, list(LEVELS).index(0.5)]
    np.testing.assert_allclose(median, [3 * 30.0, 3 * 60.0], rtol=0.15)  # both sell in the store y


def test_what_is_hidden_of_a_series_does_not_change_its_quantiles(panel):
    begin = np.where(HELD, 60, 0)
    other = replace(panel, units=np.where(HELD[:, None], 999.0, panel.units))
    one, same = (group_quantiles(begun_at(each, begin), HELD)[HELD] for each in (panel, other))
    np.testing.assert_array_equal(one, same)


def test_the_more_is_seen_of_a_series_the_more_its_own_level_counts(panel):
    faster = replace(panel, units=panel.units * np.where(HELD, 5.0, 1.0)[:, None])
    medians = [
        group_quantiles(begun_at(faster, np.where(HELD, 60 - age, 0)), HELD)[HELD, 4]
        for age in (0, 2, 12, 26)
    ]
    assert (np.diff(medians, axis=0) > 0).all()
    np.testing.assert_allclose(medians[-1], [5 * 90.0, 5 * 180.0], rtol=0.2)


def test_a_small_product_group_takes_the_quantiles_of_its_department(panel):
    alone = panel.series.assign(product_group=np.where(HELD, "rare", panel.series["product_group"]))
    past = begun_at(replace(panel, series=alone), np.where(HELD, 60, 0))
    lowest, highest = group_quantiles(past, HELD)[HELD][:, [0, -1]].T
    assert (lowest < 100).all()  # milk and tea of the store y
    assert (highest > 180).all()


def test_a_model_is_shown_nothing_of_the_series_before_they_begin(panel):
    shown = []

    class Watching:
        def forecast(self, past, rows):
            shown.append(past.observed[rows].sum(axis=1))
            return type("Said", (), {"total_units": np.zeros((len(rows), len(LEVELS), 3))})

    parts = list(
        cold_start._at(panel, HELD, np.arange(12), 50, {"model": Watching()}, np.random.default_rng(1))
    )
    limits = [(0, 0), (1, 4), (5, 12), (51, 51)]
    for seen, (low, high), (ahead, age, said) in zip(shown, limits, parts, strict=True):
        assert low <= seen.min() <= seen.max() <= high
        np.testing.assert_array_equal(ahead, panel.units[HELD, 51:54].sum(axis=1))
        assert set(said) == {"model", "group_quantiles"}
        assert age.tolist() == [limits.index((low, high))] * 2


def test_all_series_of_an_item_that_is_held_out_begin_in_the_same_week(panel):
    item, shown = np.arange(12) // 3, []
    held = np.isin(item, [0, 2])
    late = replace(panel, observed=panel.observed & ~((np.arange(12) == 1)[:, None] & (np.arange(60) < 45)))

    class Watching:
        def forecast(self, past, rows):
            shown.append(past.observed[rows])
            return type("Said", (), {"total_units": np.zeros((len(rows), len(LEVELS), 3))})

    parts = cold_start._at(late, held, item, 50, {"model": Watching()}, np.random.default_rng(3))
    for place, (_, age, _) in enumerate(parts):
        weeks = [shown[place][code].any(axis=0).sum() for code in np.split(np.arange(6), 2)]
        assert age.tolist() == np.repeat(np.searchsorted([0, 4, 12], weeks), 3).tolist()
        assert set(age) == {place}
        begun = shown[place].argmax(axis=1)[[0, 2, 3, 4, 5]]
        assert len({*begun[:2]}) == len({*begun[2:]}) == 1
