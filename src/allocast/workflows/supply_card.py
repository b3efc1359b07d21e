"""The page about a supplier model that whoever finds it in the registry reads: written from its run alone."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.supply.supplier_model import SupplierModel
from allocast.supply.yields import YieldModel
from allocast.workflows.job import Job
from allocast.workflows.supply_judgement import HeldOut, suppliers_off

__all__ = ["SupplyCard", "importance_of", "write_supply_card"]

SHOWN = 10
FEW_ORDERS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyCard:
    """What a card tells.

    Parameters
    ----------
    scores : DataFrame
        One row a model and metric, means over past days.
    due_day : DataFrame
        As `due_day_reliability` gives it, of the supplier model on all past days.
    held_out : HeldOut, optional
        The last past day looked at closely; none where nothing was received after it.
    importance : Series
        Share of the gain by feature, largest first.
    cancellations_learned : bool
        Whether the model has a hazard of cancellations.
    yields : YieldModel
    run_id : str
    """

    scores: pd.DataFrame
    due_day: pd.DataFrame
    held_out: HeldOut | None
    importance: "pd.Series[float]"
    cancellations_learned: bool
    yields: YieldModel
    run_id: str


def write_supply_card(job: Job, card: SupplyCard) -> str:
    """The card as Markdown."""
    sections = [
        [f"# {job.model_name('supply')}", *_what_it_is(job, card)],
        ["## What may not come, or not all", *_shortfalls(job, card)],
        ["## How it was judged", *_judged(card)],
        ["## Whom it was wrong about", *_suppliers(card)],
        ["## How much it knows of each supplier", *_orders(job)],
        ["## What it is not for", *_limits(job)],
        ["## What it looks at", *_table(_features(card))],
    ]
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def importance_of(model: SupplierModel) -> "pd.Series[float]":
    """Share of the gain of each feature of the receipts' hazard, largest first; clocks by what they tell."""
    booster = model.hazard.booster_
    gain = booster.feature_importance("gain").astype(np.float64)
    clocks = ("time waited", "time waited ÷ quoted lead time")
    names = [*model.example_features.columns, *clocks][: len(gain)]
    share = pd.Series(gain / max(gain.sum(), 1e-12), index=names)
    return share.sort_values(ascending=False, kind="stable")


def _what_it_is(job: Job, card: SupplyCard) -> list[str]:
    orders = job.orders
    return [
        "",
        "Says how likely an order is received by any day, given that it has waited as long as it has: boosted trees on",
        "the hazard of each period (LightGBM), in multiples of the days that an order of its supplier is expected to",
        "take by what is known of the supplier when asked. Open orders are censored at their age, never left out.",
        "",
        f"* Trained on {len(orders)} order lines of {len(np.unique(orders.supplier_id.astype(str)))} suppliers, until "
        f"{job.today}: {int(orders.is_closed.sum())} closed, {int(orders.is_open.sum())} open, "
        f"{int(orders.is_cancelled.sum())} cancelled.",
        f"* Data digest {job.digest}; seed {job.settings.seed}; run {card.run_id}.",
        "* Takes a row of features an order, gives P(not received within days) for a row of days.",
    ]


def _shortfalls(job: Job, card: SupplyCard) -> list[str]:
    cancelled, yields = int(job.orders.is_cancelled.sum()), card.yields
    learned = (
        f"{cancelled} lines were cancelled; their hazard was learned, so that an order is received with a probability "
        "that never reaches 1."
        if card.cancellations_learned
        else f"{cancelled} lines were cancelled, too few to learn from: a cancelled line counts as still waiting then."
    )
    short, full, over = yields.shares_of_lines
    return [
        "",
        learned,
        f"Of {yields.counts.sum():.0f} closed lines {short:.1%} were short, {full:.1%} full and {over:.1%} over "
        f"({yields.capped_lines} beyond what is told apart); by supplier in yields.json.",
    ]


def _judged(card: SupplyCard) -> list[str]:
    text = [
        "",
        "On past days, by models trained on what was known then. Future orders: CRPS of their lead times, in days.",
        "Open orders: Brier score and bias (above 0 is optimistic) of the probability of being received in 45 days.",
    ]
    if card.scores.empty:
        return ["", "No past day had enough orders before and after it."]
    text += _table(card.scores)
    if len(card.due_day):
        text += [
            "",
            "Received by the day first promised: the probability said from a level on, its mean, the share that was,",
            "and the 90 % interval of that share (due_day.csv).",
            *_table(card.due_day),
        ]
    if card.held_out is not None:
        found = card.held_out
        text += [
            "",
            f"Of the {found.n_orders} orders placed after {found.cutoff}, the share still to come was off by "
            f"{found.curve_error:.3f} on average over the days (survival.png).",
        ]
    return text


def _suppliers(card: SupplyCard) -> list[str]:
    if card.held_out is None or card.held_out.due.empty:
        return ["", "Not known: no promise has passed since the last past day."]
    off = suppliers_off(card.held_out)
    if off.empty:
        return ["", "No supplier was on time more or less often than said, by more than chance."]
    return ["", f"Share on time of orders placed after {card.held_out.cutoff}, said and seen:",
            *_table(off.head(SHOWN))]  # fmt: skip


def _orders(job: Job) -> list[str]:
    counts = pd.Series(job.orders.supplier_id[job.orders.is_closed].astype(str)).value_counts()
    few = counts[counts < FEW_ORDERS]
    text = [
        "",
        f"Closed orders a supplier: median {counts.median():.0f}, from {counts.min()} to {counts.max()}.",
    ]
    if len(few):
        text += [
            f"{len(few)} of {len(counts)} have fewer than {FEW_ORDERS}: what is said of them is mostly what such",
            "orders are like, whoever delivers.",
        ]
    return text


def _limits(job: Job) -> list[str]:
    longest = np.nanmax(job.orders.durations(job.today).days, initial=0.0)
    return [
        "",
        f"* Waits far longer than the longest seen, {longest:.0f} days: beyond, the last hazard goes on.",
        "* What was never seen in the history: a new route, a strike, a bankruptcy.",
        "* Promises that were moved after the order: bring the first one, it is what the trees learned from.",
        "* Quality: a line received is a line received.",
    ]


def _features(card: SupplyCard) -> pd.DataFrame:
    return card.importance.head(SHOWN).rename_axis("feature").reset_index(name="share of the gain")


def _table(frame: pd.DataFrame) -> list[str]:
    return ["", "```", frame.round(4).to_string(index=False), "```"]
