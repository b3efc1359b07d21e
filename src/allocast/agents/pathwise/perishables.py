"""A perishable item as a differentiable world."""

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
from allocast.simulation.textbook.demand_laws import left_over
from allocast.simulation.textbook.perishables import Perishable, PerishableRule

__all__ = ["PerishablePaths"]


class PerishablePaths:
    """Paths through a system whose units can be sold for ``m`` periods only.

    The state of a path is that of ``Perishable``, shape (m + L - 1,): stock by periods of life left, then what is on
    its way. An action in [-1, 1] is an order from nothing to the largest one allowed. The cost of a step is its
    expectation given the stock: what is left of the ``k`` units that customers take first is known on average,
    whatever ``k``, and waste, stock and lost demand are sums and differences of such numbers.

    Parameters
    ----------
    instance : Perishable
    orders : "real", "rounded" or "whole"
        Learn with rounded orders: units of one age in fractions could be worth more than whole ones.
    """

    action_size = 1

    def __init__(self, instance: Perishable, *, orders: OrderForm = "real") -> None:
        self.instance, self.orders = instance, orders
        self.demands = Demands([instance.law])
        self._mean, self._deviation = float(instance.law.mean[0]), deviation(instance.law)
        self._unit = float(np.sqrt(instance.holding_cost * instance.shortage_cost)) * self._deviation
        left = left_over(instance.law, (instance.life + 1) * instance.largest_order)
        self._left = ValueAt(torch.as_tensor(left[None], dtype=torch.float32))

    def in_whole_units(self) -> Self:
        """The same world with whole orders."""
        whole = copy(self)
        whole.orders = "whole"
        return whole

    @property
    def observation_size(self) -> int:
        """One number an entry of the state."""
        return self.instance.life + self.instance.lead_time - 1

    def begin(self, n: int, generator: Generator) -> Tensor:  # noqa: ARG002 - nothing to draw
        """Paths with a mean period's demand in each entry but the oldest."""
        state = torch.full((n, self.observation_size), round(self._mean), dtype=torch.float32)
        state[:, 0] = 0.0
        return state

    def futures(self, n: int, n_steps: int, generator: Generator) -> Tensor:
        """Demand, shape (n_steps, n, 1), in units."""
        return self.demands.draw(n, n_steps, generator)

    def observe(self, state: Tensor) -> Tensor:
        """Each entry and all younger ones together, less as many periods' demand, in standard deviations of that."""
        n_periods = parts_to_come(self.observation_size)
        together = state.flip(1).cumsum(1).flip(1)
        return (together - self._mean * n_periods) / (self._deviation * n_periods.sqrt())

    def step(self, state: Tensor, action: Tensor, future: Tensor) -> tuple[Tensor, Tensor]:
        """Order, meet demand, throw away; costs in √(holding × shortage cost) × deviation of demand."""
        life, one = self.instance.life, self.instance
        order = self.order_units(action)
        stock, on_way = state[:, :life], state[:, life:]
        first = stock if one.issuing == "fifo" else stock.flip(1)
        taken_before = first.cumsum(1)
        left = taken_before - torch.minimum(taken_before, future)
        left = left.diff(dim=1, prepend=torch.zeros_like(order))
        left = left if one.issuing == "fifo" else left.flip(1)
        after = torch.cat([left[:, 1:], on_way, order], 1)
        return after, (self._expected_cost(stock) + one.unit_cost * (order - self._mean))[:, 0] / self._unit

    def order_units(self, action: Tensor) -> Tensor:
        """The orders that actions mean, shape (n, 1)."""
        most = torch.tensor(float(self.instance.largest_order))
        wanted = (action + 1.0) * (most / 2.0)
        return within(wanted, torch.zeros(()), most, form=self.orders)

    def rule(self, policy: ActorCriticPolicy) -> PerishableRule:
        """The whole orders of a network in whole states, to be judged exactly."""
        judged = PerishablePaths(self.instance, orders="whole")

        @torch.no_grad()
        def order(states: IntArray) -> IntArray:
            action = decide(policy, judged.observe(torch.as_tensor(states, dtype=torch.float32)))
            whole: IntArray = judged.order_units(action)[:, 0].numpy().astype(np.int64)
            return whole

        return order

    def _expected_cost(self, stock: Tensor) -> Tensor:
        """Holding, shortage and waste of a period that begins with this stock, shape (n, 1), in money."""
        one, total = self.instance, stock.sum(1, keepdim=True)
        left = self._left(total)
        oldest = stock[:, :1]
        wasted = self._left(oldest) if one.issuing == "fifo" else left - self._left(total - oldest)
        short = self._mean - total + left
        return one.holding_cost * (left - wasted) + one.waste_cost * wasted + one.shortage_cost * short
