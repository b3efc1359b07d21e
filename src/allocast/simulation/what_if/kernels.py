"""One period of series × paths in compiled code, changed in place; the events are those of ``dynamics``."""

from collections.abc import Callable
from functools import cache

import numpy as np

from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.numerics.compiled import compiled, source_digest
from allocast.simulation.dynamics import events
from allocast.simulation.dynamics.events import LASTS, LOST, WAITS, accept, charge, live, order

__all__ = ["BOOK", "as_expected", "order_kernel", "period_kernel"]

BOOK = (
    "holding_cost", "shortage_cost", "order_cost", "demand", "missed", "stock", "stock_money", "ordered",
    "purchases", "co2e_kg", "co2e_known",
)  # fmt: skip
"""What is written down of each period and path, all series added up."""


@compiled
def as_expected(pipeline: FloatArray, expected: FloatArray, now: int, arrivals: FloatArray) -> None:
    """Fill ``arrivals`` with what is expected from now on, at the times at which each path's own units come.

    How much is on order is known to whoever decides; when it comes is not. A path without any has the expected times.
    """
    width = arrivals.shape[2]
    for i in range(pipeline.shape[0]):
        total = 0.0
        for k in range(width):
            total += expected[i, now + k]
        for p in range(pipeline.shape[1]):
            own = 0.0
            for k in range(width):
                own += pipeline[i, p, now + k]
            for k in range(width):
                arrivals[i, p, k] = (
                    pipeline[i, p, now + k] * total / own if own > 0.0 else expected[i, now + k]
                )


@cache
def order_kernel() -> Callable[..., None]:
    """Orders by a rule: up to a level where the position is below the trigger and an order is due."""
    made_from = source_digest(events)

    @compiled
    def order_all(
        level: FloatArray,
        trigger: FloatArray,
        due: BoolArray,
        position: FloatArray,
        terms: FloatArray,
        units: FloatArray,
    ) -> None:
        _ = made_from
        for i in range(len(level)):
            for p in range(position.shape[1]):
                wanted = 0.0
                if due[i] and position[i, p] < trigger[i]:
                    wanted = max(np.rint(level[i] - position[i, p]), 0.0)
                units[i, p] = accept(wanted, terms[i, 2], terms[i, 3], terms[i, 4])

    return order_all


@cache
def period_kernel(*, waits: bool) -> Callable[..., int]:
    """Orders are placed, then a period passes; the first series whose order does not fit is returned, or -1.

    Changes ``on_hand``, ``owed``, ``coming``, ``pipeline``, whose columns are periods, and its mean over paths,
    ``expected``; adds to ``book``.
    """
    made_from = source_digest(events)
    unmet = WAITS if waits else LOST

    @compiled
    def pass_all(
        now: int,
        on_hand: FloatArray,
        owed: FloatArray,
        coming: FloatArray,
        pipeline: FloatArray,
        expected: FloatArray,
        demand: FloatArray,
        units: FloatArray,
        lead_time: IntArray,
        share: FloatArray,
        rates: FloatArray,
        per_order: FloatArray,
        per_unit: FloatArray,
        book: FloatArray,
    ) -> int:
        _ = made_from
        shelf, terms, luck = np.zeros(1), np.zeros(5), np.array([1.0, 1.0, 0.0])
        latest, bad = np.zeros(1, dtype=np.int64), -1
        n_paths = on_hand.shape[1]
        for i in range(len(on_hand)):
            buying, worth, emitted, known = per_unit[i, 0], per_unit[i, 1], per_unit[i, 2], per_unit[i, 3]
            for p in range(n_paths):
                luck[0] = share[i, p]
                placed, sent, _a, _b, fits = order(
                    pipeline[i, p], now, now, latest, 0, units[i, p], lead_time[i, p], terms, luck, True, False, True,
                    True,
                )  # fmt: skip
                if not fits:
                    bad = i
                arrived, asked = pipeline[i, p, now], demand[i, p, now]
                debt, _c, lost, _d, left, _e = live(
                    shelf, on_hand[i, p], owed[i, p], arrived, asked, unmet, 0.0, True, LASTS, False
                )
                holding, shortage, _f, _g = charge(rates[i], left, debt + lost, lost, 0.0, 0.0)
                coming[i, p] += sent - arrived
                expected[i, now + lead_time[i, p]] += sent / n_paths
                on_hand[i, p], owed[i, p] = left, debt
                book[0, p] += holding
                book[1, p] += shortage
                book[2, p] += per_order[i] if placed > 0.0 else 0.0
                book[3, p] += asked
                book[4, p] += min(debt + lost, asked)
                book[5, p] += left
                book[6, p] += left * worth
                book[7, p] += placed
                book[8, p] += sent * buying
                book[9, p] += sent * emitted
                book[10, p] += sent * known
        return bad

    return pass_all
