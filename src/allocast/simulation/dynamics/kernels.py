"""Compiled loops over many series, one for each structure: what a structure leaves out is not in its code."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.numerics.compiled import compiled, source_digest
from allocast.simulation.dynamics import events
from allocast.simulation.dynamics.events import (
    LASTS,
    LOST,
    OLDEST_FIRST,
    WAITS,
    WAITS_IN_PART,
    YOUNGEST_FIRST,
    charge,
    live,
    order,
)
from allocast.simulation.dynamics.rules import Rules

__all__ = ["PeriodStructure", "PlaceStructure", "period_kernel", "place_kernel"]


class PeriodStructure(NamedTuple):
    """What of the rules is compiled into events 1 to 3."""

    unmet: int
    keeping: int
    whole: bool
    crossover: bool

    @classmethod
    def of(cls, rules: Rules) -> "PeriodStructure":
        """The structure of some rules."""
        part = 0 < rules.waiting_share < 1
        unmet = WAITS_IN_PART if part else WAITS if rules.owes else LOST
        spoiling = OLDEST_FIRST if rules.issuing == "fifo" else YOUNGEST_FIRST
        return cls(
            unmet=unmet,
            keeping=LASTS if rules.shelf_life is None else spoiling,
            whole=part and rules.whole_units,
            crossover=rules.crossover,
        )


class PlaceStructure(NamedTuple):
    """What of the rules, and of what is given with an order, is compiled into event 4."""

    crossover: bool
    on_terms: bool
    uncertain: bool
    whole: bool

    @classmethod
    def of(cls, rules: Rules, *, on_terms: bool, uncertain: bool) -> "PlaceStructure":
        """The structure of some rules, for orders on terms or not, with an uncertain delivery or not."""
        return cls(rules.crossover, on_terms, uncertain, uncertain and rules.whole_units)


@cache
def period_kernel(structure: PeriodStructure) -> Callable[..., int]:
    """The loop of ``advance``: it changes ``shelf``, ``owed`` and ``latest`` ``pipeline``, and fills ``book``."""
    unmet, keeping, whole, crossover = structure
    made_from = source_digest(events)

    @compiled
    def advance_all(
        shelf: FloatArray,
        owed: FloatArray,
        arrived: FloatArray,
        latest: IntArray,
        demand: FloatArray,
        rates: FloatArray,
        over: BoolArray,
        share: float,
        book: FloatArray,
    ) -> int:
        _ = made_from
        each_demand, each_rate, each_over = int(len(demand) > 1), int(len(rates) > 1), int(len(over) > 1)
        bad = -1
        for i in range(len(arrived)):
            asked = demand[i * each_demand]
            if not asked >= 0.0:
                bad = i
            waiting = 0.0 if unmet == LOST else owed[i]
            waiting, sold, lost, wasted, left, salvaged = live(
                shelf[i], shelf[i, 0], waiting, arrived[i], asked, unmet, share, whole, keeping, over[i * each_over]
            )  # fmt: skip
            if keeping == LASTS:
                shelf[i, 0] = left - salvaged
            if unmet != LOST:
                owed[i] = waiting
            if not crossover:
                for j in range(latest.shape[1]):
                    latest[i, j] = max(latest[i, j] - 1, 0)
            rate = rates[i * each_rate]
            missed = waiting + lost
            book[0, i], book[1, i], book[2, i], book[3, i] = arrived[i], sold, missed, lost
            book[4, i], book[5, i], book[6, i] = wasted, salvaged, left
            book[7, i], book[8, i], book[9, i], book[10, i] = charge(
                rate, left, missed, lost, wasted, salvaged
            )
        return bad

    return advance_all


@cache
def place_kernel(structure: PlaceStructure) -> Callable[..., tuple[int, int]]:
    """The loop of ``place``: it changes ``pipeline`` and ``latest``, and fills what comes after ``taken``.

    Row and supplier of the first order that cannot be placed are returned, or -1.
    """
    crossover, on_terms, uncertain, whole = structure
    made_from = source_digest(events)

    @compiled
    def place_all(
        pipeline: FloatArray,
        latest: IntArray,
        units: FloatArray,
        lead_time: IntArray,
        terms: FloatArray,
        fate: FloatArray,
        taken: BoolArray,
        ordered: FloatArray,
        delivered: FloatArray,
        money: FloatArray,
    ) -> tuple[int, int]:
        _ = made_from
        each_order, each_lead, each_term = int(len(units) > 1), int(len(lead_time) > 1), int(len(terms) > 1)
        each_fate, each_taken = int(len(fate) > 1), int(len(taken) > 1)
        bad, supplier = -1, -1
        for i in range(ordered.shape[0]):
            for j in range(ordered.shape[1]):
                wanted = units[i * each_order, j] if taken[i * each_taken] else 0.0
                ordered[i, j], delivered[i, j], per_order, purchase, fits = order(
                    pipeline[i], 0, 0, latest[i], j, wanted, lead_time[i * each_lead, j],
                    terms[i * each_term, j if on_terms else 0], fate[i * each_fate, j if uncertain else 0],
                    crossover, on_terms, uncertain, whole,
                )  # fmt: skip
                if not fits:
                    bad, supplier = i, j
                if on_terms:
                    money[0, i] += per_order
                    money[1, i] += purchase
        return bad, supplier

    return place_all
