"""What can be known of a training world beforehand: expected demand, terms, chances of arrival; and how it is seen."""

from typing import TYPE_CHECKING

import numpy as np

from allocast.agents.worlds.actions import LEAST_DEMAND, interval_quantiles
from allocast.agents.worlds.observation import coming_demand, observe
from allocast.agents.worlds.observation_names import ARRIVAL_PERIODS, UNITS_SEEN
from allocast.agents.worlds.supplier_terms import stake_per_unit, supplier_terms
from allocast.inventory.lead_time_demand import lead_time_demand
from allocast.numerics.arrays import FloatArray, IntArray

if TYPE_CHECKING:
    from allocast.agents.worlds.training_world import TrainingWorld

__all__ = ["known_beforehand", "seen_beforehand"]

_LEAST_DEMAND = 0.1  # units per period: a series that never sells has no scale of its own


def known_beforehand(world: "TrainingWorld") -> dict[str, FloatArray]:
    """What can be known beforehand of every series and every moment."""
    mean, quantile = _interval_demand(world)
    mean_demand = world.demand.mean(axis=(1, 2))
    per_review = np.maximum(mean_demand, _LEAST_DEMAND) * world.review_periods
    order_cost, unit_cost = _money(world)
    n_periods, suppliers = world.demand.shape[2], range(world.n_suppliers)
    return {
        "interval_mean": mean,
        "interval_quantile": quantile,
        "arrives_within": np.stack(
            [_arrival_given_age(world.lead_time[..., k], world.longest_lead_time) for k in suppliers],
            axis=1,
        ),
        "expected_share": _expected_share(world),
        "order_cost": order_cost,
        "unit_cost": unit_cost,
        "premium": _premium(world, unit_cost),
        "terms": _terms(world, order_cost, unit_cost),
        "mean_demand": mean_demand,
        "capacity": np.column_stack([line.capacity_units for line in world.lines]),
        "scale": np.maximum(mean, LEAST_DEMAND),
        "price_per_stake": unit_cost[:, 0] / stake_per_unit(world.costs),
        "cost_scale": per_review * stake_per_unit(world.costs),
        "season": np.zeros((n_periods, 2)) if world.season is None else np.asarray(world.season),
    }


def seen_beforehand(world: "TrainingWorld") -> FloatArray:
    """What ``observe`` makes of no stock and no orders, without their columns."""
    n_series, moments = world.interval_mean.shape
    series, period = np.repeat(np.arange(n_series), moments), np.tile(np.arange(moments), n_series)
    nothing = np.zeros(n_series * moments)
    coming = np.stack([coming_demand(world.demand[:, :, t:]) for t in range(moments)], axis=1)
    whole = observe(
        net_stock=nothing,
        arriving=np.zeros((len(nothing), ARRIVAL_PERIODS + 1)),
        coming=coming.reshape(len(nothing), -1),
        mean=world.interval_mean.ravel(),
        quantiles=world.interval_quantile.reshape(len(nothing), -1),
        critical_ratio=world.costs.critical_ratio[series],
        season=np.asarray(world.season)[period],
        price=nothing,
        suppliers=world.terms[series],
    )
    return whole[:, UNITS_SEEN:].reshape(n_series, moments, -1)


def _interval_demand(world: "TrainingWorld") -> tuple[FloatArray, FloatArray]:
    """Mean and quantiles of demand over the protection interval, before each period."""
    intervals = [
        lead_time_demand(
            world.demand[:, :, t:], world.lead_time[:, :, t, 0], review_periods=world.review_periods
        )
        for t in range(world.n_moments)
    ]
    means = np.stack([interval.mean for interval in intervals], axis=1)
    return means, np.stack([interval_quantiles(interval.units) for interval in intervals], axis=1)


def _money(world: "TrainingWorld") -> tuple[FloatArray, FloatArray]:
    """Order cost and unit cost of each supplier, shape (n_series, n_suppliers)."""
    if world.n_suppliers == 1:
        return world.costs.order_cost[:, None], world.costs.unit_cost[:, None]
    unit_cost = np.column_stack([line.unit_cost for line in world.lines])
    known = np.where(np.isnan(unit_cost), world.costs.unit_cost[:, None], unit_cost)
    return np.column_stack([line.order_cost for line in world.lines]), known


def _premium(world: "TrainingWorld", unit_cost: FloatArray) -> FloatArray:
    """Unit cost above that of the cheapest supplier that can deliver, shape (n_series, n_suppliers), >= 0."""
    able = np.column_stack([line.capacity_units > 0 for line in world.lines])
    able |= ~able.any(axis=1, keepdims=True)
    cheapest = np.where(able, unit_cost, np.inf).min(axis=1, keepdims=True)
    return np.asarray(np.maximum(unit_cost - cheapest, 0.0))


def _terms(world: "TrainingWorld", order_cost: FloatArray, unit_cost: FloatArray) -> FloatArray:
    premium, world_share = _premium(world, unit_cost), _expected_share(world)
    each = []
    for k, line in enumerate(world.lines):
        lead_time = world.lead_time[..., k].reshape(world.n_series, -1)
        usual = np.quantile(lead_time, 0.5, axis=1, method="inverted_cdf")
        promised = usual if world.promised is None else world.promised[:, k]
        each.append(
            supplier_terms(
                world.costs,
                line,
                lead_time_mean=lead_time.mean(axis=1),
                lead_time_p90=np.quantile(lead_time, 0.9, axis=1, method="inverted_cdf"),
                on_time=(lead_time <= promised[:, None]).mean(axis=1),
                delivered_share=world_share[:, k],
                order_cost=order_cost[:, k],
                premium=premium[:, k],
                review_periods=world.review_periods,
            )
        )
    return np.stack(each, axis=1)


def _expected_share(world: "TrainingWorld") -> FloatArray:
    """What is expected to be delivered of each order, shape (n_series, n_suppliers)."""
    if world.delivered_share is None:
        return np.ones((world.n_series, world.n_suppliers))
    return np.asarray(world.delivered_share.mean(axis=(1, 2)))


def _arrival_given_age(lead_time: IntArray, longest: int) -> FloatArray:
    """P(lead time < age + k | lead time >= age) for ages 1, …, longest and k = 1, 2, …; 1 where none gets so old."""
    sampled = lead_time.reshape(len(lead_time), -1)
    age = np.arange(1, max(longest, 1) + 1)
    open_still = np.stack([(sampled >= a).mean(axis=1) for a in range(age[-1] + ARRIVAL_PERIODS + 1)], axis=1)
    chance = np.stack([open_still[:, age + k] for k in range(1, ARRIVAL_PERIODS + 1)], axis=2)
    waiting = open_still[:, age, None]
    late: FloatArray = np.divide(chance, waiting, out=np.zeros_like(chance), where=waiting > 0)
    return 1.0 - late
