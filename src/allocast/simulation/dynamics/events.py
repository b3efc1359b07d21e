"""The events of a period for one series, in code that is compiled into whatever calls it."""

import numpy as np

from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.compiled import compiled

__all__ = ["accept", "age", "charge", "deliver", "issue", "leave", "live", "order"]

LOST, WAITS, WAITS_IN_PART = 0, 1, 2
LASTS, OLDEST_FIRST, YOUNGEST_FIRST = 0, 1, 2
_DUST = 1e-9  # of a unit: what floating point adds to a whole number is no unit


@compiled
def issue(shelf: FloatArray, wanted: float, youngest_first: bool) -> float:
    """Serve from units of each remaining life; what was served."""
    left = wanted
    for step in range(len(shelf)):
        column = len(shelf) - 1 - step if youngest_first else step
        taken = min(shelf[column], left)
        shelf[column] -= taken
        left -= taken
    return wanted - left


@compiled
def age(shelf: FloatArray) -> tuple[float, float]:
    """Every unit gets a period older; what spoils, and what is left."""
    wasted, left = shelf[0], 0.0
    for column in range(1, len(shelf)):
        shelf[column - 1] = shelf[column]
        left += shelf[column]
    shelf[len(shelf) - 1] = 0.0
    return wasted, left


@compiled
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


@compiled
def live(
    shelf: FloatArray,
    owed: float,
    arrived: float,
    demand: float,
    unmet: int,
    share: float,
    whole: bool,
    keeping: int,
    over: bool,
) -> tuple[float, float, float, float, float, float]:
    """Events 1 to 3: owed, sold, lost, wasted, left, and sold off if a season is over. ``shelf`` changes."""
    wasted = 0.0
    if keeping == LASTS:
        available = shelf[0] + arrived
        sold = min(available, owed + demand)
        left = available - sold
        shelf[0] = left
    else:
        shelf[len(shelf) - 1] += arrived
        sold = issue(shelf, owed + demand, keeping == YOUNGEST_FIRST)
        wasted, left = age(shelf)
    owed, lost = leave(owed, demand, sold, unmet, share, whole)
    salvaged = 0.0
    if over:
        salvaged = left
        shelf[:] = 0.0
    return owed, sold, lost, wasted, left, salvaged


@compiled
def charge(
    rate: FloatArray, left: float, missed: float, lost: float, wasted: float, salvaged: float
) -> tuple[float, float, float, float]:
    """What a period costs: holding, shortage and waste, and what was earned by selling off."""
    return rate[0] * left, rate[1] * missed + rate[2] * lost, rate[3] * wasted, rate[4] * salvaged


@compiled
def accept(wanted: float, minimum: float, pack: float, capacity: float) -> float:
    """What a supplier accepts of a wanted order."""
    if wanted <= _DUST:
        return 0.0
    if pack == 0.0:
        units = min(max(wanted, minimum), capacity)
        return units if units >= minimum else 0.0
    smallest = np.ceil(minimum / pack) * pack
    packs = np.ceil(max(wanted, smallest) / pack - _DUST)
    units = min(packs, np.floor(capacity / pack)) * pack
    return units if units >= smallest else 0.0


@compiled
def order(
    pipeline: FloatArray,
    head: int,
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


@compiled
def deliver(
    pipeline: FloatArray,
    head: int,
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
    """Units enter the pipeline, whose first column is at ``head``; False where it is too short for them."""
    due = lead_time if crossover else max(lead_time, latest[supplier])
    last = due + rest_later if in_parts else due
    if lead_time < 0 or last >= len(pipeline):
        return units == 0.0
    first = units
    if in_parts:
        first = min(np.ceil(units * first_share - _DUST), units) if whole else units * first_share
        pipeline[_column(head + last, len(pipeline))] += units - first
    pipeline[_column(head + due, len(pipeline))] += first
    if not crossover and units > 0.0:
        latest[supplier] = last
    return True


@compiled
def _column(place: int, length: int) -> int:
    return place - length if place >= length else place
