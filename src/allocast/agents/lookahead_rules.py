"""(s, S) rules that a lookahead chooses from, and how they follow the season."""

from dataclasses import dataclass

import numpy as np

from allocast.inventory.formulas.lot_size import economic_order_quantity
from allocast.inventory.lead_time_demand import sample_quantile
from allocast.inventory.situation import Situation
from allocast.numerics.arrays import FloatArray, IntArray

__all__ = ["Rules", "rules_of", "season_of"]

_NEVER = -1e12
_LEAST, _MOST = 0.2, 5.0  # the season's factors, where little is sold now or later


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Rules of each series, arrays of shape (n_series, n_rules), in units; the first never orders."""

    trigger: FloatArray
    level: FloatArray

    def of(self, rule: IntArray) -> "Rules":
        """One rule of each series, from its column; shape (n_series, 1)."""
        rows = np.arange(len(rule))
        return Rules(trigger=self.trigger[rows, rule][:, None], level=self.level[rows, rule][:, None])


def rules_of(situation: Situation, levels: tuple[float, ...], batches: tuple[float, ...]) -> Rules:
    """Every quantile of demand over the protection interval as s, with every multiple of the economic quantity.

    Parameters
    ----------
    situation : Situation
    levels : tuple of float in (0, 1)
    batches : tuple of float, > 0
        Of the economic order quantity.
    """
    demand, costs, n = situation.lead_time_demand().units, situation.costs, situation.panel.n_series
    batch = economic_order_quantity(
        situation.scenarios.demand.mean(axis=(1, 2)),
        order_cost=costs.order_cost,
        holding_cost=costs.holding_cost,
    )
    triggers = [np.ceil(sample_quantile(demand, np.full(n, level))) for level in levels]
    gaps = [np.maximum(np.rint(multiple * batch) - 1, 0.0) for multiple in batches]
    return Rules(
        trigger=np.column_stack([np.full(n, _NEVER), *(trigger for trigger in triggers for _ in gaps)]),
        level=np.column_stack([np.zeros(n), *(trigger + gap for trigger in triggers for gap in gaps)]),
    )


def season_of(situation: Situation) -> FloatArray:
    """Expected demand of each coming protection interval over that of the first, shape (n_series, n_periods).

    Beyond the scenarios demand is taken to go on as in their last four periods.
    """
    mean = situation.scenarios.demand.mean(axis=1)
    n, n_periods = mean.shape
    interval = np.ceil(situation.scenarios.lead_time.mean(axis=1)).astype(np.int64) + situation.review_periods
    beyond = np.repeat(mean[:, -4:].mean(axis=1, keepdims=True), interval.max(), axis=1)
    total = np.cumsum(np.hstack([np.zeros((n, 1)), mean, beyond]), axis=1)
    start = np.arange(n_periods)
    ahead = np.take_along_axis(total, start + interval[:, None], axis=1) - total[:, :n_periods]
    factor: FloatArray = np.clip(ahead / np.maximum(ahead[:, :1], 1e-6), _LEAST, _MOST)
    return factor
