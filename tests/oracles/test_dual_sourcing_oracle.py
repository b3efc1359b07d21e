"""Dual sourcing against known optima, published gaps, and a run through ``simulation.dynamics``."""

import numpy as np
import pytest
from training.published_costs import DUAL_SOURCING_GAPS, DUAL_SOURCING_OPTIMA

from allocast.simulation.dynamics import Stock, advance, place
from allocast.simulation.textbook.dual_sourcing import DualSourcing, dual_policy_cost, gijsbrechts_2022
from allocast.simulation.textbook.dual_sourcing_optimum import solve_dual_sourcing
from allocast.simulation.textbook.dual_sourcing_rules import (
    DualIndex,
    best_capped_dual_index,
    best_dual_index,
    best_single_index,
    best_tailored_base_surge,
)

RULES = {
    "capped_dual_index": best_capped_dual_index,
    "dual_index": best_dual_index,
    "single_index": best_single_index,
    "tailored_base_surge": best_tailored_base_surge,
}


def test_the_six_optima_are_the_known_ones() -> None:
    found = [solve_dual_sourcing(instance, tolerance=1e-5).cost for instance in gijsbrechts_2022()]
    np.testing.assert_allclose(found, list(DUAL_SOURCING_OPTIMA.values()), atol=6e-5)


@pytest.mark.parametrize("name", RULES)
def test_gaps_of_the_classical_rules_are_the_published_ones(name) -> None:
    for instance in gijsbrechts_2022()[:4]:
        gap = 100 * (RULES[name](instance)[1] / solve_dual_sourcing(instance, tolerance=1e-5).cost - 1)
        published = DUAL_SOURCING_GAPS[instance.lead_time, instance.expedited_cost][name]
        assert gap == pytest.approx(published, abs=0.0125), instance.name


def test_a_run_of_two_suppliers_through_the_dynamics_costs_what_was_computed() -> None:
    instance = DualSourcing(lead_time=3, expedited_cost=110.0)
    policy, rng, n = DualIndex(expedite_to=4, order_to=10, cap=2), np.random.default_rng(3), 500
    stock = Stock(on_hand=np.zeros(n), backordered=np.zeros(n), pipeline=np.zeros((n, 4)))
    costs = np.zeros((600, n))
    for period in range(-50, 600):
        net = stock.on_hand + stock.pipeline[:, 0] - stock.backordered
        seen = np.column_stack([net, stock.pipeline[:, 1:3]]).astype(np.int64)
        orders = policy(seen).astype(np.float64)
        stock = place(place(stock, orders[:, 0], 0), orders[:, 1], 3)
        demand = rng.integers(0, 5, n).astype(np.float64)
        stock, ledger = advance(stock, demand, holding_cost=5.0, shortage_cost=495.0, backorders=True)
        costs[max(period, 0)] = ledger.cost + orders @ [110.0, 100.0]
    average = costs.mean(axis=0)
    error = average.std(ddof=1) / np.sqrt(n)
    assert error < 0.25
    assert abs(average.mean() - dual_policy_cost(instance, policy)) < 4 * error
