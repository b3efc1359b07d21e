"""What is set by hand once a year: a reorder point and a batch from averages, kept whatever happens next."""

from dataclasses import dataclass, replace

import numpy as np

from allocast.demand.panel import DemandPanel
from allocast.errors import SettingsError
from allocast.inventory.formulas.compound_demand import Moments
from allocast.inventory.formulas.lot_size import economic_order_quantity
from allocast.inventory.formulas.periodic_review import normal_order_up_to
from allocast.inventory.situation import OrderDecision, Situation
from allocast.numerics.arrays import FloatArray

__all__ = ["RuleOfThumb"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOfThumb:
    """Order whole batches wherever the position is below a reorder point from the averages of a past year.

    The reorder point is mean demand over the contract's lead time and one review, plus a safety stock: z σ times the
    root of that time, as textbooks have it, or some periods of mean demand, as planners mostly set it. The batch is
    the economic order quantity, or some periods of mean demand. No forecast, scenario or learned lead time is looked
    at: it is what Allocast has to be better than.

    Parameters
    ----------
    cycle_service_level : float in (0, 1)
        z is the normal quantile at this level.
    safety_periods : float, in periods of mean demand, >= 0, optional
        The safety stock, instead of z σ; a service level that is set for a single series beats it.
    batch_periods : float, in periods of mean demand, > 0, optional
        The batch; by default the economic order quantity. Never less than a unit.
    window : int, >= 2
        Periods whose mean and standard deviation count, those out of stock left out.
    set_on : day, optional
        The beginning of the last period that was known when the levels were set: later ones change nothing. Without one
        they are set anew at each decision.

    Raises
    ------
    SettingsError
        A number is out of its range.

    References
    ----------
    Silver, Pyke and Thomas, *Inventory and Production Management in Supply Chains*, 4th ed., chapter 4 (economic order
    quantity) and chapter 6 (reorder point with z σ; equal time supplies as the common practice that it warns of).
    """

    cycle_service_level: float = 0.95
    safety_periods: float | None = None
    batch_periods: float | None = None
    window: int = 52
    set_on: np.datetime64 | None = None

    def __post_init__(self) -> None:
        wrong = [
            f"{name} is {value:g}"
            for name, value, fits in (
                ("cycle_service_level", self.cycle_service_level, 0 < self.cycle_service_level < 1),
                ("safety_periods", self.safety_periods or 0.0, (self.safety_periods or 0.0) >= 0),
                ("batch_periods", self.batch_periods, self.batch_periods is None or self.batch_periods > 0),
                ("window", self.window, self.window >= 2),
            )
            if not fits
        ]
        if wrong:
            raise SettingsError(
                "a rule of thumb needs cycle_service_level within 0 and 1, safety_periods >= 0, batch_periods > 0 and "
                f"window >= 2; {' and '.join(wrong)}."
            )

    @property
    def name(self) -> str:
        """Name with its safety stock and batch."""
        periods = self.safety_periods
        safety = f"{self.cycle_service_level:.3g}" if periods is None else f"{periods:g} periods"
        batch = "economic batch" if self.batch_periods is None else f"{self.batch_periods:g} periods"
        return f"rule_of_thumb({safety}, {batch})"

    def kept_from(self, day: np.datetime64) -> "RuleOfThumb":
        """The same rule, its levels set by what was known at the end of the period that begins on a day."""
        return replace(self, set_on=day)

    def decide(self, situation: Situation) -> OrderDecision:
        """Order the fewest batches that bring the position to the reorder point or above."""
        demand = self._demand(situation.panel)
        trigger, batch = self._reorder_point(demand, situation), self._batch(demand, situation)
        position = situation.position.units
        wanted = np.ceil(np.maximum(trigger - position, 0.0) / batch - 1e-9) * batch
        level = np.where(wanted > 0, position + wanted, trigger + batch - 1)
        return OrderDecision(wanted_units=wanted, trigger=trigger, level=level)

    def _demand(self, panel: DemandPanel) -> Moments:
        known = panel if self.set_on is None or panel.as_of <= self.set_on else panel.until(self.set_on)
        return Moments.observed(known.demand[:, -self.window :])

    def _reorder_point(self, demand: Moments, situation: Situation) -> FloatArray:
        """In whole units, shape (n_series,): the position at which nothing is ordered yet."""
        lead_time, review = _contract_periods(situation), situation.review_periods
        certain = Moments(mean=lead_time, deviation=np.zeros_like(lead_time))
        service = situation.service_level(self.cycle_service_level)
        point = np.ceil(np.maximum(normal_order_up_to(demand, certain, review, service), 0.0) - 1e-9)
        if self.safety_periods is None:
            return point
        set_by_hand = np.ceil(demand.mean * (lead_time + review + self.safety_periods) - 1e-9)
        target = situation.service_target
        return set_by_hand if target is None else np.where(np.isnan(target), set_by_hand, point)

    def _batch(self, demand: Moments, situation: Situation) -> FloatArray:
        """In whole units, shape (n_series,), >= 1."""
        costs = situation.costs
        if self.batch_periods is not None:
            batch = demand.mean * self.batch_periods
        else:
            batch = economic_order_quantity(
                demand.mean, order_cost=costs.order_cost, holding_cost=costs.holding_cost
            )
        whole: FloatArray = np.maximum(np.rint(batch), 1.0)
        return whole


def _contract_periods(situation: Situation) -> FloatArray:
    """The contract's lead time in periods, shape (n_series,); where there is none, the usual one."""
    agreed = situation.sourcing.lead_time_days / situation.panel.frequency.days
    return np.where(np.isnan(agreed), situation.lead_time.mean, agreed)
