"""Train the demand model: judge it on past windows beside the baselines, train on all, register."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocast.adapters.demand_table import demand_table
from allocast.adapters.plots import calibration_plot, contributions_plot, importance_plot
from allocast.adapters.registry import ModelVersion
from allocast.adapters.tracking import Run
from allocast.forecast.lightgbm_model import DemandModel
from allocast.workflows.explain import some_series
from allocast.workflows.folds import Fold, judge_forecasts, train_folds
from allocast.workflows.job import Job
from allocast.workflows.model_card import Card, write_card
from allocast.workflows.promotion import register_and_promote

__all__ = ["summarise_scores", "train_demand"]

EXAMPLE_SERIES = 2
SCORES = ["scaled_pinball", "bias", "rmsse", "coverage_0.5", "coverage_0.9", "coverage_0.95"]


def train_demand(
    job: Job, *, folds: list[Fold] | None = None, actor: str, champion: bool = False
) -> tuple[DemandModel, ModelVersion, pd.DataFrame]:
    """Train, judge and register.

    Parameters
    ----------
    job : Job
    folds : list of Fold, optional
        Past windows whose models are trained already.
    actor : str
        Who asked, for the alias history.

    Returns
    -------
    model : DemandModel
    version : ModelVersion
    scores : DataFrame
        One row a model and target, means over windows and origins.
    """
    with job.store.run(f"{job.settings.name}/demand", "train demand") as run:
        job.record(run)
        folds = train_folds(job, with_agent=False) if folds is None else folds
        table = judge_forecasts(job, folds)
        _record_folds(run, table)
        scores = summarise_scores(table)
        run.table(scores, "scores.csv")
        run.figure(calibration_plot(table, DemandModel.label), "calibration.png")
        model = DemandModel.train(job.panel, job.demand_settings, seed=job.settings.seed)
        run.figure(importance_plot(model.importance()), "importance.png")
        explanation = some_series(model, job.panel)
        run.figure(contributions_plot(explanation), "contributions.png")
        run.table(explanation.importance(), "contributions.csv")
        own = scores[(scores["model"] == model.name)].set_index("target")
        evidence = {
            f"{target}.{name}": float(own.loc[target, name]) for target in own.index for name in SCORES
        }
        evidence = {name: value for name, value in evidence.items() if np.isfinite(value)}
        run.metrics(evidence)
        card = Card(
            scores=scores, judged=table, importance=model.importance(), model=model.name, run_id=run.run_id
        )
        run.text(write_card(job, card), "model_card.md")
        version = register_and_promote(
            job, run, model, example=_example(job, model), evidence=evidence, actor=actor, champion=champion
        )
    return model, version, scores


def summarise_scores(table: pd.DataFrame) -> pd.DataFrame:
    """Mean scores of each model over windows and origins, best scaled pinball first."""
    means = table.groupby(["target", "model"], sort=False)[SCORES].mean().reset_index()
    return means.sort_values(["target", "scaled_pinball"], ignore_index=True)


def _record_folds(run: Run, table: pd.DataFrame) -> None:
    for window, part in table.groupby("window"):
        with run.child(f"window {pd.Timestamp(window):%Y-%m-%d}") as fold:
            means = part.groupby(["model", "target"])[SCORES].mean()
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
