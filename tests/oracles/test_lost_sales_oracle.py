"""Lost sales against the published tables, and a plain dynamic program."""

import numpy as np
import pytest
from training.published_costs import ZIPKIN_BASE_STOCK, ZIPKIN_MYOPIC, ZIPKIN_OPTIMAL

from allocast.simulation.textbook.lost_sales import LostSales, zipkin_2008
from allocast.simulation.textbook.lost_sales_cost import policy_cost
from allocast.simulation.textbook.lost_sales_optimum import solve_lost_sales
from allocast.simulation.textbook.lost_sales_rules import Myopic, best_base_stock


def published(table, instance) -> float:
    return table[instance.demand, instance.shortage_cost][instance.lead_time - 1]


def test_all_32_optima_are_those_of_the_published_tables() -> None:
    for instance in zipkin_2008():
        optimum = solve_lost_sales(instance, tolerance=1e-5).cost
        assert round(optimum, 2) == published(ZIPKIN_OPTIMAL, instance), instance.name


def test_myopic_and_base_stock_costs_are_those_of_the_published_tables() -> None:
    for instance in zipkin_2008():
        if instance.lead_time <= 3:
            myopic = policy_cost(instance, Myopic(instance=instance)).cost
            # published costs of heuristics were simulated
            assert myopic == pytest.approx(published(ZIPKIN_MYOPIC, instance), abs=0.0075), instance.name
        if instance.lead_time <= 2:
            _, cost = best_base_stock(instance)
            assert cost == pytest.approx(published(ZIPKIN_BASE_STOCK, instance), abs=0.0075), instance.name


def plain_value_iteration(instance, most: int) -> float:
    """L = 2, every order up to ``most`` in every state, as the equations say, without any bound or search."""
    pmf = instance.law.probability[0]
    on_hand, order = np.arange(2 * most + 1), np.arange(most + 1)
    costs = instance.expected_cost(2 * most)
    value = np.zeros((2 * most + 1, most + 1))
    for _ in range(400):
        ahead = np.zeros((2 * most + 1, most + 1, most + 1))  # by x_0, x_1, z
        for d, probability in enumerate(pmf):
            left = np.maximum(on_hand - d, 0)
            ahead += probability * value[np.minimum(left[:, None] + order, 2 * most)]
        rise = costs[:, None] + ahead.min(axis=2) - value
        value = value + rise
        if np.ptp(rise) < 1e-8:
            break
    return float(rise.mean())


@pytest.mark.parametrize("demand", ["poisson", "geometric"])
def test_bounds_and_local_search_lose_nothing(demand) -> None:
    instance = LostSales(demand=demand, mean=1.5, shortage_cost=6.0, lead_time=2)
    assert solve_lost_sales(instance).cost == pytest.approx(plain_value_iteration(instance, 9), abs=1e-6)
