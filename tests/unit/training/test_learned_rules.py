"""Networks that learn textbook systems in processes of their own."""

from dataclasses import replace

import numpy as np
import pytest
from training import pathwise_rules, ppo_rules
from training.pathwise_rules import Learning

from allocast.agents.pathwise.lost_sales import LostSalesPaths
from allocast.agents.pathwise.one_warehouse import OneWarehousePaths
from allocast.simulation.one_warehouse.kaynov_2024 import kaynov_2024
from allocast.simulation.one_warehouse.scenarios import Scenarios
from allocast.simulation.textbook.dual_sourcing import DualSourcing, dual_policy_cost
from allocast.simulation.textbook.lost_sales import LostSales
from allocast.simulation.textbook.perishables import Perishable, perishable_policy_cost

LITTLE = Learning(n_updates=2, n_paths=32, hidden=(8,), n_judged_paths=32)
PIPELINES = np.array([[3, 4], [0, 9], [12, 1]])


@pytest.fixture(autouse=True)
def this_process(monkeypatch):
    monkeypatch.setattr(pathwise_rules, "cpu_quota", lambda: 1)


def test_each_instance_has_a_rule_of_its_own_and_seeds_differ():
    instances = [LostSales(demand="poisson", mean=5.0, shortage_cost=p, lead_time=2) for p in (4.0, 39.0)]
    first, second = pathwise_rules.lost_sales_rules(instances, 1, LITTLE)
    again, _ = pathwise_rules.lost_sales_rules(instances, 1, LITTLE)
    other, _ = pathwise_rules.lost_sales_rules(instances, 2, LITTLE)
    states = np.stack(np.meshgrid(range(15), range(9)), -1).reshape(-1, 2)
    np.testing.assert_array_equal(first(states), again(states))
    assert (first(states) != second(states)).any() and (first(states) != other(states)).any()


def test_rules_learned_for_two_suppliers_and_for_perishables_can_be_judged():
    dual = DualSourcing(lead_time=2, expedited_cost=110.0)
    spoils = Perishable(life=2, lead_time=1, issuing="fifo", waste_cost=7.0)
    learning = Learning(
        n_updates=30, n_paths=64, n_steps=10, n_tail_steps=5, hidden=(16,), rate=0.03, n_judged_paths=128
    )
    (two,) = pathwise_rules.dual_sourcing_rules([dual], 1, learning)
    (one,) = pathwise_rules.perishable_rules([spoils], 1, replace(learning, n_updates=60, discount=0.99))
    assert dual_policy_cost(dual, two) < 240.0, "219.73 at best; without learning stock grows for ever"
    assert perishable_policy_cost(spoils, one) < 1500.0, "1457 at best"


def test_rules_of_one_warehouse_are_learned_in_the_same_way():
    system = kaynov_2024(6)
    (rule,) = pathwise_rules.learned_rules(OneWarehousePaths, [system], 1, LITTLE)
    (again,) = pathwise_rules.learned_rules(OneWarehousePaths, [system], 1, LITTLE)
    (other,) = pathwise_rules.learned_rules(OneWarehousePaths, [system], 2, LITTLE)
    future = Scenarios.draw(system, 2, 30, np.random.default_rng(1))
    costs = [float(future.costs(system, own, warm_up=5).sum()) for own in (rule, again, other)]
    assert costs[0] == costs[1] != costs[2]


def test_of_several_beginnings_the_one_that_costs_least_in_simulation_is_kept():
    instance = LostSales(demand="poisson", mean=5.0, shortage_cost=39.0, lead_time=2)
    found = []

    class Recorded(Learning):
        def _begun(self, world, seed, judged):
            found.append(super()._begun(world, seed, judged))
            return found[-1]

    learning = Recorded(n_updates=20, n_paths=64, hidden=(8,), n_judged_paths=64, n_beginnings=3)
    kept = learning.learned(LostSalesPaths(instance, orders="rounded"), 1)
    costs = [cost for cost, _ in found]
    assert len(costs) == 3 and min(costs) < max(costs)
    assert kept is found[costs.index(min(costs))][1]


def test_ppo_learns_a_rule_in_the_same_world():
    instance = LostSales(demand="poisson", mean=5.0, shortage_cost=9.0, lead_time=2)
    learning = ppo_rules.PPOLearning(n_decisions=1024, n_envs=64, n_steps=8, batch_size=256, hidden=(8,))
    (rule,) = ppo_rules.lost_sales_ppo_rules([instance], 1, learning)
    orders = rule(PIPELINES)
    assert orders.dtype == np.int64 and orders.min() >= 0 and orders.max() <= instance.levels[0]
