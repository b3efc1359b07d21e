"""Why a service-level agent orders what it does: what moved its level from the usual one, in units."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.agents.service_level.policy import LAST, ServiceLevelAgent
from allocast.inventory.lead_time_demand import sample_quantile
from allocast.inventory.policies.projected_need import ProjectedNeed
from allocast.inventory.situation import OrderDecision, Situation
from allocast.numerics.arrays import FloatArray
from allocast.numerics.shapley import members, shapley_values

__all__ = ["LevelExplanation", "explain_level"]

CLASSICAL = ProjectedNeed()
PARTS = ("its habit", "what sold lately", "the end")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LevelExplanation:
    """The levels that an agent chose for some series, taken apart; all in units, arrays of shape (n_series,).

    Parameters
    ----------
    series : DataFrame
        ``item_id`` and ``location_id``.
    lately : array
        From ``sold_lately``.
    decisions_left : int, optional
        Until the end, where there is one.
    usual : array
        The level at the usual service level.
    shares : array of shape (n_series, len(PARTS))
        What each part adds to that, exact Shapley values; together ``level - usual``.
    level : array
        The position that the order is meant to reach, not rounded.
    decision, classical : OrderDecision
        Of the agent, and of projected need at the critical ratio.
    """

    series: pd.DataFrame
    lately: FloatArray
    decisions_left: int | None
    usual: FloatArray
    shares: FloatArray
    level: FloatArray
    decision: OrderDecision
    classical: OrderDecision

    def table(self, row: int) -> pd.DataFrame:
        """One series from the usual level to the order, the largest share first; then what is classical."""
        place = np.argsort(-np.abs(self.shares[row]), kind="stable")
        lines = [
            ("usual level", self.usual[row]),
            *((PARTS[i], self.shares[row, i]) for i in place),
            ("level of the agent", self.level[row]),
            ("order of the agent", self.decision.wanted_units[row]),
            (f"level of {CLASSICAL.name}", self.classical.level[row]),
            (f"order of {CLASSICAL.name}", self.classical.wanted_units[row]),
        ]
        return pd.DataFrame(lines, columns=["what", "units"])

    def features(self, row: int) -> pd.DataFrame:
        """The two things that it looks at, what moves the level most first."""
        left = np.nan if self.decisions_left is None else float(self.decisions_left)
        looked_at = [
            (PARTS[1], "sold_lately", self.lately[row], 0.0, self.shares[row, 1]),
            (PARTS[2], "decisions_left", left, np.nan, self.shares[row, 2]),
        ]
        table = pd.DataFrame(looked_at, columns=["family", "feature", "here", "usual", "units"])
        return table.sort_values("units", key=np.abs, ascending=False, kind="stable", ignore_index=True)


def explain_level(agent: ServiceLevelAgent, situation: Situation) -> LevelExplanation:
    """What moved the level of every series of a situation away from the usual one."""
    seen, need = agent.sold_lately(situation), situation.projected_need()
    ratio, left = situation.costs.critical_ratio, situation.decisions_left
    levels = np.stack(
        [
            situation.position.units + sample_quantile(need, _with(agent, chosen).level(ratio, seen, left))
            for chosen in members(len(PARTS))
        ]
    )
    return LevelExplanation(
        series=situation.panel.series[["item_id", "location_id"]].reset_index(drop=True),
        lately=seen,
        decisions_left=left,
        usual=levels[0],
        shares=shapley_values(levels).T,
        level=levels[-1],
        decision=agent.decide(situation),
        classical=CLASSICAL.decide(situation),
    )


def _with(agent: ServiceLevelAgent, chosen: FloatArray) -> ServiceLevelAgent:
    """The agent with some of its parts alone."""
    shift, lately, end = chosen
    return ServiceLevelAgent(
        shift=agent.shift * shift,
        lately=agent.lately * lately,
        last=tuple(agent.last[place] * end for place in range(LAST)),
        settings=agent.settings,
    )
