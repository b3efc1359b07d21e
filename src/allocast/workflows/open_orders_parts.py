"""Score the open orders of a folder of Parquet parts: by groups of suppliers, restartable, in bounded memory.

Two passes over shards in worker processes: parts are read, checked and kept in our types; then each group of suppliers
is read from all parts and its open orders are scored. What a model sees of a supplier is in the supplier's own orders
and in the day from which the whole book has receipts, so the result does not depend on how the table is divided.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

import allocast
from allocast.adapters.data import Data
from allocast.adapters.delivery import require_output, workplace
from allocast.adapters.engine import run_shards, shard_pool
from allocast.adapters.job_settings import JobSettings
from allocast.adapters.order_parts import (
    OrderFacts,
    OrderParts,
    check_order_part,
    check_receipts_part,
    data_begin,
    read_order_facts,
    read_supplier_group,
    require_known_receipts,
    require_lines_once,
)
from allocast.adapters.order_values import unit_costs
from allocast.adapters.parts_job import deliver_parts, digest_of, quality_of_parts
from allocast.adapters.settings import Resolved
from allocast.adapters.tables import Tables
from allocast.errors import DataError
from allocast.supply.open_orders import wanted_lines
from allocast.supply.supplier_model import SupplierModel
from allocast.supply.suppliers.line_verdicts import ScorecardRules
from allocast.workflows.job import Job
from allocast.workflows.open_orders import (
    SHOWN_ROWS,
    OpenOrders,
    score_open_orders,
    summary_of,
    urgent_first,
)
from allocast.workflows.supply_reports import loaded_supply_model

__all__ = ["open_orders_of_parts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """A group of suppliers, and all that it takes to score its open orders as if everybody's were there."""

    name: str
    group: int
    orders: tuple[Path, ...]
    receipts: tuple[Path, ...]
    beside: Tables
    as_of: np.datetime64
    data_from: np.datetime64
    model: SupplierModel
    model_version: str
    rules: ScorecardRules
    every: bool


def open_orders_of_parts(
    resolved: Resolved[JobSettings],
    parts: OrderParts,
    out: Path,
    *,
    as_of: date | None,
    rules: ScorecardRules,
    every: bool = False,
    workers: int = 1,
) -> OpenOrders:
    """Score the open orders of a table in parts.

    Shards that are finished already, of the same settings, data and model, are not done again.

    Parameters
    ----------
    resolved : Resolved
    parts : OrderParts
    out : Path
        A folder, which gets one Parquet file a group of suppliers, in the order of its lines; or one CSV or Parquet
        file.
    as_of : date, optional
        By default the last day of any part.
    rules : ScorecardRules
    every : bool
        Every open line, not only those past their promise.
    workers : int, >= 1
        Processes; the result is the same to the byte.

    Raises
    ------
    DataError
        The parts cannot be used: what was found is refused, or a line lies in two of them.
    NoModelError
        No supplier model is registered.
    """
    require_output(out)
    asked = str((as_of, rules, every))
    digest = digest_of(allocast.__version__, resolved.to_yaml(), asked, parts.digest())
    with workplace(out, digest) as place, shard_pool(workers) as pool:
        run = partial(run_shards, workers=workers, pool=pool)
        check = partial(run, shards=parts.parts(), digest=digest, doing="Checking parts")
        orders = check(check_order_part, folder=place / "orders")
        receipts = (
            [] if parts.beside.receipts is None else check(check_receipts_part, folder=place / "receipts")
        )
        facts = [read_order_facts(file) for file in orders]
        report = parts.report + quality_of_parts(facts)
        report.raise_if_refused()
        require_lines_once(facts)
        require_known_receipts(facts, parts)
        job = _job(resolved, parts, facts, as_of)
        shards, own = _shards(job, parts, orders, receipts, rules, every)
        digest = digest_of(digest, own)
        files = run(score_shard, shards, place / own[:16], digest=digest, doing="Scoring open orders")
        found = _summary(files, job.today)
        note = {"as_of": str(job.as_of), "model_version": shards[0].model_version, "rows": found.n_lines}
        deliver_parts(files, out, note)
    return replace(found, report=report)


def score_shard(shard: Shard) -> pd.DataFrame:
    """The open orders of a group of suppliers with their chances, and the model's version in every row."""
    book, tables = read_supplier_group(shard.orders, shard.receipts, shard.group, shard.beside)
    known = replace(book, data_from=shard.data_from).known_at(shard.as_of)
    rows = np.flatnonzero(wanted_lines(known, as_of=shard.as_of, rules=shard.rules, every=shard.every))
    lines = known.take(rows)
    return score_open_orders(
        shard.model,
        lines,
        history=known,
        as_of=shard.as_of,
        rules=shard.rules,
        unit_cost=unit_costs(lines, tables),
        model_version=shard.model_version,
    )


def _job(
    resolved: Resolved[JobSettings], parts: OrderParts, facts: Sequence[OrderFacts], as_of: date | None
) -> Job:
    """The job as far as it can be known without orders in memory."""
    last = [part.last for part in facts if part.rows]
    if not last:
        raise DataError(f"no part in {parts.folder} has a row; there is nothing to score.")
    if as_of is None and parts.has_demand:
        raise DataError(
            "this job has demand, whose last known period would be the day; with purchase orders in parts, name the "
            "period with --as-of."
        )
    day = as_of or max(last).astype(date)
    data = Data(tables=parts.beside, report=parts.report, frequency=parts.frequency, as_of=day)
    return Job(resolved=resolved, data=data, asked_as_of=day)


def _shards(
    job: Job,
    parts: OrderParts,
    orders: Sequence[Path],
    receipts: Sequence[Path],
    rules: ScorecardRules,
    every: bool,
) -> tuple[list[Shard], str]:
    """A shard a group of suppliers, for the champion; and the digest of that."""
    model, version = loaded_supply_model(job)
    begin = data_begin(orders, receipts, job.today) if np.isnat(job.orders_from) else job.orders_from
    shards = [
        Shard(
            name=f"part-{group:05d}",
            group=group,
            orders=tuple(orders),
            receipts=tuple(receipts),
            beside=parts.beside,
            as_of=job.today,
            data_from=begin,
            model=model,
            model_version=version,
            rules=rules,
            every=every,
        )
        for group in range(parts.n_groups)
    ]
    return shards, digest_of(version, str(job.today))


def _summary(files: Sequence[Path], as_of: np.datetime64) -> OpenOrders:
    """The screen's rows and the sums, one file in memory at a time."""
    found = [summary_of(pd.read_parquet(file), as_of) for file in files]
    first = pd.concat([own.first for own in found if len(own.first)] or [found[0].first], ignore_index=True)
    return OpenOrders(
        first=urgent_first(first).head(SHOWN_ROWS),
        n_lines=sum(own.n_lines for own in found),
        n_overdue=sum(own.n_overdue for own in found),
        money=sum(own.money for own in found),
        as_of=as_of,
    )
