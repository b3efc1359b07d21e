"""Recommend from forecasts that are given: shard by shard, restartable, in bounded memory.

The forecasts are looked through once for who is in which file; the other tables are read and checked once and dealt to
the shards. Then each shard is decided and explained in a worker process. A series' scenarios come from its own name, so
its recommendation does not depend on how the forecasts are divided.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

import allocast
from allocast.adapters.assemble import costs_of, series_attributes, sourcing_lines, stock_of
from allocast.adapters.assemble_orders import approved_orders, purchase_orders
from allocast.adapters.data import read_beside_demand
from allocast.adapters.delivery import require_output, workplace
from allocast.adapters.engine import run_shards, shard_pool
from allocast.adapters.forecast_files import (
    ForecastPart,
    SeriesPlaces,
    forecast_files,
    look_through,
    require_one_forecast,
)
from allocast.adapters.job_settings import CostSettings, JobSettings
from allocast.adapters.parts_job import deliver_parts, digest_of, together
from allocast.adapters.policy_document import PolicyDocument
from allocast.adapters.quality import QualityReport
from allocast.adapters.settings import Resolved
from allocast.adapters.tables import Tables
from allocast.demand.calendar import Frequency
from allocast.errors import DataError
from allocast.forecast.forecast_table import forecast_of_table
from allocast.inventory.recommendation import (
    COLUMNS,
    Lineage,
    Recommendations,
    Status,
    explain,
    without_order,
)
from allocast.inventory.situation import Policy
from allocast.numerics.streams import integer_seed
from allocast.planning.given_forecasts import Given, decided, require_forecasts_suffice
from allocast.planning.situate import preferred_lines
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.supplier_model import SupplierModel
from allocast.supply.supply_model import ContractLeadTimes
from allocast.workflows.job import Job
from allocast.workflows.models import as_type, load_champion
from allocast.workflows.recommend import CONTRACT

__all__ = ["PartsRecommended", "recommend_parts"]

SHARD_ROWS = 200_000  # rows of forecasts: small files are taken together up to so many
BLOCK_SERIES = 2_000  # decided at once: their scenarios fit into a processor's cache
FIRST_ORDERS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsRecommended:
    """What was recommended.

    Parameters
    ----------
    report : QualityReport
        What was found in the tables beside the forecasts.
    statuses : Series
        Rows of each status.
    n_orders : int
    order_value : float, in money
    first : DataFrame
        The orders that cost most to leave undone.
    """

    report: QualityReport
    statuses: "pd.Series[int]"
    n_orders: int
    order_value: float
    first: pd.DataFrame

    @property
    def n_rows(self) -> int:
        """Rows written."""
        return int(self.statuses.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """The forecasts of some series, and all that it takes to decide them as if everybody's were there."""

    name: str
    files: tuple[Path, ...]
    tables: Tables
    costs: CostSettings
    frequency: Frequency
    today: np.datetime64
    policy: Policy
    supply: SupplierModel | None
    history: PurchaseOrders | None
    lineage: Lineage
    n_paths: int
    seed: int


def recommend_parts(
    resolved: Resolved[JobSettings],
    forecasts: Path,
    out: Path,
    *,
    as_of: date | None = None,
    workers: int = 1,
) -> PartsRecommended:
    """Recommend an order, or say why there is none, for every series that is forecast.

    Shards that are finished already, of the same settings, forecasts, tables and models, are not done again.

    Parameters
    ----------
    resolved : Resolved
    forecasts : Path
        What ``allocast forecast`` wrote: a Parquet file, or a folder of parts.
    out : Path
        A folder, which gets one Parquet file a shard; or one CSV or Parquet file.
    as_of : date, optional
        Refused where the forecasts are of another day.
    workers : int, >= 1
        Processes; the result is the same to the byte.

    Raises
    ------
    DataError
        Forecasts or tables cannot be used, or the job has a rulebook, limits, lanes or a policy that looks at past
        demand.
    NoModelError
        No policy, or no supply model where the job has one, is registered.
    """
    require_output(out)
    _require_alone(resolved.settings)
    with shard_pool(workers) as pool:
        parts = list(pool.map(look_through, forecast_files(forecasts)))
        require_one_forecast(parts)
        job, report = _job(resolved, parts, as_of)
        shards, own = _shards(job, parts)
        digest = digest_of(
            allocast.__version__, resolved.to_yaml(), own, job.digest, *(part.digest for part in parts)
        )
        with workplace(out, digest) as place:
            files = run_shards(
                plan_shard,
                shards,
                place / "orders",
                workers=workers,
                digest=digest,
                doing="Recommending",
                pool=pool,
            )
            result = replace(_summary(files), report=report)
            note = {
                "as_of": str(job.as_of),
                "policy": shards[0].policy.name,
                "rows": result.n_rows,
                "digest": digest,
            }
            deliver_parts(files, out, note)
    return result


def plan_shard(shard: Shard) -> pd.DataFrame:
    """The recommendations of a shard, in the order of its forecasts; of the last one, of what is not forecast."""
    if not shard.files:
        new = shard.tables.require("sourcing")[["item_id", "location_id"]].drop_duplicates()
        reason = "Cannot forecast: nothing is known of its demand yet."
        return without_order(new, Status.NO_HISTORY, reason, shard.lineage)[COLUMNS]
    parts = [_plan_file(shard, file) for file in shard.files]
    return Recommendations(table=pd.concat(parts, ignore_index=True)).table


def _plan_file(shard: Shard, file: Path) -> pd.DataFrame:
    predicted, tables = forecast_of_table(pd.read_parquet(file)), shard.tables
    series, sourcing = predicted.series, sourcing_lines(tables)
    stock = stock_of(tables, series, as_of=shard.today)
    costs = costs_of(shard.costs, series_attributes(series, tables), sourcing, shard.frequency)
    orders = purchase_orders(tables).known_at(shard.today)
    approved = approved_orders(tables).known_at(shard.today)
    line, counted = preferred_lines(series, sourcing), ~np.isnan(stock.on_hand)
    lacking = (
        (line < 0, Status.NO_SUPPLIER, "Cannot order: no supplier is named."),
        (
            (line >= 0) & ~counted,
            Status.NO_STOCK_FIGURE,
            "Cannot decide: no stock figure is known; count it.",
        ),
    )
    tables_of = [
        without_order(series[rows], status, reason, shard.lineage).set_index(np.flatnonzero(rows))
        for rows, status, reason in lacking
        if rows.any()
    ]
    able = np.flatnonzero((line >= 0) & counted)
    given = Given.of(
        predicted.take(able),
        sourcing.take(line[able]),
        frequency=shard.frequency,
        on_hand=stock.on_hand[able],
        backordered=stock.backordered[able],
        costs=costs.take(able),
        orders=orders,
        history=orders if shard.history is None else shard.history,
        approved=approved,
        supply=shard.supply or ContractLeadTimes(sourcing=sourcing),
        share=None if shard.supply is None else shard.supply.yields,
    )
    for start in range(0, len(able), BLOCK_SERIES):
        rows = np.arange(start, min(start + BLOCK_SERIES, len(able)))
        situation, decision, lines = decided(
            given.take(rows), policy=shard.policy, n_paths=shard.n_paths, seed=shard.seed
        )
        told = explain(situation, decision, lines, shard.lineage)
        tables_of.append(told.set_index(able[rows[lines.series]]))
    return pd.concat([table[COLUMNS] for table in tables_of]).sort_index(kind="stable")


def _require_alone(settings: JobSettings) -> None:
    """Refuse what series share or what looks at their past: a shard sees its own series, and forecasts only.

    Raises
    ------
    DataError
        The job has a rulebook or limits.
    """
    for what in ("rulebook", "limits"):
        if getattr(settings, what) is not None:
            raise DataError(
                f"with forecasts that are given each series is decided by itself; this job has {what}. Recommend "
                f"without --forecasts, or set {what} to null."
            )


def _job(
    resolved: Resolved[JobSettings], parts: Sequence[ForecastPart], as_of: date | None
) -> tuple[Job, QualityReport]:
    """The job as of the day of the forecasts, without demand in memory."""
    known = parts[0].as_of.astype(date)
    if as_of is not None and as_of != known:
        raise DataError(f"the forecasts are as of {known}, not {as_of}; give those of that day.")
    data = read_beside_demand(resolved.settings.data, as_of=known, seed=resolved.settings.seed)
    data.report.raise_if_refused()
    if data.tables.lanes is not None:
        raise DataError(
            "with forecasts that are given each series is decided by itself; the table lanes would move stock between "
            "them. Recommend without --forecasts, or leave it out."
        )
    return Job(resolved=resolved, data=data, asked_as_of=known), data.report


def _shards(job: Job, parts: Sequence[ForecastPart]) -> tuple[list[Shard], str]:
    """The files, small ones together, with the rows of all tables that belong to their series; and a digest."""
    document = load_champion(job, "policy")
    chosen = as_type(PolicyDocument, document)
    if chosen.settings is None:
        raise DataError(
            "an agent looks at past demand, of which forecasts that are given say nothing; leave --forecasts out."
        )
    policy = chosen.build()
    require_forecasts_suffice(policy)
    supply = None if job.settings.supply is None else load_champion(job, "supply")
    version = parts[0].model_version
    first = Shard(
        name="",
        files=(),
        tables=Tables(),
        costs=job.settings.costs,
        frequency=job.frequency,
        today=job.today,
        policy=policy,
        supply=None if supply is None else as_type(SupplierModel, supply),
        history=None if supply is None else job.orders,
        lineage=Lineage(
            as_of=job.as_of,
            policy=policy.name,
            policy_version=f"{document.name}/{document.version}",
            policy_run_id=document.run_id,
            agent_model="",
            agent_run_id="",
            demand_model=version,
            demand_run_id=job.registry.run_of(version) if version else "",
            supply_model=f"{supply.name}/{supply.version}" if supply else CONTRACT,
            supply_run_id=supply.run_id if supply else "",
            data_digest=job.digest,
        ),
        n_paths=job.settings.paths,
        seed=integer_seed(job.settings.seed, "recommend", str(job.as_of)),
    )
    groups = [
        [parts[member] for member in members] for members in together([p.rows for p in parts], SHARD_ROWS)
    ]
    dealt = _dealt(job.data.tables, groups)
    shards = [
        replace(first, name=f"part-{place:05d}", files=tuple(part.file for part in group), tables=tables)
        for place, (group, tables) in enumerate(zip([*groups, []], dealt, strict=True))
        if group or tables.sourcing is not None
    ]
    models = [document.digest, supply.digest if supply else ""]
    return shards, digest_of(*models, version)


def _dealt(tables: Tables, groups: Sequence[Sequence[ForecastPart]]) -> list[Tables]:
    """The rows of each group's series; last, the sourcing of those that are in no group, if there are any."""
    keys = [
        tuple(np.concatenate([getattr(part, name) for part in group]) for name in ("item_id", "location_id"))
        for group in groups
    ]
    places = SeriesPlaces((item, location) for item, location in keys)
    dealt: list[dict[str, pd.DataFrame]] = [{} for _ in range(len(groups) + 1)]
    for name in ("sourcing", "stock", "purchase_orders", "approved"):
        table = tables.present.get(name)
        if table is not None:
            for place, rows in enumerate(_parted(places.of(table), len(groups))):
                dealt[place][name] = table.take(rows)
    if len(dealt[-1].get("sourcing", ())) == 0:
        dealt[-1] = {}
    for own, (item, _) in zip(dealt, keys, strict=False):
        if tables.items is not None:
            own["items"] = tables.items[tables.items["item_id"].isin(pd.unique(item))]
        if tables.locations is not None:
            own["locations"] = tables.locations
        if tables.receipts is not None and "purchase_orders" in own:
            lines = own["purchase_orders"]["order_line_id"]
            own["receipts"] = tables.receipts[tables.receipts["order_line_id"].isin(lines)]
    return [Tables(**own) for own in dealt]


def _parted(group: "np.ndarray", n_groups: int) -> list["np.ndarray"]:
    """Rows of each group in their order; last, those of none."""
    order = np.argsort(group, kind="stable")
    ends = np.searchsorted(group[order], np.arange(-1, n_groups + 1))
    return [order[ends[g + 1] : ends[g + 2]] for g in range(n_groups)] + [order[: ends[1]]]


def _summary(files: Sequence[Path]) -> PartsRecommended:
    """Counts, sums and the first orders, one file in memory at a time."""
    summed, counts = [], []
    for place, file in enumerate(files):
        rows = pd.read_parquet(file, columns=["status", "order_units", "order_value", "cost_at_stake"])
        counts.append(rows["status"].value_counts())
        orders = rows[rows["order_units"] > 0]
        largest = orders["cost_at_stake"].nlargest(FIRST_ORDERS)
        summed.append((len(orders), orders["order_value"].sum(), largest.to_frame().assign(file=place)))
    first = pd.concat([largest for _, _, largest in summed]).nlargest(FIRST_ORDERS, "cost_at_stake")
    shown = [pd.read_parquet(files[own]).loc[rows.index] for own, rows in first.groupby("file")]
    return PartsRecommended(
        report=QualityReport(),
        statuses=pd.concat(counts).groupby(level=0).sum().sort_values(ascending=False),
        n_orders=sum(n for n, _, _ in summed),
        order_value=float(sum(value for _, value, _ in summed)),
        first=pd.concat(shown).sort_values("cost_at_stake", ascending=False, kind="stable")
        if shown
        else pd.read_parquet(files[0]).head(0),
    )
