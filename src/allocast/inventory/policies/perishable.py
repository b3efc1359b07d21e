"""Order for what perishes: stock that expires before it is sold does not count, and an order may expire, too."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError, SettingsError
from allocast.inventory.formulas.perishables import expected_expiry, perishable_order, usable_order
from allocast.inventory.lead_time_demand import sample_quantile
from allocast.inventory.situation import OrderDecision, Situation
from allocast.numerics.arrays import FloatArray, IntArray

__all__ = ["Perishable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Perishable:
    """Order as long as the next unit is worth it: it may save a shortage, be held, or never be sold.

    Oldest units are sold first. Where the position does not say how long its units can still be sold, all are taken as
    fresh: what was sold first was the older. Holding and shortage cost are the series' own.

    Parameters
    ----------
    shelf_life_periods : int, >= 1, optional
        Periods in which a unit can be sold, the one in which it arrives included. By default each item's own,
        ``shelf_life_days`` among the attributes of its series, in whole periods and one at least; an item without one
        does not expire.
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

    shelf_life_periods: int | None = None
    waste_cost: float | None = None

    def __post_init__(self) -> None:
        life, waste = self.shelf_life_periods, self.waste_cost
        if (life is not None and life < 1) or (waste is not None and not waste >= 0):
            raise SettingsError(
                f"shelf_life_periods must be >= 1 and waste_cost >= 0; they are {life} and {waste}."
            )

    @property
    def name(self) -> str:
        """Name with its shelf life and cost of waste."""
        waste = "unit cost" if self.waste_cost is None else f"{self.waste_cost:g}"
        life = "own life" if self.shelf_life_periods is None else f"{self.shelf_life_periods}"
        return f"perishable({life}, {waste})"

    def decide(self, situation: Situation) -> OrderDecision:
        """Order the largest quantity whose last unit is worth it; the notes say what is expected to expire."""
        lives = self._lives(situation)
        if (lives == lives[:1]).all():
            return self._of_one_life(situation, int(lives.max(initial=1)))
        wanted, level = np.zeros(len(lives)), np.zeros(len(lives))
        notes = np.full(len(lives), "", dtype=object)
        for life in np.unique(lives):
            rows = np.flatnonzero(lives == life)
            part = self._of_one_life(situation.take(rows), int(life))
            wanted[rows], level[rows] = part.wanted_units, part.level
            notes[rows] = part.notes
        return OrderDecision(wanted_units=wanted, trigger=level, level=level, notes=tuple(notes))

    def _of_one_life(self, situation: Situation, life: int) -> OrderDecision:
        scenarios, costs, by_life = situation.scenarios, situation.costs, self._by_life(situation, life)
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
        level = situation.timely_position() + np.where(wanted > 0, wanted, spare)
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

    def _lives(self, situation: Situation) -> IntArray:
        """Periods of life of each series' units; as many as the paths have, and one, is never to expire on them."""
        n, longest = situation.panel.n_series, situation.scenarios.demand.shape[2] + 1
        if self.shelf_life_periods is not None:
            return np.full(n, self.shelf_life_periods)
        series = situation.panel.series
        if "shelf_life_days" not in series:
            return np.full(n, longest)
        days = series["shelf_life_days"].to_numpy(np.float64)
        periods = np.nan_to_num(days // situation.panel.frequency.days, nan=longest, posinf=longest)
        lives: IntArray = np.clip(periods, 1, longest).astype(np.int64)
        return lives

    def _by_life(self, situation: Situation, life: int) -> FloatArray:
        """Units on hand by the periods in which they can still be sold, shape (n_series, life)."""
        position = situation.position
        counted = position.on_hand_by_life
        if counted is None:
            counted = position.on_hand[:, None]
        elif self.shelf_life_periods not in (None, counted.shape[1]):
            raise DataError(
                f"on_hand_by_life must have a column for each of {life} periods of life; it has "
                f"{counted.shape[1]}. Set shelf_life_periods to what the stock is counted by, or leave it out."
            )
        by_life: FloatArray = np.zeros((len(counted), life))
        older = min(life, counted.shape[1]) - 1
        by_life[:, :older] = counted[:, :older]
        by_life[:, -1] = counted[:, older:].sum(axis=1)  # what lasts longest is fresh
        return by_life
