"""Lost sales with a lead time as a differentiable world, for one instance or many side by side."""

from copy import copy
from typing import Self

import numpy as np
import torch
from scipy import special
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Generator, Tensor

from allocast.agents.pathwise.demand_draws import Demands
from allocast.agents.pathwise.network import decide
from allocast.agents.pathwise.units import OrderForm, ValueAt, deviation, within
from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.simulation.textbook.lost_sales import LostSales, OrderRule

__all__ = ["LostSalesPaths"]


class LostSalesPaths:
    """Paths through lost-sales systems; the n paths are shared out evenly, in the order of the instances.

    The state of a path is ``v``, shape (longest lead time,): ``v_k`` is what is on hand and on its way but for the
    ``k`` oldest parts, so ``v_0`` is the inventory position and ``v_0 - v_1`` what is on hand. In these coordinates the
    optimal cost has the most structure (Zipkin 2008). An action in [-1, 1] is an order from nothing to the
    newsvendor's quantile of one period's demand, which an optimal order never exceeds.

    The cost of a step is its expectation given what is on hand: less noise, the same mean.

    Parameters
    ----------
    instances : sequence of LostSales
    orders : "real", "rounded" or "whole"
        Learn with rounded orders, or with real ones: here the least cost with real orders is no lower than with
        whole ones, as the optimal cost is convex between these, but where states are few, rounding afterwards costs
        up to some hundredths of a percent.
    longest_lead_time : int, optional
        For a network that knows, or shall know, other instances too.

    References
    ----------
    Zipkin (2008), On the structure of lost-sales inventory models, Operations Research 56(4), 937-943.
    """

    action_size = 1

    def __init__(
        self, *instances: LostSales, orders: OrderForm = "real", longest_lead_time: int | None = None
    ) -> None:
        if not instances:
            raise DataError("give one instance of LostSales or more; none was given.")
        self.instances, self.orders = instances, orders
        self.tells_apart = longest_lead_time is not None or len(instances) > 1
        self.longest = longest_lead_time or max(instance.lead_time for instance in instances)
        self.demands = Demands([instance.law for instance in instances])
        self._features = _tensor([_features(instance, self.longest) for instance in instances])
        self._most = _tensor([[float(instance.levels[0])] for instance in instances])
        self._mean = _tensor([[instance.mean] for instance in instances])
        self._deviation = _tensor([[deviation(instance.law)] for instance in instances])
        lead_times = torch.tensor([[instance.lead_time] for instance in instances])
        self._reached = (torch.arange(self.longest) < lead_times).float()  # parts that an order belongs to
        self._n_periods = self._reached.flip(1).cumsum(1).flip(1)  # whose demand comes before a part is in
        self._unit = _tensor([[cost_unit(instance)] for instance in instances])
        width = 2 * max(instance.levels[-1] for instance in instances)
        self._cost = ValueAt(_tensor([instance.expected_cost(width) for instance in instances]) / self._unit)

    def in_whole_units(self) -> Self:
        """The same world with whole orders."""
        whole = copy(self)
        whole.orders = "whole"
        return whole

    @property
    def observation_size(self) -> int:
        """``v``; with several instances also what tells them apart."""
        return self.longest + (self._features.shape[1] if self.tells_apart else 0)

    def begin(self, n: int, generator: Generator) -> Tensor:  # noqa: ARG002 - nothing to draw
        """Paths with a mean period's demand on hand and on order for each period."""
        return self._rows(self._mean * self._n_periods, n).round()

    def futures(self, n: int, n_steps: int, generator: Generator) -> Tensor:
        """Demand, shape (n_steps, n, 1), in units."""
        return self.demands.draw(n, n_steps, generator)

    def observe(self, state: Tensor) -> Tensor:
        """``v`` less expected demand until each part is in, in standard deviations; and the instance's features."""
        n = len(state)
        scale = 1.0 / (self._deviation * self._n_periods.clamp(min=1.0).sqrt())
        shift = -self._mean * self._n_periods * scale
        standard = torch.addcmul(self._rows(shift, n), state, self._rows(scale, n))
        if not self.tells_apart:
            return standard
        return torch.cat([standard, self._rows(self._features, n)], 1)

    def step(self, state: Tensor, action: Tensor, future: Tensor) -> tuple[Tensor, Tensor]:
        """Order, then meet demand; costs in multiples of ``cost_unit``."""
        n = len(state)
        on_hand = state[:, :1] - state[:, 1:2] if self.longest > 1 else state
        order = self.order_units(action, self._rows(self._most, n))
        cost = self._cost(on_hand)
        left = state[:, :1] - torch.minimum(on_hand, future)
        older = torch.cat([left, state[:, 2:], torch.zeros_like(left)], 1) if self.longest > 1 else left
        return older + order * self._rows(self._reached, n), cost[:, 0]

    def order_units(self, action: Tensor, most: Tensor) -> Tensor:
        """The order that an action means, same shape."""
        wanted = (action + 1.0) * (most / 2.0)
        return within(wanted, torch.zeros_like(most), most, form=self.orders)

    def rule(self, policy: ActorCriticPolicy) -> OrderRule:
        """The whole orders of a network in whole states of the first instance, to be judged exactly."""
        alone = LostSalesPaths(
            self.instances[0], orders="whole", longest_lead_time=self.longest if self.tells_apart else None
        )

        @torch.no_grad()
        def order(states: IntArray) -> IntArray:
            parts = torch.zeros(len(states), alone.longest)
            parts[:, : states.shape[1]] = torch.as_tensor(states)
            action = decide(policy, alone.observe(parts.flip(1).cumsum(1).flip(1)))
            whole: IntArray = alone.order_units(action, alone._most)[:, 0].numpy().astype(np.int64)
            return whole

        return order

    def _rows(self, by_instance: Tensor, n: int) -> Tensor:
        """Rows of instances as rows of paths; a single row is left to broadcast."""
        if len(by_instance) == 1:
            return by_instance.expand(n, -1)
        if n % len(by_instance):
            raise DataError(f"{n} paths cannot be shared out evenly among {len(by_instance)} instances.")
        return by_instance.repeat_interleave(n // len(by_instance), 0)


def cost_unit(instance: LostSales) -> float:
    """Money a period in which costs are counted: deviation of demand × √(holding cost × shortage cost)."""
    return deviation(instance.law) * float(np.sqrt(instance.holding_cost * instance.shortage_cost))


def _features(instance: LostSales, longest: int) -> list[float]:
    """What tells an instance from others, free of scale."""
    lead_time = [float(instance.lead_time > k) for k in range(1, longest)]
    spread = deviation(instance.law)
    safety = float(special.ndtri(instance.critical_ratio))
    return [
        safety,
        float(np.log(instance.mean)),
        spread / instance.mean,
        spread**2 / instance.mean,
        *lead_time,
    ]


def _tensor(values: list[list[float]] | list[FloatArray]) -> Tensor:
    return torch.as_tensor(np.asarray(values), dtype=torch.float32)
