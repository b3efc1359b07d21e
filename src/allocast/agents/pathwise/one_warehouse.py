"""One warehouse and its locations as a differentiable world."""

import math
from collections.abc import Sequence
from copy import copy
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Generator, Tensor

from allocast.agents.pathwise.demand_draws import Demands
from allocast.agents.pathwise.network import decide
from allocast.agents.pathwise.one_warehouse_matrices import (
    cost_tables,
    filled_state,
    flow_matrix,
    level_matrices,
    observation_matrix,
    parts_of,
)
from allocast.numerics.arrays import FloatArray
from allocast.simulation.one_warehouse.period import NetworkStock
from allocast.simulation.one_warehouse.rationing import ration
from allocast.simulation.one_warehouse.scenarios import Decide
from allocast.simulation.one_warehouse.system import OneWarehouse

__all__ = ["Luck", "OneWarehousePaths"]


class Luck(NamedTuple):
    """What a period brings: demand in units, and uniform chances of emergency shipments, both (n, n_locations)."""

    demand: Tensor
    chance: Tensor


class OneWarehousePaths:
    """Paths through a system of one warehouse.

    The state of n paths has shape (n, n_parts), in units: what the warehouse can ship now, what comes to it in one
    period, in two, …; then for each location what it can sell now less what it owes, what comes in one period, in two,
    …. All of a step but who sells and ships how much is linear in it.

    The numbers of an action in [-1, 1] are levels: one to which the warehouse lifts the position of the whole system,
    and one for each location's. An action of 0 is the mean of the demand to be covered, of ±1 four of its standard
    deviations from that; what is outside is not cut off, as any level makes sense. Where locations want more than
    the warehouse has, all shares are cut alike.

    Costs of lost and of waiting demand are expectations given what can be sold: less noise, the same mean.

    Parameters
    ----------
    system : OneWarehouse
    whole : bool
        Whether orders and shipments are whole, with the gradient of real ones. Gradients are best without.
    expected_costs : bool
        Whether costs are expectations where they can be; if not, what was paid.
    """

    def __init__(self, system: OneWarehouse, *, whole: bool = False, expected_costs: bool = True) -> None:
        self.system, self.whole = system, whole
        self.expected = expected_costs and system.unmet != "emergency"
        self._demands = Demands([system.demand.take(np.array([row])) for row in range(system.n_locations)])
        total = float(np.sqrt((system.deviation**2).sum()))
        self.unit = total * math.sqrt(system.holding_cost * system.shortage_cost)
        self._first, self._parts = parts_of(system)
        self._see, self._seen = observation_matrix(system, self._first, self._parts)
        self._level, self._wide, self._lacks = level_matrices(system, self._first, self._parts)
        self._flow = flow_matrix(system, self._first, self._parts)
        self._begin = filled_state(system, self._first, self._parts)
        self._lowest, self._values, self._slopes = cost_tables(system)

    def in_whole_units(self) -> Self:
        """The same world with whole orders and shipments."""
        whole = copy(self)
        whole.whole = True
        return whole

    @property
    def observation_size(self) -> int:
        """A number for each part of the state, and one for the whole system's position."""
        return self._see.shape[1]

    @property
    def action_size(self) -> int:
        """One level for the system, and one for each location."""
        return 1 + self.system.n_locations

    def begin(self, n: int, generator: Generator) -> Tensor:  # noqa: ARG002 - nothing to draw
        """Paths with a mean period's demand everywhere."""
        return self._begin.expand(n, -1)

    def futures(self, n: int, n_steps: int, generator: Generator) -> Sequence[Luck]:
        """Demand and chances of the coming steps."""
        n_locations = self.system.n_locations
        demand = self._demands.draw(n * n_locations, n_steps, generator)
        demand = demand.reshape(n_steps, n_locations, n).transpose(1, 2).contiguous()
        chance = torch.zeros(n_steps, 1, 1).expand_as(demand)
        if self.system.unmet == "emergency":
            chance = torch.rand(demand.shape, generator=generator)
        return [Luck(*luck) for luck in zip(demand, chance, strict=True)]

    def observe(self, state: Tensor) -> Tensor:
        """What there is until each period, less the demand until then, in standard deviations of that demand."""
        return torch.addmm(self._seen, state, self._see)

    def step(self, state: Tensor, action: Tensor, future: Luck) -> tuple[Tensor, Tensor]:
        """Order and ship, then meet demand; costs in ``unit``."""
        orders = self.orders(state, action)
        there = state[:, self._parts[0] :: self._parts[1]]
        gone = future.demand if self.system.unmet == "waits" else torch.minimum(there, future.demand)
        moved = [state, orders, gone]
        sent = None
        if self.system.unmet == "emergency":
            sent = self._emergency(state[:, 0] - orders[:, 1:].sum(1), future.demand - gone, future.chance)
            moved.append(sent.sum(1, keepdim=True))
        after = torch.cat(moved, 1) @ self._flow
        local = self._expected(there) if self.expected else self._paid(there - future.demand, sent)
        return after[:, 1:], (after[:, 0] + local.sum(1)) / self.unit

    def orders(self, state: Tensor, action: Tensor) -> Tensor:
        """The warehouse's order and the shipments that actions mean, shape (n, 1 + n_locations)."""
        missing = torch.addcmul(torch.addmm(self._level, state, self._lacks), self._wide, action)
        wanted: Tensor = _Above.apply(missing)  # type: ignore[no-untyped-call]
        if self.whole:
            wanted = wanted + (wanted.round() - wanted).detach()
        order, wanted = wanted[:, :1], wanted[:, 1:]
        available = state[:, :1]
        shipped = wanted * (available / wanted.sum(1, keepdim=True).clamp(min=1e-6)).clamp(max=1.0)
        if self.whole:
            units = ration("proportional", _array(available[:, 0]), _array(wanted))
            shipped = shipped + (torch.as_tensor(units, dtype=torch.float32) - shipped).detach()
        return torch.cat([order, shipped], 1)

    def state_of(self, stock: NetworkStock) -> Tensor:
        """The state of simulated networks just before a decision."""
        longest = self._parts[1]
        shops = stock.locations.pipeline[..., :longest].copy()
        shops[..., 0] += stock.locations.on_hand - stock.locations.backordered
        centre = stock.warehouse.pipeline[:, : self.system.lead_time].copy()
        centre[:, 0] += stock.warehouse.on_hand
        return torch.as_tensor(
            np.concatenate([centre, shops.reshape(len(shops), -1)], 1), dtype=torch.float32
        )

    def rule(self, policy: ActorCriticPolicy) -> Decide:
        """The whole orders and shipments of a network, for the compiled simulation."""
        judged = OneWarehousePaths(self.system, whole=True)

        @torch.no_grad()
        def decisions(stock: NetworkStock) -> tuple[FloatArray, FloatArray]:
            state = judged.state_of(stock)
            orders = _array(judged.orders(state, decide(policy, judged.observe(state))))
            return orders[:, 0], orders[:, 1:]

        return decisions

    def _emergency(self, centre: Tensor, missed: Tensor, chance: Tensor) -> Tensor:
        """What the warehouse sends to each location, in their order."""
        wanted = missed * (chance < self.system.emergency_share)
        earlier = wanted.cumsum(1) - wanted
        return torch.minimum(wanted, (centre[:, None] - earlier).clamp(min=0.0))

    def _paid(self, left: Tensor, sent: Tensor | None) -> Tensor:
        """What was paid for what is left, or missing where it is negative and nothing was sent."""
        missed = (-left).relu() if sent is None else (-left).relu() - sent
        return self.system.holding_cost * left.relu() + self.system.shortage_cost * missed

    def _expected(self, there: Tensor) -> Tensor:
        """Cost of a period that begins with so much at each location, linear between whole units."""
        width = self._values.shape[1]
        place = there + self._lowest
        below = place.detach().floor().clamp(0, width - 1)
        index = below.long() + torch.arange(self.system.n_locations) * width
        return torch.addcmul(self._values.flatten()[index], place - below, self._slopes.flatten()[index])


class _Above(torch.autograd.Function):
    """Units not below 0; a gradient that would lift what is below passes, or it would never be lifted."""

    @staticmethod
    def forward(ctx: Any, units: Tensor) -> Tensor:
        ctx.save_for_backward(units)
        return units.relu()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (units,) = ctx.saved_tensors
        return gradient.masked_fill((units < 0) & (gradient > 0), 0.0)


def _array(values: Tensor) -> FloatArray:
    array: FloatArray = values.detach().numpy().astype(np.float64)
    return array
