"""Any policy, with its orders cut to a budget by a rule of thumb."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from allocast.agents.budgets.budget import within_budget
from allocast.errors import SettingsError, UnknownNameError
from allocast.inventory.situation import OrderDecision, Policy, Situation
from allocast.numerics.arrays import FloatArray

__all__ = ["CutToBudget", "Sharing"]

Sharing = Literal["proportional", "urgent", "value"]
"""``proportional``: every order cut to one share of itself, see ``within_budget``. ``urgent``: whole orders, those of
the series whose position covers least of its demand over the protection interval first. ``value``: whole orders,
those first whose money avoids the dearest expected shortage over that interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutToBudget:
    """What a policy wants, as far as a budget goes.

    Parameters
    ----------
    policy : Policy
    budget : float, money per review, >= 0
        At unit costs.
    sharing : Sharing
    """

    policy: Policy
    budget: float
    sharing: Sharing = "urgent"

    def __post_init__(self) -> None:
        if self.sharing not in get_args(Sharing):
            raise UnknownNameError("sharing", self.sharing, get_args(Sharing))
        if not self.budget >= 0:
            raise SettingsError(f"budget must be >= 0; it is {self.budget}.")

    @property
    def name(self) -> str:
        """Name with the rule of sharing."""
        return f"{self.policy.name}, {self.sharing}"

    def decide(self, situation: Situation) -> OrderDecision:
        """What suppliers accept of the policy's orders, and what there is money for."""
        decision, lines = self.policy.decide(situation), situation.sourcing
        cost, position = situation.costs.unit_cost, situation.position.units
        demand = situation.lead_time_demand()
        urgency = -position / np.maximum(demand.mean, 1e-9)
        if self.sharing == "proportional":
            units = within_budget(
                decision.wanted_units, lines.feasible_units, cost, self.budget, urgency=urgency
            )
            return replace(decision, wanted_units=units)
        units = lines.feasible_units(decision.wanted_units)
        if self.sharing == "value":
            avoided = demand.expected_shortage(position) - demand.expected_shortage(position + units)
            urgency = situation.costs.shortage_cost * avoided / np.maximum(units * cost, 1e-9)
        units = _whole(units, cost, self.budget, urgency)
        return replace(decision, wanted_units=units)


def _whole(units: FloatArray, unit_cost: FloatArray, budget: float, urgency: FloatArray) -> FloatArray:
    """Whole orders, as far as the budget goes, the most urgent first."""
    given, left = np.zeros_like(units), budget
    for place in np.argsort(-urgency, kind="stable"):
        if units[place] * unit_cost[place] <= left:
            given[place] = units[place]
            left -= units[place] * unit_cost[place]
    return given
