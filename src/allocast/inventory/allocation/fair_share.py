"""Fair shares: all claims rise together, in proportion to something, until a limit or their own want stops them."""

from collections.abc import Callable

import numpy as np

from allocast.inventory.allocation.arrays import Layout
from allocast.inventory.allocation.clearing import give_in_turn
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray

__all__ = ["fair_packs", "fair_units"]

_HALVINGS = 60


def fair_packs(layout: Layout, weight: FloatArray, have: FloatArray) -> IntArray:
    """Whole packs as near to fair shares as packs allow: rounded down, then one more for the largest remainders first.

    Parameters
    ----------
    layout : Layout
    weight, have : arrays of shape (n_claims,)
        As in ``fair_units``.
    """
    book = layout.book
    exact = fair_units(layout, weight, have) / book.pack
    packs = np.clip(np.floor(exact + 1e-7).astype(np.int64), book.least, book.most)
    remainder = exact - packs
    order = np.lexsort((-weight, -remainder.round(9)))
    give_in_turn(book, layout.group, layout.use, layout.left(packs), order[remainder[order] > 1e-7], packs)
    return packs


def fair_units(layout: Layout, weight: FloatArray, have: FloatArray) -> FloatArray:
    """Units at which (have + units) / weight is one level for all, but for those that something stops before.

    Progressive filling: the level rises for all together; where a limit is used up, its claims stop, and the others go
    on. Nobody can then have a higher level without somebody who has no more having less: the shares are max-min fair.

    Parameters
    ----------
    layout : Layout
        Its bounds in packs are kept.
    weight : array of shape (n_claims,), >= 0
    have : array of shape (n_claims,), in units

    References
    ----------
    Bertsekas and Gallager, *Data Networks*, 2nd ed. (1992), section 6.5.2.
    """
    group = np.where(layout.use > 0, layout.group, -1)
    least, most = (packs * layout.book.pack for packs in (layout.book.least, layout.book.most))
    weighted = weight > 0
    top = float(((most + have)[weighted] / weight[weighted]).max(initial=0.0)) + 1.0
    level = np.full(len(weight), top)
    rising = np.ones(len(weight), dtype=np.bool_)

    def units_at(levels: FloatArray) -> FloatArray:
        return np.clip(levels * weight - have, least, most)

    while rising.any():
        stop = _stops(layout, group, units_at, level, rising, top)
        own = np.full(len(weight), np.inf)
        for of in group:
            own = np.minimum(own, np.where(of >= 0, np.append(stop, np.inf)[of], np.inf))
        now = rising & _stopped(group, stop, own, rising)
        if not now.any():
            break
        level[now] = own[now]
        rising &= ~now
    return units_at(level)


def _stops(
    layout: Layout,
    group: IntArray,
    units_at: Callable[[FloatArray], FloatArray],
    level: FloatArray,
    rising: BoolArray,
    top: float,
) -> FloatArray:
    """The level at which each group is used up if its rising claims rise on together; infinite if it never is."""
    low, high = np.zeros(len(layout.supply)), np.full(len(layout.supply), top)
    low -= top  # below 0 where more is owed than there is
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        fits = _taken(layout, group, units_at, level, rising, middle) <= layout.supply
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    never = _taken(layout, group, units_at, level, rising, np.full_like(low, top)) <= layout.supply * (
        1 + 1e-12
    )
    return np.where(never, np.inf, low)


def _stopped(group: IntArray, stop: FloatArray, own: FloatArray, rising: BoolArray) -> BoolArray:
    """Claims of groups that are used up before any other limit stops one of theirs."""
    earliest = np.full(len(stop) + 1, np.inf)
    for of in group:
        np.minimum.at(earliest, of[rising], own[rising])
    first = np.append(np.isfinite(stop) & (earliest[:-1] >= stop), False)
    return np.asarray(np.logical_or.reduce([first[of] for of in group]))


def _taken(
    layout: Layout,
    group: IntArray,
    units_at: Callable[[FloatArray], FloatArray],
    level: FloatArray,
    rising: BoolArray,
    levels: FloatArray,
) -> FloatArray:
    """What each group's claims take where its rising ones stand at its level."""
    taken = np.zeros(len(layout.supply))
    for of, use in zip(group, layout.use, strict=True):
        touched = of >= 0
        units = units_at(np.where(rising, np.append(levels, 0.0)[of], level))
        taken += np.bincount(of[touched], (use * units)[touched], minlength=len(taken))
    return taken
