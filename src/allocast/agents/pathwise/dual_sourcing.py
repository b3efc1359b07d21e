"""Dual sourcing as a differentiable world: how high to expedite to, and how much to order from the slow supplier."""

from copy import copy
from typing import Self

import numpy as np
import torch
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Generator, Tensor

from allocast.agents.pathwise.demand_draws import Demands
from allocast.agents.pathwise.network import decide
from allocast.agents.pathwise.units import OrderForm, ValueAt, deviation, parts_to_come, within
from allocast.numerics.arrays import IntArray
from allocast.simulation.textbook.dual_sourcing import DualRule, DualSourcing

__all__ = ["DualSourcingPaths"]


class DualSourcingPaths:
    """Paths through a system with a cheap slow supplier and a dear fast one.

    The state of a path is ``v``, shape (l,), as in ``LostSalesPaths``: ``v_0`` is the net inventory position, and
    ``v_0 - v_1`` net inventory. The two numbers of an action in [-1, 1] are the level up to which net inventory is
    lifted at once, from nothing to twice the largest demand, and the regular order, from nothing to one and a half
    times the largest demand.

    The cost of a step is its expectation given net inventory, less what mean demand costs at the regular supplier.

    Parameters
    ----------
    instance : DualSourcing
    orders : "real", "rounded" or "whole"
        Learn with rounded orders: real ones could be less costly than any whole ones, such as 1.7 units every period.
    """

    action_size = 2

    def __init__(self, instance: DualSourcing, *, orders: OrderForm = "real") -> None:
        self.instance, self.orders = instance, orders
        self.demands = Demands([instance.law])
        self._mean, self._deviation = float(instance.law.mean[0]), deviation(instance.law)
        self._most = torch.tensor([[2.0, 1.5]]) * instance.largest_demand
        stock = np.arange(-1, instance.largest_demand + 3)
        self._unit = float(np.sqrt(instance.holding_cost * instance.shortage_cost)) * self._deviation
        cost = instance.expected_cost(stock)[None] / self._unit
        self._cost = ValueAt(torch.as_tensor(cost, dtype=torch.float32))

    def in_whole_units(self) -> Self:
        """The same world with whole orders."""
        whole = copy(self)
        whole.orders = "whole"
        return whole

    @property
    def observation_size(self) -> int:
        """One number a part of the position."""
        return self.instance.lead_time

    def begin(self, n: int, generator: Generator) -> Tensor:  # noqa: ARG002 - nothing to draw
        """Paths with a mean period's demand in stock and on order for each period."""
        return (parts_to_come(self.instance.lead_time) * self._mean).round().expand(n, -1)

    def futures(self, n: int, n_steps: int, generator: Generator) -> Tensor:
        """Demand, shape (n_steps, n, 1), in units."""
        return self.demands.draw(n, n_steps, generator)

    def observe(self, state: Tensor) -> Tensor:
        """``v`` less expected demand until each part is in, in standard deviations of that demand."""
        n_periods = parts_to_come(self.instance.lead_time)
        return (state - self._mean * n_periods) / (self._deviation * n_periods.sqrt())

    def step(self, state: Tensor, action: Tensor, future: Tensor) -> tuple[Tensor, Tensor]:
        """Order from both, then meet demand; costs in √(holding × shortage cost) × deviation of demand."""
        expedited, regular = self.order_units(state, action)
        cost = self._cost(state[:, :1] - state[:, 1:2] + expedited + 1.0)
        dearer = self.instance.expedited_cost - self.instance.regular_cost
        bought = dearer * expedited + self.instance.regular_cost * (expedited + regular - self._mean)
        left = state[:, :1] + expedited - future
        older = torch.cat([left, state[:, 2:], torch.zeros_like(left)], 1)
        return older + regular, (cost + bought / self._unit)[:, 0]

    def order_units(self, state: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        """The expedited and the regular order that actions mean, both of shape (n, 1)."""
        none = torch.zeros_like(self._most)
        wanted = (action + 1.0) * (self._most / 2.0)
        wanted = within(wanted, none, self._most, form=self.orders)
        stock = state[:, :1] - state[:, 1:2]
        expedited = within(wanted[:, :1] - stock, none[:, :1], torch.tensor(torch.inf), form="real")
        return expedited, wanted[:, 1:]

    def rule(self, policy: ActorCriticPolicy) -> DualRule:
        """The whole orders of a network in whole states, to be judged exactly."""
        judged = DualSourcingPaths(self.instance, orders="whole")

        @torch.no_grad()
        def order(states: IntArray) -> IntArray:
            state = torch.as_tensor(states, dtype=torch.float32).flip(1).cumsum(1).flip(1)
            orders = judged.order_units(state, decide(policy, judged.observe(state)))
            whole: IntArray = torch.cat(orders, 1).numpy().astype(np.int64)
            return whole

        return order
