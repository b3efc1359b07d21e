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
    models: Sequence[ForecastingModel], panel: DemandPanel, origins: DateArray, *, anchors: tuple[int, ...]
) -> pd.DataFrame:
    """Judge models at each origin, knowing only what was known there.

    The models are taken as they are: bring models trained on nothing later than the first origin.

    Parameters
    ----------
    models : sequence of ForecastingModel
    panel : DemandPanel
        Reaching beyond the origins: what came after them is the outcome.
    origins : array of days, shape (n_origins,)
    anchors : tuple of int
        Horizons whose running totals are judged.

    Returns
    -------
    table : DataFrame
        One row a model, origin and target (``period``: each step; ``total``: the anchors), with the scores.
    """
    rows = []
    for origin in origins:
        known = panel.until(origin)
        for model in models:
            rows += judge(model.forecast(known), panel, model.name, anchors=anchors)
    return pd.DataFrame(rows)


def judge(
    forecast: DemandForecast, panel: DemandPanel, model: str, *, anchors: tuple[int, ...]
) -> list[dict[str, object]]:
    """Scores of one forecast: a row for its periods and one for its running totals at the anchors.

    Cells that were not observed, or lie beyond the panel, count for nothing.
    """
    origin = panel.frequency.periods_between(panel.periods[0], forecast.as_of)
    history = panel.demand[:, : origin + 1]
    actual = np.full((panel.n_series, forecast.horizon), np.nan)
    known = panel.demand[:, origin + 1 : origin + 1 + forecast.horizon]
    actual[:, : known.shape[1]] = known
    until = np.array(anchors) - 1
    totals, total_mean = (np.cumsum(units, axis=1)[:, until] for units in (actual, forecast.mean))
    steps = range(1, forecast.horizon + 1)
    period_quantiles = np.stack([forecast.quantiles(step) for step in steps], axis=2)
    total_quantiles = np.stack([forecast.lead_time_quantiles(anchor) for anchor in anchors], axis=2)
    named = {"model": model, "origin": forecast.as_of}
    scaled_error = root_mean_squared_scaled_error(actual, forecast.mean, history)
    rows = []
    for target, truth, mean, quantiles in (
        ("period", actual, forecast.mean, period_quantiles),
        ("total", totals, total_mean, total_quantiles),
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
