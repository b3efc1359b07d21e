"""The best transfer on each way as if it were the only one: exact where it is, a bound where it is not."""

import numpy as np

from allocast.inventory.rebalancing.unit_values import UnitValues
from allocast.inventory.rebalancing.ways import Ways
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.compiled import compiled

__all__ = ["best_alone"]


def best_alone(
    values: UnitValues,
    ways: Ways,
    cost_per_unit: FloatArray,
    cost_per_transfer: FloatArray,
    pack_units: IntArray,
) -> tuple[IntArray, FloatArray]:
    """Units, and expected gain in money, of the best transfer on each way alone; 0 where none is worth it.

    Other transfers only lower what a unit is worth at both ends, as they take the best units first. So a way that is
    not worth it alone is not worth it at all.

    Parameters
    ----------
    values : UnitValues
    ways : Ways
    cost_per_unit, cost_per_transfer, pack_units : arrays of shape (n_ways,)
    """
    return _best_alone(
        values.cost, values.cost_at, values.gain, values.gain_at, values.point,
        ways.giver, cost_per_unit, cost_per_transfer, pack_units,
    )  # fmt: skip


@compiled
def _best_alone(
    cost: FloatArray, cost_at: IntArray, gain: FloatArray, gain_at: IntArray, point: IntArray,
    giver: IntArray, per_unit: FloatArray, per_transfer: FloatArray, pack: IntArray,
) -> tuple[IntArray, FloatArray]:  # fmt: skip
    units, total = np.zeros(len(giver), dtype=np.int64), np.zeros(len(giver))
    for way in range(len(giver)):
        give, take = cost_at[giver[way]], gain_at[point[way]]
        most = min(cost_at[giver[way] + 1] - give, gain_at[point[way] + 1] - take)
        saved, moved = 0.0, 0
        while moved + pack[way] <= most:
            step = 0.0
            for k in range(moved, moved + pack[way]):
                step += gain[take + k] - cost[give + k] - per_unit[way]
            if step <= 1e-9:
                break
            saved += step
            moved += pack[way]
        if saved - per_transfer[way] > 1e-9:
            units[way], total[way] = moved, saved - per_transfer[way]
    return units, total
