"""Textbook worlds in torch against the systems as their papers state them, on whole states and orders."""

import numpy as np
import pytest
import torch

from allocast.agents.pathwise import PathwiseGradient
from allocast.agents.pathwise.dual_sourcing import DualSourcingPaths
from allocast.agents.pathwise.lost_sales import LostSalesPaths
from allocast.agents.pathwise.perishables import PerishablePaths
from allocast.errors import DataError
from allocast.simulation.textbook.dual_sourcing import DualSourcing
from allocast.simulation.textbook.lost_sales import LostSales
from allocast.simulation.textbook.perishables import Perishable

N = 2000


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def parts(states):
    """What is on hand and on its way but for the oldest parts: the worlds' coordinates."""
    return torch.as_tensor(states[:, ::-1].cumsum(1)[:, ::-1].copy(), dtype=torch.float32)


def action_for(share):
    return torch.as_tensor(2 * share - 1, dtype=torch.float32)


def lived(world, state, action, demand):
    with torch.no_grad():
        return world.step(state, action, torch.as_tensor(demand, dtype=torch.float32)[:, None])


@pytest.mark.parametrize("lead_time", [1, 2, 4])
def test_lost_sales_are_those_of_the_paper(lead_time, rng):
    one = LostSales(demand="geometric", mean=5.0, shortage_cost=9.0, lead_time=lead_time, holding_cost=2.0)
    states = rng.integers(0, 15, (N, lead_time))
    orders, demand = rng.integers(0, one.levels[0] + 1, N), rng.geometric(1 / 6, N) - 1
    action = action_for(orders[:, None] / one.levels[0])
    after, cost = lived(LostSalesPaths(one, orders="whole"), parts(states), action, demand)
    following = np.column_stack([states[:, 1:], orders])
    following[:, 0] += np.maximum(states[:, 0] - demand, 0)
    np.testing.assert_array_equal(after, parts(following))
    unit = np.sqrt(30.0) * np.sqrt(2.0 * 9.0)  # the variance of this demand is 5 + 25
    np.testing.assert_allclose(cost * unit, one.expected_cost(15)[states[:, 0]], rtol=1e-5)


def test_several_instances_go_on_as_each_would_alone(rng):
    several = [
        LostSales(demand="poisson", mean=5.0, shortage_cost=p, lead_time=k) for p, k in ((4.0, 3), (19.0, 1))
    ]
    states, demand = rng.integers(0, 9, (N, 3)), rng.poisson(5, N)
    states[N // 2 :, 1:] = 0
    action = torch.as_tensor(rng.uniform(-1.2, 1.2, (N, 1)), dtype=torch.float32)
    after, cost = lived(LostSalesPaths(*several), parts(states), action, demand)
    for one, half in zip(several, (slice(0, N // 2), slice(N // 2, N)), strict=True):
        k = one.lead_time
        alone, own = lived(LostSalesPaths(one), parts(states[half, :k]), action[half], demand[half])
        torch.testing.assert_close(after[half, :k], alone)
        torch.testing.assert_close(cost[half], own)
        assert not after[half, k:].any()


def test_paths_that_cannot_be_shared_out_evenly_are_refused():
    world = LostSalesPaths(
        *[LostSales(demand="poisson", mean=5.0, shortage_cost=4.0, lead_time=k) for k in (1, 2)]
    )
    assert world.begin(4, torch.Generator()).shape == (4, 2)
    with pytest.raises(DataError, match="5 paths cannot be shared out evenly among 2 instances"):
        world.begin(5, torch.Generator())


def test_a_world_without_instances_is_refused():
    with pytest.raises(DataError, match="one instance of LostSales or more"):
        LostSalesPaths()


def test_dual_sourcing_is_that_of_the_paper(rng):
    one = DualSourcing(lead_time=3, expedited_cost=110.0)
    states = np.column_stack([rng.integers(-4, 9, N), rng.integers(0, 5, (N, 2))])
    level, regular, demand = rng.integers(0, 9, N), rng.integers(0, 7, N), rng.integers(0, 5, N)
    expedited = np.maximum(level - states[:, 0], 0)
    world = DualSourcingPaths(one, orders="whole")
    action = action_for(np.column_stack([level / 8, regular / 6]))
    after, cost = lived(world, parts(states), action, demand)
    following = np.column_stack([states[:, 1:], regular])
    following[:, 0] += states[:, 0] + expedited - demand
    np.testing.assert_array_equal(after, parts(following))
    unit = np.sqrt(2.0) * np.sqrt(5.0 * 495.0)  # uniform demand on 0, …, 4 has variance 2
    money = one.expected_cost(states[:, 0] + expedited) + 110.0 * expedited + 100.0 * regular - 200.0
    np.testing.assert_allclose(cost * unit, money, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("issuing", ["fifo", "lifo"])
@pytest.mark.parametrize("life", [2, 3])
def test_perishables_are_those_of_the_paper(issuing, life, rng):
    one = Perishable(life=life, lead_time=2, issuing=issuing, waste_cost=7.0)
    states, order = rng.integers(0, 8, (N, life + 1)), rng.integers(0, 11, N)
    following, expected = one.after_demand(states)
    demand = rng.integers(0, following.shape[1], N)
    world = PerishablePaths(one, orders="whole")
    after, cost = lived(
        world, torch.as_tensor(states, dtype=torch.float32), action_for(order[:, None] / 10), demand
    )
    wanted = following[np.arange(N), demand]
    wanted[:, -1] = order
    np.testing.assert_array_equal(after, wanted)
    np.testing.assert_allclose(
        cost * world._unit, expected + 3.0 * (order - world._mean), rtol=1e-4, atol=1e-3
    )


def test_rules_order_whole_units_within_their_bounds():
    one = DualSourcing(lead_time=2, expedited_cost=105.0)
    world = DualSourcingPaths(one, orders="rounded")
    model = PathwiseGradient("MlpPolicy", world, n_paths=32, seed=3).learn(32 * 24)
    states = np.column_stack([np.arange(-3, 12), np.arange(15) % 5])
    orders = world.rule(model.policy)(states)
    assert orders.dtype == np.int64 and orders.shape == (15, 2)
    assert orders.min() >= 0 and orders[:, 1].max() <= 6
    assert (orders[:, 0] + states[:, 0]).max() <= max(8, states[:, 0].max())
