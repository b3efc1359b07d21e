"""Allocations against programs in whole numbers, stated anew here unit by unit, and against trying everything."""

import itertools

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from allocast.errors import InfeasibleError
from allocast.inventory.allocation import (
    AllocationProblem,
    Claims,
    Limit,
    Reservation,
    allocate,
    smallest_conflict,
)

TOP = 12  # no claim asks for more


def claims_of(rng, n, **terms):
    """Claims whose demand is one of four whole numbers."""
    demand = rng.integers(0, TOP + 1, (n, 4)).astype(float)
    return Claims.from_paths(
        demand, shortage_cost=rng.uniform(1, 9, n), holding_cost=rng.uniform(0, 1, n), **terms
    )


def expected_saving(claims, row, units):
    """Straight from the definition: cost with nothing, less cost with so many units."""

    def cost(have):
        gap = have - claims.demand_units[row]
        each = claims.holding_cost[row] * np.maximum(gap, 0) + claims.shortage_cost[row] * np.maximum(-gap, 0)
        return each @ claims.probability[row]

    at = claims.position[row]
    return cost(at) - cost(at + units)


def best_value(problem):
    """One binary for each claim and number of packs; nothing is assumed of the values."""
    claims = problem.claims
    options = []
    for c in range(len(claims)):
        packs = np.arange(0, 2 * TOP + 1)
        units = packs * claims.pack_units[c]
        units = units[(units >= claims.least_units[c]) & (units <= claims.most_units[c])]
        units = units[(units == 0) | (units >= claims.minimum_order_units[c])]
        options += [(c, x, expected_saving(claims, c, x)) for x in units]
    owner, units, value = (np.array(column) for column in zip(*options, strict=True))
    rules = [LinearConstraint((owner == np.arange(len(claims))[:, None]).astype(float), 1, 1)]
    for limit in problem.limits:
        group, use = (np.broadcast_to(each, len(claims))[owner] for each in (limit.group, limit.use))
        member = group == np.arange(len(limit.available))[:, None]
        rules.append(LinearConstraint(member * (use * units), -np.inf, limit.available))
    for promise in problem.reservations:
        member = np.broadcast_to(promise.group, len(claims))[owner] == np.arange(len(promise.units))[:, None]
        rules.append(LinearConstraint(member * units, promise.units, np.inf))
    found = milp(
        -value, integrality=np.ones(len(value)), bounds=Bounds(0, 1), constraints=rules,
        options={"mip_rel_gap": 0.0},
    )  # fmt: skip
    return None if found.x is None else float(value[found.x > 0.5].sum())


def supply(rng, item, **terms):
    return Limit(
        name="supply", available=rng.integers(0, 20, item.max() + 1).astype(float), group=item, **terms
    )


def by_items_and_volume(seed):
    """Items with packs, minima, caps and stock already there, within one volume."""
    rng = np.random.default_rng(seed)
    item = np.repeat(np.arange(3), 3)
    claims = claims_of(
        rng,
        9,
        position=rng.integers(-2, 4, 9),
        pack_units=rng.integers(1, 4, 9),
        most_units=rng.integers(4, 15, 9),
    )
    volume = Limit(name="volume", available=[rng.uniform(5, 30)], use=rng.uniform(0.5, 2.0, 9))
    return AllocationProblem(claims=claims, limits=(supply(rng, item), volume))


def by_items_and_places(seed):
    """Limits that cross: the stock of three items, room at three locations."""
    rng = np.random.default_rng(seed)
    room = Limit(name="room", available=rng.uniform(4, 12, 3), group=np.tile(np.arange(3), 3))
    item = np.repeat(np.arange(3), 3)
    return AllocationProblem(claims=claims_of(rng, 9), limits=(supply(rng, item), room))


def with_jumps(seed):
    """A promise to three claims together, and minimum orders."""
    rng = np.random.default_rng(seed)
    claims = claims_of(rng, 6, minimum_order_units=rng.integers(0, 7, 6), pack_units=rng.integers(1, 3, 6))
    promise = Reservation(name="contract", units=[4.0], group=[0, 0, 0, -1, -1, -1])
    stock = Limit(name="stock", available=[float(rng.integers(6, 25))])
    return AllocationProblem(claims=claims, limits=(stock,), reservations=(promise,))


@pytest.mark.parametrize("state", [by_items_and_volume, by_items_and_places, with_jumps])
@pytest.mark.parametrize("seed", range(12))
def test_small_problems_are_solved_exactly(state, seed):
    problem = state(seed)
    found, best = allocate(problem), best_value(problem)
    assert found.value == pytest.approx(best, abs=1e-9)
    assert found.bound >= best - 1e-7
    assert sum(expected_saving(problem.claims, c, x) for c, x in enumerate(found.units)) == pytest.approx(
        found.value, abs=1e-9
    )


@pytest.mark.parametrize("seed", range(20))
def test_prices_alone_are_exact_where_units_of_an_item_are_alike(seed):
    rng = np.random.default_rng(seed)
    item = np.repeat(np.arange(4), 3)
    total = Limit(name="truck", available=[float(rng.integers(0, 40))])
    problem = AllocationProblem(claims=claims_of(rng, 12), limits=(supply(rng, item), total))
    found = allocate(problem, exact=False)
    assert found.value == pytest.approx(best_value(problem), abs=1e-9)
    assert found.gap <= 1e-9


@pytest.mark.parametrize("seed", range(20))
def test_the_bound_of_prices_holds_and_is_near(seed):
    problem = by_items_and_volume(seed) if seed % 2 else by_items_and_places(seed)
    found, best = allocate(problem, exact=False), best_value(problem)
    assert found.value <= best + 1e-9 <= found.bound + 1e-7
    largest_pack = (problem.claims.shortage_cost * problem.claims.pack_units).max()
    assert found.bound - found.value <= 6 * largest_pack


def test_the_price_of_a_limit_is_what_one_more_of_it_is_worth():
    rng = np.random.default_rng(4)
    claims = claims_of(rng, 30)
    for available in (20.0, 60.0, 110.0):
        less, at, more = (
            allocate(AllocationProblem(claims=claims, limits=(Limit(name="stock", available=[units]),)))
            for units in (available - 1, available, available + 1)
        )
        assert more.value - at.value - 1e-9 <= at.prices["stock"][0] <= at.value - less.value + 1e-9


def conflicting(seed):
    """Minima, caps, promises and limits drawn so that they often cannot all hold."""
    rng = np.random.default_rng(seed)
    item = np.repeat(np.arange(2), 3)
    claims = claims_of(
        rng,
        6,
        least_units=rng.choice([0, 0, 0, 2, 5], 6),
        most_units=rng.choice([6, np.inf, np.inf], 6),
        minimum_order_units=rng.choice([0, 0, 0, 5], 6),
    )
    room = Limit(name="room", available=rng.integers(3, 12, 3), group=np.tile(np.arange(3), 2))
    promise = Reservation(name="contract", units=rng.integers(0, 8, 2), group=item)
    return AllocationProblem(claims=claims, limits=(supply(rng, item), room), reservations=(promise,))


def dropped(problem, name):
    """The problem without one rule, found by what it is called."""
    claims, free = problem.claims, {}
    for field, nothing in (("least_units", 0), ("most_units", np.inf), ("minimum_order_units", 0)):
        values = getattr(claims, field).copy()
        for c in range(len(claims)):
            if name.startswith(f"{field} of claim {c} "):
                values[c] = nothing
        free[field] = values
    limits = tuple(
        Limit(
            name=limit.name,
            available=[
                np.inf if name.startswith(limit.called(g) + " ") else a for g, a in enumerate(limit.available)
            ],
            group=limit.group,
        )
        for limit in problem.limits
    )
    promise = problem.reservations[0]
    units = [0 if name.startswith(promise.called(g) + " ") else u for g, u in enumerate(promise.units)]
    return AllocationProblem(
        claims=Claims(
            demand_units=claims.demand_units,
            probability=claims.probability,
            shortage_cost=claims.shortage_cost,
            holding_cost=claims.holding_cost,
            **free,
        ),
        limits=limits,
        reservations=(Reservation(name=promise.name, units=units, group=promise.group),),
    )


def only(problem, names):
    """The problem with no rules but the named ones."""
    everything = [
        f"{field} of claim {c} "
        for field in ("least_units", "most_units", "minimum_order_units")
        for c in range(6)
    ]
    everything += [
        f"{rule.name} of group {g} " for rule in (*problem.limits, *problem.reservations) for g in range(3)
    ]
    for rule in everything:
        if not any(name.startswith(rule) for name in names):
            problem = dropped(problem, rule)
    return problem


def test_infeasible_sets_are_minimal_and_feasible_problems_have_none():
    found = 0
    for seed in range(60):
        problem = conflicting(seed)
        conflict = smallest_conflict(problem)
        assert bool(conflict) == (best_value(problem) is None)
        if not conflict:
            continue
        found += 1
        with pytest.raises(InfeasibleError) as error:
            allocate(problem)
        for rules in {conflict, error.value.rules}:
            alone = only(problem, rules)
            assert best_value(alone) is None
            for rule in rules:
                assert best_value(dropped(alone, rule)) is not None
    assert 15 <= found <= 55


def test_a_conflict_is_told_in_the_words_of_the_problem():
    claims = Claims.from_paths(
        np.full((3, 1), 9.0), shortage_cost=1.0, least_units=[6, 2, 0], name=("Rome", "Paris", "Oslo")
    )
    stock = Limit(name="stock", available=[7.0, 5.0], group=[0, 0, 1], labels=("shirt", "shoe"))
    with pytest.raises(InfeasibleError) as error:
        allocate(AllocationProblem(claims=claims, limits=(stock,)))
    assert str(error.value) == (
        "these 3 rules cannot hold together: stock of shirt (7); least_units of Rome (6); least_units of Paris (2). "
        "Relax one of them."
    )


def test_the_oracle_itself_agrees_with_trying_everything():
    problem = by_items_and_volume(3)
    few = AllocationProblem(
        claims=problem.claims.take(np.arange(4)),
        limits=(Limit(name="stock", available=[8.0], use=[1.0, 2.0, 1.0, 0.5]),),
    )
    claims, best = few.claims, -np.inf
    for packs in itertools.product(range(9), repeat=4):
        units = np.array(packs) * claims.pack_units
        if (units <= claims.most_units).all() and few.use(units)["stock"][0] <= 8.0:
            best = max(best, sum(expected_saving(claims, c, x) for c, x in enumerate(units)))
    assert best_value(few) == pytest.approx(best)
