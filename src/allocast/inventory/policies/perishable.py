"""Order for what perishes: stock that expires before it is sold does not count, and an order may expire, too."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError, SettingsError
from allocast.inventory.formulas.perishables import expected_expiry, perishable_order, usable_order
from allocast.inventory.lead_time_demand import sample_quantile
from allocast.inventory.situation import OrderDecision, Situation
from allocast.numerics.arrays import FloatArray

__all__ = ["Perishable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Perishable:
    """Order as long as the next unit is worth it: it may save a shortage, be held, or never be sold.

    Oldest units are sold first. Where the position does not say how long its units can still be sold, they are taken to
    be spread evenly over the shelf life. Holding and shortage cost are the series' own.

    Parameters
    ----------
    shelf_life_periods : int, >= 1
        Periods in which a unit can be sold, the one in which it arrives included.
    waste_cost : float, money per unit that expires, >= 0, optional
        By default what the unit costs.

    Raises
    ------
    SettingsError
        A number is out of its range.

    References
    ----------
    ``formulas.perishables``.
    """

    shelf_life_periods: int
    waste_cost: float | None = None

    def __post_init__(self) -> None:
        if self.shelf_life_periods < 1 or (self.waste_cost is not None and not self.waste_cost >= 0):
            raise SettingsError(
                "shelf_life_periods must be >= 1 and waste_cost >= 0; they are "
                f"{self.shelf_life_periods} and {self.waste_cost}."
            )

    @property
    def name(self) -> str:
        """Name with its shelf life and cost of waste."""
        waste = "unit cost" if self.waste_cost is None else f"{self.waste_cost:g}"
        return f"perishable({self.shelf_life_periods}, {waste})"

    def decide(self, situation: Situation) -> OrderDecision:
        """Order the largest quantity whose last unit is worth it; the notes say what is expected to expire."""
        scenarios, costs, by_life = situation.scenarios, situation.costs, self._by_life(situation)
        need, room = usable_order(
            by_life,
            scenarios.arrivals,
            scenarios.demand,
            scenarios.lead_time,
            review_periods=situation.review_periods,
            waits=costs.backorders,
        )
        owed = situation.position.backordered[:, None] if costs.backorders else 0.0
        need, room = need + owed, room + owed
        wanted = perishable_order(
            need,
            room,
            holding_cost=costs.holding_cost,
            shortage_cost=costs.shortage_cost,
            waste_cost=costs.unit_cost
            if self.waste_cost is None
            else np.full_like(costs.unit_cost, self.waste_cost),
        )
        spare = np.minimum(np.rint(sample_quantile(need, costs.critical_ratio)), 0.0)
        level = situation.position.units + np.where(wanted > 0, wanted, spare)
        until = scenarios.lead_time + situation.review_periods
        expiring = expected_expiry(by_life, scenarios.arrivals, scenarios.demand, until)
        return OrderDecision(
            wanted_units=wanted,
            trigger=level,
            level=level,
            notes=tuple(
                f"Until then {units:.0f} units are expected to expire." if units >= 0.5 else ""
                for units in expiring
            ),
        )

    def _by_life(self, situation: Situation) -> FloatArray:
        position, life = situation.position, self.shelf_life_periods
        if position.on_hand_by_life is None:
            return np.repeat(position.on_hand[:, None] / life, life, axis=1)
        if position.on_hand_by_life.shape[1] != life:
            raise DataError(
                f"on_hand_by_life must have a column for each of {life} periods of life; it has "
                f"{position.on_hand_by_life.shape[1]}. Set shelf_life_periods to what the stock is counted by."
            )
        return position.on_hand_by_life
