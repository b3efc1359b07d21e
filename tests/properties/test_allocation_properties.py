"""What must hold of every allocation, whatever the problem.

Ten thousand random problems are drawn at once, as groups of one large problem: each has items with stock of their own
within a budget of its own, and shares nothing with the others.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocast.inventory.allocation import RULES, AllocationProblem, Claims, Limit, allocate

N_PROBLEMS, N_ITEMS, N_CLAIMS = 10_000, 3, 4  # claims an item
FAIR = ("proportional", "equal_fill", "equal_cover")
limited = settings(max_examples=40, deadline=None, derandomize=True)
seeds = st.integers(0, 2**32 - 1)


def random_claims(rng, n, *, plain=False):
    """Demand of three values, stock already there or owed, packs, minima, caps and tiers."""
    demand = rng.integers(0, 15, (n, 3)) * rng.choice([1.0, 1.5], (n, 1))
    terms = {} if plain else {
        "position": rng.integers(-2, 6, n),
        "pack_units": rng.choice([1, 1, 2, 6], n),
        "least_units": rng.choice([0, 0, 0, 0, 2], n),
        "most_units": rng.choice([np.inf, 7, 12], n),
        "tier": rng.integers(0, 3, n),
    }  # fmt: skip
    return Claims.from_paths(
        demand, shortage_cost=rng.uniform(0, 9, n), holding_cost=rng.choice([0, 0.5], n), **terms
    )


def random_problems(seed, n_problems=N_PROBLEMS, **choices):
    """Stock of items covers at least what is promised; so does the budget of each problem."""
    rng = np.random.default_rng(seed)
    item = np.repeat(np.arange(n_problems * N_ITEMS), N_CLAIMS)
    claims = random_claims(rng, len(item), **choices)
    promised = np.ceil(claims.least_units / claims.pack_units) * claims.pack_units
    cost = rng.uniform(0.5, 3.0, len(item))
    stock = np.bincount(item, promised) + rng.integers(0, 40, n_problems * N_ITEMS)
    purse = np.bincount(item // N_ITEMS, promised * cost) + rng.uniform(0, 60, n_problems)
    return AllocationProblem(
        claims=claims,
        limits=(
            Limit(name="stock", available=stock, group=item),
            Limit(name="budget", available=purse, group=item // N_ITEMS, use=cost),
        ),
    )


def require_hard_rules(found):
    problem, claims, units = found.problem, found.problem.claims, found.units
    for limit in problem.limits:
        assert (found.problem.use(units)[limit.name] <= limit.available + 1e-8 * (1 + limit.available)).all()
    assert (units >= claims.least_units).all()
    assert (units <= np.maximum(claims.most_units, claims.least_units)).all()
    np.testing.assert_allclose(units / claims.pack_units, np.round(units / claims.pack_units), atol=1e-12)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "nested"])
def test_no_allocation_breaks_a_hard_limit_in_ten_thousand_problems(rule):
    found = allocate(random_problems(1), rule, exact=False)
    require_hard_rules(found)
    assert found.value <= found.bound
    assert (found.units > 0).mean() > 0.2


def test_nested_stock_is_shared_out_whole_in_ten_thousand_problems():
    problem = random_problems(2, plain=True)
    found = allocate(replace(problem, limits=problem.limits[:1]), "nested")
    np.testing.assert_array_equal(found.problem.use(found.units)["stock"], problem.limits[0].available)
    assert (found.units >= 0).all()


@given(seed=seeds, limit=st.integers(0, 1))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_more_of_a_limit_never_worsens_the_best(seed, limit):
    problem = random_problems(seed, 1)
    more = problem.limits[limit].available + np.random.default_rng(seed).choice([0.0, 1.0, 7.0], 1)
    limits = list(problem.limits)
    limits[limit] = replace(limits[limit], available=more)
    before = replace(problem, claims=replace(problem.claims, tier=np.asarray(0)))
    after = replace(before, limits=tuple(limits))
    assert allocate(after).value >= allocate(before).value - 1e-9


def test_more_of_a_limit_never_worsens_what_prices_find_where_they_are_exact():
    problem = random_problems(3, 2_000, plain=True)
    problem = replace(problem, limits=(problem.limits[0], replace(problem.limits[1], use=np.asarray(1.0))))
    value = allocate(problem, exact=False).value
    for limit in (0, 1):
        limits = list(problem.limits)
        limits[limit] = replace(limits[limit], available=np.floor(limits[limit].available) + 3)
        assert allocate(replace(problem, limits=tuple(limits)), exact=False).value >= value - 1e-9


def test_what_more_of_a_limit_worsens_in_large_problems_is_within_the_stated_gap():
    problem = random_problems(4, 2_000)
    before = allocate(problem, exact=False)
    for limit in (0, 1):
        limits = list(problem.limits)
        limits[limit] = replace(limits[limit], available=limits[limit].available + 2)
        after = allocate(replace(problem, limits=tuple(limits)), exact=False)
        assert after.value >= before.value - after.gap * after.bound


def shuffled(problem, rng):
    order = rng.permutation(len(problem.claims))
    limits = tuple(
        replace(
            limit,
            group=np.broadcast_to(limit.group, len(order))[order],
            use=np.broadcast_to(limit.use, len(order))[order],
        )
        for limit in problem.limits
    )
    return replace(problem, claims=problem.claims.take(order), limits=limits), order


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "nested"])
def test_the_order_of_rows_does_not_matter(rule):
    problem = random_problems(5, 1_000)
    other, order = shuffled(problem, np.random.default_rng(6))
    one, two = allocate(problem, rule, exact=False), allocate(other, rule, exact=False)
    np.testing.assert_array_equal(one.units[order], two.units)
    assert two.value == pytest.approx(one.value, rel=1e-12)


def test_the_order_of_rows_does_not_matter_where_highs_decides():
    for seed in range(10):
        problem = random_problems(seed, 2)
        other, _ = shuffled(problem, np.random.default_rng(seed))
        assert allocate(other).value == pytest.approx(allocate(problem).value, abs=1e-9)


@pytest.mark.parametrize("rule", ["marginal_value", *FAIR])
def test_what_a_tier_gets_does_not_depend_on_the_tiers_after_it(rule):
    problem = random_problems(7, 500)
    claims = replace(problem.claims, least_units=np.asarray(0.0), most_units=np.asarray(np.inf))
    whole = allocate(replace(problem, claims=claims), rule, exact=False)
    for last in (0, 1):
        rows = np.flatnonzero(claims.tier <= last)
        limits = tuple(
            replace(limit, group=limit.group[rows], use=np.broadcast_to(limit.use, len(claims))[rows])
            for limit in problem.limits
        )
        alone = allocate(AllocationProblem(claims=claims.take(rows), limits=limits), rule, exact=False)
        np.testing.assert_array_equal(alone.units, whole.units[rows])


def one_item(rng, n, **terms):
    demand = rng.integers(5, 60, (n, 5)).astype(float)
    return Claims.from_paths(demand, shortage_cost=5.0, **terms)


@pytest.mark.parametrize("rule", FAIR)
@given(seed=seeds)
@limited
def test_fair_shares_are_level_to_within_a_unit_but_for_those_that_something_stops(rule, seed):
    rng = np.random.default_rng(seed)
    claims = one_item(rng, 8, position=0.0 if rule == "proportional" else rng.integers(0, 20, 8))
    problem = AllocationProblem(
        claims=claims, limits=(Limit(name="stock", available=rng.integers(0, 200, 1)),)
    )
    units = allocate(problem, rule).units
    wanted = np.maximum(claims.demand_units[:, -1] - claims.position, 0.0)
    weight = (
        np.maximum(claims.demand_units[:, -1], claims.position)
        if rule == "equal_fill"
        else claims.mean_demand
    )
    assert units.sum() == min(problem.limits[0].available[0], wanted.sum())
    lowest = ((claims.position + units + 1) / weight)[units < wanted].min(initial=np.inf)
    highest = ((claims.position + units - 1) / weight)[units > 0].max(initial=-np.inf)
    assert highest <= lowest + 1e-9


def test_a_limit_that_crosses_stops_only_those_that_it_holds():
    claims = Claims.from_paths(np.full((4, 1), 100.0), shortage_cost=1.0)
    stock = Limit(name="stock", available=[40.0, 60.0], group=[0, 0, 1, 1])
    room = Limit(name="room", available=[10.0], group=[0, -1, -1, -1])
    problem = AllocationProblem(claims=claims, limits=(stock, room))
    np.testing.assert_array_equal(allocate(problem, "equal_fill").units, [10, 30, 30, 30])


def test_proportional_shares_are_the_best_where_all_claims_are_the_same_normal():
    at = np.array([-1.5, -1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0, 1.5])
    claims = Claims.from_quantiles(
        np.tile(100 + 20 * at, (6, 1)), np.arange(1, 10) / 10, shortage_cost=4.0, holding_cost=1.0
    )
    for stock in (300.0, 540.0, 600.0, 660.0):
        problem = AllocationProblem(claims=claims, limits=(Limit(name="stock", available=[stock]),))
        shared, best = allocate(problem, "proportional"), allocate(problem)
        assert shared.value == pytest.approx(best.value)
        assert shared.units.max() - shared.units.min() <= 1
