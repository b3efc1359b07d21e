"""What the next unit is worth: given away by one place, received by another."""

from dataclasses import dataclass

import numpy as np

from allocast.inventory.rebalancing.value_kernels import give_costs, largest_need, receive_gains
from allocast.inventory.rebalancing.ways import Ways
from allocast.inventory.situation import Situation
from allocast.numerics.arrays import FloatArray, IntArray

__all__ = ["UnitValues", "unit_values"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitValues:
    """Money by unit, ragged: row ``i`` of ``cost`` is ``cost[cost_at[i]:cost_at[i + 1]]``.

    Parameters
    ----------
    cost, cost_at : arrays, the second of shape (n_series + 1,)
        Of giving the 1st, 2nd, … unit of a series; never falls along a row, and may be negative, as a unit given is
        not held any more.
    gain, gain_at : arrays, the second of shape (n_points + 1,)
        Of receiving the 1st, 2nd, … unit; never rises along a row.
    point : array of int, shape (n_ways,)
        Which row of ``gain`` holds for a way: each series has one for each delay.
    """

    cost: FloatArray
    cost_at: IntArray
    gain: FloatArray
    gain_at: IntArray
    point: IntArray

    def costs_of(self, series: int) -> FloatArray:
        """Of the 1st, 2nd, … unit that a series gives."""
        row: FloatArray = self.cost[self.cost_at[series] : self.cost_at[series + 1]]
        return row

    def gains_of(self, point: int) -> FloatArray:
        """Of the 1st, 2nd, … unit received."""
        row: FloatArray = self.gain[self.gain_at[point] : self.gain_at[point + 1]]
        return row


def unit_values(situation: Situation, ways: Ways, delay: IntArray, *, longest_periods: float) -> UnitValues:
    """Costs of giving and gains of receiving, from the sampled futures, for the series that have a way.

    Parameters
    ----------
    situation : Situation
    ways : Ways
    delay : array of int, shape (n_ways,), in periods
        Units that leave now can be used in this coming period, 0 being the next one.
    longest_periods : float
        A unit that the sampled futures do not use up is taken to lie until average demand has reached it, but no
        longer than this.
    """
    scenarios, costs = situation.scenarios, situation.costs
    stock = situation.position.on_hand - situation.position.backordered
    points, point = np.unique(np.column_stack([ways.receiver, delay]), axis=0, return_inverse=True)
    futures = (scenarios.demand, scenarios.arrivals, stock)
    need = largest_need(*futures, points[:, 0], points[:, 1], costs.backorders)
    given = _most_given(ways, stock, need[point.ravel()])
    received = np.minimum(need, _sums(point.ravel(), given[ways.giver], len(points)))
    cost_at, gain_at = _offsets(given), _offsets(received)
    longest, waits = float(longest_periods), costs.backorders
    own = np.minimum(scenarios.lead_time + situation.review_periods, scenarios.demand.shape[2])
    return UnitValues(
        cost=give_costs(*futures, own, cost_at, costs.holding_cost, costs.shortage_cost, longest, waits),
        cost_at=cost_at,
        gain=receive_gains(
            *futures, scenarios.lead_time, points[:, 0], points[:, 1], gain_at,
            costs.holding_cost, costs.shortage_cost, longest, waits,
        ),
        gain_at=gain_at,
        point=point.ravel(),
    )  # fmt: skip


def _most_given(ways: Ways, stock: FloatArray, need: IntArray) -> IntArray:
    """What each series may give: whole units that it has, and no more than all its receivers could use."""
    has = np.maximum(np.floor(stock + 1e-9), 0).astype(np.int64)
    most: IntArray = np.minimum(has, _sums(ways.giver, need, len(stock)))
    return most


def _sums(place: IntArray, units: IntArray, n: int) -> IntArray:
    """Units added up by place, shape (n,)."""
    total: IntArray = np.rint(np.bincount(place, weights=units, minlength=n)).astype(np.int64)
    return total


def _offsets(sizes: IntArray) -> IntArray:
    offsets: IntArray = np.append(0, np.cumsum(sizes)).astype(np.int64)
    return offsets
