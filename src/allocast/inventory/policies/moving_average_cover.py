"""Order up to the next periods' forecast of a seasonal moving average: the VN2 organiser's rule."""

from dataclasses import dataclass

import numpy as np

from allocast.forecast.baselines import SeasonalMovingAverage
from allocast.inventory.situation import OrderDecision, Situation

__all__ = ["MovingAverageCover"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MovingAverageCover:
    """Cover the next ``cover_periods`` by a seasonal moving average, without safety stock.

    Parameters
    ----------
    window : int, >= 1
        Periods averaged.
    cover_periods : int, >= 1

    References
    ----------
    VN2 Inventory Planning Challenge (2025), the organiser's benchmark: 13 weeks, cover of 4 weeks.
    """

    window: int = 13
    cover_periods: int = 4

    @property
    def name(self) -> str:
        """Name with its settings."""
        return f"moving_average_cover({self.window}, {self.cover_periods})"

    def decide(self, situation: Situation) -> OrderDecision:
        """Order the forecast of the cover less the position, rounded half to even."""
        forecast = SeasonalMovingAverage(window=self.window).mean(situation.panel, self.cover_periods)
        level = forecast.sum(axis=1)
        decision = OrderDecision.up_to(level, situation.position.units)
        return OrderDecision(wanted_units=np.rint(decision.wanted_units), trigger=level, level=level)
