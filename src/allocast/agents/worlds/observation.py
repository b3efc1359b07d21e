"""What the agent looks at, free of scale: shared by environments and agent."""

from functools import cache

import numpy as np

from allocast.agents.worlds.actions import (
    ACTION_MEANING,
    LEAST_DEMAND,
    QUANTILE_LEVELS,
    fractile,
    fractile_action,
    interval_quantiles,
    order_up_to_level,
)
from allocast.demand.calendar import Frequency
from allocast.inventory.costs import Costs
from allocast.inventory.situation import Situation
from allocast.numerics.arrays import DateArray, FloatArray, IntArray, freeze
from allocast.supply.lead_time import LeadTimeDistribution, whole_periods
from allocast.supply.sourcing import Sourcing

__all__ = [
    "ACTION_MEANING",
    "ARRIVAL_PERIODS",
    "LEAST_DEMAND",
    "OBSERVATION_HIGH",
    "OBSERVATION_LOW",
    "OBSERVATION_NAMES",
    "PRICE_PLACE",
    "SUPPLIER_NAMES",
    "UNITS_SEEN",
    "coming_demand",
    "fractile",
    "fractile_action",
    "interval_quantiles",
    "observation_bounds",
    "observation_names",
    "observe",
    "observe_situation",
    "order_up_to_level",
    "promised_periods",
    "season_of",
    "stake_per_unit",
    "supplier_terms",
]

ARRIVAL_PERIODS = 3
"""What is on order is seen by arrival within 1, 2, … this many coming periods, beside the demand of these periods."""

SUPPLIER_NAMES = (
    "order_cost",
    "smallest_order",
    "lead_time_mean",
    "lead_time_p90",
    "on_time",
    "delivered_share",
    "premium",
)
"""What is seen of each supplier; the first two are in units before they are scaled."""

_SERIES_NAMES = (
    "net_stock",
    *(f"arriving_within_{period}" for period in range(1, ARRIVAL_PERIODS + 1)),
    "on_order",
    *(f"demand_within_{period}" for period in range(1, ARRIVAL_PERIODS + 1)),
    *(f"demand_q{100 * level:.0f}" for level in QUANTILE_LEVELS),
    "critical_ratio",
    "season_sine",
    "season_cosine",
    "price",
)
_LARGEST = 10.0
_IN_UNITS = 2  # of a supplier's numbers


def observation_names(n_suppliers: int) -> tuple[str, ...]:
    """Names of the numbers of an observation; those of a second, third, … supplier end in its number.

    Examples
    --------
    >>> observation_names(2)[-7:-4]
    ('order_cost_2', 'smallest_order_2', 'lead_time_mean_2')
    """
    numbers = ("", *(f"_{supplier}" for supplier in range(2, n_suppliers + 1)))
    suppliers = (name + number for number in numbers for name in SUPPLIER_NAMES)
    return (*_SERIES_NAMES, *suppliers)


@cache
def observation_bounds(n_suppliers: int) -> tuple[FloatArray, FloatArray]:
    """The smallest and the largest value of each number of an observation."""
    signed = {"net_stock": _LARGEST, "season_sine": 1.0, "season_cosine": 1.0}
    shares = ("critical_ratio", "season_sine", "season_cosine", "on_time")
    names = [
        name.rsplit("_", 1)[0] if name[-1].isdigit() else name for name in observation_names(n_suppliers)
    ]
    low = np.array([-signed.get(name, 0.0) for name in names])
    high = np.array([1.0 if name in shares else _LARGEST for name in names])
    return freeze(low), freeze(high)


UNITS_SEEN = _SERIES_NAMES.index("on_order") + 1
"""So many numbers of an observation come first that are of stock and orders; all others but the price are known before
anything has been decided."""
PRICE_PLACE = _SERIES_NAMES.index("price")

OBSERVATION_NAMES = observation_names(1)
"""Where each series has one supplier."""
OBSERVATION_LOW, OBSERVATION_HIGH = observation_bounds(1)


def observe(
    *,
    net_stock: FloatArray,
    arriving: FloatArray,
    coming: FloatArray,
    mean: FloatArray,
    quantiles: FloatArray,
    critical_ratio: FloatArray,
    season: FloatArray,
    price: FloatArray,
    suppliers: FloatArray,
) -> FloatArray:
    """Observations of many series at once, columns as in ``observation_names``.

    Units are divided by expected demand over the protection interval, so that one network serves series
    that sell one unit and series that sell thousands.

    Parameters
    ----------
    net_stock : array of shape (n,), in units
        On hand − backordered.
    arriving : array of shape (n, ARRIVAL_PERIODS + 1), in units
        Expected to arrive within 1, 2, … coming periods; the last column is all that is on order.
    coming : array of shape (n, ARRIVAL_PERIODS), in units
        Expected demand of the next 1, 2, … periods together, from ``coming_demand``.
    mean : array of shape (n,), in units
        Of demand over the protection interval.
    quantiles : array of shape (n, n_levels), in units
        Of the same, from ``interval_quantiles``.
    critical_ratio : array of shape (n,)
    season : array of shape (n, 2)
        From ``season_of``.
    price : array of shape (n,)
        What the shared resource that a unit needs is worth beyond its cost, over the stake per unit.
    suppliers : array of shape (n, n_suppliers, len(SUPPLIER_NAMES))
        From ``supplier_terms``.

    Returns
    -------
    observation : array of shape (n, len(observation_names(n_suppliers))), within ``observation_bounds``
    """
    scale = np.maximum(mean, LEAST_DEMAND)[:, None]
    units = np.column_stack([net_stock, arriving, coming, quantiles]) / scale
    each = np.concatenate(
        [suppliers[:, :, :_IN_UNITS] / scale[:, :, None], suppliers[:, :, _IN_UNITS:]], axis=2
    )
    seen = np.hstack([units, critical_ratio[:, None], season, price[:, None], each.reshape(len(units), -1)])
    observation: FloatArray = np.clip(seen, *observation_bounds(suppliers.shape[1]))
    return observation


def observe_situation(situation: Situation, *, price: FloatArray | float = 0.0) -> FloatArray:
    """Observations of all series of a situation, shape (n_series, len(OBSERVATION_NAMES)).

    Parameters
    ----------
    situation : Situation
    price : money per unit of money spent, a number or an array of shape (n_series,)
        Shadow price of the budget; 0 where money is no limit.
    """
    position, demand = situation.position, situation.lead_time_demand()
    arrivals = position.expected_arrivals()
    within = [arrivals[:, : period + 1].sum(axis=1) for period in range(ARRIVAL_PERIODS)]
    n, costs = len(position.on_hand), situation.costs
    next_period = situation.panel.frequency.shifted(situation.panel.periods[-1:], 1)
    return observe(
        net_stock=position.on_hand - position.backordered,
        arriving=np.column_stack([*within, position.on_order]),
        coming=coming_demand(situation.scenarios.demand),
        mean=demand.mean,
        quantiles=interval_quantiles(demand.units),
        critical_ratio=costs.critical_ratio,
        season=np.repeat(season_of(next_period, situation.panel.frequency), n, axis=0),
        price=price * costs.unit_cost / stake_per_unit(costs),
        suppliers=_terms_of(situation)[:, None, :],
    )


def coming_demand(demand: FloatArray) -> FloatArray:
    """Expected demand of the next 1, 2, … periods together, or of as many as the paths have.

    Parameters
    ----------
    demand : array of shape (n, n_paths, n_periods), in units

    Returns
    -------
    units : array of shape (n, ARRIVAL_PERIODS)
    """
    total = np.cumsum(demand[:, :, :ARRIVAL_PERIODS].mean(axis=1), axis=1)
    last = np.minimum(np.arange(ARRIVAL_PERIODS), total.shape[1] - 1)
    return np.asarray(total[:, last])


def season_of(periods: DateArray, frequency: Frequency) -> FloatArray:
    """Sine and cosine of the place of periods in the year, shape (n_periods, 2).

    Examples
    --------
    >>> season_of(np.array(["2024-04-01"], dtype="datetime64[D]"), Frequency.MONTHLY).round(3) + 0.0
    array([[1., 0.]])
    """
    parts = 12 if frequency is Frequency.MONTHLY else 52
    angle = 2 * np.pi * (frequency.place_in_year(periods) - 1) / parts
    return np.column_stack([np.sin(angle), np.cos(angle)])


def supplier_terms(
    costs: Costs,
    sourcing: Sourcing,
    *,
    lead_time_mean: FloatArray,
    lead_time_p90: FloatArray,
    on_time: FloatArray,
    delivered_share: FloatArray | float,
    order_cost: FloatArray,
    premium: FloatArray | float,
    review_periods: int,
) -> FloatArray:
    """What is known of one supplier of each series, shape (n_series, len(SUPPLIER_NAMES)).

    Columns: order cost ÷ stake per unit, and the smallest order that the supplier takes, both in units; the
    lead time's mean and 90 % quantile, as log(1 + lead time ÷ review period); the chance to come within the
    promised time; the mean share of an order that is delivered; the unit cost above the cheapest supplier's ÷ stake.

    Parameters
    ----------
    costs : Costs
    sourcing : Sourcing
        One line a series.
    lead_time_mean, lead_time_p90 : arrays of shape (n_series,), in periods
    on_time : array of shape (n_series,), in [0, 1]
    delivered_share : array of shape (n_series,), or one number
    order_cost : array of shape (n_series,), money per order
    premium : array of shape (n_series,), or one number, money per unit
        Unit cost above that of the series' cheapest supplier.
    review_periods : int
    """
    packs = np.maximum(np.ceil(sourcing.minimum_order_units / sourcing.pack_units), 1)
    stake = stake_per_unit(costs)
    return np.column_stack(
        [
            order_cost / stake,
            packs * sourcing.pack_units,
            np.log1p(lead_time_mean / review_periods),
            np.log1p(lead_time_p90 / review_periods),
            on_time,
            np.broadcast_to(delivered_share, len(stake)),
            np.broadcast_to(premium, len(stake)) / stake,
        ]
    )


def promised_periods(sourcing: Sourcing, lead_time: LeadTimeDistribution) -> IntArray:
    """Whole periods of the contract's lead time; the median where there is no contract, shape (n_series,)."""
    days = sourcing.lead_time_days
    promised = whole_periods(np.nan_to_num(days), lead_time.period_days)
    return np.where(np.isnan(days), lead_time.quantile(0.5), promised)


def stake_per_unit(costs: Costs) -> FloatArray:
    """Money at stake per unit of demand and period, √(holding cost × shortage cost), shape (n_series,).

    Where one of them is 0 it is the other; where both are, 1, so that it can be divided by.

    Examples
    --------
    >>> stake_per_unit(Costs.uniform(1, holding_cost=1.0, shortage_cost=4.0))
    array([2.])
    """
    stake = np.sqrt(costs.holding_cost * costs.shortage_cost)
    stake = np.where(stake > 0, stake, costs.holding_cost + costs.shortage_cost)
    return np.where(stake > 0, stake, 1.0)


def _terms_of(situation: Situation) -> FloatArray:
    lead_time, sourcing = situation.lead_time, situation.sourcing
    promised = promised_periods(sourcing, lead_time)
    within = lead_time.periods.cumulative
    share = situation.scenarios.delivered_share
    return supplier_terms(
        situation.costs,
        sourcing,
        lead_time_mean=lead_time.mean,
        lead_time_p90=lead_time.quantile(0.9).astype(np.float64),
        on_time=within[np.arange(len(within)), np.minimum(promised, within.shape[1] - 1)],
        delivered_share=1.0 if share is None else share.mean(axis=1),
        order_cost=situation.costs.order_cost,
        premium=0.0,
        review_periods=situation.review_periods,
    )
