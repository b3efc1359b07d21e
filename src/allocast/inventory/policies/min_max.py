"""Min/max by rule of thumb: so many periods of average demand at the least, so many at the most."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import SettingsError
from allocast.forecast.baselines import MovingAverage
from allocast.inventory.situation import OrderDecision, Situation

__all__ = ["MinMax"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MinMax:
    """Order up to the maximum wherever the position is at or below the minimum.

    Both are periods of average past demand: what many planners set by hand, and a baseline. It knows neither forecast
    nor lead time nor costs; the pair that costs least is the policy ``reorder_levels``.

    Parameters
    ----------
    minimum_periods, maximum_periods : float, in periods of demand, >= 0
        The second above the first.
    window : int, >= 1
        Periods averaged.

    Raises
    ------
    SettingsError
        The maximum is not above the minimum, or a number is out of its range.
    """

    minimum_periods: float = 4.0
    maximum_periods: float = 8.0
    window: int = 52

    def __post_init__(self) -> None:
        if not 0 <= self.minimum_periods < self.maximum_periods or self.window < 1:
            raise SettingsError(
                "min/max needs 0 <= minimum_periods < maximum_periods and a window >= 1; they are "
                f"{self.minimum_periods:g}, {self.maximum_periods:g} and {self.window}."
            )

    @property
    def name(self) -> str:
        """Name with its settings."""
        return f"min_max({self.minimum_periods:g}, {self.maximum_periods:g}, {self.window})"

    def decide(self, situation: Situation) -> OrderDecision:
        """Order up to the maximum, in whole units."""
        average = MovingAverage(window=self.window).mean(situation.panel, 1)[:, 0]
        trigger = np.where(average > 0, np.floor(average * self.minimum_periods) + 1, 0.0)
        level = np.maximum(np.ceil(average * self.maximum_periods), trigger)
        return OrderDecision.up_to(level, situation.timely_position(), trigger)
