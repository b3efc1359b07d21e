"""Where episodes of a training world start."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from allocast.numerics.arrays import FloatArray, IntArray

if TYPE_CHECKING:
    from allocast.agents.worlds.training_world import TrainingWorld

__all__ = ["Starts", "UnderWay", "draw_starts"]

_STARTING_COVER = 2.0  # a series starts with up to so many times its demand over the protection interval
_ORDER_COVER = 2.0  # an order under way is for up to so many times the demand of a review period


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """Orders that were placed before n episodes start, arrays of shape (n, n_ages, n_suppliers).

    Parameters
    ----------
    units, delivered_units : in whole units
        ``[:, a]`` was ordered ``a + 1`` periods ago; so much of it will be delivered.
    lead_time : int, in periods
        What is at most ``a`` has arrived.
    """

    units: FloatArray
    delivered_units: FloatArray
    lead_time: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """Where n episodes start.

    Parameters
    ----------
    series, path, period : arrays of int, shape (n,)
    on_hand : array of shape (n,), whole units
    price : array of shape (n,), money per unit of money spent
        Shadow price of the budget throughout the episode.
    under_way : UnderWay, optional
        Nothing is on order by default.
    """

    series: IntArray
    path: IntArray
    period: IntArray
    on_hand: FloatArray
    price: FloatArray
    under_way: UnderWay | None = None


def draw_starts(world: "TrainingWorld", n: int, rng: np.random.Generator) -> Starts:
    """Draw where n episodes start.

    Series are drawn in proportion to what is at stake, so that the mean reward is total money. Starting periods lie in
    the first half of what can be decided. On hand is up to twice the demand over the protection interval, in some
    episodes with orders on their way, which count towards that: the agent must meet shortage and plenty alike.
    """
    share = np.cumsum(world.cost_scale) / world.cost_scale.sum()
    series = np.minimum(np.searchsorted(share, rng.random(n), side="right"), world.n_series - 1)
    path = rng.integers(world.n_paths, size=n)
    period = rng.integers((world.n_moments - world.review_periods + 1) // 2, size=n)
    cover = rng.uniform(0.0, _STARTING_COVER, size=n)
    price = rng.uniform(0.0, world.highest_price, size=n) if world.highest_price > 0 else np.zeros(n)
    position = np.rint(cover * world.interval_mean[series, period])
    under_way = _draw_under_way(world, series, rng) if world.under_way > 0 else None
    ordered = 0.0 if under_way is None else under_way.units.sum(axis=(1, 2))
    on_hand = np.maximum(position - ordered, 0.0)
    return Starts(series=series, path=path, period=period, on_hand=on_hand, price=price, under_way=under_way)


def _draw_under_way(world: "TrainingWorld", series: IntArray, rng: np.random.Generator) -> UnderWay:
    """Orders of the past, each with the fate of some order that is to come."""
    n, ages, suppliers = len(series), world.arrives_within.shape[2], world.n_suppliers
    fate = (series[:, None], *(rng.integers(most, size=(n, ages)) for most in world.demand.shape[1:]))
    lead_time = world.lead_time[fate]
    weight = rng.random((n, 1, suppliers)) * (world.capacity[series][:, None, :] > 0)
    weight /= np.maximum(weight.sum(axis=2, keepdims=True), 1e-300)
    mean = world.mean_demand[series][:, None, None] * world.review_periods
    wanted = mean * rng.uniform(0.0, _ORDER_COVER, size=(n, ages, 1)) * weight
    age = np.arange(1, ages + 1)
    there = (age % world.review_periods == 0)[:, None] & (lead_time >= age[:, None])
    there &= (rng.random(n) < world.under_way)[:, None, None]
    units = np.where(there, np.floor(wanted + rng.random(wanted.shape)), 0.0)
    share = 1.0 if world.delivered_share is None else world.delivered_share[fate]
    return UnderWay(units=units, delivered_units=np.ceil(units * share - 1e-9), lead_time=lead_time)
