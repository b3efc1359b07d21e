"""Open orders of the demo world: what is said of their arrival, given their age, against the exact probability.

All open orders of forty worlds are asked about twice: whether they arrive by the day that was promised
first (those not yet overdue), and within three weeks (all). The share of what is outstanding that is expected to
come is compared with its exact value, in which orders come in parts and may be cancelled. Beside ours: the same
model trained and asked with open orders dropped, as a scorecard of receipts does it, and Kaplan-Meier. Seeds 1 to
6 were looked at while the model was written; the worlds differ from `training.supplier_world`, where its settings
were chosen, and a fault in the level of hazards was found in worlds 101 to 140.

Orders of one supplier share its luck, and a world has six suppliers: its bias varies by about .02. The
``standard_error`` of a bias is that of a mean over orders that come in worlds.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from allocast.adapters.engine import cpu_quota
from allocast.adapters.job_settings import DemoData
from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, DateArray, FloatArray
from allocast.simulation.demo_supply import SupplierTruth
from allocast.simulation.demo_world import generate_demo_world
from allocast.supply.kaplan_meier_lead_times import KaplanMeierLeadTimes
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.supplier_model import SupplierModel, SupplierModelSettings
from allocast.supply.supply_model import SupplyModel
from allocast.workflows.job import Job, open_job
from training.figures import Measured, Reference, Target

__all__ = ["measure"]

SEEDS = tuple(range(1, 41))
WITHIN_DAYS = 21
LARGEST_BIAS, LARGEST_ERROR = 0.005, 0.05


def measure() -> Measured:
    """Means over the open orders of all worlds."""
    with ProcessPoolExecutor(cpu_quota(), mp_context=get_context("spawn")) as pool:
        worlds = pd.concat(list(pool.map(_world, SEEDS)), ignore_index=True)
    table = worlds.assign(error=worlds["off"].abs()).groupby(["model", "asked"])[["off", "error"]].mean()
    ours = table.loc["supplier_model"]
    said = worlds[worlds["model"] == "supplier_model"]
    return Measured(
        targets=tuple(
            target
            for asked in ("on_time", f"within_{WITHIN_DAYS}_days")
            for target in (
                Target(
                    name=f"{asked}.absolute_bias",
                    value=abs(float(ours.loc[asked, "off"])),
                    op="<=",
                    target=LARGEST_BIAS,
                ),
                Target(
                    name=f"{asked}.mean_error",
                    value=float(ours.loc[asked, "error"]),
                    op="<=",
                    target=LARGEST_ERROR,
                ),
            )
        ),
        references=(
            *(
                Reference(name=f"{model}.{asked}.{name}", value=float(row[column]))
                for (model, asked), row in table.iterrows()
                for name, column in (("bias", "off"), ("mean_error", "error"))
            ),
            *(
                Reference(name=f"supplier_model.{asked}.standard_error", value=_standard_error(own))
                for asked, own in said.groupby("asked")
            ),
        ),
        seeds=SEEDS,
    )


def _standard_error(said: pd.DataFrame) -> float:
    """Of the mean of ``off`` over all orders, those of one world (``seed``) sharing their luck."""
    off = said["off"] - said["off"].mean()
    return float(np.sqrt((off.groupby(said["seed"]).sum() ** 2).sum()) / len(said))


def _world(seed: int) -> pd.DataFrame:
    """What each model said less the truth, a row an open order and question."""
    job = open_job(Path("configs/demo.yaml"), [f"seed={seed}", f"data.root=out/figures/demo-{seed}"])
    if not isinstance(job.settings.data, DemoData):
        raise DataError("the figure open_orders needs a config of the demo world.")
    truth = generate_demo_world(job.settings.data.world, seed).truth.suppliers
    known = job.orders.known_at(job.today)
    waiting = known.take(known.is_open)
    tables, models = [], _models(job, known, seed)
    for asked, (rows, days) in _questions(waiting, job.today).items():
        orders = waiting.take(rows)
        exact = _exact(truth, _rows_of(job, orders), job.today, days)
        for name, (model, history) in models.items():
            said = model.probability_received_by(orders, history=history, as_of=job.today, day=days)
            tables.append(pd.DataFrame({"model": name, "asked": asked, "seed": seed, "off": said - exact}))
    return pd.concat(tables, ignore_index=True)


def _questions(waiting: PurchaseOrders, today: np.datetime64) -> dict[str, tuple[BoolArray, DateArray]]:
    """By which day which open orders are asked about."""
    not_due = waiting.promised_on > today
    later = np.full(len(waiting), today + np.timedelta64(WITHIN_DAYS, "D"))
    return {
        "on_time": (not_due, waiting.promised_on[not_due]),
        f"within_{WITHIN_DAYS}_days": (np.ones(len(waiting), dtype=bool), later),
    }


def _models(job: Job, known: PurchaseOrders, seed: int) -> dict[str, tuple[SupplyModel, PurchaseOrders]]:
    """Models and the order book that each is asked with."""
    settings, today = job.settings.supply or SupplierModelSettings(), job.today
    closed = known.take(~known.is_open)
    pooled = KaplanMeierLeadTimes.train(known, as_of=today, minimum_orders=np.inf)
    return {
        "supplier_model": (SupplierModel.train(known, as_of=today, settings=settings, seed=seed), known),
        "open_orders_dropped": (
            SupplierModel.train(closed, as_of=today, settings=settings, seed=seed),
            closed,
        ),
        "kaplan_meier": (pooled, known),
    }


def _rows_of(job: Job, orders: PurchaseOrders) -> pd.DataFrame:
    """The rows of the table of purchase orders that these orders were made of."""
    table = job.data.tables.require("purchase_orders").set_index("order_line_id", drop=False)
    return table.loc[list(orders.order_line_id)]


def _exact(truth: SupplierTruth, table: pd.DataFrame, today: np.datetime64, days: DateArray) -> FloatArray:
    """Expected share of what is outstanding that comes by each order's day."""
    exact = np.empty(len(table))
    for day in np.unique(days):
        rows = days == day
        exact[rows] = truth.share_received_by(table[rows], today, day)
    return exact
