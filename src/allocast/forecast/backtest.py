"""Rolling-origin judging: what each model said at past origins, against what was then asked for."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from allocast.demand.panel import DemandPanel
from allocast.forecast.baseline_model import ForecastingModel
from allocast.forecast.demand_forecast import DemandForecast
from allocast.forecast.metrics import bias, coverage, root_mean_squared_scaled_error, scaled_pinball
from allocast.numerics.arrays import DateArray, FloatArray

__all__ = ["judge", "rolling_origin"]

JUDGED_LEVELS = (0.5, 0.9, 0.95)


def rolling_origin(
    models: Sequence[ForecastingModel], panel: DemandPanel, origins: DateArray
) -> pd.DataFrame:
    """Judge models at each origin, knowing only what was known there.

    The models are taken as they are: bring models trained on nothing later than the first origin.

    Parameters
    ----------
    models : sequence of ForecastingModel
    panel : DemandPanel
        Reaching beyond the origins: what came after them is the outcome.
    origins : array of days, shape (n_origins,)

    Returns
    -------
    table : DataFrame
        One row a model, origin and target (``period``: each step; ``total``: the anchors), with the scores.
    """
    rows = []
    for origin in origins:
        known = panel.until(origin)
        for model in models:
            rows += judge(model.forecast(known), panel, model.name)
    return pd.DataFrame(rows)


def judge(forecast: DemandForecast, panel: DemandPanel, model: str) -> list[dict[str, object]]:
    """Scores of one forecast: a row for its periods and one for its running totals.

    Cells that were not observed, or lie beyond the panel, count for nothing.
    """
    origin = panel.frequency.periods_between(panel.periods[0], forecast.as_of)
    history = panel.demand[:, : origin + 1]
    actual = np.full((panel.n_series, forecast.horizon), np.nan)
    known = panel.demand[:, origin + 1 : origin + 1 + forecast.horizon]
    actual[:, : known.shape[1]] = known
    totals = np.cumsum(actual, axis=1)[:, forecast.anchors - 1]
    total_mean = np.cumsum(forecast.mean, axis=1)[:, forecast.anchors - 1]
    named = {"model": model, "origin": forecast.as_of}
    scaled_error = root_mean_squared_scaled_error(actual, forecast.mean, history)
    rows = []
    for target, truth, mean, quantiles in (
        ("period", actual, forecast.mean, forecast.period_units),
        ("total", totals, total_mean, forecast.total_units),
    ):
        if np.isnan(truth).all():
            continue
        row: dict[str, object] = {**named, "target": target, "cells": int((~np.isnan(truth)).sum())}
        row["scaled_pinball"] = scaled_pinball(truth, quantiles, forecast.levels)
        row["bias"] = bias(truth, mean)
        row["rmsse"] = scaled_error if target == "period" else np.nan
        rows.append(row | _coverages(truth, quantiles, forecast.levels))
    return rows


def _coverages(truth: FloatArray, quantiles: FloatArray, levels: FloatArray) -> dict[str, object]:
    shares = coverage(truth, quantiles)
    return {
        f"coverage_{level:g}": float(shares[place])
        for place, level in enumerate(levels)
        if any(np.isclose(level, JUDGED_LEVELS))
    }
