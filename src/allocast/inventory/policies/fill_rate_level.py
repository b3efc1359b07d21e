"""Order up to the level at which a share of demand is met from stock."""

from dataclasses import dataclass

import numpy as np

from allocast.inventory.formulas.fill_rate import level_for_fill_rate
from allocast.inventory.situation import OrderDecision, Situation
from allocast.numerics.arrays import FloatArray, IntArray

__all__ = ["FillRateLevel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FillRateLevel:
    """Raise the position to the smallest level whose fill rate, over all scenarios, is the one wanted.

    A cycle service level counts how often all is served; a fill rate counts how much. Where demand is large but steady
    it asks for less stock, where it is rare for more.

    Parameters
    ----------
    fill_rate : float in (0, 1)

    References
    ----------
    ``formulas.fill_rate.level_for_fill_rate``.
    """

    fill_rate: float = 0.95

    @property
    def name(self) -> str:
        """Name with its fill rate."""
        return f"fill_rate({self.fill_rate:.3g})"

    def decide(self, situation: Situation) -> OrderDecision:
        """Order what the position lacks to the level, in whole units."""
        demand, lead_time = situation.scenarios.demand, situation.scenarios.lead_time
        through = situation.lead_time_demand().units
        target = np.full(len(demand), self.fill_rate)
        level = level_for_fill_rate(_over(demand, lead_time), through, target)
        return OrderDecision.up_to(level, situation.timely_position())


def _over(demand: FloatArray, periods: IntArray) -> FloatArray:
    """Demand of the first periods of each path, as many as given, shape (n_series, n_paths)."""
    total = np.concatenate([np.zeros((*demand.shape[:2], 1)), np.cumsum(demand, axis=2)], axis=2)
    return np.take_along_axis(total, np.asarray(periods)[:, :, None], axis=2)[:, :, 0]
