"""(s, S), (R, nQ) and (R, S) against every policy of a small case, each by the long run of its own Markov chain."""

import numpy as np
import pytest

from allocast.inventory.formulas.fixed_quantity import fixed_quantity, fixed_quantity_at_reviews
from allocast.inventory.formulas.periodic_review import best_review, review_level
from allocast.inventory.formulas.reorder_levels import reorder_level_cost, reorder_levels
from allocast.numerics.discrete import DiscreteDistribution

CASES = [
    # demand of a period, periods of lead time, order cost, holding cost, shortage cost
    ([0.3, 0.3, 0.4], 0, 3.0, 1.0, 4.0),
    ([0.0, 0.5, 0.0, 0.5], 1, 6.0, 1.0, 9.0),
    ([0.7, 0.0, 0.1, 0.2], 2, 2.0, 0.5, 20.0),
    ([0.1, 0.6, 0.3], 1, 0.0, 1.0, 2.0),
    ([0.5, 0.2, 0.1, 0.1, 0.1], 0, 15.0, 2.0, 3.0),
]


def law(pmf, times=1) -> DiscreteDistribution:
    total = np.array([1.0])
    for _ in range(times):
        total = np.convolve(total, pmf)
    return DiscreteDistribution(probability=total[None])


def period_cost(position, pmf, lead_time, holding, shortage) -> float:
    over = law(pmf, lead_time + 1).probability[0]
    return sum(
        p * (holding * max(position - d, 0) + shortage * max(d - position, 0)) for d, p in enumerate(over)
    )


def long_run(order_rule, pmf, lead_time, fixed, holding, shortage) -> float:
    """Average cost of a rule from the position before the order to the one after it, by its chain."""
    low, high = -20, 40
    states = np.arange(low, high + 1)
    after = np.array([order_rule(x) for x in states])
    steps = np.zeros((len(states), len(states)))
    for i, level in enumerate(after):
        for d, p in enumerate(pmf):
            steps[i, max(level - d, low) - low] += p
    share = np.full(len(states), 1 / len(states))
    for _ in range(12):
        steps_squared = steps @ steps
        share, steps = share @ (steps + np.eye(len(states))) / 2, steps_squared
    share = share @ steps
    cost = [
        fixed * (level > x) + period_cost(level, pmf, lead_time, holding, shortage)
        for x, level in zip(states, after, strict=True)
    ]
    return float(share @ cost)


def batched(x, point, batch):
    return x if x > point else x + batch * int(np.ceil((point + 1 - x) / batch))


def rates(fixed, holding, shortage):
    return {
        "order_cost": np.array([fixed]),
        "holding_cost": np.array([holding]),
        "shortage_cost": np.array([shortage]),
    }


@pytest.mark.parametrize(("pmf", "lead_time", "fixed", "holding", "shortage"), CASES)
def test_no_reorder_levels_of_all_small_ones_cost_less(pmf, lead_time, fixed, holding, shortage) -> None:
    one, over = law(pmf), law(pmf, lead_time + 1)
    best = reorder_levels(one, over, **rates(fixed, holding, shortage))
    pairs = [(s, top) for s in range(-4, 14) for top in range(s + 1, s + 16)]
    tried = {
        pair: reorder_level_cost(
            np.array([pair[0]]), np.array([pair[1]]), one, over, **rates(fixed, holding, shortage)
        )[0]
        for pair in pairs
    }
    assert best.cost[0] == pytest.approx(min(tried.values()), abs=1e-10)


@pytest.mark.parametrize(("pmf", "lead_time", "fixed", "holding", "shortage"), CASES)
def test_the_cost_of_reorder_levels_is_that_of_their_chain(pmf, lead_time, fixed, holding, shortage) -> None:
    one, over = law(pmf), law(pmf, lead_time + 1)
    best = reorder_levels(one, over, **rates(fixed, holding, shortage))
    for s, top in ((best.reorder_point[0], best.order_up_to[0]), (1, 6), (-1, 2)):
        rule = lambda x, s=s, top=top: top if x <= s else x  # noqa: E731
        computed = reorder_level_cost(
            np.array([s]), np.array([top]), one, over, **rates(fixed, holding, shortage)
        )
        chain = long_run(rule, pmf, lead_time, fixed, holding, shortage)
        assert computed[0] == pytest.approx(chain, rel=1e-6)


@pytest.mark.parametrize(("pmf", "lead_time", "fixed", "holding", "shortage"), CASES[::2])
def test_no_fixed_quantity_of_all_small_ones_costs_less(pmf, lead_time, fixed, holding, shortage) -> None:
    best = fixed_quantity_at_reviews(law(pmf), law(pmf, lead_time + 1), **rates(fixed, holding, shortage))
    tried = {
        (r, q): long_run(lambda x, r=r, q=q: batched(x, r, q), pmf, lead_time, fixed, holding, shortage)
        for r in range(-2, 8)
        for q in range(1, 10)
    }
    assert best.cost[0] == pytest.approx(min(tried.values()), rel=1e-6)
    assert tried[int(best.reorder_point[0]), int(best.batch[0])] == pytest.approx(best.cost[0], rel=1e-6)


def test_a_given_batch_gets_the_best_of_all_reorder_points() -> None:
    over, given = law([0.3, 0.3, 0.4], 2), np.array([4])
    costs = rates(3.0, 1.0, 4.0)
    best = fixed_quantity(np.array([1.1]), over, batch=given, **costs)
    by_hand = [
        (3.0 * 1.1 + sum(period_cost(y, [0.3, 0.3, 0.4], 1, 1.0, 4.0) for y in range(r + 1, r + 5))) / 4
        for r in range(-6, 8)
    ]
    assert best.batch[0] == 4
    assert best.cost[0] == pytest.approx(min(by_hand))
    assert best.reorder_point[0] == np.argmin(by_hand) - 6


def test_a_review_period_costs_the_average_of_its_periods() -> None:
    pmf, lead_time = [0.2, 0.5, 0.3], 1
    best = review_level(
        law(pmf),
        DiscreteDistribution.certain(np.array([lead_time])),
        3,
        holding_cost=np.ones(1),
        shortage_cost=np.array([6.0]),
    )
    by_level = [
        np.mean([period_cost(level, pmf, lead_time + t, 1.0, 6.0) for t in range(3)]) for level in range(14)
    ]
    assert best.units[0] == np.argmin(by_level)
    assert best.cost[0] == pytest.approx(min(by_level))


def test_the_best_review_is_the_best_of_all_tried() -> None:
    pmf, fixed = [0.5, 0.3, 0.2], 4.0
    at_once, costs = DiscreteDistribution.certain(np.array([0])), rates(fixed, 1.0, 6.0)
    best = best_review(law(pmf), at_once, most=6, **costs)
    tried = [
        min(np.mean([period_cost(y, pmf, t, 1.0, 6.0) for t in range(R)]) for y in range(15))
        + fixed * (1 - 0.5**R) / R
        for R in range(1, 7)
    ]
    assert best.cost[0] == pytest.approx(min(tried))
    assert best.review_periods[0] == np.argmin(tried) + 1
