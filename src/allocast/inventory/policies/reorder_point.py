"""(s, S): order only when the position falls to the reorder point, then up to a level."""

from dataclasses import dataclass

import numpy as np

from allocast.inventory.formulas.lot_size import economic_order_quantity
from allocast.inventory.policies.order_up_to import service_level
from allocast.inventory.situation import OrderDecision, Situation

__all__ = ["ReorderPoint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReorderPoint:
    """Order when the position is below s, up to one economic order quantity above s − 1.

    The reorder point s is a quantile of demand over the protection interval; the gap S − s is the batch that
    balances order cost against holding cost, and never less than one unit. Choosing the two apart is close to
    the best pair where the batch is not much smaller than lead-time demand.

    Parameters
    ----------
    cycle_service_level : float in (0, 1), optional
        The quantile; by default each series' critical ratio.

    References
    ----------
    Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., sections 4.4 and 5.3.
    """

    cycle_service_level: float | None = None

    @property
    def name(self) -> str:
        """Name with its service level."""
        return f"reorder_point({service_level(self.cycle_service_level)})"

    def decide(self, situation: Situation) -> OrderDecision:
        """Order up to S wherever the position is below s."""
        service = situation.service_level(self.cycle_service_level)
        trigger = np.ceil(situation.lead_time_demand().quantile(service))
        batch = economic_order_quantity(
            situation.scenarios.demand.mean(axis=(1, 2)),
            order_cost=situation.costs.order_cost,
            holding_cost=situation.costs.holding_cost,
        )
        level = trigger + np.maximum(np.rint(batch) - 1, 0.0)
        return OrderDecision.up_to(level, situation.timely_position(), trigger)
