"""Compiled loops over many series, one for each structure: what a structure leaves out is not in its code."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.numerics.compiled import compiled
from allocast.simulation.dynamics.events import (
    LASTS,
    LOST,
    OLDEST_FIRST,
    WAITS,
    WAITS_IN_PART,
    YOUNGEST_FIRST,
    accept,
    deliver,
    live,
)
from allocast.simulation.dynamics.rules import Rules

__all__ = ["FLOWS", "PeriodStructure", "PlaceStructure", "period_kernel", "place_kernel"]

# Rows of what a period writes down, in the order of the ledger's fields.
FLOWS = (
    "arrived", "sold", "missed", "lost", "wasted", "salvaged", "on_hand",
    "holding_cost", "shortage_cost", "waste_cost", "salvage",
)  # fmt: skip
DUST = 1e-9


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
    """The loop of ``advance``: it changes ``shelf``, ``owed`` and ``latest``, and fills ``after`` and ``book``."""
    unmet, keeping, whole, crossover = structure

    @compiled
    def advance_all(
        shelf: FloatArray,
        owed: FloatArray,
        pipeline: FloatArray,
        latest: IntArray,
        demand: FloatArray,
        rates: FloatArray,
        over: BoolArray,
        share: float,
        after: FloatArray,
        book: FloatArray,
    ) -> int:
        each_rate, each_over = int(len(rates) > 1), int(len(over) > 1)
        bad, width = -1, pipeline.shape[1]
        for i in range(len(demand)):
            if not demand[i] >= 0.0:
                bad = i
            waiting = 0.0 if unmet == LOST else owed[i]
            arrived = pipeline[i, 0]
            waiting, sold, lost, wasted, left = live(
                shelf[i], waiting, arrived, demand[i], unmet, share, whole, keeping
            )
            for k in range(1, width):
                after[i, k - 1] = pipeline[i, k]
            after[i, width - 1] = 0.0
            if unmet != LOST:
                owed[i] = waiting
            if not crossover:
                for j in range(latest.shape[1]):
                    latest[i, j] = max(latest[i, j] - 1, 0)
            rate = rates[i * each_rate]
            missed = waiting + lost
            salvaged = left if over[i * each_over] else 0.0
            if salvaged > 0.0:
                shelf[i, :] = 0.0
            book[0, i], book[1, i], book[2, i], book[3, i] = arrived, sold, missed, lost
            book[4, i], book[5, i], book[6, i] = wasted, salvaged, left
            book[7, i] = rate[0] * left
            book[8, i] = rate[1] * missed + rate[2] * lost
            book[9, i] = rate[3] * wasted
            book[10, i] = rate[4] * salvaged
        return bad

    return advance_all


@cache
def place_kernel(structure: PlaceStructure) -> Callable[..., tuple[int, int]]:
    """The loop of ``place``: it changes ``pipeline``, ``latest`` and ``units``, and fills ``delivered`` and ``money``.

    Row and supplier of the first order that cannot be placed are returned, or -1.
    """
    crossover, on_terms, uncertain, whole = structure

    @compiled
    def place_all(
        pipeline: FloatArray,
        latest: IntArray,
        units: FloatArray,
        lead_time: IntArray,
        terms: FloatArray,
        fate: FloatArray,
        taken: BoolArray,
        delivered: FloatArray,
        money: FloatArray,
    ) -> tuple[int, int]:
        each_lead, each_term = int(len(lead_time) > 1), int(len(terms) > 1)
        each_fate, each_taken = int(len(fate) > 1), int(len(taken) > 1)
        bad, supplier = -1, -1
        for i in range(units.shape[0]):
            for j in range(units.shape[1]):
                wanted = units[i, j] if taken[i * each_taken] else 0.0
                sent, order_cost, unit_cost = wanted, 0.0, 0.0
                first_share, rest_later = 1.0, 0
                if on_terms:
                    term = terms[i * each_term, j]
                    order_cost, unit_cost = term[0], term[1]
                    sent = accept(wanted, term[2], term[3], term[4])
                units[i, j] = sent
                if uncertain:
                    luck = fate[i * each_fate, j]
                    sent = np.ceil(sent * luck[0] - DUST) if whole else sent * luck[0]
                    first_share, rest_later = luck[1], int(luck[2])
                fits = deliver(
                    pipeline[i], 0, latest[i], j, sent, lead_time[i * each_lead, j],
                    first_share, rest_later, crossover, uncertain, whole,
                )  # fmt: skip
                if not (fits and wanted >= 0.0):
                    bad, supplier = i, j
                delivered[i, j] = sent
                if on_terms:
                    money[0, i] += order_cost if units[i, j] > 0.0 else 0.0
                    money[1, i] += unit_cost * sent
        return bad, supplier

    return place_all
