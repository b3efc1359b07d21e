"""Loops over many networks: rationing, emergency shipments, and whole runs of a base stock.

All in one file: numba keeps compiled code by the date of the one file it is written in.
"""

import numpy as np

from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.compiled import compiled

__all__ = ["run_base_stock", "send_emergency", "share_all"]

PROPORTIONAL, MIN_SHORTAGE, MARGINAL_VALUE = 0, 1, 2
LOST, WAITS, EMERGENCY = 0, 1, 2
_OWED = 1e-6  # among locations that owe, the one that owes most comes first


@compiled
def share(
    rule: int,
    available: float,
    wanted: FloatArray,
    position: FloatArray,
    saving: FloatArray,
    given: FloatArray,
) -> None:
    """Fill ``given`` for one warehouse: all that is wanted if there is enough, and else what the rule says."""
    total = 0.0
    for k in range(len(wanted)):
        given[k] = wanted[k]
        total += wanted[k]
    if total <= available:
        return
    left = available
    for k in range(len(wanted)):
        given[k] = np.floor(wanted[k] * available / total) if rule == PROPORTIONAL else 0.0
        left -= given[k]
    while left > 0.0:
        best, most = -1, -np.inf
        for k in range(len(wanted)):
            if given[k] < wanted[k]:
                if rule == PROPORTIONAL:
                    claim = wanted[k] * available - given[k] * total  # exact: ties are ties
                elif rule == MIN_SHORTAGE:
                    claim = wanted[k] - given[k]
                else:
                    claim = _saving(saving[k], position[k] + given[k])
                if claim > most:
                    best, most = k, claim
        given[best] += 1.0
        left -= 1.0


@compiled
def _saving(by_position: FloatArray, position: float) -> float:
    """What the next unit is worth; what is owed is worth as much as the first, what is beyond the table the last."""
    place = min(max(int(position), 0), len(by_position) - 1)
    return float(by_position[place]) - min(position, 0.0) * _OWED


@compiled
def share_all(
    rule: int,
    available: FloatArray,
    wanted: FloatArray,
    position: FloatArray,
    saving: FloatArray,
    given: FloatArray,
) -> None:
    """``share`` for each of n warehouses."""
    for i in range(len(wanted)):
        share(rule, available[i], wanted[i], position[i], saving, given[i])


@compiled
def send_emergency(left: FloatArray, wanted: FloatArray, sent: FloatArray) -> None:
    """Emergency shipments, location by location, from what is left at the warehouse, which changes."""
    for i in range(len(left)):
        for k in range(wanted.shape[1]):
            sent[i, k] = min(wanted[i, k], left[i])
            left[i] -= sent[i, k]


@compiled
def run_base_stock(
    demand: FloatArray,
    chance: FloatArray,
    level: float,
    levels: FloatArray,
    lead_time: int,
    lead_times: IntArray,
    mean: FloatArray,
    rates: FloatArray,
    emergency_share: float,
    unmet: int,
    rule: int,
    savings: FloatArray,
    warm_up: int,
    costs: FloatArray,
) -> None:
    """Add to ``costs`` what each scenario costs after the warm-up; rates are warehouse, holding and shortage."""
    n, n_periods, n_locations = demand.shape
    longest = lead_times.max()
    given, wanted, position = np.empty((3, n_locations))
    for i in range(n):
        centre, coming = 0.0, np.full(lead_time, mean.sum())
        stock, on_way = np.zeros(n_locations), np.zeros((n_locations, longest))
        for k in range(n_locations):
            on_way[k, : lead_times[k]] = mean[k]
        for t in range(n_periods):
            total = centre + coming.sum()
            for k in range(n_locations):
                position[k] = stock[k] + on_way[k].sum()
                total += position[k]
                wanted[k] = max(levels[k] - position[k], 0.0)
            centre += coming[0]
            share(rule, centre, wanted, position, savings, given)
            coming[:-1] = coming[1:]
            coming[lead_time - 1] = max(level - total, 0.0)
            centre -= given.sum()
            cost = 0.0
            for k in range(n_locations):
                stock[k] += on_way[k, 0] - demand[i, t, k]
                on_way[k, :-1] = on_way[k, 1:]
                on_way[k, longest - 1] = 0.0
                on_way[k, lead_times[k] - 1] += given[k]
                missed = max(-stock[k], 0.0)
                if unmet != WAITS:
                    stock[k] += missed
                if unmet == EMERGENCY and chance[i, t, k] < emergency_share:
                    sent = min(missed, centre)
                    centre -= sent
                    missed -= sent
                cost += rates[1] * max(stock[k], 0.0) + rates[2] * missed
            if t >= warm_up:
                costs[i] += cost + rates[0] * centre
