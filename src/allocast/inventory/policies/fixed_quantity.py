"""(R, Q): order one batch, or as many as it takes, where the position falls below the reorder point."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import SettingsError
from allocast.inventory.formulas.lot_size import economic_order_quantity
from allocast.inventory.policies.order_up_to import service_level
from allocast.inventory.situation import OrderDecision, Situation

__all__ = ["FixedQuantity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedQuantity:
    """Order whole batches wherever the position is below a quantile of demand over the protection interval.

    Parameters
    ----------
    cycle_service_level : float in (0, 1), optional
        The quantile; by default each series' critical ratio.
    batch_units : float, in units, >= 1, optional
        The batch of every series; by default each series' economic order quantity.

    Raises
    ------
    SettingsError
        The batch is below one unit.

    References
    ----------
    Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., section 5.3, with whole batches as in Hadley and
    Whitin (1963), section 5-3. The best pair at known costs is ``formulas.fixed_quantity``.
    """

    cycle_service_level: float | None = None
    batch_units: float | None = None

    def __post_init__(self) -> None:
        if self.batch_units is not None and not self.batch_units >= 1:
            raise SettingsError(f"batch_units must be >= 1; it is {self.batch_units}.")

    @property
    def name(self) -> str:
        """Name with its service level and batch."""
        batch = "economic batch" if self.batch_units is None else f"{self.batch_units:g}"
        return f"fixed_quantity({service_level(self.cycle_service_level)}, {batch})"

    def decide(self, situation: Situation) -> OrderDecision:
        """Order the fewest batches that bring the position to the reorder point or above."""
        service, position = situation.service_level(self.cycle_service_level), situation.timely_position()
        trigger = np.ceil(situation.lead_time_demand().quantile(service))
        if self.batch_units is None:
            batch = economic_order_quantity(
                situation.scenarios.demand.mean(axis=(1, 2)),
                order_cost=situation.costs.order_cost,
                holding_cost=situation.costs.holding_cost,
            )
        else:
            batch = np.full(len(position), self.batch_units)
        batch = np.maximum(np.rint(batch), 1.0)
        wanted = np.ceil(np.maximum(trigger - position, 0.0) / batch - 1e-9) * batch
        level = np.where(wanted > 0, position + wanted, trigger + batch - 1)
        return OrderDecision(wanted_units=wanted, trigger=trigger, level=level)
