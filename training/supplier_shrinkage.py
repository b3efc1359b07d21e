"""What is known of suppliers with few orders and of those that drift: excess CRPS in worlds of known truth.

Worlds of `training.supplier_world`, half of which stretch time and half of which scale the hazard. A model sees
the history and is asked for the lead times of orders of the next 60 days. Where the truth S is known, the
expected CRPS of a curve s exceeds that of S by the integral of (s − S)², and no luck of the draw is in the
figure. Settings were chosen in worlds of other seeds (101 and above). The models beside ours show how hard the
worlds are: the same without suppliers, and a Kaplan-Meier curve for each supplier. ``best_possible`` knows the laws
by which worlds are made and learns nothing but which supplier it has before it (`training.supplier_oracle`): who must
learn the laws too exceeds it.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import product
from multiprocessing import get_context

import numpy as np
import pandas as pd

from allocast.adapters.engine import cpu_quota
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.supply.kaplan_meier_lead_times import KaplanMeierLeadTimes
from allocast.supply.orders.order_features import OrderLines
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.supplier_model import SupplierModel, SupplierModelSettings
from allocast.supply.supply_model import CurveModel
from training.figures import Measured, Reference, Target
from training.supplier_oracle import oracle_curves
from training.supplier_world import SupplierWorld, WorldSettings, generate_supplier_world

__all__ = ["curves_after", "excess_percent", "measure"]

SEEDS = (1, 2, 3, 4)
MECHANISMS = ("time", "hazard")
FEW = 25  # orders
DAYS = np.arange(301, dtype=np.float64)
TARGETS = {"all": 5.0, "few_orders": 9.0, "drifted": 15.0}


def measure() -> Measured:
    """Means over worlds, in percent of the CRPS of the truth."""
    worlds = list(product(MECHANISMS, SEEDS))
    with ProcessPoolExecutor(cpu_quota(), mp_context=get_context("spawn")) as pool:
        rows = list(pool.map(_world, *zip(*worlds, strict=True)))
    table = pd.DataFrame(rows, index=[f"{mechanism}.{seed}" for mechanism, seed in worlds])
    mean = table.mean()
    return Measured(
        targets=tuple(
            Target(
                name=f"excess_percent.{group}",
                value=float(mean[f"supplier_model.{group}"]),
                op="<=",
                target=most,
            )
            for group, most in TARGETS.items()
        ),
        references=(
            *(Reference(name=str(name), value=float(value)) for name, value in mean.items()),
            *(
                Reference(name=f"world.{world}.{group}", value=float(row[f"supplier_model.{group}"]))
                for world, row in table.iterrows()
                for group in TARGETS
            ),
        ),
        seeds=SEEDS,
    )


def _world(mechanism: str, seed: int) -> dict[str, float]:
    """Excess of each model in one world, by group of suppliers."""
    settings = WorldSettings(mechanism="time" if mechanism == "time" else "hazard")
    world = generate_supplier_world(settings, seed)
    after = np.flatnonzero(~world.past)
    truth = world.truth.survival(after, DAYS)
    values: dict[str, float] = {}
    for name, (model, orders) in _models(world, seed).items():
        error = curves_after(model, orders, world.as_of, after) - truth
        for group, chosen in _groups(world, after, settings.n_suppliers).items():
            values[f"{name}.{group}"] = excess_percent(error[chosen], truth[chosen])
    few = _groups(world, after, settings.n_suppliers)["few_orders"]
    error = oracle_curves(world, settings, after[few], DAYS, seed) - truth[few]
    return values | {"best_possible.few_orders": excess_percent(error, truth[few])}


def _models(world: SupplierWorld, seed: int) -> dict[str, tuple[CurveModel, PurchaseOrders]]:
    """Models, and the order book that each sees: one of them has all orders from one supplier."""
    orders, as_of = world.orders, world.as_of
    together = replace(orders, supplier_id=np.full(len(orders), "all", dtype=object))
    settings = SupplierModelSettings()
    return {
        "supplier_model": (SupplierModel.train(orders, as_of=as_of, settings=settings, seed=seed), orders),
        "without_suppliers": (
            SupplierModel.train(together, as_of=as_of, settings=settings, seed=seed),
            together,
        ),
        "kaplan_meier_by_supplier": (
            KaplanMeierLeadTimes.train(orders, as_of=as_of, minimum_orders=15),
            orders,
        ),
    }


def _groups(world: SupplierWorld, after: IntArray, n_suppliers: int) -> dict[str, BoolArray]:
    """Which of the later lines belong to which suppliers; newcomers only to their own group."""
    supplier = world.supplier[after]
    orders = np.bincount(world.supplier[world.past], minlength=len(world.drifting))[supplier]
    known = supplier < n_suppliers
    return {
        "all": known,
        "few_orders": known & (orders < FEW),
        "drifted": world.drifting[supplier],
        "stable": known & ~world.drifting[supplier],
        "new": ~known,
    }


def curves_after(
    model: CurveModel, orders: PurchaseOrders, as_of: np.datetime64, rows: IntArray
) -> FloatArray:
    """P(lead time > days) of lines placed after a day, from what is known at its end, for all ``DAYS``."""
    return model.survival(
        OrderLines.of_orders(orders.take(rows)),
        days=np.broadcast_to(DAYS, (len(rows), len(DAYS))),
        given=np.zeros(len(rows)),
        history=orders.known_at(as_of),
        as_of=as_of,
    )


def excess_percent(error: FloatArray, truth: FloatArray) -> float:
    """Expected CRPS above that of the truth, in percent of it, from curves of equally many days.

    Examples
    --------
    >>> excess_percent(np.array([[0.1, 0.0]]), np.array([[0.5, 0.5]])).__round__(6)
    2.0
    """
    return float(100 * (error**2).sum() / (truth * (1 - truth)).sum())
