"""Compiled loops of the textbook worlds: what an action orders, and what is seen."""

from typing import Any

import numpy as np

from allocast.numerics.compiled import compiled

__all__ = ["order_levels", "order_shares", "see"]

Array = Any  # as numba sees it


@compiled
def order_shares(
    action: Array, net: Array, pipeline: Array, largest: Array, most: Array, units: Array
) -> None:
    """Each supplier's order as a share of its largest, cut so that the youngest orders stay within ``most``.

    ``most[k]`` is the most that the ``k + 1`` youngest orders may be together, the one placed now being the youngest
    and what is on hand belonging to the oldest; with no entries there is no bound.
    """
    n, suppliers = units.shape
    oldest = most.size - 1
    for i in range(n):
        for j in range(suppliers):
            share = (min(max(action[i, j], -1.0), 1.0) + 1.0) / 2.0
            units[i, j] = np.rint(share * largest[j])
        recent = 0.0
        for k in range(1, most.size):
            recent += pipeline[i, oldest - k]
            if k == oldest:
                recent += net[i]
            units[i, 0] = max(min(units[i, 0], most[k] - recent), 0.0)


@compiled
def order_levels(
    action: Array, net: Array, pipeline: Array, lead_time: Array, top: Array, largest: Array, units: Array
) -> None:
    """Each supplier's order up to a level of what will be there when it arrives, the fastest supplier first.

    Suppliers are numbered from the fastest to the slowest.
    """
    n, suppliers = units.shape
    for i in range(n):
        position, seen, placed = net[i], 0, 0.0
        for j in range(suppliers):
            while seen <= lead_time[j]:
                position += pipeline[i, seen]
                seen += 1
            share = (min(max(action[i, j], -1.0), 1.0) + 1.0) / 2.0
            units[i, j] = min(max(np.rint(share * top[j]) - position - placed, 0.0), largest[j])
            placed += units[i, j]


@compiled
def see(shelf: Array, owed: Array, pipeline: Array, scale: Array, seen: Array) -> None:
    """Stock at the start of the coming period by the life left in it, less what is owed, then the later arrivals."""
    life = shelf.shape[1]
    for i in range(len(shelf)):
        for k in range(life):
            seen[i, k] = shelf[i, k] / scale
        seen[i, life - 1] += (pipeline[i, 0] - owed[i]) / scale
        for k in range(life, seen.shape[1]):
            seen[i, k] = pipeline[i, k - life + 1] / scale
