"""What the agent looks at, free of scale, and what its answer means: shared by environments and agent."""

import numpy as np

from allocast.inventory.costs import Costs
from allocast.inventory.lead_time_demand import sample_quantile
from allocast.inventory.situation import Situation
from allocast.numerics.arrays import FloatArray
from allocast.supply.sourcing import Sourcing

__all__ = [
    "ACTION_MEANING",
    "ARRIVAL_PERIODS",
    "OBSERVATION_HIGH",
    "OBSERVATION_LOW",
    "OBSERVATION_NAMES",
    "fractile",
    "fractile_action",
    "interval_quantiles",
    "observe",
    "observe_situation",
    "order_up_to_level",
    "stake_per_unit",
    "supply_terms",
]

QUANTILE_LEVELS = (0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99)
ARRIVAL_PERIODS = 3
"""What is on order is seen by arrival within 1, 2, … this many coming periods, and in total."""

OBSERVATION_NAMES = (
    "net_stock",
    *(f"arriving_within_{period}" for period in range(1, ARRIVAL_PERIODS + 1)),
    "on_order",
    *(f"demand_q{100 * level:.0f}" for level in QUANTILE_LEVELS),
    "order_cost",
    "smallest_order",
    "lead_time_mean",
    "lead_time_p90",
    "critical_ratio",
)
_LARGEST = 10.0
OBSERVATION_LOW: FloatArray = np.array([-_LARGEST] + [0.0] * (len(OBSERVATION_NAMES) - 1))
OBSERVATION_HIGH: FloatArray = np.array([_LARGEST] * (len(OBSERVATION_NAMES) - 1) + [1.0])

_LEAST_DEMAND = 0.25  # units per protection interval: a series that hardly sells would divide by zero
_ABOVE_TOP = 1.5  # the highest level, as a multiple of the top quantile
_FRACTILES = (0.0, *QUANTILE_LEVELS, 1.0)
_KNOTS = np.linspace(-1.0, 1.0, len(_FRACTILES))  # the actions that mean them

ACTION_MEANING = {"fractiles": list(_FRACTILES), "highest_level_over_top_quantile": _ABOVE_TOP}
"""How an action becomes a level, written beside a saved agent: with another meaning it must not be loaded."""


def observe(
    *,
    net_stock: FloatArray,
    arriving: FloatArray,
    mean: FloatArray,
    quantiles: FloatArray,
    terms: FloatArray,
) -> FloatArray:
    """Observations of many series at once, columns as in ``OBSERVATION_NAMES``.

    Units are divided by expected demand over the protection interval, so that one network serves series
    that sell one unit and series that sell thousands.

    Parameters
    ----------
    net_stock : array of shape (n,), in units
        On hand − backordered.
    arriving : array of shape (n, ARRIVAL_PERIODS + 1), in units
        Expected to arrive within 1, 2, … coming periods; the last column is all that is on order.
    mean : array of shape (n,), in units
        Of demand over the protection interval.
    quantiles : array of shape (n, n_levels), in units
        Of the same, from ``interval_quantiles``.
    terms : array of shape (n, 5)
        From ``supply_terms``.

    Returns
    -------
    observation : array of shape (n, len(OBSERVATION_NAMES)), within OBSERVATION_LOW and OBSERVATION_HIGH
    """
    units = np.column_stack([net_stock, arriving, quantiles, terms[:, :2]])
    scaled = units / np.maximum(mean, _LEAST_DEMAND)[:, None]
    observation: FloatArray = np.clip(np.hstack([scaled, terms[:, 2:]]), OBSERVATION_LOW, OBSERVATION_HIGH)
    return observation


def observe_situation(situation: Situation) -> FloatArray:
    """Observations of all series of a situation, shape (n_series, len(OBSERVATION_NAMES))."""
    position, demand = situation.position, situation.lead_time_demand()
    arrivals = position.expected_arrivals()
    within = [arrivals[:, : period + 1].sum(axis=1) for period in range(ARRIVAL_PERIODS)]
    return observe(
        net_stock=position.on_hand - position.backordered,
        arriving=np.column_stack([*within, position.on_order]),
        mean=demand.mean,
        quantiles=interval_quantiles(demand.units),
        terms=supply_terms(
            situation.costs,
            situation.sourcing,
            lead_time_mean=situation.lead_time.mean,
            lead_time_p90=situation.lead_time.quantile(0.9).astype(np.float64),
            review_periods=situation.review_periods,
        ),
    )


def interval_quantiles(units: FloatArray) -> FloatArray:
    """Quantiles of sampled demand over the protection interval, (n, n_paths) to (n, n_levels), in units."""
    ordered = np.sort(units, axis=1)
    return np.column_stack([sample_quantile(ordered, np.full(len(units), q)) for q in QUANTILE_LEVELS])


def supply_terms(
    costs: Costs,
    sourcing: Sourcing,
    *,
    lead_time_mean: FloatArray,
    lead_time_p90: FloatArray,
    review_periods: int,
) -> FloatArray:
    """What does not change from period to period, shape (n_series, 5).

    Columns: order cost ÷ stake per unit, and the smallest order that the supplier takes, both in units; the
    lead time's mean and 90 % quantile, as log(1 + lead time ÷ review period); the critical ratio.
    """
    packs = np.maximum(np.ceil(sourcing.minimum_order_units / sourcing.pack_units), 1)
    return np.column_stack(
        [
            costs.order_cost / stake_per_unit(costs),
            packs * sourcing.pack_units,
            np.log1p(lead_time_mean / review_periods),
            np.log1p(lead_time_p90 / review_periods),
            costs.critical_ratio,
        ]
    )


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


def order_up_to_level(action: FloatArray, quantiles: FloatArray) -> FloatArray:
    """The order-up-to level that an action means, in whole units.

    The range of the action is divided evenly between 0, the quantiles of demand over the protection
    interval and 1.5 × the topmost; in between the level is interpolated.

    Parameters
    ----------
    action : array of shape (n,), in [-1, 1]
    quantiles : array of shape (n, n_levels), in units

    Returns
    -------
    level : array of shape (n,), whole units, >= 0

    Examples
    --------
    >>> quantiles = np.array([[1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 20.0]])
    >>> [order_up_to_level(np.array([action]), quantiles).item() for action in (-1.0, -0.25, 0.125, 1.0)]
    [0.0, 4.0, 7.0, 30.0]
    """
    levels = np.column_stack([np.zeros(len(quantiles)), quantiles, _ABOVE_TOP * quantiles[:, -1]])
    place = (np.clip(action, -1.0, 1.0) + 1.0) / 2.0 * (levels.shape[1] - 1)
    below = np.minimum(place.astype(np.int64), levels.shape[1] - 2)
    rows = np.arange(len(levels))
    low, high = levels[rows, below], levels[rows, below + 1]
    level: FloatArray = np.rint(low + (place - below) * (high - low))
    return level


def fractile(action: FloatArray) -> FloatArray:
    """The fractile of demand over the protection interval that an action means; beyond the top quantile, towards 1."""
    level: FloatArray = np.interp(action, _KNOTS, _FRACTILES)
    return level


def fractile_action(level: FloatArray) -> FloatArray:
    """The action that means this fractile: the inverse of ``fractile``.

    Examples
    --------
    >>> fractile(fractile_action(np.array([0.2, 0.8]))).round(6)
    array([0.2, 0.8])
    """
    action: FloatArray = np.interp(level, _FRACTILES, _KNOTS)
    return action
