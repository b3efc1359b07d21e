"""Compiled loops of the textbook worlds: what an action orders, and what is seen."""

from typing import Any

import numpy as np

from allocast.numerics.compiled import compiled

__all__ = ["order_units", "see"]

Array = Any  # as numba sees it


@compiled
def order_units(
    action: Array,
    is_level: Array,
    net: Array,
    pipeline: Array,
    lead_time: Array,
    largest: Array,
    units: Array,
) -> None:
    """Each supplier's order, the fastest supplier's first: a share of its largest order, or what lacks to a level.

    A level, a share of the largest, is of what will be there when the order arrives: on hand less owed, with all that
    arrives until then and what faster suppliers are asked for now.
    """
    n, suppliers = units.shape
    for i in range(n):
        position, seen = net[i], 0
        for j in range(suppliers):
            while seen <= lead_time[j]:
                position += pipeline[i, seen]
                seen += 1
            share = (min(max(action[i, j], -1.0), 1.0) + 1.0) / 2.0
            wanted = np.rint(share * largest[j])
            units[i, j] = max(wanted - position, 0.0) if is_level[j] else wanted
            position += units[i, j]


@compiled
def see(shelf: Array, owed: Array, pipeline: Array, mean: Array, deviation: Array, seen: Array) -> None:
    """Each part of the stock position and all younger ones together, less as many periods' demand, over its deviation.

    The parts are what will be on hand when the coming period begins, by the life left in it and less what is owed, and
    then what arrives in each later period.
    """
    life, width = shelf.shape[1], seen.shape[1]
    for i in range(len(shelf)):
        together = 0.0
        for k in range(width - 1, -1, -1):
            together += shelf[i, k] if k < life else pipeline[i, k - life + 1]
            if k == life - 1:
                together += pipeline[i, 0] - owed[i]
            periods = width - k
            seen[i, k] = (together - mean * periods) / (deviation * np.sqrt(periods))
