"""The page about a demand model that whoever finds it in the registry reads: written from its run alone."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.demand.ages import AGE_NAMES
from allocast.demand.patterns import LABELS
from allocast.forecast.demand_settings import DemandModelSettings
from allocast.forecast.judging.backtest import ALL
from allocast.forecast.judging.scoring import cells_of, shares_of
from allocast.workflows.job import Job

__all__ = ["Card", "segments_off", "write_card"]

LEVEL = 0.9  # of the coverage by which segments are judged
TOLERANCE = 0.03  # less than this is no reason to distrust a segment
ERRORS = 2.0  # nor is less than so many standard errors: few cells scatter
SHOWN_FEATURES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a card tells.

    Parameters
    ----------
    scores : DataFrame
        One row a model and target, means over the past windows.
    judged : DataFrame
        One row a window, model, origin and target, where the job judges by segments also a segment.
    importance : Series
        Share of the gain by feature, largest first.
    model : str
        Whose card it is, as named in the tables.
    run_id : str
    """

    scores: pd.DataFrame
    judged: pd.DataFrame
    importance: pd.Series
    model: str
    run_id: str


def write_card(job: Job, card: Card) -> str:
    """The card as Markdown."""
    sections = [
        [f"# {job.model_name('demand')}", *_what_it_is(job, card)],
        ["## How it was judged", *_judged(card)],
        ["## Where its coverage is off", *_segments(card)],
        ["## How it does with new series", *_ages(card)],
        ["## Periods without stock", *_censoring(job)],
        ["## What it is not for", *_limits(job.demand_settings)],
        ["## What it looks at", *_table(_features(card))],
    ]
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def segments_off(
    judged: pd.DataFrame, model: str, *, target: str = "total", level: float = LEVEL
) -> pd.DataFrame:
    """Segments whose outcomes lie below a quantile more or less often than its level says.

    A segment is named where its share is off by more than `TOLERANCE` and by more than `ERRORS` standard errors of so
    many cells, taken as independent; cells of one series are not, so that a few are named by chance.

    Parameters
    ----------
    judged : DataFrame
        With a column a kind of label, ``all`` standing for any, and the shares of outcomes: where they were placed at
        random within their own probability, those count.
    model, target : str
    level : float in (0, 1)

    Returns
    -------
    segments : DataFrame
        ``segment``, ``value``, ``cells``, ``coverage``, the farthest off first; empty where none is.
    """
    own = judged[(judged["model"] == model) & (judged["target"] == target)]
    column = f"placed_{level:g}" if f"placed_{level:g}" in own else f"coverage_{level:g}"
    labels = [name for name in LABELS if name in judged]
    rows = []
    for name in labels:
        others = [label for label in labels if label != name]
        alone = own[(own[others] == ALL).all(axis=1) & (own[name] != ALL)]
        for value, part in alone.groupby(name, sort=True):
            cells = part[cells_of(column)]
            share = float((part[column] * cells).sum() / cells.sum())
            rows.append((name, str(value), int(cells.sum()), share))
    table = pd.DataFrame(rows, columns=["segment", "value", "cells", "coverage"])
    error = np.sqrt(level * (1 - level) / table["cells"])
    off = (table["coverage"] - level).abs()
    named = table[(off > TOLERANCE) & (off > ERRORS * error)]
    return named.loc[off[named.index].sort_values(ascending=False).index].reset_index(drop=True)


def _what_it_is(job: Job, card: Card) -> list[str]:
    panel, settings = job.panel, job.demand_settings
    return [
        "",
        f"Forecasts the demand of {settings.horizon} {panel.frequency} periods ahead, with quantiles of each period",
        "and of running totals: a LightGBM mean for each step, and quantiles learned from what two models, each of",
        "half of the series (one of all where they are few), missed in the other half;",
        f"the last {settings.calibration_periods} periods were kept from both.",
        "",
        f"* Trained on {panel.n_series} series and {len(panel.periods)} periods, until {panel.as_of}.",
        f"* Data digest {job.digest}; seed {job.settings.seed}; run {card.run_id}.",
        "* Takes a demand table (item_id, location_id, date, units, in_stock and what its features name), gives a row",
        "  a series and period ahead.",
    ]


def _judged(card: Card) -> list[str]:
    windows = card.judged["window"].nunique()
    return [
        "",
        f"On {windows} past windows, each seen only from its beginning, by models trained before it. Lower pinball is",
        "better, bias 0 is best (positive is too much), coverage should equal its level.",
        *_table(card.scores),
    ]


def _segments(card: Card) -> list[str]:
    if not any(name in card.judged for name in LABELS):
        return ["", "Not judged by segments in this run."]
    off = segments_off(card.judged, card.model)
    if off.empty:
        return [
            "",
            f"In no segment is the coverage of running totals at {LEVEL:g} off by more than {TOLERANCE:g} and chance.",
        ]
    return ["", f"Share of running totals at or below the quantile of {LEVEL:g}:", *_table(off)]


def _ages(card: Card) -> list[str]:
    """How often totals lay within their quantiles, for each age, the youngest first."""
    if "age" not in card.judged:
        return ["", "Not judged by age in this run."]
    own = card.judged[(card.judged["model"] == card.model) & (card.judged["target"] == "total")]
    others = [name for name in LABELS if name in own and name != "age"]
    own = own[(own[others] == ALL).all(axis=1) & (own["age"] != ALL)]
    shares = [name for name in shares_of(own) if not str(name).startswith("pit_")]
    sums = {name: (own[name] * own[cells_of(name)]).groupby(own["age"]).sum() for name in shares}
    cells = own.groupby("age")[sorted({"cells", *map(cells_of, shares)})].sum()
    table = pd.DataFrame({name: sums[name] / cells[cells_of(name)] for name in shares}).assign(
        cells=cells["cells"]
    )
    table = table.loc[sorted(table.index, key=[*AGE_NAMES, *table.index].index), ["cells", *shares]]
    return ["", "Running totals at or below each quantile, by how many periods of a series had been observed:",
            *_table(table.reset_index())]  # fmt: skip


def _censoring(job: Job) -> list[str]:
    panel = job.panel
    known = ~np.isnan(panel.units)
    hidden = float((known & ~panel.observed).sum() / max(known.sum(), 1))
    if not hidden:
        return ["", "None are marked in the data: what was sold is read as what was asked for."]
    return [
        "",
        f"{hidden:.1%} of the cells with sales are marked as out of stock. What was sold in them is a lower bound,",
        "and is learned from as that; in features such a cell is a gap. Bias and coverage are of periods in stock,",
        "whose demand is lower than that of the others: a forecast of all demand seems too high there. The shares",
        "placed_ and pit_error count the bounds, too, and are not misled.",
    ]


def _limits(settings: DemandModelSettings) -> list[str]:
    ahead = ", ".join(settings.features.known_ahead)
    return [
        "",
        f"* More than {settings.horizon} periods ahead, or periods of another length.",
        "* Series without any history: they are forecast from their group and attributes alone.",
        "* What was never seen in the history: a new channel, a price far from past ones, a closed shop.",
        *([f"* Days for which {ahead} are not known ahead: the forecast is refused."] if ahead else []),
        "* Sums over many series: quantiles of sums are not sums of quantiles.",
    ]


def _features(card: Card) -> pd.DataFrame:
    top = card.importance.head(SHOWN_FEATURES)
    return top.rename_axis("feature").reset_index(name="share of the gain")


def _table(frame: pd.DataFrame) -> list[str]:
    return ["", "```", frame.round(4).to_string(index=False), "```"]
