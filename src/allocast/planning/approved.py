"""Approved orders in a situation: as if they were placed today, for they are not placed yet."""

from dataclasses import replace

import numpy as np
import pandas as pd

from allocast.inventory.approved_orders import ApprovedOrders
from allocast.inventory.position import StockPosition
from allocast.inventory.situation import Situation
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.discrete import DiscreteDistribution

__all__ = ["with_approved"]

SERIES = ["item_id", "location_id"]


def with_approved(situation: Situation, approved: ApprovedOrders) -> Situation:
    """The situation in which approved orders are on order, and come when an order placed now would.

    On every path they take the very lead time that a new order takes there: both would leave together. So what was
    recommended and approved leaves nothing more to recommend, whatever the policy.

    Parameters
    ----------
    situation : Situation
        Without them.
    approved : ApprovedOrders
        Those for other series do not count.
    """
    row = _rows(situation.panel.series, approved)
    ours = row >= 0
    units: FloatArray = np.zeros(situation.panel.n_series)
    np.add.at(units, row[ours], approved.units[ours])
    if not units.any():
        return situation
    scenarios = situation.scenarios
    arrivals = scenarios.arrivals.copy()
    series = np.flatnonzero(units)
    paths = np.arange(arrivals.shape[1])
    arrivals[series[:, None], paths, scenarios.lead_time[series]] += units[series, None]
    return replace(
        situation,
        position=_position(situation, series, units[series]),
        scenarios=replace(scenarios, arrivals=arrivals),
        approved_units=units,
    )


def _position(situation: Situation, series: IntArray, units: FloatArray) -> StockPosition:
    position = situation.position
    new = situation.lead_time.periods.take(series)
    return replace(
        position,
        open_series=np.concatenate([position.open_series, series]),
        open_units=np.concatenate([position.open_units, units]),
        arrival=DiscreteDistribution.stack([position.arrival, new]),
    )


def _rows(series: pd.DataFrame, approved: ApprovedOrders) -> IntArray:
    """The row of each approved order's series; −1 where it is none of these."""
    keys = pd.MultiIndex.from_arrays([approved.item_id, approved.location_id])
    rows: IntArray = pd.MultiIndex.from_frame(series[SERIES]).get_indexer(keys)
    return rows
