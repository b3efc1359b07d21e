"""A policy whose exact cost was computed by dynamic programming costs as much when a world lives through it."""

import numpy as np

from allocast.agents.worlds.textbook_instances import lost_sales_world
from allocast.simulation.textbook.lost_sales import LostSales
from allocast.simulation.textbook.lost_sales_cost import policy_cost
from allocast.simulation.textbook.lost_sales_rules import CappedBaseStock


def test_a_capped_base_stock_policy_costs_what_dynamic_programming_says() -> None:
    instance, rule = (
        LostSales(demand="poisson", mean=5.0, shortage_cost=4.0, lead_time=3),
        CappedBaseStock(level=21, cap=5),
    )
    world, total = lost_sales_world(instance, n_periods=10**9), 0.0
    state = world.begin(4000, np.random.default_rng(1))
    for period in range(350):
        wanted = np.clip(rule.level - state.stock.position, 0, rule.cap)
        state, outcome = world.step(state, (2 * wanted / instance.levels[0] - 1)[:, None])
        np.testing.assert_array_equal(outcome.placed.ordered, wanted)
        total += outcome.flows.cost.mean() if period >= 50 else 0.0
    assert abs(total / 300 - policy_cost(instance, rule).cost) < 0.015
