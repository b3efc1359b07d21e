"""Survival curves of lifelines, scikit-survival and hazardous; runs in the peers' environment.

Arrays in: ``X`` (n, n_features), ``duration`` > 0 and ``event`` of the rows to learn from, ``ask`` (n_ask, n_features),
``times`` (n_times,) or (n_ask, n_times). No feature may be missing. Options: ``models`` (names below), ``seed``.
Arrays out, for each model: ``NAME.survival``, shape (n_ask, n_times), and ``NAME.seconds`` of fit and prediction.

Settings are the packages' own but for a small ridge (features may be collinear), features brought to one scale for
the linear models, and a forest of 100 trees with at least 15 rows a leaf.
"""

import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

RIDGE = 0.001


class Task:
    """What is to be learned and what is asked, as the packages want it."""

    def __init__(self, arrays: Any, seed: int) -> None:
        keeps = arrays["X"].std(axis=0) > 0
        self.X, self.ask = arrays["X"][:, keeps], arrays["ask"][:, keeps]
        self.duration, self.event = arrays["duration"], arrays["event"].astype(bool)
        self.times, self.seed = arrays["times"], seed

    def scaled(self, X: Any) -> pd.DataFrame:
        """Features brought to mean 0 and spread 1 of the rows to learn from."""
        scaled = (X - self.X.mean(axis=0)) / self.X.std(axis=0)
        return pd.DataFrame(scaled, columns=[f"x{i}" for i in range(X.shape[1])])

    def rows(self) -> pd.DataFrame:
        """Scaled features with durations and events."""
        return self.scaled(self.X).assign(duration=self.duration, event=self.event)

    def at_times(self, grid: Any, curves: Any) -> Any:
        """Step curves (n_ask, n_grid) at the times asked; 1 before the first step."""
        grid, curves = np.append(-np.inf, grid), np.column_stack([np.ones(len(curves)), curves])
        place = np.searchsorted(grid, self.times, side="right") - 1
        return curves[:, place] if place.ndim == 1 else np.take_along_axis(curves, place, axis=1)


def kaplan_meier(task: Task) -> Any:
    """One curve for all."""
    from lifelines import KaplanMeierFitter

    fitter = KaplanMeierFitter().fit(task.duration, task.event)
    curve = fitter.survival_function_["KM_estimate"]
    return task.at_times(curve.index.to_numpy(), np.tile(curve.to_numpy(), (len(task.ask), 1)))


def _lifelines(fitter: Any, task: Task) -> Any:
    fitter.fit(task.rows(), duration_col="duration", event_col="event")
    grid = np.unique(task.times)
    curves = fitter.predict_survival_function(task.scaled(task.ask), times=grid).to_numpy().T
    return task.at_times(grid, curves)


def cox(task: Task) -> Any:
    """Proportional hazards, Breslow's baseline."""
    from lifelines import CoxPHFitter

    return _lifelines(CoxPHFitter(penalizer=RIDGE), task)


def weibull_aft(task: Task) -> Any:
    """Accelerated failure time, Weibull."""
    from lifelines import WeibullAFTFitter

    return _lifelines(WeibullAFTFitter(penalizer=RIDGE), task)


def lognormal_aft(task: Task) -> Any:
    """Accelerated failure time, log-normal."""
    from lifelines import LogNormalAFTFitter

    return _lifelines(LogNormalAFTFitter(penalizer=RIDGE), task)


def random_survival_forest(task: Task) -> Any:
    """scikit-survival's forest."""
    from sksurv.ensemble import RandomSurvivalForest

    return _sksurv(RandomSurvivalForest(n_estimators=100, min_samples_leaf=15, random_state=task.seed), task)


def gradient_boosting(task: Task) -> Any:
    """scikit-survival's boosting of Cox's likelihood."""
    from sksurv.ensemble import GradientBoostingSurvivalAnalysis

    return _sksurv(GradientBoostingSurvivalAnalysis(n_estimators=100, random_state=task.seed), task)


def _sksurv(model: Any, task: Task) -> Any:
    from sksurv.util import Surv

    model.fit(task.X, Surv.from_arrays(task.event, task.duration))
    curves = model.predict_survival_function(task.ask, return_array=True)
    return task.at_times(model.unique_times_, curves)


def survival_boost(task: Task) -> Any:
    """Hazardous' boosting; its curves may rise, so their running minimum is taken."""
    from hazardous import SurvivalBoost

    model = SurvivalBoost(ipcw_strategy="kaplan-meier", show_progressbar=False, random_state=task.seed)
    model.fit(task.X, {"event": task.event.astype(int), "duration": task.duration})
    grid = np.unique(task.times)
    curves = model.predict_survival_function(task.ask, times=grid)
    return task.at_times(grid, np.minimum.accumulate(curves, axis=1))


MODELS: dict[str, Callable[[Task], Any]] = {
    made.__name__: made
    for made in (
        kaplan_meier,
        cox,
        weibull_aft,
        lognormal_aft,
        random_survival_forest,
        gradient_boosting,
        survival_boost,
    )
}


def main(given: str, asked: str, answer: str) -> None:
    """Learn and predict with every model asked for."""
    warnings.simplefilter("ignore")
    options: dict[str, Any] = json.loads(Path(asked).read_text())
    unknown = sorted(set(options["models"]) - set(MODELS))
    if unknown:
        raise SystemExit(f"unknown models {unknown}; valid are {sorted(MODELS)}.")
    with np.load(given, allow_pickle=False) as arrays:
        task = Task(arrays, int(options["seed"]))
    found: dict[str, Any] = {}
    for name in options["models"]:
        started = time.process_time()
        found[f"{name}.survival"] = MODELS[name](task)
        found[f"{name}.seconds"] = np.array(time.process_time() - started)
    np.savez(answer, allow_pickle=False, **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
