"""Base stock: raise the position to a quantile of lead-time demand."""

from dataclasses import dataclass

import numpy as np

from allocast.inventory.situation import OrderDecision, Situation

__all__ = ["OrderUpTo", "service_level"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUpTo:
    """Raise the inventory position to a quantile of demand over the protection interval.

    Parameters
    ----------
    cycle_service_level : float in (0, 1), optional
        The quantile; by default each series' critical ratio.

    References
    ----------
    Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., section 4.3.
    """

    cycle_service_level: float | None = None

    @property
    def name(self) -> str:
        """Name with its service level."""
        return f"order_up_to({service_level(self.cycle_service_level)})"

    def decide(self, situation: Situation) -> OrderDecision:
        """Order what the position lacks to the level, in whole units."""
        level = np.ceil(
            situation.lead_time_demand().quantile(situation.service_level(self.cycle_service_level))
        )
        return OrderDecision.up_to(level, situation.timely_position())


def service_level(level: float | None) -> str:
    """How a service level is written in a policy's name."""
    return "critical ratio" if level is None else f"{level:.3g}"
