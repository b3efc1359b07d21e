"""(R, S): look at the stock every R periods only, and order up to S then."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError, SettingsError
from allocast.inventory.lead_time_demand import lead_time_demand
from allocast.inventory.policies.order_up_to import service_level
from allocast.inventory.situation import OrderDecision, Situation
from allocast.numerics.arrays import FloatArray

__all__ = ["PeriodicReview"]

A_MONDAY = np.datetime64("1970-01-05")  # reviews are counted from the period that holds it


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodicReview:
    """Every R-th period, raise the position to a quantile of demand over R periods and the lead time.

    Where the longest lead times and R together reach beyond the forecast, each path goes on with its last periods
    once more.

    Parameters
    ----------
    review_periods : int, >= 1
        R. All series are reviewed in the same periods, as orders to one supplier would be.
    cycle_service_level : float in (0, 1), optional
        The quantile; by default each series' critical ratio.

    Raises
    ------
    SettingsError
        ``review_periods`` is below 1.

    References
    ----------
    Silver, Pyke and Thomas, *Inventory and Production Management in Supply Chains*, 4th ed., section 6.9. The level
    that costs least at known costs is ``formulas.periodic_review``.
    """

    review_periods: int = 4
    cycle_service_level: float | None = None

    def __post_init__(self) -> None:
        if self.review_periods < 1:
            raise SettingsError(f"review_periods must be >= 1; it is {self.review_periods}.")

    @property
    def name(self) -> str:
        """Name with its review period and service level."""
        return f"periodic_review({self.review_periods}, {service_level(self.cycle_service_level)})"

    def decide(self, situation: Situation) -> OrderDecision:
        """Order up to the level in a review period, nothing in another."""
        scenarios, panel = situation.scenarios, situation.panel
        demand = _prolonged(scenarios.demand, self.review_periods - 1)
        interval = lead_time_demand(demand, scenarios.lead_time, review_periods=self.review_periods)
        level = np.ceil(interval.quantile(situation.service_level(self.cycle_service_level)))
        decision = OrderDecision.up_to(level, situation.timely_position(self.review_periods))
        waiting = -int(panel.frequency.place(A_MONDAY, panel.as_of)) % self.review_periods
        if waiting == 0:
            return decision
        unit = panel.frequency.unit
        note = f"Stock is reviewed again in {waiting} {unit}{'s' if waiting > 1 else ''}."
        return OrderDecision(
            wanted_units=np.zeros_like(level),
            trigger=decision.trigger,
            level=decision.level,
            notes=(note,) * len(level),
            next_review=waiting,
        )


def _prolonged(demand: FloatArray, count: int) -> FloatArray:
    """Paths with their last periods once more at the end, shape (n_series, n_paths, n_periods + count).

    Raises
    ------
    DataError
        There are not as many.
    """
    if count > demand.shape[2]:
        raise DataError(
            f"demand paths must cover a review of {count + 1} periods but for the last; they have {demand.shape[2]}. "
            "Forecast further ahead."
        )
    return np.concatenate([demand, demand[:, :, demand.shape[2] - count :]], axis=2)
