"""The training world in torch: the same episodes, with a gradient from their cost to the action."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from allocast.agents.pathwise.units import within
from allocast.agents.torch_dynamics import Delivery, Placed, Rates, Stock, Terms, advance, place
from allocast.agents.torch_dynamics.numbers import valued_as
from allocast.agents.worlds import episodes
from allocast.agents.worlds.actions import LARGEST_ORDER, LEAST_SHARE, fractile_action, levels_of
from allocast.agents.worlds.observation_names import PRICE_PLACE, UNITS_SEEN
from allocast.agents.worlds.starts import Starts
from allocast.agents.worlds.training_world import TrainingWorld
from allocast.numerics.arrays import FloatArray

__all__ = ["TorchEpisodes", "TorchTrainingWorld"]

_LOW, _HIGH = torch.tensor(-1.0), torch.tensor(1.0)
_SMOOTHING = 0.25  # of demand over the protection interval: an order at which half of its cost has been felt


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TorchEpisodes:
    """Where n episodes stand, as ``episodes.Episodes``.

    Parameters
    ----------
    series, path, period : tensors of int, shape (n,)
    price : tensor of shape (n,)
    stock : torch_dynamics.Stock
    ordered, ordered_lead_time : tuples of tensors of shape (n, n_suppliers)
        The ``j``-th was ordered ``j + 1`` reviews ago, so many units are expected of it; none older than the longest
        lead time.
    """

    series: Tensor
    path: Tensor
    period: Tensor
    price: Tensor
    stock: Stock
    ordered: tuple[Tensor, ...] = ()
    ordered_lead_time: tuple[Tensor, ...] = ()


class TorchTrainingWorld:
    """The torch form of a ``TrainingWorld``: equal to it step by step, and with gradients.

    Levels and orders have whole values; the gradient passes as if they had not been rounded, raised to the minimum
    order or to packs. An order cost is charged as it is, with the gradient of a cost that rises with the order:
    half of it has been felt at a quarter of the demand over the protection interval. An action beyond its range counts
    as the end of the range, with a gradient only back into it.

    Episodes have no end: after the last moment of a path the first of the series' next one follows, where what was
    known of demand does not fit what comes. ``n_decisions`` steps from ``begin`` see nothing of that.

    Parameters
    ----------
    world : TrainingWorld
    dtype : torch.dtype
    """

    def __init__(self, world: TrainingWorld, *, dtype: torch.dtype = torch.float32) -> None:
        self.world = world
        self.dtype = dtype
        self.observation_size = len(world.observation_low)
        self.action_size = world.action_size
        latest = (world.n_moments - world.review_periods + 1) // 2 - 1
        self.n_decisions = (world.n_moments - 1 - max(latest, 0)) // world.review_periods
        self._tables = _Tables(world, dtype)

    def begin(self, n: int, generator: torch.Generator) -> TorchEpisodes:
        """New episodes, drawn as ``TrainingWorld.draw_starts`` draws them."""
        seed = int(torch.randint(2**62, (1,), generator=generator))
        return self.begin_at(self.world.draw_starts(n, np.random.default_rng(seed)))

    def begin_at(self, starts: Starts) -> TorchEpisodes:
        """New episodes from given starts."""
        world, began = self.world, episodes.begin(self.world, starts)
        every = world.review_periods
        age = range(every - 1, began.ordered_units.shape[1], every)
        stock = Stock.empty(world.rules, began.stock.on_hand.shape, dtype=self.dtype)
        return TorchEpisodes(
            series=torch.as_tensor(began.series),
            path=torch.as_tensor(began.path),
            period=torch.as_tensor(began.period),
            price=self._tensor(began.price),
            stock=replace(
                stock,
                on_hand=(self._tensor(began.stock.on_hand),),
                pipeline=tuple(self._tensor(units) for units in began.stock.pipeline.T),
            ),
            ordered=tuple(self._tensor(began.ordered_units[:, a]) for a in age),
            ordered_lead_time=tuple(torch.as_tensor(began.ordered_lead_time[:, a]) for a in age),
        )

    def _tensor(self, array: FloatArray) -> Tensor:
        return torch.tensor(array, dtype=self.dtype)

    def observe(self, state: TorchEpisodes) -> Tensor:
        """What the agent sees, shape (n, observation_size)."""
        tables, moment = self._tables, self._moment(state)
        net_stock = state.stock.units_on_hand - state.stock.backordered
        open_units = self._open_units(state)
        within = torch.bmm(open_units[:, None, :], self._within(state, open_units.shape[1]))[:, 0]
        stock = torch.cat([net_stock[:, None], within, open_units.sum(dim=1, keepdim=True)], dim=1)
        stock = torch.clamp(
            stock / tables.scale[moment][:, None], float(tables.low[0]), float(tables.high[0])
        )
        price = torch.clamp(
            state.price * tables.price_per_stake[state.series], max=float(tables.high[PRICE_PLACE])
        )
        return torch.cat([stock, tables.seen[moment] + price[:, None] * tables.is_price], dim=1)

    def futures(self, n: int, n_steps: int, generator: torch.Generator) -> Sequence[None]:  # noqa: ARG002
        """Nothing but how many steps there are: what comes was decided when the episodes began."""
        return [None] * n_steps

    def step(
        self,
        state: TorchEpisodes,
        action: Tensor,
        future: None = None,  # noqa: ARG002 - as the protocol has it
    ) -> tuple[TorchEpisodes, Tensor]:
        """Order, and let one review period pass; the cost of each episode in units of ``cost_scale``, shape (n,)."""
        tables, now = self._tables, self._path_moment(state)
        lead_time = tables.lead_time[now]
        stock, placed = self._place(state, action, lead_time)
        rates = Rates(
            holding_cost=tables.holding_cost[state.series], shortage_cost=tables.shortage_cost[state.series]
        )
        cost = self._order_costs(state, placed)
        for ahead in range(self.world.review_periods):
            stock, ledger = advance(self.world.rules, stock, tables.demand[now + ahead], rates)
            cost = cost + ledger.cost
        ordered = torch.stack(placed.ordered, dim=1) * tables.expected_share[state.series]
        reviews = self.world.longest_lead_time // self.world.review_periods
        following = state.period + self.world.review_periods
        ends = following >= self.world.n_moments
        after = replace(
            state,
            path=torch.where(ends, (state.path + 1) % self.world.n_paths, state.path),
            period=torch.where(ends, 0, following),
            stock=stock,
            ordered=(ordered, *state.ordered)[:reviews],
            ordered_lead_time=(lead_time, *state.ordered_lead_time)[:reviews],
        )
        return after, cost / tables.cost_scale[state.series]

    def _place(self, state: TorchEpisodes, action: Tensor, lead_time: Tensor) -> tuple[Stock, Placed]:
        """The orders that an action means, on the suppliers' terms, on their way."""
        tables, wanted = self._tables, self._wanted(state, action[:, 0])
        minimum, pack, capacity = tables.terms[state.series].unbind(dim=2)
        one = self.world.n_suppliers == 1
        if one:
            minimum, pack, capacity, lead_time = minimum[:, 0], pack[:, 0], capacity[:, 0], lead_time[:, 0]
        else:
            wanted = wanted[:, None] * _shares(action[:, 1:], capacity > 0)
        terms = Terms(minimum_order_units=minimum, pack_units=pack, capacity_units=capacity)
        delivery = None
        if tables.share is not None:
            share = tables.share[self._path_moment(state)]
            delivery = Delivery(share=share[:, 0] if one else share)
        return place(self.world.rules, state.stock, wanted, lead_time, terms=terms, delivery=delivery)

    def _wanted(self, state: TorchEpisodes, action: Tensor) -> Tensor:
        """Whole units, as ``actions.wanted_units``."""
        tables, moment = self._tables, self._moment(state)
        if self.world.action == "residual":
            action = action + tables.classical_action[state.series]
        inside = within(action, _LOW, _HIGH, form="real")
        share = (inside + 1.0) / 2.0
        if self.world.action == "order":
            units = share * LARGEST_ORDER * tables.mean[moment]
            return valued_as(units, units.detach().round())
        levels = tables.levels[moment]
        place_of = share * (levels.shape[1] - 1)
        below = place_of.detach().long().clamp(max=levels.shape[1] - 2)[:, None]
        low, high = levels.gather(1, below)[:, 0], levels.gather(1, below + 1)[:, 0]
        level = low + (place_of - below[:, 0]) * (high - low)
        position = state.stock.units_on_hand - state.stock.backordered + self._open_units(state).sum(dim=1)
        return torch.relu(valued_as(level, level.detach().round()) - position)

    def _order_costs(self, state: TorchEpisodes, placed: Placed) -> Tensor:
        """Order costs, what is paid above the cheapest supplier, and the price of what is spent, shape (n,)."""
        tables, series = self._tables, state.series
        ordered, delivered = torch.stack(placed.ordered, dim=1), torch.stack(placed.delivered, dim=1)
        half = _SMOOTHING * tables.scale[self._moment(state)][:, None]
        felt = valued_as(ordered / (ordered.detach() + half), (ordered.detach() > 0).to(self.dtype))
        spent = state.price[:, None] * tables.unit_cost[series] + tables.premium[series]
        cost: Tensor = (tables.order_cost[series] * felt + spent * delivered).sum(dim=1)
        return cost

    def _open_units(self, state: TorchEpisodes) -> Tensor:
        """What was ordered and is not here yet, shape (n, n_suppliers × n_ages), a supplier's ages side by side."""
        if not state.ordered:
            return torch.zeros(len(state.series), 0, dtype=self.dtype)
        every = self.world.review_periods
        still = [
            units * (lead_time >= every * (j + 1))
            for j, (units, lead_time) in enumerate(zip(state.ordered, state.ordered_lead_time, strict=True))
        ]
        return torch.stack(still, dim=2).flatten(1)

    def _within(self, state: TorchEpisodes, n_columns: int) -> Tensor:
        """Chances of the open units to arrive in time, shape (n, n_columns, ARRIVAL_PERIODS)."""
        reviews, every = n_columns // self.world.n_suppliers, self.world.review_periods
        ages = self._tables.arrives_within[:, :, every - 1 :: every][:, :, :reviews]
        return ages[state.series].flatten(1, 2)

    def _moment(self, state: TorchEpisodes) -> Tensor:
        return state.series * self.world.n_moments + state.period

    def _path_moment(self, state: TorchEpisodes) -> Tensor:
        _, n_paths, n_periods = self.world.demand.shape
        now: Tensor = (state.series * n_paths + state.path) * n_periods + state.period
        return now


class _Tables:
    """What a world knows, as tensors; a row for each series, series and moment, or series, path and moment."""

    def __init__(self, world: TrainingWorld, dtype: torch.dtype) -> None:
        def tensor(array: FloatArray) -> Tensor:
            return torch.as_tensor(np.array(array), dtype=dtype)

        quantiles = world.interval_quantile.reshape(-1, world.interval_quantile.shape[2])
        self.low, self.high = world.observation_low, world.observation_high
        self.scale, self.seen = tensor(world.scale.ravel()), tensor(world.seen).flatten(0, 1)
        self.is_price = tensor(np.arange(UNITS_SEEN, len(self.low)) == PRICE_PLACE)
        self.mean, self.levels = tensor(world.interval_mean.ravel()), tensor(levels_of(quantiles))
        self.classical_action = tensor(fractile_action(world.costs.critical_ratio))
        self.arrives_within = tensor(world.arrives_within)
        self.holding_cost = tensor(world.costs.holding_cost)
        self.shortage_cost = tensor(world.costs.shortage_cost)
        self.order_cost, self.unit_cost = tensor(world.order_cost), tensor(world.unit_cost)
        self.expected_share = tensor(world.expected_share)
        self.premium, self.cost_scale = tensor(world.premium), tensor(world.cost_scale)
        self.price_per_stake = tensor(world.price_per_stake)
        self.demand = tensor(world.demand.ravel())
        self.lead_time = torch.as_tensor(np.array(world.lead_time)).flatten(0, 2)
        share = world.delivered_share
        self.share = None if share is None else tensor(share).flatten(0, 2)
        self.terms = tensor(
            np.stack(
                [[line.minimum_order_units, line.pack_units, line.capacity_units] for line in world.lines],
                axis=0,
            ).transpose(2, 0, 1)
        )


def _shares(action: Tensor, available: Tensor) -> Tensor:
    """As ``actions.supplier_shares``; who is left out has no gradient."""
    inside = within(action, _LOW, _HIGH, form="real")
    weight = torch.where(available, (inside + 1.0) / 2.0, 0.0)
    total = weight.sum(dim=1, keepdim=True)
    weight = torch.where(weight < LEAST_SHARE * total, 0.0, weight)
    first = available & (available.cumsum(dim=1) == 1)
    weight = torch.where(total > 0, weight, first.to(weight.dtype))
    share: Tensor = weight / weight.sum(dim=1, keepdim=True).clamp(min=1e-30)
    return share
