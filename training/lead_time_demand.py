"""Quantiles of the demand of the coming 3 and 6 weeks on VN2, at rolling origins, beside simpler constructions.

The judged origins are the last 26 weeks of the data whose 3-week (6-week) outcome is known. Everything is trained
once, on what was known at the first of the 6-week origins; at each origin a model sees the history until there. A
series counts at an origin if it was in stock in all weeks of the span: only then is its demand known. The score is
twice the mean pinball loss over ten levels, divided by mean demand; coverage is the share of outcomes at or below a
quantile. Quantiles are judged before they are rounded to whole units.

Settings were chosen with the models trained 26 and 52 weeks earlier, and how quantiles are corrected also on six spans
of 26 weeks of M5's items by the week; the judged origins were looked at, too.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from allocast.adapters.engine import cpu_quota
from allocast.demand.calendar import iso_week
from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_forecast import DemandForecast
from allocast.forecast.demand_settings import DemandModelSettings
from allocast.forecast.judging.metrics import coverage, scaled_pinball
from allocast.forecast.lightgbm_model import DemandModel
from allocast.forecast.paths import paths_from_quantiles
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.workflows.job import open_job
from training.figures import Measured, Reference, Target, data_folder

__all__ = ["measure"]

SPANS = {3: (0.2225, 0.010), 6: (0.2110, 0.015)}  # weeks: targets of the score and of the error of coverage
LEVELS = np.array([0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99])
COVERED = (0.8, 0.9, 0.95, 0.99)
ORIGINS = 26
SEEDS = (1, 2, 3)
Scores = dict[str, float]


def measure() -> Measured:
    """Scores and coverages, means over seeds, and those of simpler constructions in the same run."""
    with ProcessPoolExecutor(cpu_quota(), mp_context=get_context("spawn")) as pool:
        runs = list(pool.map(_run, SEEDS))
    mean = {name: float(np.mean([run[name] for run in runs])) for name in runs[0]}
    ours = [name for name in mean if name.startswith("boosted.")]
    return Measured(
        targets=tuple(target for span in SPANS for target in _targets(span, mean)),
        references=tuple(
            Reference(name=name, value=value) for name, value in mean.items() if name not in ours
        )
        + tuple(
            Reference(name=f"seed_{seed}.{name}", value=run[name])
            for seed, run in zip(SEEDS, runs, strict=True)
            for name in ours
        ),
        seeds=SEEDS,
    )


def _targets(span: int, mean: Scores) -> list[Target]:
    score, error = SPANS[span]
    name = f"{span}_weeks"
    found = [Target(name=f"{name}.score", value=mean[f"boosted.{name}.score"], op="<=", target=score)]
    for level in COVERED:
        off = abs(mean[f"boosted.{name}.coverage_{level:g}"] - level)
        found.append(Target(name=f"{name}.coverage_error_{level:g}", value=off, op="<=", target=error))
    return found


def _run(seed: int) -> Scores:
    """All constructions with one seed; a process of its own, one thread."""
    job = open_job(Path("configs/vn2.yaml"), [f"seed={seed}", f"data.root={data_folder('vn2')}"])
    panel, longest = job.panel, max(SPANS)
    features = job.demand_settings.features
    settings = replace(
        job.demand_settings,
        horizon=longest,
        anchors=tuple(SPANS),
        levels=tuple(LEVELS),
        threads=1,
        follows_outcomes=True,
        features=replace(features, statics=(*features.statics, "location_id")),
    )
    first = len(panel.periods) - longest - ORIGINS
    scores: Scores = {}
    for kind in ("boosted", "level_set"):
        forecasts = _forecasts(panel, replace(settings, quantiles=kind), first, seed)
        scores |= _of_each_span(kind, panel, first, {a: [_direct(f, a) for f in forecasts] for a in SPANS})
    rng = np.random.default_rng(seed)
    sums = {a: [_independent(f, a, rng) for f in forecasts] for a in SPANS}
    scores |= _of_each_span("independent_weeks", panel, first, sums)
    sums = {a: [f.period_units[:, :, :a].sum(axis=2) for f in forecasts] for a in SPANS}
    scores |= _of_each_span("sum_of_quantiles", panel, first, sums)
    plain = {a: _plain(panel, first, a, seed) for a in SPANS}
    return scores | _of_each_span("plain_lightgbm", panel, first, plain)


def _forecasts(
    panel: DemandPanel, settings: DemandModelSettings, first: int, seed: int
) -> list[DemandForecast]:
    model = DemandModel.train(panel.until(panel.periods[first]), settings, seed=seed)
    return model.forecasts(panel, panel.periods[first : len(panel.periods) - min(SPANS)])


def _of_each_span(
    name: str, panel: DemandPanel, first: int, quantiles: dict[int, list[FloatArray]]
) -> Scores:
    """Scores of quantiles, one array of shape (n_series, n_levels) for each origin from the first."""
    scores: Scores = {}
    for span, each in quantiles.items():
        origins = _judged(panel, span)
        chosen = np.stack([each[origin - first] for origin in origins], axis=2)
        actual = _totals(panel, origins, span)
        scores[f"{name}.{span}_weeks.score"] = scaled_pinball(actual, chosen, LEVELS)
        for level, share in zip(LEVELS, coverage(actual, chosen), strict=True):
            if level in COVERED:
                scores[f"{name}.{span}_weeks.coverage_{level:g}"] = float(share)
    return scores


def _judged(panel: DemandPanel, span: int) -> IntArray:
    """Places of the last origins whose outcome is known."""
    end = len(panel.periods) - span
    return np.arange(end - ORIGINS, end)


def _totals(panel: DemandPanel, origins: IntArray, span: int) -> FloatArray:
    """Demand of the weeks after each origin together, shape (n_series, n_origins); NaN if any was not observed."""
    total: FloatArray = np.sum([panel.demand[:, origins + step] for step in range(1, span + 1)], axis=0)
    return total


def _direct(forecast: DemandForecast, span: int) -> FloatArray:
    return forecast.total_units[:, :, span - 1]


def _independent(forecast: DemandForecast, span: int, rng: np.random.Generator) -> FloatArray:
    """Quantiles of the total if weeks had nothing to do with each other."""
    paths = paths_from_quantiles(forecast.period_units[:, :, :span], forecast.levels, 400, rng)
    units: FloatArray = np.moveaxis(np.quantile(paths.sum(axis=2), LEVELS, axis=1), 0, 1)
    return units


def _plain(panel: DemandPanel, first: int, span: int, seed: int) -> list[FloatArray]:
    """A direct quantile LightGBM as anyone would write it: 120 rounds a level on lags, means and the week."""
    learned = np.arange(26, first - span + 1)
    asked = np.arange(first, len(panel.periods) - span)
    scale = _scale(panel)
    target = (_totals(panel, learned, span) / scale[:, learned]).ravel()
    known = ~np.isnan(target)
    parameters: dict[str, Any] = {
        "objective": "quantile", "learning_rate": 0.06, "num_leaves": 31, "min_data_in_leaf": 50,
        "feature_fraction": 0.7, "bagging_fraction": 0.5, "bagging_freq": 1, "max_bin": 63,
        "feature_pre_filter": False, "num_threads": 1, "seed": seed, "verbosity": -1,
    }  # fmt: skip
    data = lightgbm.Dataset(_plain_features(panel, learned, scale)[known], target[known], params=parameters)
    x = _plain_features(panel, asked, scale)
    raw = [lightgbm.train(parameters | {"alpha": level}, data, 120).predict(x) for level in LEVELS]
    units = np.maximum(np.sort(np.stack(raw, axis=1), axis=1), 0) * scale[:, asked].reshape(-1, 1)
    return list(np.moveaxis(units.reshape(panel.n_series, len(asked), len(LEVELS)), 1, 0))


def _plain_features(panel: DemandPanel, origins: IntArray, scale: FloatArray) -> FloatArray:
    """Shape (n_series × n_origins, n_features)."""
    shape = (panel.n_series, len(origins))
    columns: list[FloatArray] = [
        panel.demand[:, origins - lag] / scale[:, origins] for lag in (0, 1, 2, 3, 4, 5, 6, 7, 12)
    ]
    columns += [_mean(panel.demand, width)[:, origins] / scale[:, origins] for width in (4, 8, 13, 26, 52)]
    columns += [scale[:, origins], np.broadcast_to(iso_week(panel.periods)[origins + 1], shape)]
    names = ("location_id", "product_group", "department", "department_group")
    statics = [panel.series[name].astype(str).factorize()[0] for name in names]
    columns += [np.broadcast_to(codes[:, None], shape) for codes in statics]
    return np.stack(columns, axis=2).reshape(-1, len(columns)).astype(np.float32)


def _scale(panel: DemandPanel) -> FloatArray:
    return np.maximum(np.nan_to_num(_mean(panel.demand, 52)), 0.25)


def _mean(values: FloatArray, width: int) -> FloatArray:
    """Mean of what was observed in the last periods; NaN if nothing was."""
    seen = np.cumsum(~np.isnan(values), axis=1, dtype=np.float64)
    total = np.cumsum(np.nan_to_num(values), axis=1)
    seen[:, width:] -= seen[:, :-width].copy()
    total[:, width:] -= total[:, :-width].copy()
    mean: FloatArray = np.divide(total, seen, out=np.full(values.shape, np.nan), where=seen > 0)
    return mean
