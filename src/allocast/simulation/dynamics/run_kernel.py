"""A compiled loop over many periods of many series, one for each structure."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.compiled import compiled, inlined, source_digest
from allocast.simulation.dynamics import events
from allocast.simulation.dynamics.events import LASTS, LOST, charge, live, order
from allocast.simulation.dynamics.kernels import PeriodStructure, PlaceStructure

__all__ = ["RunStructure", "run_kernel"]


class RunStructure(NamedTuple):
    """What is compiled into a run: the events, levels to order up to, when, and one supplier or more."""

    period: PeriodStructure
    place: PlaceStructure
    up_to: bool
    triggered: bool
    one_supplier: bool


@cache
def run_kernel(structure: RunStructure) -> Callable[..., tuple[int, int]]:
    """The loop of ``run``: it changes the stock, and fills ``book``, ``ordered``, ``delivered`` and ``money``.

    Series and period of the first order or demand that cannot be are returned, or -1.
    """
    unmet, keeping, whole, crossover = structure.period
    made_from = source_digest(events)
    _, on_terms, uncertain, whole_orders = structure.place
    _, _, up_to, triggered, one_supplier = structure

    @compiled
    def run_all(
        shelf: FloatArray,
        owed: FloatArray,
        pipeline: FloatArray,
        latest: IntArray,
        demand: FloatArray,
        rates: FloatArray,
        plan: FloatArray,
        trigger: FloatArray,
        lead_time: IntArray,
        terms: FloatArray,
        fate: FloatArray,
        review: int,
        season: int,
        share: float,
        book: FloatArray,
        ordered: FloatArray,
        delivered: FloatArray,
        money: FloatArray,
    ) -> tuple[int, int]:
        _ = made_from
        n, n_periods = demand.shape
        width, suppliers = pipeline.shape[1], 1 if one_supplier else plan.shape[2]
        each_rate = int(len(rates) > 1)
        plan_i, plan_t = int(plan.shape[0] > 1), int(plan.shape[1] > 1)
        trigger_i, trigger_t = int(trigger.shape[0] > 1), int(trigger.shape[1] > 1)
        lead_i, lead_t = int(lead_time.shape[0] > 1), int(lead_time.shape[1] > 1)
        term_i, term_t = int(terms.shape[0] > 1), int(terms.shape[1] > 1)
        fate_i, fate_t = int(fate.shape[0] > 1), int(fate.shape[1] > 1)
        bad, when = -1, -1
        for i in range(n):
            stand, ring, last, rate = shelf[i], pipeline[i], latest[i], rates[i * each_rate]
            on_hand = stand[0]
            waiting = 0.0 if unmet == LOST else owed[i]
            position = stand.sum() + ring.sum() - waiting
            head, until_review, until_over = 0, 0, season
            arrivals, sales, misses, losses, waste, sold_off, holding = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
            left, order_cost, purchase_cost, all_units, all_sent = 0.0, 0.0, 0.0, 0.0, 0.0
            for t in range(n_periods):
                if until_review == 0:
                    until_review = review
                    for j in range(suppliers):
                        wanted = plan[i * plan_i, t * plan_t, j]
                        if up_to:
                            low = not triggered or position <= trigger[i * trigger_i, t * trigger_t, j]
                            wanted = max(wanted - position, 0.0) if low else 0.0
                        units, sent, per_order, purchase, fits = order(
                            ring, head, t, last, j, wanted, lead_time[i * lead_i, t * lead_t, j],
                            terms[i * term_i, t * term_t, j if on_terms else 0],
                            fate[i * fate_i, t * fate_t, j if uncertain else 0],
                            crossover, on_terms, uncertain, whole_orders,
                        )  # fmt: skip
                        if not fits:
                            bad, when = i, t
                        if one_supplier:
                            all_units += units
                            all_sent += sent
                        else:
                            ordered[i, j] += units
                            delivered[i, j] += sent
                        if on_terms:
                            order_cost += per_order
                            purchase_cost += purchase
                        position += sent
                until_review -= 1
                until_over -= 1
                over = until_over == 0
                if over:
                    until_over = season
                arrived = ring[head]
                ring[head] = 0.0
                head = 0 if head + 1 == width else head + 1
                asked = demand[i, t]
                if not asked >= 0.0:
                    bad, when = i, t
                before = waiting
                waiting, sold, lost, wasted, left, salvaged = live(
                    stand, on_hand, waiting, arrived, asked, unmet, share, whole, keeping, over
                )
                on_hand = left - salvaged
                position += before - waiting - sold - wasted - salvaged
                missed = waiting + lost
                arrivals += arrived
                sales += sold
                misses += missed
                losses += lost
                waste += wasted
                sold_off += salvaged
                holding += left
            if keeping == LASTS:
                stand[0] = on_hand
            if unmet != LOST:
                owed[i] = waiting
            if not crossover:
                for j in range(suppliers):
                    last[j] = max(last[j] - n_periods, 0)
            if one_supplier:
                ordered[i, 0], delivered[i, 0] = all_units, all_sent
            book[0, i], book[1, i], book[2, i], book[3, i] = arrivals, sales, misses, losses
            book[4, i], book[5, i], book[6, i] = waste, sold_off, left
            book[7, i], book[8, i], book[9, i], book[10, i] = charge(
                rate, holding, misses, losses, waste, sold_off
            )
            money[0, i], money[1, i] = order_cost, purchase_cost
            _unroll(ring, head)
        return bad, when

    return run_all


@inlined
def _unroll(ring: FloatArray, head: int) -> None:
    """Bring the column at ``head`` to the front."""
    if head > 0:
        straight = ring.copy()
        for k in range(len(ring)):
            ring[k] = straight[(head + k) % len(ring)]
