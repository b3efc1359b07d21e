"""Compiled parts of an allocation: what claims want at a price, prices that clear limits, packs for the rest."""

import heapq
from typing import NamedTuple

import numpy as np

from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.compiled import compiled

__all__ = [
    "Book",
    "Nest",
    "bounds_of",
    "clear",
    "give_in_turn",
    "left_of",
    "packs_each_wants",
    "packs_wanted",
    "priced_bound",
    "steps_of",
    "top_up",
    "total_value",
]

_HALVINGS = 80  # of a price bracket, more than a float has bits; it ends when no number lies between
_MANY = 4_000  # claims, of which a part is asked first
_MISSES = 64  # in a row, on the way to a look at all
_NEAR = 1e-11  # relative, of outer prices; nearer, claims that change places there could not be told apart
_UNCAPPED = 2.0**50
_SLACK = 1e-9  # relative, for sums of floats that should be equal


class Book(NamedTuple):
    """Claims as the compiled parts see them: worth of units in steps, then ``beyond``; bounds in packs."""

    width: FloatArray
    value: FloatArray
    beyond: FloatArray
    pack: FloatArray
    least: IntArray
    most: IntArray


class Nest(NamedTuple):
    """Two layers of limits, groups of the inner one within groups of the outer one.

    ``rows`` are claims in the order of the groups; inner group g has rows inner_start[g] to inner_start[g + 1], outer
    group o the inner groups outer_start[o] to outer_start[o + 1].
    """

    rows: IntArray
    inner_start: IntArray
    outer_start: IntArray
    inner_use: FloatArray
    outer_use: FloatArray
    inner_supply: FloatArray
    outer_supply: FloatArray


@compiled
def steps_of(
    units: FloatArray,
    probability: FloatArray,
    short: FloatArray,
    hold: FloatArray,
    position: FloatArray,
    width: FloatArray,
    value: FloatArray,
) -> None:
    """Widths and worth of the pieces of each claim's value, of shape (n_claims, n_values); both are filled."""
    for c in range(len(units)):
        before, above = position[c], 1.0
        for k in range(units.shape[1]):
            at = max(units[c, k], position[c])
            width[c, k] = at - before
            value[c, k] = (short[c] + hold[c]) * max(above, 0.0) - hold[c]
            before = at
            above -= probability[c, k]


@compiled
def bounds_of(
    useful: FloatArray,
    most_units: FloatArray,
    least_units: FloatArray,
    pack: FloatArray,
    least: IntArray,
    most: IntArray,
) -> None:
    """Packs that each claim gets at least and at most, from what is useful to it, its cap and its minimum."""
    for c in range(len(pack)):
        least[c] = int(np.ceil(least_units[c] / pack[c] - _SLACK))
        wanted = int(np.ceil(max(useful[c], 0.0) / pack[c] - _SLACK))
        cap = int(np.floor(min(most_units[c] / pack[c], _UNCAPPED) + _SLACK))
        most[c] = min(max(wanted, least[c]), cap)


@compiled
def left_of(
    group: IntArray, use: FloatArray, pack: FloatArray, packs: IntArray, supply: FloatArray
) -> FloatArray:
    """What packs leave of each group; with the slack that sums of floats need."""
    left = supply.copy()
    for g in range(len(left)):
        if np.isfinite(left[g]):
            left[g] += _SLACK * max(1.0, left[g])
    for f in range(len(group)):
        for c in range(len(packs)):
            if group[f, c] >= 0:
                left[group[f, c]] -= use[f, c] * pack[c] * packs[c]
    return left


@compiled
def _worth(book: Book, c: int, units: float) -> float:
    """What units given to a claim are worth to it."""
    total, left = 0.0, units * 1.0
    for k in range(book.width.shape[1]):
        part = min(left, book.width[c, k])
        total += part * book.value[c, k]
        left -= part
        if left <= 0.0:
            break
    worth: float = total + left * book.beyond[c]
    return worth


@compiled
def _pack_worth(book: Book, c: int, packs: int) -> float:
    """What one more pack on top of some is worth to a claim."""
    start, left, total = packs * book.pack[c], book.pack[c], 0.0
    for k in range(book.width.shape[1]):
        width = book.width[c, k]
        if start >= width:
            start -= width
            continue
        part = min(width - start, left)
        total += part * book.value[c, k]
        start, left = 0.0, left - part
        if left <= 0.0:
            break
    worth: float = total + left * book.beyond[c]
    return worth


@compiled
def packs_wanted(book: Book, c: int, price: float) -> int:
    """Whole packs that a claim wants where a unit has a price, each being worth more than it costs."""
    pack, units = book.pack[c], 0.0
    for k in range(book.width.shape[1]):
        if book.value[c, k] <= price:
            break
        units += book.width[c, k]
    packs = int(units / pack + _SLACK)
    if units > (packs + _SLACK) * pack and _pack_worth(book, c, packs) > price * pack:
        packs += 1
    wanted: int = min(max(packs, book.least[c]), book.most[c])
    return wanted


@compiled
def packs_each_wants(book: Book) -> IntArray:
    """What each claim wants if nothing is scarce."""
    packs = np.empty(len(book.pack), np.int64)
    for c in range(len(packs)):
        packs[c] = packs_wanted(book, c, 0.0)
    return packs


@compiled
def _clear_one(
    book: Book, rows: IntArray, base: FloatArray, use: FloatArray, supply: float, packs: IntArray
) -> float:
    """The lowest price of a limit at which some claims keep it; ``packs`` is filled with what they get then.

    A unit costs a claim base + price × use. The bracket of the price is halved; claims that want the same at both ends
    are counted once and left alone, so that the work soon dwindles. Those that are left in the end are worth just the
    price: they share what the others leave, in turn. Where there are many claims, the price of a part of them, for its
    part of the supply, says where to begin.
    """
    guess = 0.0
    if len(rows) > _MANY:
        some = rows[:: len(rows) // _MANY + 1].copy()
        guess = _clear_one(book, some, base, use, supply * len(some) / len(rows), packs)
    total, high = 0.0, 0.0
    for c in rows:
        packs[c] = packs_wanted(book, c, base[c])
        total += use[c] * book.pack[c] * packs[c]
        if use[c] > 0.0 and book.least[c] < book.most[c]:
            high = max(high, (book.value[c, 0] - base[c]) / use[c])
    allowed = supply + _SLACK * max(1.0, supply)
    if total <= allowed:
        return 0.0
    low, fixed = 0.0, 0.0
    active, few, trial = rows.copy(), np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
    n = 0
    for c in rows:
        least = book.least[c] if use[c] > 0.0 else packs[c]
        if least == packs[c]:
            fixed += use[c] * book.pack[c] * packs[c]
        else:
            active[n], few[n] = c, least
            n += 1
    for step in range(_HALVINGS):
        price = (low + high) / 2.0
        if step < 2 and low < guess * (1.02 - 0.04 * step) < high:
            price = guess * (1.02 - 0.04 * step)
        if n == 0 or price <= low or price >= high:
            break
        total = fixed
        for i in range(n):
            c = active[i]
            trial[i] = packs_wanted(book, c, base[c] + price * use[c])
            total += use[c] * book.pack[c] * trial[i]
        fits, m = total <= allowed, 0
        if fits:
            high = price
        else:
            low = price
        for i in range(n):
            c = active[i]
            if fits:
                few[i] = trial[i]
            else:
                packs[c] = trial[i]
            if few[i] == packs[c]:
                fixed += use[c] * book.pack[c] * packs[c]
            else:
                active[m], few[m] = c, few[i]
                m += 1
        n = m
    for i in range(n):
        fixed += use[active[i]] * book.pack[active[i]] * few[i]
    for i in range(n):
        c = active[i]
        more = min(packs[c] - few[i], int((allowed - fixed) / (use[c] * book.pack[c])))
        packs[c] = few[i] + more
        fixed += use[c] * book.pack[c] * more
    return high


@compiled
def clear(book: Book, nest: Nest, packs: IntArray, inner_price: FloatArray, outer_price: FloatArray) -> None:
    """Prices of both layers at which every limit is kept, and what the claims then get; all three are filled.

    For each outer group its price is halved down, the inner groups being cleared anew at each. Where all claims of an
    inner group use both limits in one proportion, an outer price does not change who comes first in it: the inner
    groups are then cleared once, and what their claims get is the most that the outer limit has to pay for.
    """
    base = np.zeros(len(packs))
    for o in range(len(nest.outer_supply)):
        first, last = nest.outer_start[o], nest.outer_start[o + 1]
        rows = nest.rows[nest.inner_start[first] : nest.inner_start[last]]
        _clear_inner(book, nest, first, last, 0.0, base, packs, inner_price)
        supply = nest.outer_supply[o]
        outer_price[o] = 0.0
        if _taken(book, nest, rows, packs) <= supply + _SLACK * max(1.0, supply):
            continue
        if _in_proportion(nest, first, last):
            capped = Book(book.width, book.value, book.beyond, book.pack, book.least, packs.copy())
            outer_price[o] = _clear_one(capped, rows, base, nest.outer_use, supply, packs)
            for g in range(first, last):
                c = nest.rows[nest.inner_start[g]]
                if inner_price[g] > 0.0:
                    paid = outer_price[o] * nest.outer_use[c] / nest.inner_use[c]
                    inner_price[g] = max(inner_price[g] - paid, 0.0)
        else:
            outer_price[o] = _clear_both(book, nest, first, last, rows, supply, base, packs, inner_price)


@compiled
def _clear_both(
    book: Book,
    nest: Nest,
    first: int,
    last: int,
    rows: IntArray,
    supply: float,
    base: FloatArray,
    packs: IntArray,
    inner_price: FloatArray,
) -> float:
    low, high = 0.0, 0.0
    for c in rows:
        if nest.outer_use[c] > 0.0 and book.least[c] < book.most[c]:
            high = max(high, book.value[c, 0] / nest.outer_use[c])
    high *= 1.0 + _NEAR  # so that rounding leaves nobody wanting anything
    for _ in range(_HALVINGS):
        price = (low + high) / 2.0
        if high - low <= _NEAR * high:
            break
        _clear_inner(book, nest, first, last, price, base, packs, inner_price)
        if _taken(book, nest, rows, packs) <= supply + _SLACK * max(1.0, supply):
            high = price
        else:
            low = price
    _clear_inner(book, nest, first, last, high, base, packs, inner_price)
    return high


@compiled
def _clear_inner(
    book: Book,
    nest: Nest,
    first: int,
    last: int,
    price: float,
    base: FloatArray,
    packs: IntArray,
    inner_price: FloatArray,
) -> None:
    """Each inner group by itself, at a price of the outer limit."""
    for g in range(first, last):
        rows = nest.rows[nest.inner_start[g] : nest.inner_start[g + 1]]
        for c in rows:
            base[c] = price * nest.outer_use[c]
        inner_price[g] = _clear_one(book, rows, base, nest.inner_use, nest.inner_supply[g], packs)


@compiled
def _taken(book: Book, nest: Nest, rows: IntArray, packs: IntArray) -> float:
    total = 0.0
    for c in rows:
        total += nest.outer_use[c] * book.pack[c] * packs[c]
    return total


@compiled
def _in_proportion(nest: Nest, first: int, last: int) -> bool:
    for g in range(first, last):
        rows = nest.rows[nest.inner_start[g] : nest.inner_start[g + 1]]
        inner, outer = nest.inner_use[rows[0]], nest.outer_use[rows[0]]
        for c in rows:
            if nest.inner_use[c] <= 0.0 or nest.inner_use[c] * outer != nest.outer_use[c] * inner:
                return False
    return True


@compiled
def _unit_price(group: IntArray, use: FloatArray, price: FloatArray, c: int) -> float:
    """What a unit costs a claim at the prices of all its limits."""
    total = 0.0
    for f in range(len(group)):
        if group[f, c] >= 0:
            total += price[group[f, c]] * use[f, c]
    return total


@compiled
def priced_bound(
    book: Book, group: IntArray, use: FloatArray, supply: FloatArray, price: FloatArray
) -> float:
    """What nobody can exceed: at any prices, what the limits cost in all, and what claims gain beyond that."""
    total = 0.0
    for g in range(len(supply)):
        if price[g] > 0.0:
            total += price[g] * supply[g]
    for c in range(len(book.pack)):
        at = _unit_price(group, use, price, c)
        units = packs_wanted(book, c, at) * book.pack[c]
        total += _worth(book, c, units) - at * units
    return total


@compiled
def total_value(book: Book, packs: IntArray) -> FloatArray:
    """What the packs are worth to each claim."""
    worth = np.empty(len(packs))
    for c in range(len(packs)):
        worth[c] = _worth(book, c, packs[c] * book.pack[c])
    return worth


@compiled
def _fits(book: Book, group: IntArray, use: FloatArray, left: FloatArray, c: int) -> bool:
    for f in range(len(group)):
        g = group[f, c]
        if g >= 0 and use[f, c] * book.pack[c] > left[g]:
            return False
    return True


@compiled
def top_up(
    book: Book, group: IntArray, use: FloatArray, left: FloatArray, price: FloatArray, packs: IntArray
) -> None:
    """Give single packs while any is worth having and fits, best for its price first; ``packs``, ``left`` change."""
    waiting = [(0.0, 0.0, 0)]
    waiting.pop()
    for c in range(len(packs)):
        if packs[c] < book.most[c] and _fits(book, group, use, left, c):
            gain = _pack_worth(book, c, packs[c])
            if gain > 0.0:
                cost = _unit_price(group, use, price, c) * book.pack[c]
                waiting.append((-gain / max(cost, 1e-300), -gain, c))
    heapq.heapify(waiting)
    misses = 0
    while len(waiting) > 0:
        if misses > _MISSES + len(waiting) // 8:  # most no longer fit: look at all at once
            waiting = [entry for entry in waiting if _fits(book, group, use, left, entry[2])]
            heapq.heapify(waiting)
            misses = 0
            continue
        c = heapq.heappop(waiting)[2]
        if not _fits(book, group, use, left, c):
            misses += 1
            continue
        packs[c] += 1
        for f in range(len(group)):
            if group[f, c] >= 0:
                left[group[f, c]] -= use[f, c] * book.pack[c]
        gain = _pack_worth(book, c, packs[c]) if packs[c] < book.most[c] else 0.0
        if gain > 0.0:
            cost = _unit_price(group, use, price, c) * book.pack[c]
            heapq.heappush(waiting, (-gain / max(cost, 1e-300), -gain, c))


@compiled
def give_in_turn(
    book: Book, group: IntArray, use: FloatArray, left: FloatArray, order: IntArray, packs: IntArray
) -> None:
    """One more pack for each claim in turn that may have it and fits; ``packs``, ``left`` change."""
    for c in order:
        if packs[c] < book.most[c] and _fits(book, group, use, left, c):
            packs[c] += 1
            for f in range(len(group)):
                if group[f, c] >= 0:
                    left[group[f, c]] -= use[f, c] * book.pack[c]
