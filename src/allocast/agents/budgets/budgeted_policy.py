"""Any policy made to live within a budget: at the price of money at which it wants no more than there is."""

from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np

from allocast.agents.budgets.budget import clearing_price, within_budget
from allocast.agents.worlds.actions import LEAST_DEMAND
from allocast.errors import DataError
from allocast.inventory.situation import OrderDecision, Policy, Situation
from allocast.numerics.arrays import FloatArray

__all__ = ["BudgetedPolicy", "Priced", "at_price"]

_LOWER = (0.999999, 0.98, 0.95, 0.9, 0.8, 0.65, 0.4, 0.0)
"""Parts of the clearing price at which more is wanted than can be paid, to spend what whole units have left."""


@runtime_checkable
class Priced(Protocol):
    """A policy that knows what to do when money is scarce."""

    def decide_at(self, situation: Situation, price: float) -> OrderDecision:
        """What to order if each unit of money spent is worth so much more than itself."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetedPolicy:
    """Orders of one policy for all series together, out of one purse.

    The price of money makes the decisions of the series their own: each series is decided as if money cost so much
    more, and the price is raised until what is wanted can be paid. Whole units, packs and minimum orders leave a
    rest, which is spent on what would be wanted at lower and lower prices. A policy that is not ``Priced`` is asked
    with costs at that price (see ``at_price``).

    Parameters
    ----------
    policy : Policy
    budget : float, money per decision, >= 0
    highest_price : float, > 0, money per unit of money
        Where even then too much is wanted, orders are cut, see ``budget.within_budget``.

    Raises
    ------
    DataError
        A number is out of its range.
    """

    policy: Policy
    budget: float
    highest_price: float = 20.0

    def __post_init__(self) -> None:
        if not (self.budget >= 0 and self.highest_price > 0):
            raise DataError(
                f"budget must be >= 0 and highest_price > 0; they are {self.budget} and {self.highest_price}."
            )

    @property
    def name(self) -> str:
        """The policy's name and the budget."""
        return f"{self.policy.name} within {self.budget:g}"

    def decide(self, situation: Situation) -> OrderDecision:
        """What to order; wanted units are feasible, and can be paid."""
        price = self.price(situation)
        decision = self._at(situation, price)
        if price == 0:
            return decision
        units, mean = decision.wanted_units, np.maximum(situation.lead_time_demand().mean, LEAST_DEMAND)
        for part in _LOWER:
            wanted = self._at(situation, part * price).wanted_units
            units = within_budget(
                wanted,
                situation.sourcing.feasible_units,
                situation.costs.unit_cost,
                self.budget,
                urgency=(wanted - units) / mean,
                least=units,
            )
        return replace(decision, wanted_units=units)

    def price(self, situation: Situation) -> float:
        """What one more unit of money would be worth beyond itself: 0 where there is enough."""

        def spending(price: float) -> float:
            return self._cost(situation, self._at(situation, price).wanted_units)

        return clearing_price(spending, self.budget, highest=self.highest_price)

    def _at(self, situation: Situation, price: float) -> OrderDecision:
        if isinstance(self.policy, Priced):
            return self.policy.decide_at(situation, price)
        priced = at_price(situation, price)
        decision = self.policy.decide(priced)
        worth_it = priced.costs.shortage_cost > 0  # else not even a sale pays for its unit
        return replace(decision, wanted_units=np.where(worth_it, decision.wanted_units, 0.0))

    def _cost(self, situation: Situation, wanted: FloatArray) -> float:
        return float(situation.sourcing.feasible_units(wanted) @ situation.costs.unit_cost)


def at_price(situation: Situation, price: float) -> Situation:
    """The situation with costs as they are where money is scarce.

    A unit that is bought costs ``price`` × its unit cost more, whether it is sold or left over: so much less is lost
    with a unit not sold, and so much more with one not bought in vain. Over one period the critical ratio of these
    costs is where the cost of all series, with money at this price, is least.

    Parameters
    ----------
    price : money per unit of money, >= 0

    Examples
    --------
    With h = 1, p = 4, a unit cost of 2 and a price of 0.5 the critical ratio falls from .8 to (4 − 1) / (4 + 1).
    """
    costs, dearer = situation.costs, price * situation.costs.unit_cost
    shortage = np.maximum(costs.shortage_cost - dearer, 0.0)
    priced = replace(costs, shortage_cost=shortage, holding_cost=costs.holding_cost + dearer)
    return replace(situation, costs=priced)
