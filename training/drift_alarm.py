"""How soon a supplier that takes 35 % longer from some day on is found, and how many alarms are false.

Worlds of `training.supplier_world` over four years in which half of the suppliers take 35 % longer from a day
between the middle and 85 % of the history on, and the others do not change. What is usual for an order is learned
at the end of the first year and then stays; alarms of the three years after it are judged. Thresholds come from
the closed form, for one false alarm of a supplier in three years; they are not fitted to these worlds (the guard
against an unsure pace was chosen at seeds 101 and 102). The delay is counted in orders placed after the step that
arrived, or became overdue by their usual days, until the alarm: before an order is due nobody can know. Suppliers
with at least ``ENOUGH`` such orders until the end are counted, and one that is not found counts as infinitely
late.

The same again where each supplier gets its orders in batches of about twenty on one day whose lead times are
correlated, by another correlation in each world: there a batch counts as one when delays are counted. How alike the
orders of a day are is learned in the first year too. The batches were tried at seeds 101 to 104 before.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
import pandas as pd

from allocast.adapters.engine import cpu_quota
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.supply.orders.order_features import OrderLines
from allocast.supply.suppliers.drift import SupplierCusum
from allocast.supply.suppliers.effects import day_number
from allocast.supply.suppliers.usual_orders import UsualOrders
from training.figures import Measured, Reference, Target
from training.supplier_world import FIRST_DAY, SupplierWorld, WorldSettings, generate_supplier_world

__all__ = ["measure"]

SEEDS = (1, 2, 3, 4)
FACTOR = 1.35
ENOUGH = 15  # orders after the step
LEARNED_DAYS, WATCHED_YEARS = 365, 3
WORLD = WorldSettings(
    n_orders=25_000,
    n_days=1461,
    n_after=0,
    new_suppliers=0,
    drifting_share=0.5,
    trending_share=0.0,
    rising_share=1.0,
    step=float(np.log(FACTOR)),
    step_between=(0.5, 0.85),
)
BATCHES = replace(WORLD, n_orders=50_000, n_suppliers=40, batch_orders=20)
LUCK = (0.25, 0.5, 0.75, 1.0)  # of the batches in one world after the other


class _Watched(NamedTuple):
    """Alarms in one world: their suppliers, days and directions; and the median day of each order."""

    supplier: IntArray
    day: FloatArray
    slower: IntArray
    due: FloatArray


def measure() -> Measured:
    """Over all suppliers of all worlds."""
    luck = [LUCK[place % len(LUCK)] for place in range(len(SEEDS))]
    worlds = [WORLD] * len(SEEDS) + [replace(BATCHES, batch_luck=common) for common in luck]
    with ProcessPoolExecutor(cpu_quota(), mp_context=get_context("spawn")) as pool:
        tables = list(pool.map(_world, worlds, SEEDS * 2))
    single, batched = tables[: len(SEEDS)], tables[len(SEEDS) :]
    targets, references = _judged(pd.concat(single), "")
    of_batches, beside = _judged(pd.concat(batched), "batches_")
    for common, table in zip(luck, batched, strict=True):
        alarms = float(table["alarms"][~table["stepped"]].mean())
        beside.append(Reference(name=f"batches_false_alarms.correlation_{common:g}", value=alarms))
    return Measured(targets=(*targets, *of_batches), references=(*references, *beside), seeds=SEEDS)


def _judged(table: pd.DataFrame, prefix: str) -> tuple[list[Target], list[Reference]]:
    """From a row a supplier."""
    stepped, still = table[table["stepped"] & table["counted"]], table[~table["stepped"]]
    delay = stepped["delay_orders"].to_numpy()
    targets = [
        ("delay_orders.median", float(np.median(delay)), 15.0),
        ("false_alarms_in_3_years", float(still["alarms"].mean()), 1.0),
    ]
    references = {
        "delay_orders.80_percent": float(np.quantile(delay, 0.8, method="higher")),
        "delay_orders_placed.median": float(stepped["delay_placed"].median()),
        "delay_days.median": float(stepped["delay_days"].median()),
        "found_share": float(np.isfinite(delay).mean()),
        "false_alarms_before_step_a_year": float(stepped["early_alarms_a_year"].mean()),
        "suppliers_stepped": float(len(stepped)),
        "suppliers_still": float(len(still)),
        "most_false_alarms_of_a_supplier": float(still["alarms"].max()),
    }
    for name, chosen in (("100_orders_or_more", still["orders"] >= 100), ("fewer", still["orders"] < 100)):
        if chosen.any():
            references[f"false_alarms.suppliers_of_{name}"] = float(still["alarms"][chosen].mean())
    return (
        [Target(name=prefix + name, value=value, op="<=", target=most) for name, value, most in targets],
        [Reference(name=prefix + name, value=value) for name, value in references.items()],
    )


def _world(settings: WorldSettings, seed: int) -> pd.DataFrame:
    """A row a supplier of one world."""
    world = generate_supplier_world(settings, seed)
    watched = _watch(world)
    begin, end = day_number(np.array([FIRST_DAY + LEARNED_DAYS, world.as_of]))
    ordered, step = day_number(world.orders.ordered_on), world.step_day
    rows = []
    for supplier in range(len(step)):
        own = watched.supplier == supplier
        days, placed = watched.day[own & (watched.day > begin)], ordered[world.supplier == supplier]
        rows.append(_still(days, placed, (end - begin) / 365.25))
        if not np.isnat(step[supplier]):
            from_day = day_number(step[[supplier]])[0]
            after = (world.supplier == supplier) & (ordered >= from_day)
            slower = watched.day[own & (watched.slower > 0) & (watched.day > from_day)]
            placed, due = ordered[after], watched.due[after]
            if settings.batch_orders > 1:
                placed, due = _last_of_batches(placed, due)
            rows[-1] |= _found(from_day, slower, placed, due, end)
            early = days[days <= from_day]
            rows[-1]["early_alarms_a_year"] = len(early) / ((from_day - begin) / 365.25)
    return pd.DataFrame(rows)


def _last_of_batches(placed: FloatArray, due: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Day of each batch, and when the last of its orders is due."""
    days, batch = np.unique(placed, return_inverse=True)
    last = np.full(len(days), -np.inf)
    np.maximum.at(last, batch, due)
    return days, last


def _watch(world: SupplierWorld) -> _Watched:
    """All alarms, from what is usual as of the end of the first year."""
    first = FIRST_DAY + LEARNED_DAYS
    learned = UsualOrders.learn(world.orders.known_at(first), first)
    book = world.orders.known_at(world.as_of)
    evidence = learned.evidence(book, world.supplier, world.as_of)
    paths = SupplierCusum(factor=FACTOR).paths(evidence, learned.effects.usual)
    alarms = np.flatnonzero(paths.alarm)
    usual = np.exp(learned.effects.usual.log_days(learned.encoder.matrix(OrderLines.of_orders(book))))
    taken = book.durations(world.as_of).days
    return _Watched(
        supplier=evidence.supplier[alarms],
        day=evidence.known_on[alarms],
        slower=paths.alarm[alarms],
        due=day_number(book.ordered_on) + np.minimum(taken, np.ceil(usual)),
    )


def _still(alarm_days: FloatArray, placed: FloatArray, years: float) -> dict[str, float | bool]:
    """As of a supplier that does not change."""
    return {
        "stepped": False,
        "counted": True,
        "orders": float(len(placed)),
        "alarms": len(alarm_days) * WATCHED_YEARS / years,
    }


def _found(
    step: float, alarm_days: FloatArray, placed: FloatArray, due: FloatArray, end: float
) -> dict[str, float | bool]:
    """How long it took from a step to the first alarm after it, in orders that had come due, in orders, and in days."""
    alarm = alarm_days.min(initial=np.inf)
    found = bool(np.isfinite(alarm))
    return {
        "stepped": True,
        "counted": bool((due <= end).sum() >= ENOUGH),
        "delay_orders": float((due <= alarm).sum()) if found else np.inf,
        "delay_placed": float((placed <= alarm).sum()) if found else np.inf,
        "delay_days": alarm - step,
    }
