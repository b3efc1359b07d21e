"""Why an agent orders what it does: what moved its level, and how a classical policy would have decided."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from allocast.agents.agent import STAND_IN, AgentPolicy
from allocast.agents.worlds.actions import interval_quantiles, level_between
from allocast.agents.worlds.observation import observe_situation
from allocast.inventory.situation import OrderDecision, Situation
from allocast.numerics.arrays import FloatArray
from allocast.numerics.shapley import members, owen_values, shapley_values

__all__ = ["FAMILIES", "AgentExplanation", "ExplainedAgent", "explain_decision"]

FAMILIES = {
    "stock on hand": ("net_stock",),
    "open orders": ("arriving_", "on_order"),
    "demand": ("demand_",),
    "costs and terms": ("critical_ratio", "price", "order_cost", "smallest_order", "premium"),
    "the season": ("season_",),
    "the supplier": ("lead_time_", "on_time", "delivered_share"),
}
"""Families of observations, by what their names begin with."""

_HABIT = "its habit"
_VISIBLE = 0.5  # units: less is not told


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AgentExplanation:
    """The levels that an agent chose for some series, taken apart; all in units, arrays of shape (n_series,).

    Parameters
    ----------
    agent : AgentPolicy
    observation : array of shape (n_series, n_observations)
        What the network was shown.
    quantiles : array of shape (n_series, n_levels)
        Of demand over the protection interval, which turn its action into a level.
    series : DataFrame
        ``item_id`` and ``location_id``.
    usual : array
        The level it would choose for the same demand if all it looks at were as on average in training.
    shares : array of shape (n_series, n_families)
        What each of ``FAMILIES`` adds to that, exact Shapley values; together ``level - usual``.
    level : array
        What it orders up to, not rounded.
    decision, classical : OrderDecision
        Of the agent, and of the policy that stands in for it.
    """

    agent: AgentPolicy
    observation: FloatArray
    quantiles: FloatArray
    series: pd.DataFrame
    usual: FloatArray
    shares: FloatArray
    level: FloatArray
    decision: OrderDecision
    classical: OrderDecision

    def table(self, row: int) -> pd.DataFrame:
        """One series from the usual level to the order, the largest share first; then what is classical."""
        place = np.argsort(-np.abs(self.shares[row]), kind="stable")
        names = list(FAMILIES)
        lines = [
            ("usual level", self.usual[row]),
            *((names[i], self.shares[row, i]) for i in place),
            ("level of the agent", self.level[row]),
            ("order of the agent", self.decision.wanted_units[row]),
            (f"level of {STAND_IN.name}", self.classical.level[row]),
            (f"order of {STAND_IN.name}", self.classical.wanted_units[row]),
        ]
        return pd.DataFrame(lines, columns=["what", "units"])

    def features(self, row: int) -> pd.DataFrame:
        """The observations of one series, what moves the level most first: exact Owen values within the families.

        Returns
        -------
        table : DataFrame
            ``family``, ``feature``, its value ``here`` and the ``usual`` one in training, and ``units``.
        """
        names, groups = self.agent.observation_names, _columns(self.agent.observation_names)

        def level(sets: FloatArray) -> FloatArray:
            quantiles = np.tile(self.quantiles[row], (len(sets), 1))
            return _level(self.agent, self.observation[row], sets, quantiles)

        units = owen_values(level, groups)
        family = [list(FAMILIES)[place] for place in groups.argmax(axis=0)]
        here, usual = self.observation[row], self.agent.observation_mean
        table = pd.DataFrame(
            {"family": family, "feature": names, "here": here, "usual": usual, "units": units}
        )
        return table.sort_values("units", key=np.abs, ascending=False, kind="stable", ignore_index=True)

    def sentence(self, row: int) -> str:
        """What a classical policy would have ordered, and what makes the difference: at most two reasons.

        ``its habit`` is what the agent does at the usual observations, against the classical level.
        """
        own, classical = self.decision.wanted_units[row], self.classical.wanted_units[row]
        if own == classical:
            return f"{STAND_IN.name} would order the same."
        said = f"{STAND_IN.name} would order {classical:,.0f}, {abs(classical - own):,.0f} "
        said += "more" if classical > own else "fewer"
        terms = {_HABIT: self.usual[row] - self.classical.level[row]}
        terms |= dict(zip(FAMILIES, self.shares[row], strict=True))
        told = sorted(terms.items(), key=lambda term: -abs(term[1]))[:2]
        reasons = " and ".join(f"{name} ({_signed(units)})" for name, units in told if abs(units) >= _VISIBLE)
        return f"{said}; what moves the agent's level most: {reasons}." if reasons else f"{said}."

    def sentences(self) -> list[str]:
        """The sentence of each series."""
        return [self.sentence(row) for row in range(len(self.series))]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedAgent:
    """An agent that says with every decision what a classical policy would have ordered, and why it differs.

    Parameters
    ----------
    agent : AgentPolicy
    """

    agent: AgentPolicy

    @property
    def name(self) -> str:
        """The agent's."""
        return self.agent.name

    def decide(self, situation: Situation) -> OrderDecision:
        """The agent's decision, with a note on every series."""
        explanation = explain_decision(self.agent, situation)
        decision, told = explanation.decision, explanation.sentences()
        notes = decision.notes or ("",) * len(told)
        return replace(
            decision, notes=tuple(note or sentence for note, sentence in zip(notes, told, strict=True))
        )


def explain_decision(agent: AgentPolicy, situation: Situation) -> AgentExplanation:
    """What moved the level of every series of a situation away from the agent's usual one.

    The network is asked about every set of families: those in it as they are, the others as on average in training.
    With six families these are 64 observations a series, so that the shares are exact and not sampled.
    """
    seen = np.clip(observe_situation(situation), agent.observation_low, agent.observation_high)
    quantiles = interval_quantiles(situation.lead_time_demand().units)
    sets = members(len(FAMILIES)) @ _columns(agent.observation_names)
    levels = np.stack([_level(agent, seen, as_is, quantiles) for as_is in sets])
    return AgentExplanation(
        agent=agent,
        observation=seen,
        quantiles=quantiles,
        series=situation.panel.series[["item_id", "location_id"]].reset_index(drop=True),
        usual=levels[0],
        shares=shapley_values(levels).T,
        level=levels[-1],
        decision=agent.decide(situation),
        classical=STAND_IN.decide(situation),
    )


def _level(agent: AgentPolicy, seen: FloatArray, as_is: FloatArray, quantiles: FloatArray) -> FloatArray:
    """The level where only some observations are as seen, and the others as usual."""
    shown = np.where(as_is > 0, seen, agent.observation_mean)
    return level_between(agent.network.action(shown)[:, 0], quantiles)


def _columns(names: tuple[str, ...]) -> FloatArray:
    """Which observations belong to each family, shape (n_families, n_observations)."""
    return np.array(
        [[name.startswith(beginnings) for name in names] for beginnings in FAMILIES.values()], dtype=float
    )


def _signed(units: float) -> str:
    return f"{'+' if units > 0 else '−'}{abs(units):,.0f}"
