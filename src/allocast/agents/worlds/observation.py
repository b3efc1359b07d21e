"""What the agent looks at, free of scale: shared by environments and agent."""

import numpy as np

from allocast.agents.worlds.actions import LEAST_DEMAND, interval_quantiles
from allocast.agents.worlds.observation_names import ARRIVAL_PERIODS, UNITS_OF_SUPPLIER, observation_bounds
from allocast.agents.worlds.supplier_terms import promised_periods, stake_per_unit, supplier_terms
from allocast.demand.calendar import Frequency
from allocast.inventory.situation import Situation
from allocast.numerics.arrays import DateArray, FloatArray

__all__ = ["coming_demand", "observe", "observe_situation", "season_of"]


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
        [suppliers[:, :, :UNITS_OF_SUPPLIER] / scale[:, :, None], suppliers[:, :, UNITS_OF_SUPPLIER:]], axis=2
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
