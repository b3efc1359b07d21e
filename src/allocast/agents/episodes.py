"""Episodes of many series side by side: how one review period passes, pure, around the simulation's dynamics."""

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from allocast.agents.observation import ARRIVAL_PERIODS, observe, order_up_to_level
from allocast.agents.world import ByName, put_rows
from allocast.inventory.situation import OrderDecision
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.simulation.dynamics import Ledger, Rates, Rules, Stock, advance, place
from allocast.supply.sourcing import Sourcing

if TYPE_CHECKING:
    from allocast.agents.training_world import TrainingWorld

Numbers = TypeVar("Numbers", FloatArray, IntArray)

__all__ = ["EpisodeOutcome", "Episodes", "Starts", "begin", "is_over", "observe_episodes", "restart", "step"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """Where n episodes start.

    Parameters
    ----------
    series, path, period : arrays of int, shape (n,)
    on_hand : array of shape (n,), whole units
    """

    series: IntArray
    path: IntArray
    period: IntArray
    on_hand: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Episodes:
    """Where n episodes stand, just before a decision.

    Parameters
    ----------
    series, path : arrays of int, shape (n,)
        Which future of the world each episode plays.
    period : array of int, shape (n,)
        The coming period.
    stock : Stock
        With the real arrivals, which the agent does not see.
    ordered_units, ordered_lead_time : arrays of shape (n, n_ages), in units and periods
        Column ``a`` was ordered ``a + 1`` periods ago.
    sourcing : Sourcing
        The lines of ``series``.
    """

    series: IntArray
    path: IntArray
    period: IntArray
    stock: Stock
    ordered_units: FloatArray
    ordered_lead_time: IntArray
    sourcing: Sourcing


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeOutcome:
    """What one review period brought each episode, arrays of shape (n,)."""

    order_units: FloatArray
    order_cost: FloatArray
    flows: Ledger
    reward: FloatArray

    @property
    def cost(self) -> FloatArray:
        """Holding, shortage and order cost, in money."""
        return self.flows.cost + self.order_cost

    def ledger(self) -> ByName:
        """Flows in units and costs in money, by name."""
        flows = {field.name: getattr(self.flows, field.name) for field in fields(Ledger)}
        return {"order_units": self.order_units, "order_cost": self.order_cost} | flows


def begin(world: "TrainingWorld", starts: Starts) -> Episodes:
    """Episodes with nothing on order."""
    n, n_ages = len(starts.series), world.arrives_within.shape[1]
    stock = Stock(
        on_hand=starts.on_hand,
        backordered=np.zeros(n),
        pipeline=np.zeros((n, world.longest_lead_time + 1)),
    )
    return Episodes(
        series=starts.series,
        path=starts.path,
        period=starts.period,
        stock=stock,
        ordered_units=np.zeros((n, n_ages)),
        ordered_lead_time=np.zeros((n, n_ages), dtype=np.int64),
        sourcing=world.sourcing.take(starts.series),
    )


def restart(world: "TrainingWorld", episodes: Episodes, over: BoolArray, fresh: Episodes) -> Episodes:
    """New episodes in the places of those that are over."""
    series = put_rows(episodes.series, over, fresh.series)
    stock = {
        field.name: put_rows(getattr(episodes.stock, field.name), over, getattr(fresh.stock, field.name))
        for field in fields(Stock)
    }
    return Episodes(
        series=series,
        path=put_rows(episodes.path, over, fresh.path),
        period=put_rows(episodes.period, over, fresh.period),
        stock=Stock(**stock),
        ordered_units=put_rows(episodes.ordered_units, over, fresh.ordered_units),
        ordered_lead_time=put_rows(episodes.ordered_lead_time, over, fresh.ordered_lead_time),
        sourcing=world.sourcing.take(series),
    )


def observe_episodes(world: "TrainingWorld", episodes: Episodes) -> FloatArray:
    """What the agent sees, shape (n, len(OBSERVATION_NAMES)): open orders by their age, not by their arrival."""
    age = np.arange(1, episodes.ordered_units.shape[1] + 1)
    open_units = np.where(episodes.ordered_lead_time >= age, episodes.ordered_units, 0.0)
    arriving = np.empty((len(open_units), ARRIVAL_PERIODS + 1))
    arriving[:, :-1] = (open_units[:, None, :] @ world.arrives_within[episodes.series])[:, 0]
    arriving[:, -1] = open_units.sum(axis=1)
    return observe(
        net_stock=episodes.stock.on_hand - episodes.stock.backordered,
        arriving=arriving,
        mean=world.interval_mean[episodes.series, episodes.period],
        quantiles=world.interval_quantile[episodes.series, episodes.period],
        terms=world.terms[episodes.series],
    )


def step(world: "TrainingWorld", episodes: Episodes, action: FloatArray) -> tuple[Episodes, EpisodeOutcome]:
    """Order, and let one review period pass.

    Parameters
    ----------
    action : array of shape (n, 1), in [-1, 1]
        As ``observation.order_up_to_level`` reads it.
    """
    series, path, period = episodes.series, episodes.path, episodes.period
    level = order_up_to_level(action[:, 0], world.interval_quantile[series, period])
    wanted = OrderDecision.up_to(level, episodes.stock.position).wanted_units
    order_units = episodes.sourcing.feasible_units(wanted)
    lead_time = world.lead_time[series, path, period]

    rules = Rules(waiting_share=float(world.costs.backorders))
    placed, _ = place(rules, episodes.stock, order_units, lead_time)
    stock, flows = _review_period(world, rules, episodes, placed)
    order_cost = world.costs.order_cost[series] * (order_units > 0)
    outcome = EpisodeOutcome(
        order_units=order_units,
        order_cost=order_cost,
        flows=flows,
        reward=-(flows.cost + order_cost) / world.cost_scale[series],
    )
    after = replace(
        episodes,
        period=period + world.review_periods,
        stock=stock,
        ordered_units=_aged(episodes.ordered_units, order_units, world.review_periods),
        ordered_lead_time=_aged(episodes.ordered_lead_time, lead_time, world.review_periods),
    )
    return after, outcome


def is_over(world: "TrainingWorld", episodes: Episodes) -> BoolArray:
    """Whether another review period would lead beyond what can be foreseen, shape (n,)."""
    return episodes.period + world.review_periods >= world.n_moments


def _review_period(
    world: "TrainingWorld", rules: Rules, episodes: Episodes, stock: Stock
) -> tuple[Stock, Ledger]:
    """The periods until the next decision, flows and costs added up."""
    series, costs = episodes.series, world.costs
    rates = Rates(holding_cost=costs.holding_cost[series], shortage_cost=costs.shortage_cost[series])
    ledgers = []
    for ahead in range(world.review_periods):
        demand = world.demand[series, episodes.path, episodes.period + ahead]
        stock, ledger = advance(rules, stock, demand, rates)
        ledgers.append(ledger)
    return stock, Ledger.over(ledgers)


def _aged(columns: Numbers, new: Numbers, periods: int) -> Numbers:
    """Ages columns by some periods, the new one being that old then."""
    aged = np.zeros_like(columns)
    aged[:, periods:] = columns[:, :-periods]
    if periods <= aged.shape[1]:  # else nothing can be open for that long
        aged[:, periods - 1] = new
    return aged
