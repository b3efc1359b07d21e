"""What it costs not to follow a recommendation."""

import numpy as np

from allocast.inventory.order_lines import OrderLines
from allocast.inventory.situation import Situation
from allocast.numerics.arrays import FloatArray

__all__ = ["cost_at_stake"]


def cost_at_stake(situation: Situation, lines: OrderLines) -> FloatArray:
    """What ordering avoids, shared by a series' lines as its units are; of units that come early, what these avoid."""
    early = ~np.isnan(lines.shortage_saved)
    rest = np.where(early, 0.0, lines.units)
    need, n_series = situation.projected_need(), len(situation.position.on_hand)
    ordered: FloatArray = np.bincount(lines.series, weights=rest, minlength=n_series).astype(np.float64)

    def expected_shortage(units: FloatArray) -> FloatArray:
        short: FloatArray = np.maximum(need - units[:, None], 0.0).mean(axis=1)
        return short

    avoided = expected_shortage(np.zeros_like(ordered)) - expected_shortage(ordered)
    stake = situation.costs.shortage_cost * avoided / np.maximum(ordered, 1.0)
    return np.where(early, lines.shortage_saved, stake[lines.series] * rest)
