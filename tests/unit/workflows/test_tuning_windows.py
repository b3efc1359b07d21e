"""Windows in which settings are judged: side by side, and later ones unknown to the search."""

import ast
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from allocast.adapters.tuning_settings import TuningSettings
from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.forecast.demand_settings import DemandModelSettings, FeatureSettings
from allocast.workflows.tune_demand import SOURCES, source_files, verdict
from allocast.workflows.tuning_windows import latest_windows, outer_windows, panel_digest

SETTINGS = DemandModelSettings(
    horizon=4, anchors=(2, 4), rounds=8, leaves=7, smallest_leaf=5, first_origin=16, calibration_periods=10,
    features=FeatureSettings(lags=(1, 2), windows=(4,), scale_window=13),
)  # fmt: skip
TUNING = TuningSettings(windows=2, outer_windows=2, origins=3)
LENGTH = 6  # origins - 1 + the longest anchor
CHOICES = [{"rounds": 2}, {"rounds": 8}, {"rounds": 30}]


@pytest.fixture
def panel() -> DemandPanel:
    rng = np.random.default_rng(5)
    units = rng.poisson(10 + 5 * np.sin(np.arange(70) / 4), (12, 70)).astype(float)
    return DemandPanel(
        series=pd.DataFrame({"item_id": [f"i{row}" for row in range(12)], "location_id": "x"}),
        periods=np.datetime64("2023-01-02") + 7 * np.arange(70),
        frequency=Frequency.WEEKLY,
        units=units,
        observed=rng.random((12, 70)) < 0.95,
    )


def losses(problem):
    return [problem.score(chosen, fold) for chosen in CHOICES for fold in range(problem.n_folds)]


def test_windows_lie_side_by_side_at_the_end_of_what_is_known(panel):
    latest = latest_windows(panel, SETTINGS, TUNING, seed=1)
    assert latest.starts == (70 - 2 * LENGTH, 70 - LENGTH)
    places = [(w.inner.starts, len(w.inner.panel.periods), w.outer.starts) for w in outer_windows_of(panel)]
    assert places == [((46, 52), 58, (58,)), ((52, 58), 64, (64,))]


def outer_windows_of(panel):
    return list(outer_windows(panel, SETTINGS, TUNING, seed=1))


def test_the_search_sees_nothing_of_the_outer_window(panel):
    units = panel.units.copy()
    units[:, 64:] = np.random.default_rng(0).permuted(units[:, 64:], axis=1) * 3
    shuffled = replace(panel, units=units)
    (*_, before), (*_, after) = outer_windows_of(panel), outer_windows_of(shuffled)
    assert before.start == panel.periods[64]
    assert losses(before.inner) == losses(after.inner)
    assert panel_digest(before.inner.panel) == panel_digest(after.inner.panel)
    assert losses(before.outer) != losses(after.outer)


def test_what_came_before_a_window_does_change_its_losses(panel):
    units = panel.units.copy()
    units[:, 52:58] *= 3
    (*_, before), (*_, after) = outer_windows_of(panel), outer_windows_of(replace(panel, units=units))
    assert losses(before.inner) != losses(after.inner)


def test_a_score_is_the_same_each_time_and_depends_on_the_settings(panel):
    problem = latest_windows(panel, SETTINGS, TUNING, seed=1)
    assert losses(problem) == losses(problem)
    assert len({problem.score(chosen, 0) for chosen in CHOICES}) == 3


def test_a_digest_tells_panels_apart(panel):
    other = panel.units.copy()
    other[3, 7] += 1
    assert panel_digest(panel) == panel_digest(replace(panel))
    assert panel_digest(panel) != panel_digest(replace(panel, units=other))
    assert panel_digest(panel) != panel_digest(replace(panel, known_ahead={"price": other}))


def test_a_history_too_short_to_tune_on_is_refused(panel):
    with pytest.raises(DataError, match=r"leaves 6 before the first window of 6 .* make tuning.windows"):
        latest_windows(panel.until(panel.periods[17]), SETTINGS, TUNING, seed=1)
    with pytest.raises(DataError, match="before the first window"):
        list(outer_windows(panel.until(panel.periods[40]), SETTINGS, TUNING, seed=1))


def test_a_window_in_which_nothing_was_sold_cannot_judge(panel):
    units = panel.units.copy()
    units[:, 58:] = 0
    problem = latest_windows(replace(panel, units=units), SETTINGS, TUNING, seed=1)
    with pytest.raises(DataError, match="nothing was sold after"):
        problem.score({}, 1)


@pytest.mark.parametrize(
    ("gains", "said"),
    [
        ([], "was not estimated"),
        ([3.0], "one window shows no spread"),
        ([2.0, 3.0, 4.0], "Tuning gained 3.0 %"),
        ([0.0, 3.4], "gained nothing that shows"),
        ([-1.0, 0.5], "gained nothing that shows"),
        ([-3.0, -2.5], "Tuning lost 2.8 %"),
    ],
)
def test_the_verdict_claims_no_gain_that_the_windows_do_not_show(gains, said):
    assert said in verdict(pd.DataFrame({"gain_percent": gains}, dtype=float))


def imported_by(module):
    """Files of the package that a module imports, and those that they import; settings are known by their values."""
    found, ahead = {}, [module]
    while ahead:
        name = ahead.pop()
        spec = find_spec(name)
        if name in found or spec is None:
            continue
        found[name] = Path(spec.origin)
        if name.startswith("allocast.adapters."):
            continue
        nodes = ast.walk(ast.parse(found[name].read_text(encoding="utf-8")))
        imports = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
        ahead += [module for module in imports if module.startswith("allocast.")]
    return set(found.values())


def test_trials_are_kept_apart_by_every_file_that_their_loss_or_the_next_choice_comes_from():
    kept = [set(source_files(name)) for name in SOURCES]
    assert all(kept)
    judged = imported_by("allocast.workflows.tuning_windows")
    assert {"tuning_windows.py", "backtest.py", "lightgbm_model.py"} <= {file.name for file in judged}
    assert {file.name for file in judged - set.union(*kept)} == {"errors.py"}
    assert {"study.py", "tuning_settings.py"} <= {file.name for file in set.union(*kept)}
