"""Fair shares: all claims rise together, in proportion to something, until a limit or their own want stops them."""

import numpy as np

from allocast.inventory.allocation.arrays import Layout
from allocast.inventory.allocation.clearing import give_in_turn, total_value
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.numerics.compiled import compiled

__all__ = ["fair_packs", "fair_units"]

Terms = tuple[FloatArray, FloatArray, FloatArray, FloatArray]  # weight, have, least and most units of claims

_HALVINGS = 60


def fair_packs(layout: Layout, weight: FloatArray, have: FloatArray) -> IntArray:
    """Whole packs as near to fair shares as packs allow.

    They are rounded down; then the largest remainders get one more, among equals those for whom it saves most.

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
    more = total_value(book, packs + 1) - total_value(book, packs)
    order = np.lexsort((weight, -more.round(9), -remainder.round(6)))
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
    rising = weighted & (least < most)

    claims = (np.asarray(weight, dtype=np.float64), np.asarray(have, dtype=np.float64), least, most)
    while rising.any():
        stop = _stops(layout, group, claims, level, rising, top)
        own = np.full(len(weight), np.inf)
        for of in group:
            own = np.minimum(own, np.append(stop, np.inf)[of])
        now = rising & _stopped(group, stop, own, rising)
        if not now.any():
            break
        level[now] = own[now]
        rising &= ~now
    return _units_at(claims, level)


def _units_at(claims: Terms, level: FloatArray) -> FloatArray:
    weight, have, least, most = claims
    return np.asarray(np.clip(level * weight - have, least, most))


def _stops(
    layout: Layout, group: IntArray, claims: Terms, level: FloatArray, rising: BoolArray, top: float
) -> FloatArray:
    """The level at which each group is used up if its rising claims rise on together; infinite if it never is."""
    rows, stopped = np.flatnonzero(rising), ~rising
    units = _units_at(claims, level)[stopped]
    left = layout.supply.copy()
    for of, use in zip(group, layout.use, strict=True):
        left -= np.bincount(of[stopped] + 1, use[stopped] * units, minlength=len(left) + 1)[1:]
    low, high = np.full(len(left), -top), np.full(len(left), top)  # below 0 where more is owed than there is
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        fits = _taken_at(group, layout.use, *claims, rows, middle) <= left
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    never = (
        _taken_at(group, layout.use, *claims, rows, np.full_like(low, top)) <= left + 1e-12 * layout.supply
    )
    return np.where(never, np.inf, low)


def _stopped(group: IntArray, stop: FloatArray, own: FloatArray, rising: BoolArray) -> BoolArray:
    """Claims of groups that are used up before any other limit stops one of theirs."""
    earliest = np.full(len(stop) + 1, np.inf)
    for of in group:
        np.minimum.at(earliest, of[rising], own[rising])
    first = np.append(np.isfinite(stop) & (earliest[:-1] >= stop), False)
    return np.asarray(np.logical_or.reduce([first[of] for of in group]))


@compiled
def _taken_at(
    group: IntArray,
    use: FloatArray,
    weight: FloatArray,
    have: FloatArray,
    least: FloatArray,
    most: FloatArray,
    rows: IntArray,
    levels: FloatArray,
) -> FloatArray:
    """What claims take of each group if all of them stand at its level."""
    taken = np.zeros(len(levels))
    for f in range(len(group)):
        for c in rows:
            g = group[f, c]
            if g >= 0:
                taken[g] += use[f, c] * min(max(levels[g] * weight[c] - have[c], least[c]), most[c])
    return taken
