"""A search chooses the same whatever happens in the window that judges it afterwards."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from allocast.adapters.study import Study
from allocast.adapters.tuning_settings import SearchRange, TuningSettings
from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_settings import DemandModelSettings, FeatureSettings
from allocast.workflows.tune_demand import best, estimate_gain
from allocast.workflows.tuning_windows import outer_windows

pytest.importorskip("optuna")
SPACE = {"rounds": SearchRange(low=2, high=60, log=True), "learning_rate": SearchRange(low=0.01, high=0.5)}
DEFAULTS = {"rounds": 10, "learning_rate": 0.1}
SETTINGS = DemandModelSettings(
    horizon=3, anchors=(3,), leaves=7, smallest_leaf=5, first_origin=14, calibration_periods=10, **DEFAULTS,
    features=FeatureSettings(lags=(1, 2), windows=(4,), scale_window=13),
)  # fmt: skip
TUNING = TuningSettings(windows=2, outer_windows=1, origins=2)


@pytest.fixture
def panel() -> DemandPanel:
    rng = np.random.default_rng(3)
    return DemandPanel(
        series=pd.DataFrame({"item_id": [f"i{row}" for row in range(15)], "location_id": "x"}),
        periods=np.datetime64("2023-01-02") + 7 * np.arange(60),
        frequency=Frequency.WEEKLY,
        units=rng.poisson(12 + 8 * np.sin(np.arange(60) / 3), (15, 60)).astype(float),
        observed=np.ones((15, 60), dtype=bool),
    )


def searched(panel, folder):
    (window,) = outer_windows(panel, SETTINGS, TUNING, seed=1)
    study = Study(folder=folder, name="inner", space=SPACE, defaults=DEFAULTS, seed=1)
    trials = list(study.search(window.inner, 6))
    return [(dict(trial.chosen), trial.scores) for trial in trials], best(trials), window


def test_shuffling_the_outer_window_changes_its_losses_and_no_choice(panel, tmp_path):
    units = panel.units.copy()
    units[:, -4:] = np.random.default_rng(0).permutation(units[:, -4:].ravel()).reshape(15, 4) * 2
    trials, choice, window = searched(panel, tmp_path / "as it was")
    again, same, shuffled = searched(replace(panel, units=units), tmp_path / "shuffled")
    assert again == trials
    assert same == choice
    own, other = (estimate_gain([one], [choice], seeds=1) for one in (window, shuffled))
    assert own["default"].tolist() != other["default"].tolist()
    assert own["tuned"].tolist() != other["tuned"].tolist()


def test_the_estimate_is_the_mean_over_seeds_of_both_settings(panel, tmp_path):
    _, choice, window = searched(panel, tmp_path)
    table = estimate_gain([window], [choice, {"rounds": 1}], seeds=2)
    seeds = [replace(window.outer, seed=seed) for seed in (1, 2)]
    own, tuned = (np.mean([one.score(chosen, 0) for one in seeds]) for chosen in ({}, choice))
    assert table["default"].tolist() == [own]
    assert table["tuned"].tolist() == [tuned]
    assert table["gain_percent"].tolist() == [100 * (own - tuned) / own]
