"""Ids under which Gymnasium makes our environments; importing this module registers them.

``gymnasium.make("allocast.agents.environments.registration:allocast/LostSales-v0", shortage_cost=9.0)`` imports it too.
"""

from collections.abc import Callable
from typing import Any, cast

import gymnasium as gym
import numpy as np

from allocast.agents.environments.environment import InventoryEnv
from allocast.agents.environments.gymnasium_vector import InventoryVectorEnv
from allocast.agents.environments.portfolio_environment import PortfolioEnv
from allocast.agents.worlds.textbook_instances import dual_sourcing_world, lost_sales_world, perishables_world
from allocast.agents.worlds.training_world import TrainingWorld
from allocast.agents.worlds.world import World
from allocast.inventory.costs import Costs
from allocast.numerics.streams import stream
from allocast.simulation.textbook.dual_sourcing import DualSourcing
from allocast.simulation.textbook.lost_sales import LostSales
from allocast.simulation.textbook.perishables import Perishable
from allocast.supply.sourcing import Sourcing

__all__ = ["PORTFOLIO", "WORLDS", "small_portfolio"]


def small_portfolio(
    *, n_series: int = 8, n_paths: int = 200, n_periods: int = 40, seed: int = 0
) -> TrainingWorld:
    """A portfolio to try things on: Poisson demand with slow and fast movers, lead times of one to four periods."""
    rng = stream(seed, "agent", "small portfolio")
    mean, text = rng.gamma(1.0, 10.0, n_series) + 0.2, np.full(n_series, "x", dtype=object)
    demand = rng.poisson(mean[:, None, None], (n_series, n_paths, n_periods)).astype(np.float64)
    ones, cost = np.ones(n_series), np.round(rng.lognormal(1.0, 0.7, n_series), 2)
    return TrainingWorld(
        demand=demand,
        lead_time=rng.integers(1, 5, demand.shape),
        costs=Costs(
            holding_cost=0.02 * cost, shortage_cost=0.3 * cost, order_cost=0 * ones, unit_cost=cost
        ),
        sourcing=Sourcing(
            item_id=text, location_id=text, supplier_id=text, unit_cost=cost, order_cost=0 * ones,
            minimum_order_units=0 * ones, pack_units=ones, lead_time_days=np.nan * ones, capacity_units=np.inf * ones,
        ),
    )  # fmt: skip


def _lost_sales(
    *,
    demand: Any = "poisson",
    mean: float = 5.0,
    shortage_cost: float = 4.0,
    lead_time: int = 4,
    **options: Any,
) -> World[Any]:
    instance = LostSales(demand=demand, mean=mean, shortage_cost=shortage_cost, lead_time=lead_time)
    return lost_sales_world(instance, **options)


def _dual_sourcing(*, lead_time: int = 2, expedited_cost: float = 105.0, **options: Any) -> World[Any]:
    return dual_sourcing_world(DualSourcing(lead_time=lead_time, expedited_cost=expedited_cost), **options)


def _perishables(
    *, life: int = 2, lead_time: int = 1, issuing: Any = "fifo", waste_cost: float = 7.0, **options: Any
) -> World[Any]:
    instance = Perishable(life=life, lead_time=lead_time, issuing=issuing, waste_cost=waste_cost)
    return perishables_world(instance, **options)


def _series(*, world: World[Any] | None = None) -> World[Any]:
    return world or small_portfolio()


def _portfolio(
    *, world: TrainingWorld | None = None, budget: float = np.inf, room: float = np.inf
) -> PortfolioEnv:
    return PortfolioEnv(world or small_portfolio(), budget=budget, room=room)


WORLDS: dict[str, Callable[..., World[Any]]] = {
    "allocast/LostSales-v0": _lost_sales,
    "allocast/DualSourcing-v0": _dual_sourcing,
    "allocast/Perishables-v0": _perishables,
    "allocast/Inventory-v0": _series,
}
"""The world of each id; keyword arguments are those of its instance and of ``TextbookWorld``, or one's own world."""

PORTFOLIO = "allocast/Portfolio-v0"


def _register(name: str, make_world: Callable[..., World[Any]]) -> None:
    def single(**options: Any) -> InventoryEnv:
        return InventoryEnv(make_world(**options))

    def vector(num_envs: int = 1, **options: Any) -> InventoryVectorEnv:
        return InventoryVectorEnv(make_world(**options), num_envs)

    gym.register(id=name, entry_point=cast(Any, single), vector_entry_point=cast(Any, vector))


for name, make_world in WORLDS.items():
    _register(name, make_world)
gym.register(id=PORTFOLIO, entry_point=cast(Any, _portfolio))
