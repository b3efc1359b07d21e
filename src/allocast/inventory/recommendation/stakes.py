"""What it costs not to follow a recommendation."""

import numpy as np

from allocast.inventory.order_lines import OrderLines
from allocast.inventory.situation import Situation
from allocast.numerics.arrays import FloatArray

__all__ = ["cost_at_stake"]


def cost_at_stake(situation: Situation, lines: OrderLines) -> FloatArray:
    """What ordering avoids, shared by a series' lines as its units are."""
    need, ordered = situation.projected_need(), lines.total(len(situation.position.on_hand))

    def expected_shortage(units: FloatArray) -> FloatArray:
        short: FloatArray = np.maximum(need - units[:, None], 0.0).mean(axis=1)
        return short

    avoided = expected_shortage(np.zeros_like(ordered)) - expected_shortage(ordered)
    stake = situation.costs.shortage_cost * avoided / np.maximum(ordered, 1.0)
    of_lines: FloatArray = stake[lines.series] * lines.units
    return of_lines
