"""The textbook worlds that gradients run through, step by step beside ``simulation.dynamics`` on equal demand."""

import numpy as np
import pytest
import torch

from allocast.agents.pathwise.dual_sourcing import DualSourcingPaths
from allocast.agents.pathwise.lost_sales import LostSalesPaths
from allocast.agents.pathwise.perishables import PerishablePaths
from allocast.simulation.dynamics import Rates, Rules, Stock, advance, place
from allocast.simulation.textbook.dual_sourcing import DualSourcing
from allocast.simulation.textbook.lost_sales import LostSales
from allocast.simulation.textbook.perishables import Perishable

PATHS, PERIODS = 400, 40
LOST = LostSales(demand="geometric", mean=5.0, shortage_cost=9.0, lead_time=3)
DUAL = DualSourcing(lead_time=3, expedited_cost=110.0)
SPOILS = [Perishable(life=3, lead_time=2, issuing=way, waste_cost=7.0) for way in ("fifo", "lifo")]
CASES = [
    (LostSalesPaths(LOST, orders="whole"), Rules(), 3),
    (DualSourcingPaths(DUAL, orders="whole"), Rules(suppliers=2, waiting_share=1.0), np.array([0, 3])),
    *((PerishablePaths(one, orders="whole"), Rules(shelf_life=3, issuing=one.issuing), 2) for one in SPOILS),
]


def orders_of(world, state, action):
    """The orders that a world makes of actions, as the compiled form wants them."""
    if isinstance(world, DualSourcingPaths):
        return torch.cat(world.order_units(state, action), 1).double().numpy()
    more = (world._most.expand(PATHS, 1),) if isinstance(world, LostSalesPaths) else ()
    return world.order_units(action, *more)[:, 0].double().numpy()


def seen(world, stock, longest):
    """Compiled stock in the coordinates of a world."""
    here = stock.on_hand.reshape(PATHS, -1).copy()
    here[:, -1] += stock.pipeline[:, 0] - stock.backordered
    entries = np.column_stack([here, stock.pipeline[:, 1:longest]])
    return entries if isinstance(world, PerishablePaths) else entries[:, ::-1].cumsum(1)[:, ::-1]


@pytest.mark.parametrize(("world", "rules", "lead_times"), CASES, ids=["lost", "dual", "fifo", "lifo"])
def test_paths_are_those_of_the_compiled_dynamics(world, rules, lead_times):
    generator, longest = torch.Generator().manual_seed(4), int(np.max(lead_times))
    stock = Stock.empty(rules, (PATHS,), longest_lead_time=longest)
    state = torch.zeros(PATHS, world.observation_size)
    for demand in world.futures(PATHS, PERIODS, generator):
        action = torch.rand(PATHS, world.action_size, generator=generator) * 1.6 - 1.2
        stock, _ = place(rules, stock, orders_of(world, state, action), lead_times)
        stock, _ = advance(
            rules, stock, demand[:, 0].double().numpy(), Rates(holding_cost=1.0, shortage_cost=9.0)
        )
        state, _ = world.step(state, action, demand)
        np.testing.assert_array_equal(state, seen(world, stock, longest))
    assert stock.position.std() > 0.5, "the paths must have gone through different states"
