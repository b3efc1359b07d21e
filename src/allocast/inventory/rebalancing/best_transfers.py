"""Whole units move where they are worth more, before anything is bought."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from allocast.errors import SettingsError
from allocast.inventory.rebalancing.joint_ways import JointWays, best_together
from allocast.inventory.rebalancing.lanes import Lanes
from allocast.inventory.rebalancing.single_way import best_alone
from allocast.inventory.rebalancing.transfers import Transfers
from allocast.inventory.rebalancing.tree_of_ways import best_on_tree, is_tree
from allocast.inventory.rebalancing.unit_values import UnitValues, unit_values
from allocast.inventory.rebalancing.ways import Ways, ways_between
from allocast.inventory.situation import Situation
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.supply.lead_time import whole_periods

__all__ = ["LONGEST_DAYS", "Rebalancing", "rebalance"]

LONGEST_DAYS = 728.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebalancing:
    """What to move.

    Parameters
    ----------
    transfers : Transfers
    gap : float, money, >= 0
        No transfers would be expected to save more than this beyond these; 0 where they are proved to be the best.
    """

    transfers: Transfers
    gap: float


def rebalance(situation: Situation, lanes: Lanes, *, longest_days: float = LONGEST_DAYS) -> Rebalancing:
    """Move whole units between the locations of each item where that saves more money than it costs.

    A unit is worth at its receiver what shortage it avoids from its arrival until an order placed now could be there
    (what an order can prevent needs no transfer), less holding it until it is used up. It is worth at its giver what
    shortage it avoids until the next order after that could be there, less holding it until it would be used up: a
    place gives what it does not need, or what helps more elsewhere. Purchases that are saved at one end come later at
    the other, and cancel out. What is on the way is the receiver's to hold.

    A way that is not worth it by itself is left out, exactly. A way that shares neither giver nor receiver with another
    is solved by walking its units, and ways that hang together without a circle from their leaves to their root, both
    exactly and in compiled code; only circles, several delays to one receiver, and thousands of units go to HiGHS. The
    cost grows with the units on all ways, with their square in groups, and by about 20 ms for each group for HiGHS.

    Parameters
    ----------
    situation : Situation
        Scenarios tell what is needed when, the position what is there; a place gives only what is on hand.
    lanes : Lanes
    longest_days : float, in days, >= 0
        For how long a unit that nobody needs is held against its place at the most.

    Returns
    -------
    Rebalancing

    Raises
    ------
    SettingsError
        ``longest_days`` is out of its range.
    """
    if not longest_days >= 0:
        raise SettingsError(f"longest_days must be >= 0; it is {longest_days}.")
    horizon = situation.scenarios.demand.shape[2]
    lane_delay = whole_periods(lanes.days, situation.lead_time.period_days)
    ways = ways_between(situation.panel.series, lanes)
    ways = ways.take(np.flatnonzero(lane_delay[ways.lane] < horizon))
    values = unit_values(
        situation, ways, lane_delay[ways.lane], longest_periods=longest_days / situation.panel.frequency.days
    )
    pack = lanes.pack_units.astype(np.int64)[ways.lane]
    terms = (lanes.cost_per_unit[ways.lane], lanes.cost_per_transfer[ways.lane], pack)
    alone, _ = best_alone(values, ways, *terms)
    worth = np.flatnonzero(alone)
    units, gap = alone.copy(), 0.0
    for group in _groups(ways.take(worth), len(situation.panel.series)):
        rows = worth[group]
        joint = _joint(values, ways, rows, alone[rows], *terms)
        units[rows], behind = (best_on_tree(joint), 0.0) if is_tree(joint) else best_together(joint)
        gap += behind
    moved = np.flatnonzero(units)
    return Rebalancing(transfers=_transfers(values, ways, moved, units, lane_delay, lanes), gap=gap)


def _groups(ways: Ways, n_series: int) -> list[IntArray]:
    """Rows of ways that share a giver or a receiver with another, group by group."""
    n = len(ways)
    if n == 0:
        return []
    ends = (np.ones(n), (ways.giver, n_series + ways.receiver))
    _, label = connected_components(csr_array(ends, shape=(2 * n_series, 2 * n_series)), directed=False)
    own = label[ways.giver]
    order = np.argsort(own, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(own[order])) + 1)
    return [group for group in groups if len(group) > 1]


def _joint(
    values: UnitValues,
    ways: Ways,
    rows: IntArray,
    most: IntArray,
    per_unit: FloatArray,
    per_transfer: FloatArray,
    pack: IntArray,
) -> JointWays:
    chosen, point = ways.take(rows), values.point[rows]
    return JointWays(
        giver=chosen.giver,
        receiver=chosen.receiver,
        point=point,
        cost_per_unit=per_unit[rows],
        cost_per_transfer=per_transfer[rows],
        pack_units=pack[rows],
        most=most,
        costs={int(giver): values.costs_of(giver) for giver in np.unique(chosen.giver)},
        gains={int(row): values.gains_of(row) for row in np.unique(point)},
    )


def _transfers(
    values: UnitValues, ways: Ways, moved: IntArray, units: IntArray, lane_delay: IntArray, lanes: Lanes
) -> Transfers:
    chosen, units = ways.take(moved), units[moved]
    delay = lane_delay[chosen.lane]
    cost = lanes.cost_per_unit[chosen.lane] * units + lanes.cost_per_transfer[chosen.lane]
    given = np.bincount(chosen.giver, weights=units, minlength=len(values.cost_at) - 1)
    lost = _sum_between(values.cost, values.cost_at[chosen.giver], given[chosen.giver])
    won = _received(values, chosen, values.point[moved], units, delay)
    return Transfers(
        giver=chosen.giver,
        receiver=chosen.receiver,
        lane=chosen.lane,
        units=units,
        delay=delay,
        cost=cost,
        gain=won - lost * units / np.maximum(given[chosen.giver], 1) - cost,
    )


def _received(
    values: UnitValues, ways: Ways, point: IntArray, units: IntArray, delay: IntArray
) -> FloatArray:
    """Worth of each transfer to its receiver, the earliest first where several come to one."""
    order = np.lexsort([delay, ways.receiver])
    behind = np.cumsum(units[order]) - units[order]
    first = np.append(True, np.diff(ways.receiver[order]) != 0) if len(order) else np.zeros(0, dtype=bool)
    rank = np.zeros(len(order), dtype=np.int64)
    rank[order] = behind - np.maximum.accumulate(np.where(first, behind, 0))
    start = np.minimum(values.gain_at[point] + rank, values.gain_at[point + 1])
    room = values.gain_at[point + 1] - start
    return _sum_between(values.gain, start, np.minimum(units, room))


def _sum_between(values: FloatArray, start: IntArray, count: FloatArray | IntArray) -> FloatArray:
    total = np.append(0.0, np.cumsum(values))
    return np.asarray(total[start + count.astype(np.int64)] - total[start])
