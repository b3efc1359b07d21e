"""The rulebook of a job: its segments, its effective values, and those at work today."""

import hashlib
import json

import numpy as np
import pandas as pd

from allocast.adapters.calibration_files import read_calibration
from allocast.adapters.policy_words import policy_in_words
from allocast.adapters.rulebook_document import RulebookDocument, rulebook_in_effect
from allocast.errors import DataError, NoModelError
from allocast.inventory.segments.calibration import acting_values
from allocast.inventory.segments.effective import effective_values
from allocast.inventory.segments.segment_table import annual_value, segment_table
from allocast.inventory.segments.segmented_policy import SegmentedPolicy
from allocast.inventory.segments.vulnerability import vulnerability
from allocast.inventory.situation import Policy
from allocast.numerics.arrays import FloatArray, IntArray, TextArray
from allocast.planning.situate import preferred_lines
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.supplier_model import SupplierModel
from allocast.supply.suppliers.line_verdicts import ScorecardRules
from allocast.supply.supply_model import SupplyModel
from allocast.workflows.forecastability import backtest_error
from allocast.workflows.job import Job
from allocast.workflows.models import as_type, load_champion
from allocast.workflows.supply_reports import recent_drift

__all__ = [
    "job_rulebook",
    "lead_time_ratio",
    "name_of_values",
    "segments_of",
    "segments_with",
    "supplier_model",
    "under_rulebook",
    "values_at_work",
]


def job_rulebook(job: Job) -> RulebookDocument:
    """The version of the job's rulebook that is in effect on the day of its decision.

    Raises
    ------
    SettingsError
        It is wrong, or not in effect yet.
    DataError
        The job has none.
    """
    if job.settings.rulebook is None:
        raise DataError(
            "the job has no rulebook; name its file, for example rulebook=configs/rulebooks/demo.yaml"
        )
    return rulebook_in_effect(job.settings.rulebook, job.today)


def supplier_model(job: Job) -> SupplierModel | None:
    """The champion of the job's supplier models; None where the job has none, or none is registered yet."""
    if job.settings.supply is None:
        return None
    try:
        return as_type(SupplierModel, load_champion(job, "supply"))
    except NoModelError:
        return None


def values_at_work(job: Job, document: RulebookDocument, supply: SupplyModel | None) -> pd.DataFrame:
    """The effective values that decide today: of the job's calibration, or found anew.

    Raises
    ------
    DataError
        The calibration follows another version of the rulebook, or is of a later day.
    """
    if job.settings.calibration is None:
        return effective_values(document.rulebook, segments_of(job, document, supply))
    table = read_calibration(job.settings.calibration)
    if len(table) and document.version not in set(table["rulebook"]):
        raise DataError(
            f"{job.settings.calibration} follows the rulebook {', '.join(sorted(set(table['rulebook'])))}; in effect "
            f"on {job.today} is {document.version}. Run first: allocast policy recalibrate"
        )
    if len(table) and table["calibrated_on"].max() > str(job.today):
        raise DataError(
            f"{job.settings.calibration} is of {table['calibrated_on'].max()}, after the decision on {job.today}; "
            "bring an earlier one."
        )
    return acting_values(table, document.approvals)


def under_rulebook(job: Job, champion: Policy, supply: SupplyModel | None) -> Policy:
    """A policy under the job's rulebook as of today; the policy itself where the job has none."""
    if job.settings.rulebook is None:
        return champion
    document = job_rulebook(job)
    values = values_at_work(job, document, supply)
    label = name_of_values(job, document)
    return SegmentedPolicy(champion=champion, values=values, policies=policy_in_words, label=label)


def name_of_values(job: Job, document: RulebookDocument) -> str:
    """The rulebook's version, and the calibration that decides with the approvals that it has."""
    if job.settings.calibration is None:
        return document.version
    approvals = json.dumps(document.plain()["approvals"], sort_keys=True).encode()
    digest = hashlib.sha256(job.settings.calibration.read_bytes() + approvals).hexdigest()
    return f"{document.version} calibrated {digest[:12]}"


def segments_of(job: Job, document: RulebookDocument, supply: SupplyModel | None) -> pd.DataFrame:
    """Segments of each series of the job's panel, with the figures behind them.

    ABC goes by money at cost, or by units where no cost is known. Without a supplier model, the spread of lead times is
    not known; without purchase orders, no drift is.
    """
    return segments_with(job, document, _lead_time_ratio(job, supply), xyz_by=document.segments.xyz_by)


def segments_with(
    job: Job, document: RulebookDocument, lead_time_ratio: FloatArray, *, xyz_by: str
) -> pd.DataFrame:
    """The same, the spread of lead times being known already: P90 ÷ median of each series of the job's panel."""
    line = preferred_lines(job.panel.series, job.sourcing)
    value = annual_value(job.panel, _unit_cost(job, line))
    if not value.any():
        value = annual_value(job.panel, np.ones(job.panel.n_series))
    return segment_table(
        job.panel,
        value=value,
        supply=_supply(job, document, lead_time_ratio, line, value),
        error=backtest_error(job) if xyz_by == "backtest_error" else None,
        settings=document.segments,
    )


def _unit_cost(job: Job, line: IntArray) -> FloatArray:
    """The series' unit cost, else that of its sourcing line; NaN where neither is known."""
    by_line = np.append(job.sourcing.unit_cost, np.nan)[line]
    own = job.costs.unit_cost
    cost: FloatArray = np.where(own > 0, own, by_line)
    return cost


def _supply(
    job: Job, document: RulebookDocument, lead_time_ratio: FloatArray, line: IntArray, value: FloatArray
) -> pd.DataFrame:
    supplier = np.append(job.sourcing.supplier_id.astype(object), "")[line]
    spend = pd.Series(value).groupby(supplier).sum()
    share = spend.reindex(supplier).to_numpy(np.float64) / max(float(value.sum()), np.finfo(float).tiny)
    table = vulnerability(
        n_suppliers=_n_suppliers(job),
        drift=_drift(job, supplier),
        lead_time_ratio=lead_time_ratio,
        spend_share=np.where(line >= 0, share, np.nan),
        settings=document.segments.vulnerability,
    )
    return table.assign(supplier_id=supplier)


def _n_suppliers(job: Job) -> IntArray:
    lines = job.sourcing
    offers = pd.DataFrame(
        {"item_id": lines.item_id, "location_id": lines.location_id, "of": lines.supplier_id}
    )
    counts = offers.groupby(["item_id", "location_id"])["of"].nunique()
    keys = pd.MultiIndex.from_frame(job.panel.series[["item_id", "location_id"]])
    n: IntArray = counts.reindex(keys, fill_value=0).to_numpy(np.int64)
    return n


def _drift(job: Job, supplier: TextArray) -> FloatArray:
    """1 where the supplier has become slower within a year, 0 where not, NaN where no order says so."""
    if not len(job.orders):
        return np.full(len(supplier), np.nan)
    found = recent_drift(job.orders, job.today, ScorecardRules()).set_index("supplier_id")["drift"]
    slower = (found == "slower").astype(np.float64)
    flags: FloatArray = slower.reindex(supplier).to_numpy(np.float64)
    return flags


def _lead_time_ratio(job: Job, supply: SupplyModel | None) -> FloatArray:
    ratio = np.full(job.panel.n_series, np.nan)
    if supply is not None and len(job.able):
        ratio[job.able] = lead_time_ratio(job.lead_times(supply, history=job.orders, as_of=job.today))
    return ratio


def lead_time_ratio(lead_time: LeadTimeDistribution) -> FloatArray:
    """P90 of each lead time ÷ its median, a median of less than a period being one."""
    half = np.maximum(lead_time.quantile(0.5), 1)
    ratio: FloatArray = np.maximum(lead_time.quantile(0.9), 1) / half
    return ratio
