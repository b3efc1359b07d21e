"""(s, S): order only when the position falls to the reorder point, then up to a level."""

from dataclasses import dataclass

import numpy as np

from allocast.inventory.policies.order_up_to import service_level
from allocast.inventory.situation import OrderDecision, Situation
from allocast.numerics.arrays import FloatArray

__all__ = ["ReorderPoint", "economic_order_quantity"]


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
        return OrderDecision.up_to(level, situation.position.units, trigger)


def economic_order_quantity(
    demand: FloatArray, *, order_cost: FloatArray, holding_cost: FloatArray
) -> FloatArray:
    """The batch that balances order cost against holding cost: Q* = sqrt(2 K λ / h).

    Parameters
    ----------
    demand : array of shape (n_series,), units per period
    order_cost : array of shape (n_series,), money per order
    holding_cost : array of shape (n_series,), money per unit per period
        Where it is 0, holding is free and the batch is not defined: it is taken as one period's demand.

    Returns
    -------
    batch : array of shape (n_series,), in units

    References
    ----------
    Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., equation (3.4), example 3.1.

    Examples
    --------
    >>> economic_order_quantity(np.array([1300.0]), order_cost=np.array([8.0]),
    ...                         holding_cost=np.array([0.225])).round(3)
    array([304.047])
    """
    ratio = np.divide(2 * order_cost * demand, holding_cost, out=demand**2, where=holding_cost > 0)
    batch: FloatArray = np.sqrt(ratio)
    return batch
