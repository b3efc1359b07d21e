"""What planners ask of a rulebook: what holds and why, what a rule would cost, what has changed."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from allocast.adapters.calibration_files import read_calibration
from allocast.adapters.policy_words import policy_in_words
from allocast.adapters.rulebook_document import RulebookDocument
from allocast.inventory.segments.calibration import measured
from allocast.inventory.segments.classes import demand_variation
from allocast.inventory.segments.effective import effective_values
from allocast.inventory.segments.preview import preview
from allocast.inventory.segments.recalibration import Recalibration, recalibrate
from allocast.workflows.job import Job
from allocast.workflows.recommend import champions_view
from allocast.workflows.rulebook import job_rulebook, segments_of, supplier_model, values_at_work

__all__ = ["Shown", "policy_preview", "policy_values", "recalibrated"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shown:
    """What holds for each series.

    Parameters
    ----------
    document : RulebookDocument
    segments : DataFrame
        As `segment_table` gives it.
    values : DataFrame
        As `effective_values` gives them, or as a calibration has them at work.
    """

    document: RulebookDocument
    segments: pd.DataFrame
    values: pd.DataFrame

    @property
    def table(self) -> pd.DataFrame:
        """Values with their origins, then segments and figures; one row a series, and the version."""
        beside = self.segments[[name for name in self.segments if name not in self.values]]
        keys = ["item_id", "location_id"]
        joined = self.values.merge(self.segments[keys].join(beside), on=keys, how="left")
        return joined.assign(rulebook=self.document.version)


def policy_values(job: Job) -> Shown:
    """Effective values of every series, with where each comes from.

    Raises
    ------
    SettingsError, DataError
        There is no rulebook, or it is wrong.
    """
    document = job_rulebook(job)
    supply = supplier_model(job)
    segments = segments_of(job, document, supply)
    if job.settings.calibration is None:
        return Shown(
            document=document, segments=segments, values=effective_values(document.rulebook, segments)
        )
    return Shown(document=document, segments=segments, values=values_at_work(job, document, supply))


def policy_preview(job: Job) -> tuple[pd.DataFrame, RulebookDocument]:
    """What each rule reaches and costs, as `preview` has it; nothing applies.

    Raises
    ------
    SettingsError, DataError
        There is no rulebook, or it is wrong.
    NoModelError
        The demand model or the policy is not registered.
    """
    document = job_rulebook(job)
    champion, situation, supply = champions_view(job)
    segments = segments_of(job, document, supply)
    table = preview(
        document.rulebook, segments, champion=champion, policies=policy_in_words, situation=situation
    )
    return table, document


def recalibrated(job: Job, before: Path | None) -> tuple[Recalibration, RulebookDocument]:
    """The calibration of the job's day, and what has changed since the last one and why.

    Parameters
    ----------
    job : Job
    before : Path, optional
        The last calibration; by default there is none.

    Raises
    ------
    SettingsError, DataError
        There is no rulebook, or it is wrong; or the last calibration is none, or of a later day.
    NoModelError
        The demand model or the policy is not registered.
    """
    document = job_rulebook(job)
    last = None if before is None else read_calibration(before)
    champion, situation, supply = champions_view(job)
    segments = segments_of(job, document, supply)
    now = measured(
        effective_values(document.rulebook, segments),
        segments,
        champion=champion,
        policies=policy_in_words,
        situation=situation,
        demand_variation=demand_variation(job.panel, document.recalibration.demand_periods),
    )
    found = recalibrate(
        last,
        now,
        as_of=job.today,
        rulebook=document.version,
        rules=document.recalibration,
        approvals=document.approvals,
    )
    return found, document
