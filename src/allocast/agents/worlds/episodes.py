"""Episodes of many series side by side: how one review period passes, pure, around the simulation's dynamics."""

from dataclasses import fields, replace
from math import inf
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from allocast.agents.budgets.budget import within_budget
from allocast.agents.worlds.actions import supplier_shares, wanted_units
from allocast.agents.worlds.episode_state import EpisodeOutcome, Episodes
from allocast.agents.worlds.observation_names import ARRIVAL_PERIODS, PRICE_PLACE, UNITS_SEEN
from allocast.agents.worlds.starts import Starts, UnderWay
from allocast.agents.worlds.world import put_rows
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.simulation.dynamics import Delivery, Ledger, Placed, Rates, Stock, Terms, advance, place, ration

if TYPE_CHECKING:
    from allocast.agents.worlds.training_world import TrainingWorld

__all__ = ["begin", "is_over", "observe_episodes", "restart", "step"]

Numbers = TypeVar("Numbers", FloatArray, IntArray)


def begin(world: "TrainingWorld", starts: Starts) -> Episodes:
    """Episodes at their starts, each before its first decision."""
    n, ages = len(starts.series), (world.arrives_within.shape[2], world.n_suppliers)
    nothing = np.zeros((n, *ages))
    under_way = starts.under_way or UnderWay(
        units=nothing, delivered_units=nothing, lead_time=nothing.astype(np.int64)
    )
    stock = Stock.empty(world.rules, (n,), longest_lead_time=world.longest_lead_time)
    episode, age, _ = there = np.nonzero(under_way.units)
    due = under_way.lead_time[there] - 1 - age
    np.add.at(stock.pipeline, (episode, due), under_way.delivered_units[there])
    return Episodes(
        series=starts.series,
        path=starts.path,
        period=starts.period,
        price=starts.price,
        stock=replace(stock, on_hand=starts.on_hand),
        ordered_units=under_way.units * world.expected_share[starts.series][:, None, :],
        ordered_lead_time=under_way.lead_time,
        rates=_rates(world, starts.series),
        terms=_terms(world, starts.series),
    )


def restart(world: "TrainingWorld", episodes: Episodes, over: BoolArray, starts: Starts) -> Episodes:
    """New episodes in the places of those that are over."""
    fresh = begin(world, starts)
    stock = {
        field.name: put_rows(getattr(episodes.stock, field.name), over, getattr(fresh.stock, field.name))
        for field in fields(Stock)
    }
    series = put_rows(episodes.series, over, fresh.series)
    return Episodes(
        series=series,
        path=put_rows(episodes.path, over, fresh.path),
        period=put_rows(episodes.period, over, fresh.period),
        price=put_rows(episodes.price, over, fresh.price),
        stock=Stock(**stock),
        ordered_units=put_rows(episodes.ordered_units, over, fresh.ordered_units),
        ordered_lead_time=put_rows(episodes.ordered_lead_time, over, fresh.ordered_lead_time),
        rates=_rates(world, series),
        terms=_terms(world, series),
    )


def observe_episodes(world: "TrainingWorld", episodes: Episodes) -> FloatArray:
    """What the agent sees, shape (n, observation_size): open orders by their age, not by their arrival.

    The same as ``observation.observe``, of which all but stock, orders and price was computed beforehand.
    """
    series, n = episodes.series, len(episodes.series)
    moment = (series, episodes.period)
    low, high = world.observation_low, world.observation_high
    open_units = episodes.open_units.transpose(0, 2, 1).reshape(n, -1)
    within = world.arrives_within[series].reshape(n, -1, ARRIVAL_PERIODS)
    observation = np.empty((n, len(low)))
    observation[:, 0] = episodes.stock.on_hand - episodes.stock.backordered
    observation[:, 1 : UNITS_SEEN - 1] = np.einsum("na,nak->nk", open_units, within)
    observation[:, UNITS_SEEN - 1] = open_units.sum(axis=1)
    observation[:, :UNITS_SEEN] /= world.scale[moment][:, None]
    np.clip(observation[:, :UNITS_SEEN], low[0], high[0], out=observation[:, :UNITS_SEEN])
    observation[:, UNITS_SEEN:] = world.seen[moment]
    observation[:, PRICE_PLACE] = np.minimum(
        episodes.price * world.price_per_stake[series], high[PRICE_PLACE]
    )
    return observation


def step(
    world: "TrainingWorld", episodes: Episodes, action: FloatArray, *, budget: float = inf, room: float = inf
) -> tuple[Episodes, EpisodeOutcome]:
    """Order, and let one review period pass.

    Parameters
    ----------
    action : array of shape (n, world.action_size), in [-1, 1]
        The first number as ``actions.wanted_units`` reads it, the others as ``actions.supplier_shares`` does.
    budget : float, money
        For the orders of all episodes together.
    room : float, in units
        For what all episodes together have on hand and on order.
    """
    series, moment = episodes.series, (episodes.series, episodes.path, episodes.period)
    stock, placed = _order(world, episodes, action, budget, room)
    stock, flows = _review_period(world, episodes, stock)
    expected = _in_columns(placed.ordered) * world.expected_share[series]
    price_charge = episodes.price * (world.unit_cost[series] * _in_columns(placed.delivered)).sum(axis=1)
    after = replace(
        episodes,
        period=episodes.period + world.review_periods,
        stock=stock,
        ordered_units=_aged(episodes.ordered_units, expected, world.review_periods),
        ordered_lead_time=_aged(episodes.ordered_lead_time, world.lead_time[moment], world.review_periods),
    )
    reward = -(flows.cost + placed.cost + price_charge) / world.cost_scale[series]
    return after, EpisodeOutcome(placed=placed, flows=flows, price_charge=price_charge, reward=reward)


def is_over(world: "TrainingWorld", episodes: Episodes) -> BoolArray:
    """Whether another review period would lead beyond what can be foreseen, shape (n,)."""
    return episodes.period + world.review_periods >= world.n_moments


def _order(
    world: "TrainingWorld", episodes: Episodes, action: FloatArray, budget: float, room: float
) -> tuple[Stock, Placed]:
    """The orders that an action means, on the suppliers' terms, on their way."""
    series, moment = episodes.series, (episodes.series, episodes.path, episodes.period)
    wanted = wanted_units(
        world.action,
        action[:, 0],
        position=episodes.position,
        quantiles=world.interval_quantile[series, episodes.period],
        mean=world.interval_mean[series, episodes.period],
        critical_ratio=world.costs.critical_ratio[series],
    )
    lead_time, share = world.lead_time[moment], world.delivered_share
    if world.n_suppliers == 1:
        lead_time = lead_time[:, 0]
    else:
        available = episodes.terms.table[:, :, 4] > 0
        wanted = wanted[:, None] * supplier_shares(action[:, 1:], available)
    if budget < inf:
        wanted = _affordable(world, episodes, wanted, budget)
    if room < inf:
        wanted = _within_room(world, episodes, wanted, room)
    delivery = None if share is None else Delivery(share=share[moment].reshape(wanted.shape))
    return place(world.rules, episodes.stock, wanted, lead_time, terms=episodes.terms, delivery=delivery)


def _accepted(world: "TrainingWorld", episodes: Episodes, units: FloatArray) -> FloatArray:
    """What the suppliers make of wanted orders."""
    columns = zip(world.lines, _in_columns(units).T, strict=True)
    accepted = [line.take(episodes.series).feasible_units(column) for line, column in columns]
    return np.column_stack(accepted).reshape(units.shape)


def _within_room(world: "TrainingWorld", episodes: Episodes, wanted: FloatArray, room: float) -> FloatArray:
    """Orders that the suppliers accept and there is room for, all cut alike; what falls below a minimum falls away."""
    share = np.maximum(world.expected_share[episodes.series], 1e-9)[:, None, :]
    there = episodes.stock.units_on_hand.sum() + (episodes.open_units / share).sum()  # should all of it come
    minimum, packs = (episodes.terms.table[..., column].reshape(wanted.shape) for column in (2, 3))
    accepted = _accepted(world, episodes, wanted)
    given = ration(accepted.ravel(), max(room - there, 0.0), pack_units=packs.ravel()).reshape(wanted.shape)
    return np.where(given >= minimum, given, 0.0)


def _affordable(world: "TrainingWorld", episodes: Episodes, wanted: FloatArray, budget: float) -> FloatArray:
    """Orders that the suppliers accept and the budget can pay; those who lack most of their demand come first."""

    def feasible(units: FloatArray) -> FloatArray:
        return _accepted(world, episodes, units)

    unit_cost = world.unit_cost[episodes.series].reshape(wanted.shape)
    lack = _in_columns(wanted) / world.scale[episodes.series, episodes.period][:, None]
    return within_budget(wanted, feasible, unit_cost, budget, urgency=lack.reshape(wanted.shape))


def _review_period(world: "TrainingWorld", episodes: Episodes, stock: Stock) -> tuple[Stock, Ledger]:
    """The periods until the next decision, flows and costs added up."""
    ledgers = []
    for ahead in range(world.review_periods):
        demand = world.demand[episodes.series, episodes.path, episodes.period + ahead]
        stock, ledger = advance(world.rules, stock, demand, episodes.rates)
        ledgers.append(ledger)
    return stock, Ledger.over(ledgers)


def _rates(world: "TrainingWorld", series: IntArray) -> Rates:
    costs = world.costs
    return Rates(holding_cost=costs.holding_cost[series], shortage_cost=costs.shortage_cost[series])


def _terms(world: "TrainingWorld", series: IntArray) -> Terms:
    """The suppliers' terms, shape (n,), or (n, n_suppliers) if there are several; a unit costs its premium."""
    each = {
        "minimum_order_units": np.column_stack([line.minimum_order_units for line in world.lines]),
        "pack_units": np.column_stack([line.pack_units for line in world.lines]),
        "capacity_units": world.capacity,
        "order_cost": world.order_cost,
        "unit_cost": world.premium,
    }
    one = world.n_suppliers == 1
    return Terms(**{name: (column[:, 0] if one else column)[series] for name, column in each.items()})


def _in_columns(orders: FloatArray) -> FloatArray:
    """Orders with an axis for suppliers, even for one."""
    return orders[:, None] if orders.ndim == 1 else orders


def _aged(columns: Numbers, new: Numbers, periods: int) -> Numbers:
    """Ages columns by some periods, the new one being that old then."""
    aged = np.zeros_like(columns)
    aged[:, periods:] = columns[:, :-periods]
    if periods <= aged.shape[1]:  # else nothing can be open for that long
        aged[:, periods - 1] = new
    return aged
