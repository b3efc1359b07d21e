"""Money shared by many series against HiGHS, which looks at all at once, and the projection against all shares."""

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from allocast.agents.budgets.budget import clearing_price, within_budget
from allocast.inventory.shared_budget import share_budget


def a_case(seed, *, same_cost=False):
    """Values of up to six units of up to eight series, what a unit costs, and what there is to spend."""
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(2, 9)), int(rng.integers(1, 7))
    values = -np.sort(-rng.gamma(2.0, 3.0, (n, m)), axis=1) - rng.uniform(0, 2)
    cost = np.ones(n) if same_cost else rng.integers(1, 9, n).astype(float)
    return values, cost, float(rng.uniform(0, 0.9) * cost.sum() * m)


def exact_value(values, cost, budget):
    """What the best whole orders save."""
    each = np.repeat(cost, values.shape[1])
    found = milp(
        -values.ravel(),
        integrality=np.ones(values.size),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(each[None], -np.inf, budget),
        options={"mip_rel_gap": 0.0},
    )
    return -found.fun


@pytest.mark.parametrize("seed", range(40))
def test_where_all_units_cost_the_same_the_price_finds_the_exact_solution(seed):
    values, cost, budget = a_case(seed, same_cost=True)
    assert share_budget(values, cost, budget).value == pytest.approx(exact_value(values, cost, budget))


def test_otherwise_what_is_lost_is_little_and_bounded():
    lost, best = [], []
    for seed in range(80):
        values, cost, budget = a_case(seed)
        shared, exact = share_budget(values, cost, budget), exact_value(values, cost, budget)
        assert shared.units @ cost <= budget + 1e-9
        assert shared.value <= exact + 1e-6 <= shared.bound + 2e-6
        assert shared.bound - shared.value <= shared.price * cost.max() + 1e-6
        lost.append(exact - shared.value)
        best.append(exact)
    assert sum(lost) <= 0.02 * sum(best)
    assert np.mean(np.array(lost) < 1e-9) >= 0.5


@pytest.mark.parametrize("seed", range(20))
def test_at_the_price_each_series_alone_wants_what_the_joint_solution_gives_it(seed):
    values, cost, budget = a_case(seed, same_cost=True)
    shared = share_budget(values, cost, budget)
    for row, units in zip(values, shared.units, strict=True):
        alone = int((row > shared.price).sum())
        assert alone <= units <= (row >= shared.price - 1e-9).sum()


@pytest.mark.parametrize("seed", range(20))
def test_the_price_that_an_agent_sees_is_that_of_the_joint_solution(seed):
    values, cost, budget = a_case(seed)
    price = clearing_price(
        lambda at: float((values > at * cost[:, None]).sum(axis=1) @ cost), budget, highest=values.max() + 1
    )
    assert price == pytest.approx(share_budget(values, cost, budget).price, abs=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_the_projection_cuts_all_orders_to_the_largest_share_that_can_be_paid_and_then_fills_up(seed):
    rng = np.random.default_rng(seed)
    n = 5
    wanted, cost = rng.integers(0, 30, n).astype(float), rng.integers(1, 5, n).astype(float)
    pack = rng.integers(1, 6, n).astype(float)
    wanted[0] = 1.0

    def whole(units):
        return pack * np.ceil(units / pack - 1e-6)

    budget = float(rng.uniform(0, 1) * (whole(wanted) @ cost))
    jumps = {(packs + 1e-6) * pack[i] / wanted[i] for i in np.flatnonzero(wanted) for packs in range(32)}
    shares = [
        share * (1 - 1e-9) for share in sorted(jumps | {1.0}) if share <= 1
    ]  # just before the next pack
    base = [whole(share * wanted) for share in shares if whole(share * wanted) @ cost <= budget][-1]
    units, all_wanted = within_budget(wanted, whole, cost, budget, urgency=rng.random(n)), whole(wanted)
    np.testing.assert_array_equal(units, np.where(units == base, base, all_wanted))
    assert units @ cost <= budget + 1e-9
    assert ((units == all_wanted) | ((all_wanted - base) * cost > budget - units @ cost)).all()
