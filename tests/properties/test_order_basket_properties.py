"""What must hold of every basket of orders that shared limits cut, whatever the problem.

Ten thousand random problems are drawn at once, as groups of one large problem: each has a budget and suppliers'
capacities of its own, and shares nothing with the others.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocast.inventory.allocation import Limit
from allocast.inventory.basket import Basket, Steps, cut_to_limits

N_PROBLEMS, N_LINES, MOST_STEPS = 10_000, 4, 4
random_seeds = given(seed=st.integers(0, 2**32 - 1))
some = settings(max_examples=25, deadline=None, derandomize=True)


def random_basket(rng, n):
    """Up to four steps a line; what the first saves may not pay for its placing, and the last may save nothing."""
    count = rng.integers(1, MOST_STEPS + 1, n)
    there = np.arange(MOST_STEPS) < count[:, None]
    pack = rng.choice([1.0, 2.0, 6.0], n)
    units = np.repeat(pack[:, None], MOST_STEPS, axis=1)
    units[:, 0] *= rng.integers(1, 4, n)
    saving = units * -np.sort(-rng.uniform(-1, 6, units.shape), axis=1)
    saving[:, 0] -= rng.choice([0.0, 8.0], n)
    best = np.maximum.accumulate(np.maximum(np.cumsum(saving, axis=1), 0.0), axis=1)
    steps = Steps(
        begin=np.concatenate([[0], np.cumsum(count)]),
        units=units[there],
        value=np.diff(best, axis=1, prepend=0.0)[there],
        saving=saving[there],
        must=rng.random(n) < 0.1,
    )
    names = np.array([f"item {row:06d}" for row in range(n)], dtype=object)
    return Basket(
        item_id=names,
        location_id=np.full(n, "here", dtype=object),
        supplier_id=np.full(n, "s", dtype=object),
        unit_cost=rng.uniform(0.5, 3.0, n),
        pack_units=pack,
        steps=steps,
    )


def random_problem(rng, n_problems, *, crossing=False):
    """Limits cover at least what must be ordered."""
    basket = random_basket(rng, n_problems * N_LINES)
    problem = np.repeat(np.arange(n_problems), N_LINES)
    supplier = 2 * problem + rng.integers(0, 2, len(basket))
    must = basket.steps.forced_units

    def limit(name, group, use, room):
        taken = np.bincount(group, must * use, minlength=group.max() + 1)
        return Limit(name=name, available=taken + rng.uniform(0, room, len(taken)), group=group, use=use)

    limits = [
        limit("budget", problem, basket.unit_cost, 60.0),
        limit("capacity", supplier, np.ones(len(basket)), 30.0),
    ]
    if crossing:
        place = 2 * problem + rng.integers(0, 2, len(basket))
        limits.append(limit("storage", place, rng.uniform(0.2, 2.0, len(basket)), 30.0))
    return basket, tuple(limits)


def require_hard_rules(cut):
    basket, units = cut.basket, cut.units
    for limit in cut.limits:
        used = np.bincount(limit.group, limit.use * units, minlength=len(limit.available))
        assert (used <= limit.available * (1 + 1e-8) + 1e-8).all()
    assert (units >= basket.steps.forced_units).all()
    total = np.concatenate([[0.0], np.cumsum(basket.steps.units)])
    ends = total[basket.steps.begin]
    reached = np.isin(np.round(ends[:-1] + units, 6), np.round(total, 6))
    assert (reached & (units <= np.diff(ends) + 1e-9)).all()


@pytest.mark.parametrize(("n_problems", "crossing"), [(N_PROBLEMS, False), (1_000, True)])
def test_no_orders_break_a_hard_limit_in_ten_thousand_problems(n_problems, crossing) -> None:
    cut = cut_to_limits(*random_problem(np.random.default_rng(1), n_problems, crossing=crossing))
    require_hard_rules(cut)
    assert cut.value <= cut.bound
    assert (cut.stopped_by >= 0).mean() > 0.2


@random_seeds
@some
def test_small_problems_keep_every_limit_too(seed) -> None:
    require_hard_rules(cut_to_limits(*random_problem(np.random.default_rng(seed), 2, crossing=True)))


@random_seeds
@some
def test_more_of_any_limit_never_worsens_the_orders(seed) -> None:
    rng = np.random.default_rng(seed)
    basket, limits = random_problem(rng, 1, crossing=True)
    before = cut_to_limits(basket, limits).value
    for place, limit in enumerate(limits):
        more = replace(limit, available=limit.available + rng.choice([0.1, 1.0, 7.0], len(limit.available)))
        after = cut_to_limits(basket, (*limits[:place], more, *limits[place + 1 :])).value
        assert after >= before - 1e-7


def test_more_of_a_single_budget_never_worsens_the_orders_of_a_large_problem() -> None:
    basket = random_basket(np.random.default_rng(3), 2_000)
    basket = replace(basket, steps=replace(basket.steps, must=np.zeros(2_000, dtype=bool)))
    values = [
        cut_to_limits(basket, (Limit(name="budget", available=[money], use=basket.unit_cost),)).value
        for money in np.linspace(0.0, 40_000.0, 60)
    ]
    assert (np.diff(values) >= -1e-7).all()
    assert values[0] == 0.0 < values[1] < values[-1]


def test_what_more_of_a_limit_worsens_in_large_problems_is_within_the_stated_gap() -> None:
    rng = np.random.default_rng(4)
    basket, limits = random_problem(rng, 1_000)
    before = cut_to_limits(basket, limits)
    for place, limit in enumerate(limits):
        more = replace(limit, available=limit.available + 2.0)
        after = cut_to_limits(basket, (*limits[:place], more, *limits[place + 1 :]))
        assert after.value >= before.value - after.gap * after.bound


def test_a_cut_at_a_larger_budget_orders_no_less_of_anything() -> None:
    basket = random_basket(np.random.default_rng(5), 200)
    cuts = [basket.at(money) for money in np.linspace(0.0, 4_000.0, 30)]
    assert all((later >= earlier).all() for earlier, later in pairwise(cuts))
    last = basket.table.iloc[-1]
    assert basket.at(last["cumulative_money"]) @ basket.unit_cost == pytest.approx(last["cumulative_money"])


def test_each_next_row_of_the_ranked_list_saves_no_more_for_its_money() -> None:
    basket = random_basket(np.random.default_rng(6), 300)
    table = basket.table.iloc[int(basket.steps.must.sum()) :]
    assert (np.diff(table["value_per_money"]) <= 1e-12).all()
    lines = table.groupby("item_id")["order_units"]
    assert (lines.diff().dropna() > 0).all()
