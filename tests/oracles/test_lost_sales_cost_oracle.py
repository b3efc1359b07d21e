"""A policy whose exact cost was computed by dynamic programming elsewhere costs as much when it is simulated."""

import numpy as np

from allocast.agents.textbook_world import TextbookWorld
from allocast.inventory.costs import Costs
from allocast.simulation.scenarios.textbook_demand import poisson

CAPPED_BASE_STOCK = (
    4.79785  # Poisson(5), h = 1, p = 4, L = 4, level 26, cap 5: average cost by value iteration
)


def test_the_capped_base_stock_of_zipkins_instance_costs_what_value_iteration_says() -> None:
    costs = Costs.uniform(1, holding_cost=1.0, shortage_cost=4.0)
    world = TextbookWorld(demand=poisson(5.0), lead_time=np.array([4]), costs=costs, n_periods=10**9)
    state, total = world.begin(4000, np.random.default_rng(1)), 0.0
    for period in range(350):
        wanted = np.clip(26 - state.stock.position, 0, 5)
        state, outcome = world.step(state, (2 * wanted / world.most[0, 0] - 1)[:, None])
        np.testing.assert_array_equal(outcome.order_units, wanted)
        total += outcome.flows.cost.mean() if period >= 50 else 0.0
    assert abs(total / 300 - CAPPED_BASE_STOCK) < 0.015
