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
from allocast.numerics.arrays import FloatArray
from allocast.simulation.one_warehouse.period import NetworkStock
from allocast.simulation.one_warehouse.rationing import ration
from allocast.simulation.one_warehouse.scenarios import Decide
from allocast.simulation.one_warehouse.system import OneWarehouse

__all__ = ["Luck", "OneWarehousePaths"]

LEVEL_WIDTH = 4.0  # standard deviations by which an action of 1 lifts a level above mean demand
FARTHEST = 8.0  # times the mean demand to be covered: up to there costs of stock are looked up


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
        self._first, self._parts = _parts(system)
        self._see, self._seen = _observation(system, self._first, self._parts)
        self._level, self._wide, self._lacks = _levels(system, self._first, self._parts)
        self._flow = _flow(system, self._first, self._parts)
        self._begin = _filled(system, self._first, self._parts)
        self._lowest, self._values, self._slopes = _expected_costs(system)

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


def _parts(system: OneWarehouse) -> tuple[list[int], tuple[int, int]]:
    """Where each location's parts begin in a state, and how many parts the warehouse and a location have."""
    longest = int(system.lead_times.max())
    return [system.lead_time + k * longest for k in range(system.n_locations)], (system.lead_time, longest)


def _observation(system: OneWarehouse, first: list[int], parts: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Matrix and offset of what is seen: what there is until each period, standardised, and the whole position."""
    size = parts[0] + len(first) * parts[1]
    matrix, offset = np.zeros((size, size + 1)), np.zeros(size + 1)
    mean, deviation = system.demand.mean, np.maximum(system.deviation, 1e-3)
    total = float(np.sqrt((deviation**2).sum()))
    blocks = [(0, parts[0], mean.sum(), total)]
    blocks += [(first[k], parts[1], mean[k], deviation[k]) for k in range(len(first))]
    for start, n_parts, each, spread in blocks:
        for ahead in range(n_parts):
            scale = 1.0 / (spread * np.sqrt(ahead + 1.0))
            matrix[start : start + ahead + 1, start + ahead] = scale
            offset[start + ahead] = -each * (ahead + 1) * scale
    scale = 1.0 / (total * np.sqrt(_reach(system)))
    matrix[:, size], offset[size] = scale, -mean.sum() * _reach(system) * scale
    return _tensor(matrix), _tensor(offset)


def _levels(system: OneWarehouse, first: list[int], parts: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
    """Mean levels, their widths, and the matrix that gives the positions to be taken off them."""
    periods, reach = system.lead_times + 1.0, _reach(system)
    total = float(np.sqrt((system.deviation**2).sum()))
    level = np.concatenate([[system.demand.mean.sum() * reach], system.demand.mean * periods])
    wide = np.concatenate([[total * np.sqrt(reach)], system.deviation * np.sqrt(periods)])
    lacks = np.zeros((parts[0] + len(first) * parts[1], 1 + len(first)))
    lacks[:, 0] = -1.0
    for k, start in enumerate(first):
        lacks[start : start + parts[1], 1 + k] = -1.0
    return _tensor(level), _tensor(LEVEL_WIDTH * wide), _tensor(lacks)


def _flow(system: OneWarehouse, first: list[int], parts: tuple[int, int]) -> Tensor:
    """What a period makes of the parts of a state, of orders and shipments, of what is used up, of emergencies.

    The first column is the warehouse's holding cost, the others are the parts of the next state.
    """
    size, n = parts[0] + len(first) * parts[1], len(first)
    flow = np.zeros((size + 1 + n + n + 1, size))
    for start, n_parts in [(0, parts[0]), *((each, parts[1]) for each in first)]:
        flow[start, start] = 1.0
        flow[np.arange(start + 1, start + n_parts), np.arange(start, start + n_parts - 1)] = 1.0
    order, shipped, gone, sent = size, size + 1, size + 1 + n, size + 1 + 2 * n
    flow[order, parts[0] - 1] = 1.0
    cost = np.zeros(len(flow))
    cost[0] = system.warehouse_holding_cost
    for k, start in enumerate(first):
        flow[shipped + k, start + system.location_lead_times[k] - 1] = 1.0
        flow[gone + k, start] = -1.0
        flow[shipped + k, 0] -= 1.0
        cost[shipped + k] = -system.warehouse_holding_cost
    flow[sent, 0], cost[sent] = -1.0, -system.warehouse_holding_cost
    flow = np.concatenate([cost[:, None], flow], 1)
    return _tensor(flow if system.unmet == "emergency" else flow[:-1])


def _filled(system: OneWarehouse, first: list[int], parts: tuple[int, int]) -> Tensor:
    """The state of ``NetworkStock.filled``, shape (n_parts,)."""
    mean = np.rint(system.demand.mean)
    state = np.zeros(parts[0] + len(first) * parts[1])
    state[: parts[0]] = mean.sum()
    for k, start in enumerate(first):
        state[start : start + system.location_lead_times[k]] = mean[k]
    return _tensor(state)


def _expected_costs(system: OneWarehouse) -> tuple[int, Tensor, Tensor]:
    """Expected cost of a period by what there is at its start, a row a location, from minus so many units on."""
    farthest = int(FARTHEST * (system.demand.mean * (system.lead_times + 1)).max()) + 1
    lowest = farthest if system.unmet == "waits" else 0
    stock = np.arange(-lowest, farthest + 2)
    units = np.arange(system.demand.probability.shape[1])[:, None]
    paid = system.holding_cost * np.maximum(stock - units, 0)
    paid = paid + system.shortage_cost * np.maximum(units - stock, 0)
    values = system.demand.probability @ paid
    return lowest, _tensor(values[:, :-1]), _tensor(np.diff(values, axis=1))


def _reach(system: OneWarehouse) -> float:
    """Periods whose demand the whole system's position has to cover."""
    return system.lead_time + float(system.lead_times.mean()) + 1.0


def _tensor(values: FloatArray) -> Tensor:
    return torch.as_tensor(np.asarray(values), dtype=torch.float32)


def _array(values: Tensor) -> FloatArray:
    array: FloatArray = values.detach().numpy().astype(np.float64)
    return array
