"""Forecasts of VN2 in one table, by segment: the demand model, rules of thumb, and ETS and Croston's family.

The demand model and the rules are trained before each of the last windows, and judged with statsforecast's models at
the first and a later origin of each. Scaled pinball is of each series by itself, averaged; segments are those that
were known at the origin. This figure chooses nothing.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from allocast.demand.patterns import LABELS, segments
from allocast.forecast.baseline_model import ForecastingModel
from allocast.forecast.judging.backtest import ALL, overall, rolling_origin, summarise
from allocast.simulation.windows import past_windows
from allocast.workflows.folds import baselines, train_fold
from allocast.workflows.job import Job, open_job
from training.figures import Measured, Reference, Target, data_folder
from training.peer_model import peer_forecasts

__all__ = ["measure"]

SEED = 1
N_WINDOWS = 3
ORIGINS = (-1, 3)  # periods after a window's first
PEERS = ("AutoETS", "CrostonSBA", "TSB(0.1)", "ADIDA", "IMAPA")
CONFORMAL_WINDOWS = 4
SCORES = ("series_pinball", "scaled_pinball", "rmsse", "wrmsse", "bias", "coverage_0.9", "placed_0.9")


def measure() -> Measured:
    """Scores of every model over all origins, and of ours and the best other in each segment."""
    job = open_job(
        Path("configs/vn2.yaml"), [f"seed={SEED}", "demand.threads=1", f"data.root={data_folder('vn2')}"]
    )
    starts = past_windows(job.panel, job.settings.backtest.shape, N_WINDOWS)
    judged = pd.concat([_window(job, start) for start in starts], ignore_index=True)
    whole = summarise(overall(judged), ["target", "model"]).set_index(["target", "model"])
    return Measured(
        targets=tuple(
            Target(name=f"{target}.{score}_ratio_to_best_other", value=_ratio(whole.loc[target, score]), op="<=",
                   target=1.0)
            for target, score in (("period", "series_pinball"), ("period", "rmsse"), ("total", "scaled_pinball"))
        ),
        references=(
            *(
                Reference(name=f"{target} {model}.{score}", value=float(row[score]))
                for (target, model), row in whole.iterrows()
                for score in SCORES
                if np.isfinite(row[score])
            ),
            *_by_segment(judged),
        ),
        seeds=(SEED,),
    )  # fmt: skip


def _window(job: Job, start: np.datetime64) -> pd.DataFrame:
    """Every model at the origins of one window."""
    fold = train_fold(job, start, with_agent=False)
    panel, settings = job.panel.take(job.able), job.demand_settings
    origins = job.frequency.shifted(start, np.array(ORIGINS))
    peers = peer_forecasts(
        PEERS, panel, origins, horizon=settings.horizon, levels=settings.levels, windows=CONFORMAL_WINDOWS
    )
    models: list[ForecastingModel] = [fold.demand, *baselines(job, fold.known), *peers]
    return rolling_origin(models, panel, origins, anchors=settings.anchors, segments=segments)


def _ratio(scores: "pd.Series[float]") -> float:
    """Ours ÷ the best other."""
    return float(scores["lightgbm"] / scores.drop("lightgbm").min())


def _by_segment(judged: pd.DataFrame) -> list[Reference]:
    """Scaled pinball and coverage of the periods by label: ours, and the best other's score."""
    found = []
    for label in LABELS:
        others = [other for other in LABELS if other != label]
        own = judged[(judged[label] != ALL) & (judged[others] == ALL).all(axis=1)]
        table = summarise(own[own["target"] == "period"], [label, "model"]).set_index("model")
        for name, part in table.groupby(label, sort=True):
            ours, rest = part.loc["lightgbm"], part.drop(index="lightgbm")
            values = {
                "series_pinball": ours["series_pinball"],
                "best_other": rest["series_pinball"].min(),
                "bias": ours["bias"],
                "placed_0.9": ours["placed_0.9"],
                "cells": ours["cells"],
            }
            found += [
                Reference(name=f"{label} {name}.{score}", value=float(value))
                for score, value in values.items()
                if np.isfinite(value)
            ]
    return found
