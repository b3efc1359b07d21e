"""What a rulebook would have cost: the champion under it in past windows, beside the champion alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from allocast.adapters.policy_words import policy_in_words
from allocast.adapters.rulebook_document import RulebookDocument
from allocast.errors import DataError
from allocast.inventory.segments.effective import effective_values
from allocast.inventory.segments.segmented_policy import SegmentedPolicy
from allocast.inventory.situation import Policy
from allocast.numerics.arrays import FloatArray
from allocast.simulation.paired import PairedComparison, compare_paired
from allocast.workflows.folds import Fold, replay_policies
from allocast.workflows.job import Job
from allocast.workflows.rulebook import job_rulebook, lead_time_ratio, segments_with

__all__ = ["compare_ruled", "ruled_policy", "ruled_sentence", "ruled_windows"]


def ruled_windows(
    job: Job, folds: list[Fold], champion: str, candidates: Callable[[Job, Fold], list[Policy]]
) -> pd.DataFrame:
    """The champion under the job's rulebook in each window, from the same stock and on the same scenarios.

    The rulebook is the version in effect on the day of the job: what it would have cost, not what held then. Its
    segments are those of each window's beginning, see `ruled_policy`.

    Parameters
    ----------
    job : Job
    folds : list of Fold
    champion : str
        Name of the policy among the candidates that the rulebook is laid over.
    candidates : function of a Job and a Fold
        The policies that were replayed.

    Returns
    -------
    table : DataFrame
        As `replay_policies` gives it, one row a window; no row where the job has no rulebook.
    """
    if job.settings.rulebook is None:
        return pd.DataFrame()
    document = job_rulebook(job)

    def ruled(fold: Fold) -> list[Policy]:
        named = next(policy for policy in candidates(job, fold) if policy.name == champion)
        return [ruled_policy(job, fold, document, named)]

    return replay_policies(job, folds, ruled)


def ruled_policy(job: Job, fold: Fold, document: RulebookDocument, champion: Policy) -> SegmentedPolicy:
    """A policy under a rulebook, by the segments that were known at a window's beginning.

    Demand, purchase orders and lead times are those known then. Prices, costs and attributes of items have no history
    in the tables: they are today's. Where the segments ask for the demand model's error in earlier windows and there is
    too little history before this one, demand's variation stands in.
    """
    past = replace(job, asked_as_of=_day(fold.known.as_of))
    ratio = _ratio(job, fold, past)
    try:
        segments = segments_with(past, document, ratio, xyz_by=document.segments.xyz_by)
    except DataError:
        if document.segments.xyz_by == "variation":
            raise
        segments = segments_with(past, document, ratio, xyz_by="variation")
    values = effective_values(document.rulebook, segments)
    return SegmentedPolicy(champion=champion, values=values, policies=policy_in_words, label=document.version)


def compare_ruled(table: pd.DataFrame, ruled: pd.DataFrame, champion: str) -> PairedComparison | None:
    """The rulebook against its champion, window by window; None where there is no rulebook."""
    if ruled.empty:
        return None
    own = table[table["policy"] == champion]
    return compare_paired(pd.concat([own, ruled], ignore_index=True), champion)


def ruled_sentence(comparison: PairedComparison) -> str:
    """What the rulebook would have cost, in a sentence for people."""
    row = comparison.table.iloc[1]
    return (
        f"{row['policy']} would have cost {row['difference']:+,.0f} a window beside {comparison.champion} alone "
        f"(95 % interval {row['low']:+,.0f} to {row['high']:+,.0f}); a rulebook is no candidate for champion."
    )


def _ratio(job: Job, fold: Fold, past: Job) -> FloatArray:
    """Spread of the lead times believed at a window's beginning, in the order of the series known then."""
    if job.settings.supply is None:
        return np.full(past.panel.n_series, np.nan)
    known = pd.Series(lead_time_ratio(fold.lead_time), index=_keys(fold.known.series))
    ratio: FloatArray = known.reindex(_keys(past.panel.series)).to_numpy(np.float64)
    return ratio


def _keys(series: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(series[["item_id", "location_id"]])


def _day(day: np.datetime64) -> date:
    known: date = day.astype("datetime64[D]").item()
    return known
