"""Worlds of the textbooks: one item, demand that never changes its law, known costs and fixed lead times."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from math import inf
from typing import Any, Literal, get_args

import numpy as np

from allocast.agents.worlds.textbook_kernels import order_units, see
from allocast.agents.worlds.textbook_state import TextbookOutcome, TextbookState
from allocast.agents.worlds.world import ByName, put_rows, require_options
from allocast.errors import DataError, UnknownNameError
from allocast.numerics.arrays import BoolArray, FloatArray, freeze
from allocast.numerics.discrete import DiscreteDistribution
from allocast.simulation.dynamics import Ledger, Placed, Rates, Rules, Stock, Terms, advance, place
from allocast.simulation.scenarios.keyed_draws import KeyedDraws, draw_keys
from allocast.simulation.textbook.demand_laws import quantiles_of_sums

__all__ = ["TextbookAction", "TextbookWorld"]

TextbookAction = Literal["order", "level"]
"""What a number of an action says: ``order``, a supplier's order, from nothing to its largest; ``level``, what there
should be when its order arrives, from nothing to the largest level."""

_FARTHEST = 25.0  # an observation, in standard deviations


@dataclass(frozen=True, slots=True, kw_only=True)
class TextbookWorld:
    """An inventory system with independent demand of one law, in which nothing but stock ever changes.

    Before each period the agent sees the parts of the stock position: what will be on hand when the period begins, less
    what is owed, by the periods of life left if units spoil, and what arrives in each later period. Each is seen
    together with all younger ones, less the demand of as many periods as there are parts, in standard deviations.

    Parameters
    ----------
    rules : Rules
    demand : DiscreteDistribution of one row
        Units a period.
    lead_times : tuple of int, one a supplier, from the fastest to the slowest, in periods
        As in `simulation.dynamics.place`; Zipkin's L is this L.
    rates : Rates
        Numbers.
    terms : Terms
        Numbers, or one a supplier.
    actions : tuple of TextbookAction, one a supplier, optional
        Orders by default.
    largest : tuple of float, one a supplier, in units, optional
        The largest order or level that an action can say; by default the newsvendor's quantile of demand until an
        order of the next period would arrive.
    n_periods : int, >= 1
        Length of an episode. Those that begin together are of all ages, so that they do not end together; one that
        begins alone is new.
    twin : function that gives a ``Differentiable``, optional
        The same system in torch.

    Attributes
    ----------
    mean_demand, deviation : float, units a period
    cost_scale : float, money a period
        Deviation of demand × √(holding cost × shortage cost); rewards are costs divided by it.

    Raises
    ------
    DataError
        Numbers are missing, out of their range, or not one a supplier.
    UnknownNameError
        One of ``actions`` is none of ``TextbookAction``.
    """

    rules: Rules
    demand: DiscreteDistribution
    lead_times: tuple[int, ...]
    rates: Rates
    terms: Terms = field(default_factory=Terms)
    actions: tuple[TextbookAction, ...] | None = None
    largest: tuple[float, ...] | None = None
    n_periods: int = 500
    twin: Callable[[], Any] | None = field(default=None, repr=False, compare=False)
    mean_demand: float = field(init=False)
    deviation: float = field(init=False)
    cost_scale: float = field(init=False)
    _draws: KeyedDraws = field(init=False, repr=False, compare=False)
    _tables: dict[str, Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        setter = partial(object.__setattr__, self)
        self._check()
        mean, units = float(self.demand.mean[0]), np.arange(self.demand.probability.shape[1])
        variance = float(self.demand.probability[0] @ units**2) - mean**2
        setter("mean_demand", mean)
        setter("deviation", float(np.sqrt(max(variance, 0.0))) or mean)
        stake = float(np.sqrt(self.rates.table[0] * self.rates.table[1]))
        setter("cost_scale", self.deviation * (stake if stake > 0 else 1.0))
        setter("_draws", KeyedDraws(self.demand))
        setter("_tables", self._tabulated())

    @property
    def longest_lead_time(self) -> int:
        """In periods."""
        return self.lead_times[-1]

    @property
    def observation_low(self) -> FloatArray:
        """The least that is seen of anything."""
        return np.full(self._tables["n_seen"], -_FARTHEST)

    @property
    def observation_high(self) -> FloatArray:
        """The most that is seen of anything."""
        return np.full(self._tables["n_seen"], _FARTHEST)

    @property
    def action_size(self) -> int:
        """One number a supplier."""
        return len(self.lead_times)

    def begin(
        self, n: int, rng: np.random.Generator, options: Mapping[str, float] | None = None
    ) -> TextbookState:
        """New episodes of all ages, with nothing on order and up to twice the demand until an order arrives on hand.

        Parameters
        ----------
        options : mapping, optional
            Any of key, period and on_hand.
        """
        given = options or {}
        require_options(given, {"key": 2.0**63, "period": self.n_periods - 1, "on_hand": inf})
        most = 2.0 * self.mean_demand * (self.longest_lead_time + 1)
        drawn: ByName = {
            "key": draw_keys(n, rng),
            "period": rng.integers(self.n_periods, size=n) * (n > 1),
            "on_hand": np.rint(rng.uniform(0.0, most, size=n)),
        }
        drawn |= {name: np.full(n, value, dtype=drawn[name].dtype) for name, value in given.items()}
        stock = Stock.empty(self.rules, (n,), longest_lead_time=self.longest_lead_time)
        on_hand = drawn["on_hand"]
        if self.rules.shelf_life is not None:
            on_hand = np.column_stack([np.zeros((n, self.rules.shelf_life - 1)), on_hand])
        return TextbookState(key=drawn["key"], period=drawn["period"], stock=replace(stock, on_hand=on_hand))

    def restart(self, state: TextbookState, over: BoolArray, rng: np.random.Generator) -> TextbookState:
        """New episodes, from their first period, in the places of those that are over."""
        fresh = self.begin(int(over.sum()), rng, {"period": 0})
        stock = {
            part.name: put_rows(getattr(state.stock, part.name), over, getattr(fresh.stock, part.name))
            for part in fields(Stock)
        }
        return TextbookState(
            key=put_rows(state.key, over, fresh.key),
            period=put_rows(state.period, over, fresh.period),
            stock=Stock(**stock),
        )

    def observe(self, state: TextbookState) -> FloatArray:
        """The parts of the stock position, shape (n, observation_size)."""
        stock, seen = state.stock, np.empty((len(state.key), self._tables["n_seen"]), dtype=np.float32)
        shelf = stock.on_hand.reshape(len(seen), -1)
        see(shelf, stock.backordered, stock.pipeline, self.mean_demand, self.deviation, seen)
        return seen.clip(-_FARTHEST, _FARTHEST, out=seen)

    def step(self, state: TextbookState, action: FloatArray) -> tuple[TextbookState, TextbookOutcome]:
        """Order, and let one period pass."""
        units = self.order_units(state, action)
        orders = units[:, 0] if self.rules.suppliers == 1 else units
        stock, placed = place(
            self.rules, state.stock, orders, self._tables["lead_time"], terms=self.terms, period=state.period
        )
        demand = self._draws.at(state.key, state.period)
        stock, flows = advance(self.rules, stock, demand, self.rates, period=state.period)
        outcome = TextbookOutcome(placed=placed, flows=flows, reward=self._reward(placed, flows))
        return TextbookState(key=state.key, period=state.period + 1, stock=stock), outcome

    def order_units(self, state: TextbookState, action: FloatArray) -> FloatArray:
        """The whole units that actions of shape (n, n_suppliers) mean, before terms, of the same shape."""
        tables, stock = self._tables, state.stock
        units = np.empty((len(state.key), self.action_size))
        net = stock.units_on_hand - stock.backordered
        order_units(
            np.asarray(action, dtype=np.float64), tables["is_level"], net, stock.pipeline, tables["lead_times"],
            tables["largest"], units,
        )  # fmt: skip
        return units

    def differentiable(self) -> Any:
        """The same system in torch, for trainers that follow gradients.

        Raises
        ------
        DataError
            It was made without one.
        """
        if self.twin is None:
            raise DataError(
                "this world has no form in torch; take one of agents.textbook_instances, or train with PPO."
            )
        return self.twin()

    def is_over(self, state: TextbookState) -> BoolArray:
        """Whether the episode has had its periods."""
        return np.asarray(state.period >= self.n_periods)

    def describe(self, state: TextbookState) -> ByName:
        """Key, period and stock on hand."""
        return {"key": state.key, "period": state.period, "on_hand": state.stock.units_on_hand}

    def _reward(self, placed: Placed, flows: Ledger) -> FloatArray:
        """Minus the cost in ``cost_scale``; where all demand is served in the end, without the cheapest unit cost."""
        reward: FloatArray = flows.cost + placed.cost
        cheapest = self._tables["sunk_cost"]
        if cheapest > 0:
            ordered = placed.delivered if self.rules.suppliers == 1 else placed.delivered.sum(axis=1)
            reward -= cheapest * ordered
        reward *= -1.0 / self.cost_scale
        return reward

    def _tabulated(self) -> dict[str, Any]:
        """What the compiled loops take, and does not change."""
        holding, shortage = self.rates.table[0], self.rates.table[1]
        ratio = shortage / (holding + shortage)
        newsvendor = quantiles_of_sums(self.demand, ratio, self.longest_lead_time + 1)
        largest = self.largest or [newsvendor[lead_time] for lead_time in self.lead_times]
        unit_cost = np.asarray(self.terms.unit_cost, dtype=np.float64)
        later = max(self.longest_lead_time - 1, 0)
        return {
            "lead_time": self.lead_times[0] if self.rules.suppliers == 1 else np.array(self.lead_times),
            "lead_times": np.array(self.lead_times),
            "is_level": np.array([form == "level" for form in self.actions or self.lead_times]),
            "largest": freeze(np.array(largest, dtype=np.float64)),
            "n_seen": (self.rules.shelf_life or 1) + later,
            "sunk_cost": float(unit_cost.min()) if self.rules.waiting_share == 1 else 0.0,
        }

    def _check(self) -> None:
        for form in self.actions or ():
            if form not in get_args(TextbookAction):
                raise UnknownNameError("action", form, get_args(TextbookAction))
        if self.n_periods < 1:
            raise DataError(f"n_periods must be >= 1; it is {self.n_periods}.")
        if not self.demand.mean[0] > 0:
            raise DataError("demand must have a mean > 0: orders and costs are seen in multiples of it.")
        if self.rates.table.ndim != 1:
            raise DataError(f"rates must be numbers; they have shape {self.rates.table.shape[:-1]}.")
        each = [tuple(given or self.lead_times) for given in (self.lead_times, self.actions, self.largest)]
        if {len(given) for given in each} != {self.rules.suppliers}:
            raise DataError(
                f"lead_times, actions and largest must be one a supplier, of {self.rules.suppliers}; they are "
                f"{self.lead_times}, {self.actions} and {self.largest}."
            )
        if sorted(self.lead_times) != list(self.lead_times) or min(self.lead_times) < 0:
            raise DataError(
                f"lead times must be >= 0, from the shortest to the longest; they are {self.lead_times}."
            )
