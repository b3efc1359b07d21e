"""Score the open orders of a job with the registered supplier model, in shards, restartable."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import allocast
from allocast.adapters.delivery import deliver_folder, require_output, workplace
from allocast.adapters.engine import run_shards
from allocast.adapters.files import write_table
from allocast.adapters.order_values import unit_costs
from allocast.adapters.parts_job import digest_of
from allocast.adapters.quality import QualityReport
from allocast.numerics.arrays import FloatArray
from allocast.supply.open_orders import by_suppliers, open_order_table, wanted_lines, with_data_begin
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.supplier_model import SupplierModel
from allocast.supply.suppliers.line_verdicts import ScorecardRules
from allocast.workflows.job import Job
from allocast.workflows.supply_reports import loaded_supply_model, require_orders

__all__ = [
    "SHOWN_ROWS",
    "OpenOrders",
    "open_orders",
    "score_open_orders",
    "summary_of",
    "urgent_first",
]

SHARD_LINES = 50_000
TEXT = ("order_line_id", "supplier_id", "item_id", "location_id", "as_of", "model_version")
SHOWN_ROWS = 50  # are kept for screen and picture


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrders:
    """What was found of open orders.

    Parameters
    ----------
    first : DataFrame
        Some rows, the most urgent first.
    n_lines, n_overdue : int
        Lines in the result, and those among them past their promise.
    money : float
        Of all lines in the result.
    as_of : day
    report : QualityReport, optional
        What was found in the parts, where the table came in parts.
    """

    first: pd.DataFrame
    n_lines: int
    n_overdue: int
    money: float
    as_of: np.datetime64
    report: QualityReport | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Some open lines, and all orders of their suppliers, whose effects are learned from them."""

    name: str
    model: SupplierModel
    model_version: str
    lines: PurchaseOrders
    unit_cost: FloatArray
    history: PurchaseOrders
    as_of: np.datetime64
    rules: ScorecardRules


def score_shard(shard: Shard) -> pd.DataFrame:
    """The lines of a shard with their chances, and the model's version in every row."""
    return score_open_orders(
        shard.model,
        shard.lines,
        history=shard.history,
        as_of=shard.as_of,
        rules=shard.rules,
        unit_cost=shard.unit_cost,
        model_version=shard.model_version,
    )


def score_open_orders(
    model: SupplierModel,
    lines: PurchaseOrders,
    *,
    history: PurchaseOrders,
    as_of: np.datetime64,
    rules: ScorecardRules,
    unit_cost: FloatArray,
    model_version: str,
) -> pd.DataFrame:
    """See `open_order_table`; with the day and the model's version in every row."""
    table = open_order_table(model, lines, history=history, as_of=as_of, rules=rules, unit_cost=unit_cost)
    table = table.assign(as_of=str(as_of), model_version=model_version)
    return table.astype(dict.fromkeys(TEXT, "str"))  # also where there is no row to say so


def open_orders(
    job: Job, out: Path, *, rules: ScorecardRules, every: bool = False, workers: int = 1
) -> OpenOrders:
    """Score open orders and write one table, the most money first.

    Shards that are finished already, of the same settings, data and model, are not done again.

    Parameters
    ----------
    job : Job
    out : Path
        CSV or Parquet file, or a folder of Parquet parts; shards are kept beside it until it is written.
    rules : ScorecardRules
        Which promise counts, and how many days of grace there are.
    every : bool
        Every open line, not only those past their promise.
    workers : int, >= 1
        Processes; the result is the same to the byte.

    Raises
    ------
    DataError
        There are no purchase orders.
    NoModelError
        No supplier model is registered.
    """
    require_output(out)
    require_orders(job)
    model, version = loaded_supply_model(job)
    digest = digest_of(
        allocast.__version__, job.resolved.to_yaml(), str(job.as_of), job.digest, version, str((rules, every))
    )
    shards = _shards(job, model, version, rules, every)
    with workplace(out, digest) as place:
        files = run_shards(score_shard, shards, place / "open", workers=workers, digest=digest)
        table = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
        if out.suffix:
            table = urgent_first(table)
            write_table(table, out)
        else:
            note = {"as_of": str(job.as_of), "model_version": version, "rows": len(table)}
            deliver_folder(place / "open", out, note)
    return summary_of(table, job.today)


def urgent_first(table: pd.DataFrame) -> pd.DataFrame:
    """Most money first, then most days late."""
    return table.sort_values(["money", "late_days"], ascending=False, kind="stable", ignore_index=True)


def summary_of(table: pd.DataFrame, as_of: np.datetime64) -> OpenOrders:
    """What a screen and a plot need of a table of open orders."""
    return OpenOrders(
        first=urgent_first(table).head(SHOWN_ROWS),
        n_lines=len(table),
        n_overdue=int((table["late_days"] >= 0).sum()),
        money=float(table["money"].sum()),
        as_of=as_of,
    )


def _shards(job: Job, model: SupplierModel, version: str, rules: ScorecardRules, every: bool) -> list[Shard]:
    book = with_data_begin(job.orders, job.today)
    wanted = np.flatnonzero(wanted_lines(book, as_of=job.today, rules=rules, every=every))
    lines, cost = book.take(wanted), unit_costs(job.orders, job.data.tables)[wanted]
    blocks = list(by_suppliers(lines, book, SHARD_LINES)) or [(np.arange(0), book.take(np.arange(0)))]
    return [
        Shard(
            name=f"part-{place:05d}",
            model=model,
            model_version=version,
            lines=lines.take(rows),
            unit_cost=cost[rows],
            history=own,
            as_of=job.today,
            rules=rules,
        )
        for place, (rows, own) in enumerate(blocks)
    ]
