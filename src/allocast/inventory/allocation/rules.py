"""Sharing out what is scarce: by marginal value, fairly, or nested; always with a bound on the best."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from allocast.errors import AllocastError, DataError, UnknownNameError
from allocast.inventory.allocation.arrays import Layout, nested
from allocast.inventory.allocation.clearing import (
    Nest,
    clear,
    packs_each_wants,
    priced_bound,
    top_up,
    total_value,
)
from allocast.inventory.allocation.conflicts import conflict_of
from allocast.inventory.allocation.fair_share import fair_packs
from allocast.inventory.allocation.problem import AllocationProblem
from allocast.inventory.allocation.program import relaxed, whole_packs
from allocast.inventory.allocation.protection import nested_units
from allocast.inventory.allocation.solution import Allocation, Solved
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray, freeze

__all__ = ["RULES", "allocate"]

RULES = ("marginal_value", "proportional", "equal_fill", "equal_cover", "nested")
_SMALL = 2_000  # pieces of value, up to which whole numbers are searched where prices leave a gap
_SOON = 10.0  # seconds for such a search
_CLOSED = 1e-10  # a relative gap that is none

Solver = Callable[[Layout, BoolArray], Solved]


def allocate(
    problem: AllocationProblem,
    rule: str = "marginal_value",
    *,
    exact: bool | None = None,
    seconds: float = 60.0,
) -> Allocation:
    """Units for each claim, by a rule, within all limits.

    * ``marginal_value``: what saves most in expectation.
    * ``proportional``: in proportion to expected demand.
    * ``equal_fill``: the same share of what each would want if nothing were scarce, counting what it has.
    * ``equal_cover``: the same cover, (position + units) / expected demand.
    * ``nested``: stock protected for classes that pay more and ask later (EMSR-b; Littlewood for two).

    Shares by the middle three stop at what a claim wants if nothing is scarce. Tiers are served in turn by all rules
    but the last. What is hard (limits, minima, caps, promises) is kept by every tier.

    By marginal value, limits that lie within each other, like items within a budget, are cleared by prices; where they
    cross, like items and locations, HiGHS finds the prices; what is left then buys whole packs, best for their price
    first. Reservations and minimum orders go to HiGHS as whole numbers, as do small problems in which prices leave a
    gap to the bound.

    Parameters
    ----------
    problem : AllocationProblem
    rule : str
        One of the above.
    exact : bool, optional
        Whether the best whole packs are searched for however long it takes (True) or never (False) where prices leave
        a gap; by default in small problems only.
    seconds : float, > 0
        That HiGHS may search for whole packs, for each tier.

    Raises
    ------
    UnknownNameError
        There is no such rule.
    InfeasibleError
        The rules contradict each other; it names a smallest set that does.
    DataError
        The rule does not know something in the problem.

    Examples
    --------
    >>> from allocast.inventory.allocation import AllocationProblem, Claims, Limit
    >>> shops = Claims.from_paths(
    ...     np.array([[4.0, 8.0], [6.0, 9.0]]), shortage_cost=[5.0, 3.0], name=("north", "south")
    ... )
    >>> shirts = Limit(name="shirts", available=np.array([10.0]))
    >>> allocation = allocate(AllocationProblem(claims=shops, limits=(shirts,)))
    >>> allocation.units, allocation.value, allocation.gap
    (array([4., 6.]), 38.0, 0.0)
    >>> allocation.why(1)
    'south gets 6: a unit more would save 1.50 and take 2.50 of shirts (at 2.50).'
    >>> allocate(AllocationProblem(claims=shops, limits=(shirts,)), "proportional").units
    array([4., 6.])
    """
    if rule not in RULES:
        raise UnknownNameError("rule of allocation", rule, RULES)
    layout = Layout.of(problem)
    _require_possible(problem, layout)
    tier = problem.claims.tier
    best = _in_tiers(layout, tier, _by_value(problem, exact, seconds))
    if rule == "marginal_value":
        return _told(problem, layout, rule, best)
    if rule == "nested":
        return _told(problem, layout, rule, _instead(layout, best, nested_units(problem).astype(np.int64)))
    _require_fair(problem, rule)
    wanted = layout.bounded(layout.book.least, packs_each_wants(layout.book))
    weight, have = _fair_terms(problem, wanted, rule)

    def solve(part: Layout, scored: BoolArray) -> Solved:
        mine = part.bounded(part.book.least, np.where(scored, part.book.most, part.book.least))
        return Solved(packs=fair_packs(mine, weight, have), value=0.0, bound=0.0, price=best.price)

    fair = _in_tiers(wanted, tier, solve)
    return _told(problem, layout, rule, _instead(layout, best, fair.packs))


def _in_tiers(layout: Layout, tier: IntArray, solve: Solver) -> Solved:
    """One tier after the other: those before have what they got, those to come their least."""
    least, most = layout.book.least, layout.book.most
    packs, gap, price = least, 0.0, np.zeros(len(layout.supply))
    for now in (
        np.unique(tier) if (tier != tier[:1]).any() else tier[:1]
    ):  # to sort many that are alike takes long
        mine = tier == now
        solved = solve(
            layout.bounded(np.where(tier < now, packs, least), np.where(tier < now, packs, most)), tier <= now
        )
        packs = np.where(mine, solved.packs, packs)
        gap += solved.bound - solved.value
        price = np.where(price > 0, price, solved.price)
    value = float(total_value(layout.book, packs).sum())
    return Solved(packs=packs, value=value, bound=value + gap, price=price)


def _by_value(problem: AllocationProblem, exact: bool | None, seconds: float) -> Solver:
    jumps = bool(problem.reservations) or bool(
        (problem.claims.minimum_order_units > problem.claims.pack_units).any()
    )

    def solve(layout: Layout, scored: BoolArray) -> Solved:
        if jumps:
            found = whole_packs(layout, problem, scored, seconds=seconds)
            if found is None:
                raise conflict_of(problem)
            return replace(found, price=relaxed(layout, problem).price)
        mine = layout.bounded(layout.book.least, np.where(scored, layout.book.most, layout.book.least))
        solved = _by_prices(mine)
        open_gap = solved.bound - solved.value > _CLOSED * max(1.0, abs(solved.bound))
        if not open_gap or exact is False or (exact is None and mine.book.width.size > _SMALL):
            return solved
        limit = seconds if exact else min(seconds, _SOON)
        try:
            found = whole_packs(mine, problem, np.ones_like(scored), seconds=limit)
        except AllocastError:  # not in time
            return solved
        if found is None or found.value < solved.value:
            return solved
        return replace(found, bound=min(found.bound, solved.bound), price=solved.price)

    return solve


def _by_prices(layout: Layout) -> Solved:
    """Prices that clear the limits, what claims want at them, and single packs for what is left."""
    nest = nested(layout)
    if nest is None:
        found = relaxed(layout)
        price, bound = found.price, found.value
        packs = _whole(layout, found.units)
    else:
        packs, price = _cleared(layout, *nest)
        bound = np.inf
    left = layout.left(packs)
    top_up(layout.book, layout.group, layout.use, left, price, packs)
    bound = min(bound, priced_bound(layout.book, layout.group, layout.use, layout.supply, price))
    value = float(total_value(layout.book, packs).sum())
    return Solved(packs=packs, value=value, bound=max(bound, value), price=price)


def _cleared(layout: Layout, nest: Nest, inner: IntArray, outer: IntArray) -> tuple[IntArray, FloatArray]:
    """Packs and the price of each group, from two layers of limits."""
    packs = np.zeros(len(layout.book.pack), dtype=np.int64)
    inner_price, outer_price = np.zeros(len(inner)), np.zeros(len(outer))
    clear(layout.book, nest, packs, inner_price, outer_price)
    price = np.zeros(len(layout.supply) + 1)  # the last for claims that a limit does not touch
    price[inner], price[outer] = inner_price, outer_price
    return packs, price[:-1]


def _whole(layout: Layout, units: FloatArray) -> IntArray:
    """Packs that are whole in given units; where HiGHS's tolerance was taken for room, those below."""
    book = layout.book
    near, below = (
        np.clip(np.floor(units / book.pack + slack).astype(np.int64), book.least, book.most)
        for slack in (1e-6, -1e-6)
    )
    broken = np.append(layout.left(near) < 0, False)
    return np.where(broken[layout.group].any(axis=0), below, near)


def _fair_terms(problem: AllocationProblem, wanted: Layout, rule: str) -> tuple[FloatArray, FloatArray]:
    """What the level is counted in, and what each claim has of it already."""
    claims, have = problem.claims, problem.claims.position
    target = np.maximum(have + wanted.book.most * wanted.book.pack, 0.0)
    weight = target if rule == "equal_fill" else claims.mean_demand
    return weight, np.where(weight > 0, 0.0 if rule == "proportional" else have, 0.0)


def _instead(layout: Layout, best: Solved, packs: IntArray) -> Solved:
    """Other packs beside the bound and the prices of the best ones."""
    value = float(total_value(layout.book, packs).sum())
    return replace(best, packs=packs, value=value, bound=max(best.bound, value))


def _told(problem: AllocationProblem, layout: Layout, rule: str, solved: Solved) -> Allocation:
    ends = zip(problem.limits, layout.first[:-1], layout.first[1:], strict=True)
    return Allocation(
        problem=problem,
        rule=rule,
        units=freeze(solved.packs * layout.book.pack),
        value=solved.value,
        bound=solved.bound,
        prices={limit.name: freeze(solved.price[first:last]) for limit, first, last in ends},
    )


def _require_possible(problem: AllocationProblem, layout: Layout) -> None:
    """Refuse minima above caps, and above what a limit has; only the claims in question are then looked at."""
    book = layout.book
    over = np.flatnonzero(book.least > book.most)
    if len(over):
        raise conflict_of(problem.only(over[:1]))
    left = layout.left(book.least) if book.least.any() else layout.supply
    if (left < 0).any():
        touched = (layout.group == np.argmax(left < 0)).any(axis=0)
        raise conflict_of(problem.only(np.flatnonzero(touched & (book.least > 0))))


def _require_fair(problem: AllocationProblem, rule: str) -> None:
    if problem.reservations or (problem.claims.minimum_order_units > problem.claims.pack_units).any():
        raise DataError(
            f"the rule {rule!r} knows neither reservations of groups nor minimum orders; give claims least_units "
            "instead, or use 'marginal_value'."
        )
