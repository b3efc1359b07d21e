"""Order a quantile of what each path will need when the order arrives."""

from dataclasses import dataclass

import numpy as np

from allocast.inventory.lead_time_demand import sample_quantile
from allocast.inventory.policies.order_up_to import service_level
from allocast.inventory.situation import OrderDecision, Situation

__all__ = ["ProjectedNeed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectedNeed:
    """Carry the stock forward path by path to the arrival of a new order, and order a quantile of the need there.

    Where sales are lost, stock that runs out before the order arrives is not owed afterwards: a path's need
    starts from zero, not from below. And an open order that comes too late for one period still serves the
    next. Both make this sharper than order-up-to, which looks at the position alone.

    Parameters
    ----------
    cycle_service_level : float in (0, 1), optional
        The quantile; by default each series' critical ratio.
    heeds_end : bool
        Whether the last order before an end is at the critical ratio at least: what it leaves does not lie for long.
    """

    cycle_service_level: float | None = None
    heeds_end: bool = False

    @property
    def name(self) -> str:
        """Name with its service level."""
        end = ", end" if self.heeds_end else ""
        return f"projected_need({service_level(self.cycle_service_level)}{end})"

    def decide(self, situation: Situation) -> OrderDecision:
        """Order the quantile of the need, rounded to whole units."""
        need, service = situation.projected_need(), situation.service_level(self.cycle_service_level)
        quantile = sample_quantile(need, situation.level_at_end(service) if self.heeds_end else service)
        wanted = np.rint(np.maximum(quantile, 0.0))
        level = situation.timely_position() + np.rint(quantile)
        return OrderDecision(wanted_units=wanted, trigger=level, level=level)
