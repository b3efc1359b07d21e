"""Perishables against the published table, and against a plain simulation unit by unit."""

import numpy as np
import pytest
from training.published_costs import PERISHABLE_RETURNS

from allocast.simulation.textbook.perishables import Perishable, de_moor_2022, perishable_policy_cost
from allocast.simulation.textbook.perishables_optimum import (
    BaseStock,
    best_perishable_base_stock,
    solve_perishable,
)


def test_all_eight_optima_and_best_base_stocks_are_the_published_ones() -> None:
    for instance in de_moor_2022():
        optimal, base_stock = PERISHABLE_RETURNS[instance.lead_time, instance.waste_cost, instance.issuing]
        # published means carry a standard error near .6 and are rounded to whole numbers
        assert -solve_perishable(instance).cost == pytest.approx(optimal, abs=1.1), instance.name
        assert -best_perishable_base_stock(instance)[1] == pytest.approx(base_stock, abs=1.1), instance.name


def lived_unit_by_unit(instance, policy, rng) -> float:
    """One run of the judged periods: stock is a list of the periods of life that each unit has left."""
    units: list[int] = []
    waiting = [0] * instance.lead_time  # due at the start of the next period first
    total = 0.0
    shape = instance.variation**-2
    for period in range(-instance.warm_up, instance.horizon):
        units += [instance.life] * waiting.pop(0)
        counts = [units.count(age) for age in range(1, instance.life + 1)]
        order = int(policy(np.array([[*counts, *waiting]]))[0])
        waiting.append(order)
        demand = round(rng.gamma(shape, instance.mean / shape))
        units.sort(reverse=instance.issuing == "lifo")
        missed, units = max(demand - len(units), 0), units[demand:]
        wasted = units.count(1)
        units = [age - 1 for age in units if age > 1]
        if period >= 0:
            cost = instance.holding_cost * len(units) + instance.waste_cost * wasted
            cost += instance.shortage_cost * missed + instance.unit_cost * order
            total += instance.discount**period * cost
    return total


@pytest.mark.parametrize("issuing", ["fifo", "lifo"])
def test_simulated_runs_cost_what_was_computed(issuing) -> None:
    instance = Perishable(
        life=3, lead_time=2, issuing=issuing, waste_cost=7.0, horizon=60, warm_up=15, largest_order=6
    )
    policy, rng = BaseStock(level=13, largest_order=6), np.random.default_rng(5)
    runs = np.array([lived_unit_by_unit(instance, policy, rng) for _ in range(300)])
    error = runs.std(ddof=1) / np.sqrt(len(runs))
    assert abs(runs.mean() - perishable_policy_cost(instance, policy)) < 4 * error
