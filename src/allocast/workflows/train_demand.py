"""Train the demand model: judge it on past windows beside the baselines, train on all, register."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.adapters.demand_table import demand_table
from allocast.adapters.plots import calibration_plot, contributions_plot, importance_plot
from allocast.adapters.registry import ModelVersion
from allocast.adapters.tracking import Run
from allocast.demand.ages import AGE_NAMES
from allocast.demand.patterns import LABELS
from allocast.forecast.judging.backtest import ALL, overall, summarise
from allocast.forecast.lightgbm_model import DemandModel
from allocast.workflows.explain import some_series
from allocast.workflows.folds import Fold, judge_forecasts, train_folds
from allocast.workflows.job import Job
from allocast.workflows.model_card import Card, write_card
from allocast.workflows.promotion import register_and_promote

__all__ = ["DemandTraining", "segment_overview", "summarise_scores", "train_demand"]

EXAMPLE_SERIES = 2
SCORES = [
    "scaled_pinball", "series_pinball", "crps", "rmsse", "wrmsse", "bias",
    "coverage_0.5", "coverage_0.9", "coverage_0.95", "placed_0.5", "placed_0.9", "placed_0.95", "pit_error",
]  # fmt: skip
OVERVIEW = [
    "segment", "cells", "demand", "scaled_pinball", "best_other", "rmsse",
    "bias", "coverage_0.9", "placed_0.9", "pit_error",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandTraining:
    """What training the demand model gave.

    Parameters
    ----------
    model : DemandModel
    version : ModelVersion
    scores : DataFrame
        One row a model and target, means over windows and origins.
    segments : DataFrame
        One row a model, target and segment, over all windows and origins.
    """

    model: DemandModel
    version: ModelVersion
    scores: pd.DataFrame
    segments: pd.DataFrame


def train_demand(
    job: Job, *, folds: list[Fold] | None = None, actor: str, champion: bool = False
) -> DemandTraining:
    """Train, judge and register.

    Parameters
    ----------
    job : Job
    folds : list of Fold, optional
        Past windows whose models are trained already.
    actor : str
        Who asked, for the alias history.
    champion : bool
        Make the model champion even if there is one.
    """
    with job.store.run(f"{job.settings.name}/demand", "train demand") as run:
        job.record(run)
        folds = train_folds(job, with_agent=False) if folds is None else folds
        judged = judge_forecasts(job, folds)
        table, segments = overall(judged), summarise(judged, ["target", "model", *LABELS])
        _record_folds(run, table)
        scores = summarise_scores(table)
        run.table(scores, "scores.csv")
        run.table(segments, "segments.csv")
        run.table(judged, "segments_by_origin.csv")
        run.figure(calibration_plot(table, DemandModel.label), "calibration.png")
        model = DemandModel.train(job.panel, job.demand_settings, seed=job.settings.seed)
        run.figure(importance_plot(model.importance()), "importance.png")
        explanation = some_series(model, job.panel)
        run.figure(contributions_plot(explanation), "contributions.png")
        run.table(explanation.importance(), "contributions.csv")
        own = scores[(scores["model"] == model.name)].set_index("target")
        evidence = {
            f"{target}.{name}": float(own.loc[target, name])
            for target in own.index
            for name in SCORES
            if name in own
        }
        evidence = {name: value for name, value in evidence.items() if np.isfinite(value)}
        run.metrics(evidence)
        card = Card(
            scores=scores, judged=judged, importance=model.importance(), model=model.name, run_id=run.run_id
        )
        run.text(write_card(job, card), "model_card.md")
        version = register_and_promote(
            job, run, model, example=_example(job, model), evidence=evidence, actor=actor, champion=champion
        )
    return DemandTraining(model=model, version=version, scores=scores, segments=segments)


def summarise_scores(table: pd.DataFrame) -> pd.DataFrame:
    """Mean scores of each model over windows and origins, best scaled pinball first."""
    known = [name for name in SCORES if name in table]
    means = table.groupby(["target", "model"], sort=False)[known].mean().reset_index()
    return means.sort_values(["target", "scaled_pinball"], ignore_index=True)


def segment_overview(segments: pd.DataFrame, model: str, target: str = "period") -> pd.DataFrame:
    """One model in each class, pattern and age by itself, beside the best baseline there.

    Parameters
    ----------
    segments : DataFrame
        As ``DemandTraining`` has it.
    model, target : str

    Returns
    -------
    overview : DataFrame
        One row a segment, ages from the youngest on: its cells, its share of demand, the model's scores, how often
        outcomes lay within its quantile of 0.9 (if it was forecast), and the pinball loss of whatever other model has
        the lowest (``best_other``).
    """
    of_target = segments[segments["target"] == target]
    alone = of_target[(of_target[list(LABELS)] != ALL).sum(axis=1) <= 1]
    alone = alone.assign(segment=_segment_names(alone))
    best = alone[alone["model"] != model].groupby("segment")["scaled_pinball"].min().rename("best_other")
    own = alone[alone["model"] == model].merge(best, on="segment")
    own = own.assign(demand=own["demand"] / own["demand"].iloc[0])
    age = own["age"].map({name: place for place, name in enumerate(AGE_NAMES)}).fillna(-1)
    return own.loc[age.sort_values(kind="stable").index, [name for name in OVERVIEW if name in own]]


def _segment_names(table: pd.DataFrame) -> "pd.Series[str]":
    """The one label that is not ``all``, with its kind before it; ``all`` where none is."""
    names = pd.Series(ALL, index=table.index)
    for kind in LABELS:
        names = names.mask(table[kind] != ALL, f"{kind}: " + table[kind].astype(str))
    return names


def _record_folds(run: Run, table: pd.DataFrame) -> None:
    for window, part in table.groupby("window"):
        with run.child(f"window {pd.Timestamp(window):%Y-%m-%d}") as fold:
            means = part.groupby(["model", "target"])[[name for name in SCORES if name in part]].mean()
            values: Mapping[str, float] = {
                f"{_plain(model)}.{target}.{score}": float(value)
                for (model, target), row in means.iterrows()
                for score, value in row.items()
                if np.isfinite(value)
            }
            fold.metrics(values)
            fold.table(part, "scores.csv")


def _plain(name: str) -> str:
    """A name that MLflow takes as part of a metric's key."""
    return name.replace("(", "_").replace(")", "").replace(", ", "_")


def _example(job: Job, model: DemandModel) -> pd.DataFrame:
    """The whole history of a few series, and what is known ahead, as the registered model takes it."""
    few = job.panel.take(np.arange(min(EXAMPLE_SERIES, job.panel.n_series)))
    return demand_table(few, model.settings.features)
