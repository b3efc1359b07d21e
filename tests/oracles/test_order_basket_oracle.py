"""Orders within shared limits, by trying all of them."""

from itertools import pairwise, product

import numpy as np
import pytest

from allocast.inventory.allocation import Limit
from allocast.inventory.basket import Basket, Steps, cut_to_limits


def best_of_all(steps, limits):
    """The most that any whole steps save within the limits."""
    begin = steps.begin
    ends = [np.concatenate([[0.0], np.cumsum(steps.units[a:b])]) for a, b in pairwise(begin)]
    worth = [np.concatenate([[0.0], np.cumsum(steps.value[a:b])]) for a, b in pairwise(begin)]
    best = 0.0
    for taken in product(*[range(len(line)) for line in ends]):
        units = np.array([line[k] for line, k in zip(ends, taken, strict=True)])
        for limit in limits:
            used = np.bincount(limit.group, limit.use * units, minlength=len(limit.available))
            if (used > limit.available + 1e-9).any():
                break
        else:
            best = max(best, sum(line[k] for line, k in zip(worth, taken, strict=True)))
    return best


def drawn(seed):
    """Five lines of up to four steps, a budget, two suppliers' capacities and the room of two places."""
    rng = np.random.default_rng(seed)
    count = rng.integers(1, 5, 5)
    saving = [np.sort(rng.uniform(-1, 9, n))[::-1] - np.eye(n)[0] * rng.choice([0, 6]) for n in count]
    value = [np.diff(np.maximum.accumulate(np.maximum(np.cumsum(s), 0.0)), prepend=0.0) for s in saving]
    steps = Steps(
        begin=np.concatenate([[0], np.cumsum(count)]),
        units=rng.integers(1, 6, count.sum()) * 1.0,
        value=np.concatenate(value),
        saving=np.concatenate(saving),
        must=np.zeros(5, dtype=bool),
    )
    names = np.array(list("abcde"), dtype=object)
    basket = Basket(
        item_id=names, location_id=names, supplier_id=names, unit_cost=rng.uniform(0.5, 3, 5),
        pack_units=np.ones(5), steps=steps,
    )  # fmt: skip
    return basket, (
        Limit(
            name="budget", available=rng.uniform(5, 40, 1), group=np.zeros(5, dtype=int), use=basket.unit_cost
        ),
        Limit(name="capacity", available=rng.uniform(2, 20, 2), group=rng.integers(0, 2, 5), use=np.ones(5)),
        Limit(
            name="storage",
            available=rng.uniform(2, 20, 2),
            group=rng.integers(0, 2, 5),
            use=rng.uniform(0, 2, 5),
        ),
    )


@pytest.mark.parametrize("seed", range(40))
def test_small_cuts_are_the_best_of_all(seed) -> None:
    basket, limits = drawn(seed)
    cut = cut_to_limits(basket, limits)
    assert cut.value == pytest.approx(best_of_all(basket.steps, limits), abs=1e-6)
    assert cut.bound >= cut.value - 1e-6


def test_the_price_of_a_limit_is_what_one_more_of_it_saves() -> None:
    n = 400
    rng = np.random.default_rng(2)
    value = -np.sort(-rng.uniform(0, 5, (n, 6)), axis=1)
    steps = Steps(begin=np.arange(0, 6 * n + 1, 6), units=np.ones(6 * n), value=value.ravel(), saving=value.ravel(),
                  must=np.zeros(n, dtype=bool))  # fmt: skip
    names = np.array([f"{row:04d}" for row in range(n)], dtype=object)
    basket = Basket(item_id=names, location_id=names, supplier_id=names, unit_cost=np.ones(n),
                    pack_units=np.ones(n), steps=steps)  # fmt: skip
    one, more = (
        cut_to_limits(basket, (Limit(name="budget", available=[money]),)) for money in (1200.0, 1201.0)
    )
    assert more.value - one.value == pytest.approx(one.price[0], abs=1e-9)
    assert one.value == pytest.approx(np.sort(value.ravel())[::-1][:1200].sum())
    assert one.gap < 1e-12
