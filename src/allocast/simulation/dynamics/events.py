"""The events of a period for one series, in code that is compiled into whatever calls it."""

import numpy as np

from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.compiled import inlined

__all__ = ["accept", "age", "charge", "deliver", "issue", "leave", "live", "order"]

LOST, WAITS, WAITS_IN_PART = 0, 1, 2
LASTS, OLDEST_FIRST, YOUNGEST_FIRST = 0, 1, 2
_DUST = 1e-9  # of a unit: what floating point adds to a whole number is no unit


@inlined
def issue(shelf: FloatArray, wanted: float, youngest_first: bool) -> float:
    """Serve from units of each remaining life; what was served."""
    left = wanted
    for step in range(len(shelf)):
        column = len(shelf) - 1 - step if youngest_first else step
        taken = min(shelf[column], left)
        shelf[column] -= taken
        left -= taken
    return wanted - left


@inlined
def age(shelf: FloatArray) -> tuple[float, float]:
    """Every unit gets a period older; what spoils, and what is left."""
    wasted, left = shelf[0], 0.0
    for column in range(1, len(shelf)):
        shelf[column - 1] = shelf[column]
        left += shelf[column]
    shelf[len(shelf) - 1] = 0.0
    return wasted, left


@inlined
def leave(
    owed: float, demand: float, served: float, unmet: int, share: float, whole: bool
) -> tuple[float, float]:
    """What is owed at the end of a period, and what is lost in it."""
    missed = owed + demand - served
    if unmet == LOST:
        return 0.0, missed
    if unmet == WAITS:
        return missed, 0.0
    new = min(missed, demand)  # what was owed before is served first, and goes on waiting if it is not
    waits = np.floor(share * new + 0.5) if whole else share * new
    return missed - new + waits, new - waits


@inlined
def live(
    shelf: FloatArray,
    on_hand: float,
    owed: float,
    arrived: float,
    demand: float,
    unmet: int,
    share: float,
    whole: bool,
    keeping: int,
    over: bool,
) -> tuple[float, float, float, float, float, float]:
    """Events 1 to 3: owed, sold, lost, wasted, left, and sold off if a season is over.

    What spoils lies on ``shelf``, which changes; what does not is ``on_hand``.
    """
    wasted = 0.0
    if keeping == LASTS:
        available = on_hand + arrived
        sold = min(available, owed + demand)
        left = available - sold
    else:
        shelf[len(shelf) - 1] += arrived
        sold = issue(shelf, owed + demand, keeping == YOUNGEST_FIRST)
        wasted, left = age(shelf)
    owed, lost = leave(owed, demand, sold, unmet, share, whole)
    salvaged = 0.0
    if over:
        salvaged = left
        if keeping != LASTS:
            shelf[:] = 0.0
    return owed, sold, lost, wasted, left, salvaged


@inlined
def charge(
    rate: FloatArray, left: float, missed: float, lost: float, wasted: float, salvaged: float
) -> tuple[float, float, float, float]:
    """What a period costs: holding, shortage and waste, and what was earned by selling off."""
    return rate[0] * left, rate[1] * missed + rate[2] * lost, rate[3] * wasted, rate[4] * salvaged


@inlined
def accept(wanted: float, smallest: float, pack: float, largest: float) -> float:
    """What a supplier accepts of a wanted order, given the smallest and the largest order in whole packs."""
    units = max(wanted, smallest)
    if pack > 0.0:
        units = np.ceil(units / pack - _DUST) * pack
    units = min(units, largest)
    return units if wanted > _DUST and units >= smallest else 0.0


@inlined
def order(
    pipeline: FloatArray,
    head: int,
    now: int,
    latest: IntArray,
    supplier: int,
    wanted: float,
    lead_time: int,
    term: FloatArray,
    luck: FloatArray,
    crossover: bool,
    on_terms: bool,
    uncertain: bool,
    whole: bool,
) -> tuple[float, float, float, float, bool]:
    """Event 4 for one supplier: units ordered, units delivered, order cost, purchase cost, and whether it can be."""
    units, order_cost, purchase_cost, first_share, rest_later = wanted, 0.0, 0.0, 1.0, 0
    if on_terms:
        units = accept(wanted, term[2], term[3], term[4])
    sent = units
    if uncertain:
        sent = np.ceil(units * luck[0] - _DUST) if whole else units * luck[0]
        first_share, rest_later = luck[1], int(luck[2])
    if on_terms:
        order_cost = term[0] if units > 0.0 else 0.0
        purchase_cost = term[1] * sent
    fits = deliver(
        pipeline,
        head,
        now,
        latest,
        supplier,
        sent,
        lead_time,
        first_share,
        rest_later,
        crossover,
        uncertain,
        whole,
    )
    return units, sent, order_cost, purchase_cost, fits and wanted >= 0.0


@inlined
def deliver(
    pipeline: FloatArray,
    head: int,
    now: int,
    latest: IntArray,
    supplier: int,
    units: float,
    lead_time: int,
    first_share: float,
    rest_later: int,
    crossover: bool,
    in_parts: bool,
    whole: bool,
) -> bool:
    """Units enter the pipeline; False where it is too short for them.

    Its first column is at ``head``; ``latest`` is counted from the period in which ``now`` was 0.
    """
    due = lead_time if crossover else max(lead_time, latest[supplier] - now)
    last = due + rest_later if in_parts else due
    if lead_time < 0 or last >= len(pipeline):
        return units == 0.0
    first = units
    if in_parts:
        first = min(np.ceil(units * first_share - _DUST), units) if whole else units * first_share
        pipeline[_column(head + last, len(pipeline))] += units - first
    pipeline[_column(head + due, len(pipeline))] += first
    if not crossover:
        latest[supplier] = now + last if units > 0.0 else latest[supplier]
    return True


@inlined
def _column(place: int, length: int) -> int:
    return place - length if place >= length else place
