"""Just in time where its conditions hold; a named policy where they do not, and why."""

from dataclasses import dataclass, field

import numpy as np

from allocast.errors import SettingsError
from allocast.inventory.formulas.just_in_time import Conditions, Evidence, just_in_time_level
from allocast.inventory.formulas.lot_size import economic_order_quantity
from allocast.inventory.policies.projected_need import ProjectedNeed
from allocast.inventory.situation import OrderDecision, Policy, Situation

__all__ = ["JustInTime"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JustInTime:
    """Keep only what circulates: expected demand until the next order can be there, and a small allowance.

    Parameters
    ----------
    conditions : Conditions
        Checked for each series at each decision.
    allowance_share : float, >= 0
        Stock beyond the expected demand, as a share of it.
    otherwise : Policy
        Decides for the series whose conditions do not hold.

    Raises
    ------
    SettingsError
        The allowance is negative.

    References
    ----------
    ``formulas.just_in_time``.
    """

    conditions: Conditions = field(default_factory=Conditions)
    allowance_share: float = 0.1
    otherwise: Policy = field(default_factory=ProjectedNeed)

    def __post_init__(self) -> None:
        if not self.allowance_share >= 0:
            raise SettingsError(f"allowance_share must be >= 0; it is {self.allowance_share:g}.")

    @property
    def name(self) -> str:
        """Name with its allowance and what decides otherwise."""
        return f"just_in_time({self.allowance_share:g}, else {self.otherwise.name})"

    def decide(self, situation: Situation) -> OrderDecision:
        """Order what circulates where that is safe, what the other policy wants elsewhere; the notes say which."""
        reasons = self.conditions.reasons(evidence(situation), unit=situation.panel.frequency.unit)
        demand = situation.scenarios.demand.mean(axis=(1, 2))
        interval = situation.lead_time.mean + situation.review_periods
        level = just_in_time_level(demand, interval, allowance_share=self.allowance_share)
        decision = OrderDecision.up_to(level, situation.timely_position())
        other = self.otherwise.decide(situation)
        merged = decision.where(np.array([bool(reason) for reason in reasons]), other)
        elsewhere = other.notes or ("",) * len(reasons)
        who = other.decided_by or (self.otherwise.name,) * len(reasons)
        return OrderDecision(
            wanted_units=merged.wanted_units,
            trigger=merged.trigger,
            level=merged.level,
            notes=tuple(
                f"Not just in time: {reason}. {note}".rstrip() if reason else "Just in time."
                for reason, note in zip(reasons, elsewhere, strict=True)
            ),
            decided_by=tuple(
                name if reason else self.name for reason, name in zip(reasons, who, strict=True)
            ),
        )


def evidence(situation: Situation) -> Evidence:
    """What a situation says about the conditions of just in time."""
    demand = situation.scenarios.demand
    mean = demand.mean(axis=(1, 2))
    batch = economic_order_quantity(
        mean, order_cost=situation.costs.order_cost, holding_cost=situation.costs.holding_cost
    )
    asked, nothing = mean > 0, np.zeros_like(mean)
    return Evidence(
        lead_time_p50=situation.lead_time.quantile(0.5).astype(np.float64),
        lead_time_p90=situation.lead_time.quantile(0.9).astype(np.float64),
        variation=np.divide(demand.std(axis=(1, 2)), mean, out=nothing.copy(), where=asked),
        batch_periods=np.divide(batch, mean, out=nothing.copy(), where=asked),
    )
