"""Rolling-origin judging: what each model said at past origins, against what was then asked for."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd

from allocast.demand.panel import DemandPanel
from allocast.demand.patterns import LABELS, periods_in_year
from allocast.forecast.baseline_model import ForecastingModel
from allocast.forecast.censored.outcomes import what_came
from allocast.forecast.demand_forecast import DemandForecast
from allocast.forecast.judging.pit import calibration_error
from allocast.forecast.judging.scoring import PIT_BINS, SeriesScores, cells_of, shares_of
from allocast.numerics.arrays import BoolArray, DateArray, FloatArray

__all__ = ["ALL", "overall", "rolling_origin", "summarise"]

ALL = "all"
OF_PERIODS_ONLY = ["rmsse", "wrmsse", "series_pinball"]  # their scale is an error one period ahead


def rolling_origin(
    models: Sequence[ForecastingModel],
    panel: DemandPanel,
    origins: DateArray,
    *,
    anchors: tuple[int, ...],
    segments: Callable[[DemandPanel], pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """Judge models at each origin, knowing only what was known there.

    The models are taken as they are: bring models trained on nothing later than the first origin. A model is asked for
    all origins at once, so that it can share its work between them, and every cell is scored once. Cells of which
    nothing is known, or that lie beyond the panel, count for nothing; those of which only a lower bound is known count
    for their places alone.

    Parameters
    ----------
    models : sequence of ForecastingModel
    panel : DemandPanel
        Reaching beyond the origins: what came after them is the outcome.
    origins : array of days, shape (n_origins,)
    anchors : tuple of int
        Horizons whose running totals are judged.
    segments : function of a DemandPanel, optional
        Labels of each series as known at the panel's end, a row a series, a column a kind of label; it is shown the
        panel until each origin only.

    Returns
    -------
    table : DataFrame
        One row a model, origin and target (``period``: each step; ``total``: the anchors), with the scores. With
        ``segments`` also a row for each label and each combination of labels; ``all`` stands for any.
    """
    labels = {origin: segments(panel.until(origin)) if segments else None for origin in origins}
    parts = [
        table.assign(model=model.name, origin=forecast.as_of, target=target)
        for model in models
        for forecast in model.forecasts(panel, origins)
        for target, table in _tables(forecast, panel, anchors, labels[forecast.as_of])
    ]
    first = ["model", "origin", "target"]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=first)
    table = table[[*first, *table.columns.difference(first, sort=False)]]
    return table.sort_values("origin", kind="stable", ignore_index=True)


def overall(table: pd.DataFrame, labels: Sequence[str] = LABELS) -> pd.DataFrame:
    """The rows over all series of a table with segments, without the labels."""
    own = [name for name in labels if name in table]
    return table[(table[own] == ALL).all(axis=1)].drop(columns=own).reset_index(drop=True)


def summarise(table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Scores of several origins together: ratios of sums where cells add up, means over series else.

    Parameters
    ----------
    table : DataFrame
        Of ``rolling_origin``.
    by : sequence of str
        Columns to keep apart (model, target, labels).
    """
    weight_of = dict.fromkeys(["scaled_pinball", "bias"], "demand") | {"crps": "cells"}
    weight_of |= {name: cells_of(name) for name in shares_of(table)}
    weight_of |= dict.fromkeys(OF_PERIODS_ONLY, "series")
    keys = [table[name] for name in by]
    result = table.groupby(keys, sort=False)[["series", "cells", "placed_cells", "demand"]].sum()
    for score, weight in weight_of.items():
        known = table[weight].where(table[score].notna(), 0.0)
        total = (table[score] * known).groupby(keys, sort=False).sum()
        size = known.groupby(keys, sort=False).sum()
        result[score] = total / size.where(size > 0)
    places = result[[f"pit_{place + 1}" for place in range(PIT_BINS)]].to_numpy()
    return result.assign(pit_error=[calibration_error(row) for row in places]).reset_index()


def _tables(
    forecast: DemandForecast, panel: DemandPanel, anchors: tuple[int, ...], labels: pd.DataFrame | None
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Target and scores, of all series and of each segment."""
    origin = panel.frequency.periods_between(panel.periods[0], forecast.as_of)
    history = panel.demand[:, : origin + 1]
    weight = np.nansum(history[:, -periods_in_year(panel.frequency) :], axis=1)
    for target, actual, bounded, mean, quantiles in _targets(forecast, panel, origin, anchors):
        if np.isnan(actual).all():
            continue
        scores = SeriesScores.of(
            actual, mean, quantiles, forecast.levels, history=history, weight=weight, bounded=bounded
        )
        table = _by_segment(scores, labels)
        yield target, table if target == "period" else table.assign(**dict.fromkeys(OF_PERIODS_ONLY, np.nan))


def _targets(
    forecast: DemandForecast, panel: DemandPanel, origin: int, anchors: tuple[int, ...]
) -> Iterator[tuple[str, FloatArray, BoolArray, FloatArray, FloatArray]]:
    """Outcome, where it is only a lower bound, mean and quantiles: of each step, of the totals at the anchors."""
    everything = np.ones((panel.n_series, 1), dtype=bool)
    actual, bounded = what_came(panel, forecast.horizon, np.array([origin]), everything)
    steps = range(1, forecast.horizon + 1)
    quantiles = np.stack([forecast.quantiles(step) for step in steps], axis=2)
    yield "period", actual, bounded, forecast.mean, quantiles
    until = np.array(anchors) - 1
    totals, mean = (np.cumsum(units, axis=1)[:, until] for units in (actual, forecast.mean))
    quantiles = np.stack([forecast.lead_time_quantiles(a) for a in anchors], axis=2)
    yield "total", totals, np.logical_or.accumulate(bounded, axis=1)[:, until], mean, quantiles


def _by_segment(scores: SeriesScores, labels: pd.DataFrame | None) -> pd.DataFrame:
    """All series; each label by itself; and each combination of labels."""
    if labels is None:
        return scores.table()
    kinds = list(labels)
    everything = tuple(ALL for _ in kinds)
    parts = [scores.table().assign(**dict(zip(kinds, everything, strict=True)))]
    apart = [(kind,) for kind in kinds] + ([tuple(kinds)] if len(kinds) > 1 else [])
    for chosen in apart:
        own = labels[list(chosen)]
        group = own.groupby(list(chosen), sort=True).ngroup().to_numpy()
        names = own.set_axis(group).loc[lambda frame: ~frame.index.duplicated()]
        table = scores.table(group, len(names))
        parts.append(table.assign(**{kind: names[kind] if kind in chosen else ALL for kind in kinds}))
    whole = pd.concat(parts, ignore_index=True)
    return whole[[*kinds, *whole.columns.difference(kinds, sort=False)]]
