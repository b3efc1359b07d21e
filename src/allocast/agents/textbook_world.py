"""Worlds of the textbooks: one item, demand that never changes its law, known costs and a fixed lead time."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Literal, get_args

import numpy as np

from allocast.agents.observation import stake_per_unit
from allocast.agents.world import ByName, put_rows, require_options
from allocast.errors import DataError, UnknownNameError
from allocast.inventory.costs import Costs
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray, freeze
from allocast.numerics.checks import require_at_least, require_same_length, require_shape
from allocast.numerics.discrete import DiscreteDistribution
from allocast.simulation.dynamics import Ledger, Rates, Rules, Stock, advance, place
from allocast.simulation.scenarios.keyed_draws import KeyedDraws, draw_keys

__all__ = ["ActionForm", "TextbookOutcome", "TextbookState", "TextbookWorld"]

ActionForm = Literal["order", "level"]
_LARGEST = 20.0  # of an observation, in periods of mean demand
_FEATURES = 3  # of an instance, seen where there are several


@dataclass(frozen=True, slots=True, kw_only=True)
class TextbookState:
    """Where n episodes stand, just before a decision.

    Parameters
    ----------
    instance, key, period : arrays of int, shape (n,)
        Which instance each episode plays, which future of it, and the coming period.
    stock : Stock
    """

    instance: IntArray
    key: IntArray
    period: IntArray
    stock: Stock


@dataclass(frozen=True, slots=True, kw_only=True)
class TextbookOutcome:
    """What one period brought each episode, arrays of shape (n,)."""

    order_units: FloatArray
    order_cost: FloatArray
    flows: Ledger
    reward: FloatArray

    def ledger(self) -> ByName:
        """Flows in units and costs in money, by name."""
        names = (field.name for field in fields(Ledger))
        return {
            "order_units": self.order_units,
            "order_cost": self.order_cost,
            **{name: getattr(self.flows, name) for name in names},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TextbookWorld:
    """One or several instances of an inventory system with independent demand of one law.

    Before each period the agent sees what will be on hand when the period begins (less what is owed) and what
    arrives in each later period, in multiples of mean demand. With several instances it also sees the critical
    ratio, the lead time over the longest and the coefficient of variation of demand.

    Parameters
    ----------
    demand : DiscreteDistribution
        A row an instance: units a period.
    lead_time : array of int, shape (n_instances,), in periods, >= 0
        As in `simulation.dynamics.place`; Zipkin's L is this L.
    costs : Costs
        A row an instance.
    action : "order" or "level"
        "order": from nothing to the largest order that can be optimal. "level": an order-up-to level, from
        nothing to the newsvendor's for lead time + 1 periods. With lost sales both are cut to Zipkin's bounds.
    n_periods : int, >= 1
        Length of an episode. Those that begin together are of all ages, so that they do not end together.

    Attributes
    ----------
    mean_demand, cost_scale : arrays of shape (n_instances,)
        Units a period, and money a period: mean demand × √(holding cost × shortage cost).
    most : array of shape (n_instances, longest lead time + 1), in units
        Column ``k``: newsvendor's quantile of demand over ``k + 1`` periods; the youngest ``k + 1`` orders together
        need never be more.

    References
    ----------
    Zipkin (2008), On the structure of lost-sales inventory models, Operations Research 56(4): the bounds.
    """

    demand: DiscreteDistribution
    lead_time: IntArray
    costs: Costs
    action: ActionForm = "order"
    n_periods: int = 200
    longest_lead_time: int = field(init=False)
    mean_demand: FloatArray = field(init=False)
    cost_scale: FloatArray = field(init=False)
    most: FloatArray = field(init=False)
    features: FloatArray = field(init=False)
    _draws: KeyedDraws = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        setter = partial(object.__setattr__, self)
        setter("lead_time", freeze(np.asarray(self.lead_time, dtype=np.int64)))
        self._check()
        setter("longest_lead_time", int(self.lead_time.max()))
        setter("mean_demand", freeze(self.demand.mean))
        setter("cost_scale", freeze(self.mean_demand * stake_per_unit(self.costs)))
        setter("most", freeze(self._most()))
        setter("features", freeze(self._features()))
        setter("_draws", KeyedDraws(self.demand, purpose=0))

    @property
    def n_instances(self) -> int:
        """How many instances there are."""
        return len(self.demand)

    @property
    def observation_low(self) -> FloatArray:
        """Nothing on hand or on order; as much owed as is seen."""
        low = np.zeros(self._n_units + self.features.shape[1])
        if self.costs.backorders:
            low[0] = -_LARGEST
        return low

    @property
    def observation_high(self) -> FloatArray:
        """The most that is seen of anything."""
        return np.full(self._n_units + self.features.shape[1], _LARGEST)

    @property
    def action_size(self) -> int:
        """One number: the order, or the level."""
        return 1

    @property
    def _n_units(self) -> int:
        return max(self.longest_lead_time, 1)

    def begin(
        self, n: int, rng: np.random.Generator, options: Mapping[str, float] | None = None
    ) -> TextbookState:
        """New episodes of all ages with nothing on order and up to two lead times' demand on hand.

        Parameters
        ----------
        options : mapping, optional
            Any of instance, key, period and on_hand.
        """
        given = options or {}
        limits = {"instance": self.n_instances - 1, "key": 2.0**63, "period": self.n_periods - 1}
        require_options(given, limits | {"on_hand": np.inf})
        drawn = {
            "instance": rng.integers(self.n_instances, size=n),
            "key": draw_keys(n, rng),
            "period": rng.integers(self.n_periods, size=n),
        }
        cover = rng.uniform(0.0, 2.0, size=n) * (self.lead_time + 1)[drawn["instance"]]
        drawn |= {name: np.full(n, int(given[name])) for name in drawn if name in given}
        on_hand = np.rint(cover * self.mean_demand[drawn["instance"]])
        if "on_hand" in given:
            on_hand = np.full(n, given["on_hand"])
        pipeline = np.zeros((n, self.longest_lead_time + 1))
        return TextbookState(
            **drawn, stock=Stock(on_hand=on_hand, backordered=np.zeros(n), pipeline=pipeline)
        )

    def restart(self, state: TextbookState, over: BoolArray, rng: np.random.Generator) -> TextbookState:
        """New episodes, from their first period, in the places of those that are over."""
        fresh = self.begin(int(over.sum()), rng, {"period": 0})
        stock = {
            part.name: put_rows(getattr(state.stock, part.name), over, getattr(fresh.stock, part.name))
            for part in fields(Stock)
        }
        return TextbookState(
            instance=put_rows(state.instance, over, fresh.instance),
            key=put_rows(state.key, over, fresh.key),
            period=put_rows(state.period, over, fresh.period),
            stock=Stock(**stock),
        )

    def observe(self, state: TextbookState) -> FloatArray:
        """Stock at the start of the coming period, later arrivals, and features of the instance."""
        units = self._units(state.stock) / self.mean_demand[state.instance][:, None]
        if self.features.shape[1]:
            units = np.hstack([units, self.features[state.instance]])
        return np.clip(units, -_LARGEST, _LARGEST)

    def step(self, state: TextbookState, action: FloatArray) -> tuple[TextbookState, TextbookOutcome]:
        """Order, and let one period pass."""
        row = state.instance
        order_units = self.order_units(state, action)
        rules = Rules(waiting_share=float(self.costs.backorders))
        rates = Rates(holding_cost=self.costs.holding_cost[row], shortage_cost=self.costs.shortage_cost[row])
        placed, _ = place(rules, state.stock, order_units, self.lead_time[row])
        stock, flows = advance(rules, placed, self._draws.at(row, state.key, state.period), rates)
        order_cost = self.costs.order_cost[row] * (order_units > 0) + self.costs.unit_cost[row] * order_units
        reward = -(flows.cost + order_cost) / self.cost_scale[row]
        after = TextbookState(instance=row, key=state.key, period=state.period + 1, stock=stock)
        return after, TextbookOutcome(
            order_units=order_units, order_cost=order_cost, flows=flows, reward=reward
        )

    def order_units(self, state: TextbookState, action: FloatArray) -> FloatArray:
        """The whole units that actions of shape (n, 1) mean, shape (n,)."""
        most, share = self.most[state.instance], (np.clip(action[:, 0], -1.0, 1.0) + 1.0) / 2.0
        if self.action == "order":
            wanted = share * most[:, 0]
        else:
            top = most[np.arange(len(most)), self.lead_time[state.instance]]
            wanted = share * top - state.stock.position
        wanted = np.maximum(np.rint(wanted), 0.0)
        return wanted if self.costs.backorders else np.minimum(wanted, self._room(state, most))

    def is_over(self, state: TextbookState) -> BoolArray:
        """Whether the episode has had its periods."""
        return np.asarray(state.period >= self.n_periods)

    def describe(self, state: TextbookState) -> ByName:
        """Instance, key, period and stock on hand."""
        return {
            "instance": state.instance,
            "key": state.key,
            "period": state.period,
            "on_hand": state.stock.on_hand,
        }

    def _units(self, stock: Stock) -> FloatArray:
        """Net stock after the coming arrival, then each later arrival but the one an order now would bring."""
        units: FloatArray = stock.pipeline[:, : self._n_units].copy()
        units[:, 0] += stock.on_hand - stock.backordered
        return units

    def _room(self, state: TextbookState, most: FloatArray) -> FloatArray:
        """What an order may add before the youngest orders together are more than they need ever be."""
        lead_time, units = self.lead_time[state.instance], self._units(state.stock)
        room = most[:, 0]
        recent = np.zeros(len(room))
        rows = np.arange(len(room))
        for older in range(1, self.longest_lead_time + 1):
            place_of = lead_time - older
            there = place_of >= 0
            recent = recent + np.where(there, units[rows, np.maximum(place_of, 0)], 0.0)
            room = np.where(there, np.minimum(room, most[:, older] - recent), room)
        return np.maximum(room, 0.0)

    def _most(self) -> FloatArray:
        """Newsvendor's quantiles of demand over 1, 2, … periods."""
        ratio = self.costs.critical_ratio
        most = np.empty((self.n_instances, self.longest_lead_time + 1))
        for row, law in enumerate(self.demand.probability):
            total = np.ones(1)
            for ahead in range(self.longest_lead_time + 1):
                total = np.convolve(total, law)
                most[row, ahead] = np.searchsorted(np.cumsum(total), ratio[row] - 1e-12)
        return most

    def _features(self) -> FloatArray:
        if self.n_instances == 1:
            return np.zeros((1, 0))
        units = np.arange(self.demand.probability.shape[1])
        variance = self.demand.probability @ units**2 - self.mean_demand**2
        variation = np.sqrt(variance) / self.mean_demand
        longest = max(self.longest_lead_time, 1)
        return np.column_stack([self.costs.critical_ratio, self.lead_time / longest, variation])

    def _check(self) -> None:
        require_shape("lead_time", self.lead_time, (self.n_instances,))
        require_same_length(demand=self.demand.probability, holding_cost=self.costs.holding_cost)
        require_at_least("lead_time", self.lead_time)
        if self.action not in get_args(ActionForm):
            raise UnknownNameError("action", self.action, get_args(ActionForm))
        if self.n_periods < 1:
            raise DataError(f"n_periods must be >= 1; it is {self.n_periods}.")
        if not (self.demand.mean > 0).all():
            raise DataError("demand must have a mean > 0: orders and costs are seen in multiples of it.")
