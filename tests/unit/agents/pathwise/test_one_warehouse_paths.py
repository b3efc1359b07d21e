import numpy as np
import pytest
import torch

from allocast.agents.pathwise import PathwiseGradient
from allocast.agents.pathwise.one_warehouse import Luck, OneWarehousePaths
from allocast.simulation.one_warehouse.kaynov_2024 import kaynov_2024
from allocast.simulation.one_warehouse.period import NetworkStock, pass_period
from allocast.simulation.one_warehouse.scenarios import Scenarios


@pytest.mark.parametrize("number", [4, 9, 11])
def test_steps_are_those_of_the_compiled_dynamics_from_random_states_on(number):
    system, n, rng = kaynov_2024(number), 500, np.random.default_rng(1)
    world = OneWarehousePaths(system, whole=True, expected_costs=False)
    futures = Scenarios.draw(system, n, 6, rng)
    stock = NetworkStock.filled(system, n)
    stock.warehouse.pipeline[:, : system.lead_time] = rng.integers(0, 20, (n, system.lead_time))
    stock.locations.on_hand[...] = rng.integers(0, 12, (n, 3))
    for t in range(6):
        state = world.state_of(stock)
        action = torch.as_tensor(rng.uniform(-1, 1, (n, 4)), dtype=torch.float32)
        orders = world.orders(state, action).numpy().astype(np.float64)
        stock, ledger = pass_period(
            system, stock, orders[:, 0], orders[:, 1:], futures.demand[:, t], futures.chance[:, t]
        )
        luck = Luck(
            *(torch.as_tensor(each[:, t], dtype=torch.float32) for each in (futures.demand, futures.chance))
        )
        state, cost = world.step(state, action, luck)
        np.testing.assert_array_equal(state, world.state_of(stock))
        np.testing.assert_allclose(cost * world.unit, ledger.cost, rtol=1e-5)


def test_expected_costs_have_the_mean_of_what_is_paid():
    system, n = kaynov_2024(4), 40_000
    generator = torch.Generator().manual_seed(1)
    expected, paid = (OneWarehousePaths(system, expected_costs=each) for each in (True, False))
    luck = expected.futures(n, 1, generator)[0]
    state = expected.begin(n, generator) - 1.5
    action = torch.zeros(n, 4)
    costs = [world.step(state, action, luck)[1].mean().item() for world in (expected, paid)]
    assert costs[0] == pytest.approx(costs[1], rel=0.01)


def test_scarce_stock_is_shared_in_proportion_with_a_gradient():
    world = OneWarehousePaths(kaynov_2024(11))
    state = torch.tensor([[5.0, 9.0, 1.0, 4.0, 7.0], [30.0, 9.0, 30.0, 4.0, 7.0]])
    action = torch.full((2, 4), 0.2, requires_grad=True)
    orders = world.orders(state, action)
    assert orders[0, 1:].sum().item() == pytest.approx(5.0)
    assert orders[1, 1:].sum() < 30.0 and orders[1, 1] == 0.0  # has more than its level
    orders[0, 1].backward()
    assert action.grad[0, 1] > 0 > action.grad[0, 2]  # what one gets more, the others get less


def test_a_network_learns_and_decides_in_whole_units():
    system = kaynov_2024(6)
    world = OneWarehousePaths(system)
    model = PathwiseGradient("MlpPolicy", world, n_paths=16, n_steps=4, n_tail_steps=2, seed=1)
    model.learn(16 * 6 * 3, log_interval=None)
    futures = Scenarios.draw(system, 5, 20, np.random.default_rng(1))
    order, shipments = world.rule(model.policy)(NetworkStock.filled(system, 5))
    np.testing.assert_array_equal(order, np.rint(order))
    np.testing.assert_array_equal(shipments, np.rint(shipments))
    assert (futures.costs(system, world.rule(model.policy), warm_up=5) > 0).all()
