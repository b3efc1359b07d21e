"""The textbook's order-up-to level, mean + z σ: what the other policies are compared with."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import SettingsError
from allocast.inventory.formulas.compound_demand import Moments
from allocast.inventory.formulas.periodic_review import normal_order_up_to
from allocast.inventory.policies.order_up_to import service_level
from allocast.inventory.situation import OrderDecision, Situation

__all__ = ["SigmaFormula"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SigmaFormula:
    """Raise the position to μ_d (R + L) + z sqrt((R + L) σ_d² + μ_d² σ_L²), as if lead-time demand were normal.

    Parameters
    ----------
    cycle_service_level : float in (0, 1), optional
        By default each series' critical ratio.
    window : int, >= 2, optional
        Mean and standard deviation of demand are those of the last periods observed; without one, of the forecast's
        scenarios.

    Raises
    ------
    SettingsError
        The window is below 2 periods.

    References
    ----------
    Silver, Pyke and Thomas, *Inventory and Production Management in Supply Chains*, 4th ed., sections 6.9 and 6.10.
    """

    cycle_service_level: float | None = None
    window: int | None = 52

    def __post_init__(self) -> None:
        if self.window is not None and self.window < 2:
            raise SettingsError(
                f"window must be >= 2 periods, for a standard deviation; it is {self.window}."
            )

    @property
    def name(self) -> str:
        """Name with its service level and where its moments come from."""
        source = "forecast" if self.window is None else f"{self.window}"
        return f"sigma_formula({service_level(self.cycle_service_level)}, {source})"

    def decide(self, situation: Situation) -> OrderDecision:
        """Order what the position lacks to the level, in whole units."""
        service = np.clip(situation.service_level(self.cycle_service_level), 1e-9, 1 - 1e-9)
        level = normal_order_up_to(
            self._demand(situation),
            Moments.of(situation.lead_time.periods),
            situation.review_periods,
            service,
        )
        return OrderDecision.up_to(np.ceil(np.maximum(level, 0.0)), situation.timely_position())

    def _demand(self, situation: Situation) -> Moments:
        if self.window is None:
            demand = situation.scenarios.demand
            return Moments(mean=demand.mean(axis=(1, 2)), deviation=demand.std(axis=(1, 2)))
        return Moments.observed(situation.panel.demand[:, -self.window :])
