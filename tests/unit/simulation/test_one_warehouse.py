from dataclasses import replace

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.numerics.discrete import DiscreteDistribution
from allocast.simulation.one_warehouse.base_stock import (
    EchelonBaseStock,
    best_base_stock,
    next_unit_savings,
)
from allocast.simulation.one_warehouse.kaynov_2024 import kaynov_2024
from allocast.simulation.one_warehouse.period import NetworkStock, pass_period
from allocast.simulation.one_warehouse.rationing import RULES
from allocast.simulation.one_warehouse.scenarios import Scenarios
from allocast.simulation.one_warehouse.system import OneWarehouse


def scenarios(system, n=20, n_periods=40):
    """A few futures."""
    return Scenarios.draw(system, n, n_periods, np.random.default_rng(1))


def test_a_period_by_hand():
    """Arrivals can be shipped at once; of three missed units the warehouse has two for an emergency shipment."""
    system = replace(kaynov_2024(11), lead_time=1)
    stock = NetworkStock.filled(system, 1)  # 9 units come to the warehouse, 3 to each location
    shipments, demand = np.array([[4.0, 3.0, 0.0]]), np.array([[1.0, 6.0, 3.0]])
    stock, ledger = pass_period(system, stock, np.array([5.0]), shipments, demand, np.full((1, 3), 0.79))
    np.testing.assert_array_equal(ledger.emergency, [[0.0, 2.0, 0.0]])
    np.testing.assert_array_equal(ledger.locations.on_hand, [[2.0, 0.0, 0.0]])
    assert ledger.cost == pytest.approx([0.5 * 0 + 1.0 * 2 + 9.0 * 1])
    np.testing.assert_array_equal(stock.available, [5.0])
    np.testing.assert_array_equal(stock.locations.pipeline[0, :, 0], [4.0, 3.0, 0.0])


def test_customers_who_do_not_wait_are_lost_whatever_the_warehouse_has():
    system = kaynov_2024(11)
    stock, nothing = NetworkStock.filled(system, 1), np.zeros((1, 3))
    _, ledger = pass_period(
        system, stock, np.zeros(1), nothing, np.full((1, 3), 5.0), np.array([[0.8, 0.7, 0.9]])
    )
    np.testing.assert_array_equal(ledger.emergency, [[0.0, 2.0, 0.0]])
    assert ledger.cost == pytest.approx([0.5 * 7 + 9.0 * 4])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("number", [4, 9, 11])
def test_the_compiled_run_costs_what_the_dynamics_do_period_by_period(number, rule):
    system = kaynov_2024(number)
    levels = tuple(int(level) for level in system.protection_demand.quantile(0.8))
    policy = EchelonBaseStock(system=system, level=50, location_levels=levels, rule=rule)
    futures = scenarios(system)
    np.testing.assert_allclose(
        policy.costs(futures, warm_up=10), futures.costs(system, policy, warm_up=10), rtol=1e-12
    )


def test_a_named_instance_costs_what_was_published():
    """Instance 6 with proportional shares: 1373.91 in the paper, with a standard error of 0.92 from 10,000 runs."""
    system = kaynov_2024(6)
    policy = EchelonBaseStock(system=system, level=35, location_levels=(12, 12, 12))
    costs = policy.costs(scenarios(system, 4000, 200), warm_up=100)
    assert costs.mean() == pytest.approx(1373.91, rel=0.01)
    assert costs.std() / 100 == pytest.approx(0.92, rel=0.05)


def test_the_best_levels_are_no_dearer_than_those_around_them():
    system = kaynov_2024(7)
    futures = scenarios(system, 200, 80)
    best, cost = best_base_stock(system, futures, rule="min_shortage", warm_up=20)
    assert len(set(best.location_levels)) == 1
    for step in (-1, 1):
        other = replace(best, level=best.level + step)
        assert other.costs(futures, warm_up=20).mean() >= cost
        other = replace(best, location_levels=tuple(level + step for level in best.location_levels))
        assert other.costs(futures, warm_up=20).mean() >= cost


def test_a_unit_that_is_surely_sold_saves_the_shortage_cost_and_one_never_sold_costs_its_holding():
    system = kaynov_2024(6)
    savings = next_unit_savings(system)
    assert savings[0, 0] == pytest.approx(9.0, abs=0.1)
    assert savings[0, -1] == pytest.approx(-1.0)
    assert (np.diff(savings) <= 1e-12).all()


def test_what_does_not_fit_is_refused():
    system = kaynov_2024(6)
    stock, none = NetworkStock.filled(system, 1), np.zeros((1, 3))
    with pytest.raises(DataError, match="network 0 ships 12 of 9 units"):
        pass_period(system, stock, np.zeros(1), np.full((1, 3), 4.0), none, none)
    with pytest.raises(DataError, match="3 locations need as many levels; there are 2"):
        EchelonBaseStock(system=system, level=35, location_levels=(12, 12))
    with pytest.raises(DataError, match="a rationing rule must be one of"):
        EchelonBaseStock(system=system, level=35, location_levels=(12, 12, 12), rule="fair")
    policy = EchelonBaseStock(system=system, level=35, location_levels=(12, 12, 12))
    with pytest.raises(DataError, match=r"warm_up must lie in \[0, 40\); it is 40"):
        policy.costs(scenarios(system), warm_up=40)
    with pytest.raises(DataError, match="the instances have the numbers 1 to 14; 15 is none"):
        kaynov_2024(15)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"lead_time": 0}, "lead times must be >= 1"),
        ({"location_lead_times": (1, 2)}, "2 locations need as many rows of demand; there are 3"),
        ({"holding_cost": -1.0}, "costs must be >= 0"),
        ({"emergency_share": 1.5}, r"emergency_share must lie in \[0, 1\]; it is 1.5"),
    ],
)
def test_systems_that_cannot_be_are_refused(wrong, said):
    with pytest.raises(DataError, match=said):
        replace(kaynov_2024(6), **wrong)


def test_a_system_without_shortage_needs_no_stock_and_pays_nothing():
    none = DiscreteDistribution.certain(np.zeros(2, dtype=int))
    system = OneWarehouse(
        name="idle", lead_time=1, location_lead_times=(1, 2), demand=none, unmet="lost",
        warehouse_holding_cost=1.0, holding_cost=1.0, shortage_cost=1.0,
    )  # fmt: skip
    policy = EchelonBaseStock(system=system, level=0, location_levels=(0, 0))
    np.testing.assert_array_equal(policy.costs(scenarios(system), warm_up=0), 0.0)
