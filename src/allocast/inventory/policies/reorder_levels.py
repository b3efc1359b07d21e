"""(s, S), the pair that costs least: both levels from the distributions of the forecast."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import SettingsError
from allocast.inventory.costs import Costs
from allocast.inventory.formulas.reorder_levels import ReorderLevels as Levels
from allocast.inventory.formulas.reorder_levels import reorder_levels
from allocast.inventory.lead_time_demand import projected_need
from allocast.inventory.policies.order_up_to import OrderUpTo
from allocast.inventory.situation import OrderDecision, Situation
from allocast.numerics.arrays import FloatArray
from allocast.numerics.discrete_laws import empirical

__all__ = ["ReorderLevels"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReorderLevels:
    """Order up to S wherever the position is at or below s: the pair with the least holding, shortage and order cost.

    As if demand went on as the scenarios of the coming periods have it, alike from period to period, and what is missed
    waited. Where it is lost instead, both levels are lower by what is expected to be lost before an order arrives.
    ``ReorderPoint`` chooses s and S apart. A series without demand or without costs to weigh is ordered up to its
    quantile.

    Parameters
    ----------
    steps : int, >= 10
        Levels that lie at the most between nothing and the largest demand of a protection interval: large quantities
        are counted in steps of more than a unit.

    Raises
    ------
    SettingsError
        There are too few steps.

    References
    ----------
    Zheng and Federgruen (1991); ``formulas.reorder_levels``.
    """

    steps: int = 200

    def __post_init__(self) -> None:
        if self.steps < 10:
            raise SettingsError(f"steps must be >= 10; it is {self.steps}.")

    @property
    def name(self) -> str:
        """The name."""
        return "reorder_levels"

    def decide(self, situation: Situation) -> OrderDecision:
        """Order up to S wherever the position is at or below s."""
        over, between = situation.lead_time_demand().units, _between_reviews(situation)
        unit = np.maximum(np.ceil(over.max(axis=1) / self.steps), 1.0)
        over, between = np.rint(over / unit[:, None]), np.rint(between / unit[:, None])
        costs = situation.costs
        weighed = (costs.holding_cost > 0) & (costs.shortage_cost > 0) & (between.max(axis=1) > 0)
        plain, rows = OrderUpTo().decide(situation), np.flatnonzero(weighed)
        if not len(rows):
            return plain
        best = _best_levels(costs.take(rows), over[rows], between[rows], unit[rows])
        spared = 0.0 if costs.backorders else np.floor(_lost_meanwhile(situation))[rows]
        trigger, level = plain.trigger.copy(), plain.level.copy()
        # the position is at or below s where it is below the step above s
        trigger[rows] = (best.reorder_point + 1) * unit[rows] - spared
        level[rows] = np.maximum(best.order_up_to * unit[rows] - spared, 0.0)
        return OrderDecision.up_to(level, situation.timely_position(), trigger)


def _best_levels(costs: Costs, over: FloatArray, between: FloatArray, unit: FloatArray) -> Levels:
    """The best pair of each series, in steps of so many units."""
    return reorder_levels(
        empirical(between),
        empirical(over),
        order_cost=costs.order_cost,
        holding_cost=costs.holding_cost * unit,
        shortage_cost=costs.shortage_cost * unit,
    )


def _lost_meanwhile(situation: Situation) -> FloatArray:
    """Expected demand that is lost before an order placed now arrives, shape (n_series,): it needs no replacement."""
    scenarios, position = situation.scenarios, situation.position
    lost, waiting = (
        projected_need(
            scenarios.demand,
            scenarios.arrivals,
            position.on_hand,
            scenarios.lead_time,
            backordered=position.backordered,
            backorders=waits,
            review_periods=situation.review_periods,
        )
        for waits in (False, True)
    )
    return np.asarray((waiting - lost).mean(axis=1))


def _between_reviews(situation: Situation) -> FloatArray:
    """Demand from one review to the next, all paths and periods alike, shape (n_series, n_samples)."""
    demand, periods = situation.scenarios.demand, situation.review_periods
    whole = demand.shape[2] // periods * periods
    parted = demand[:, :, :whole].reshape(len(demand), -1, periods)
    return np.asarray(parted.sum(axis=2))
