"""A policy that controls each series as its effective values say."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from allocast.errors import DataError
from allocast.inventory.policies import FillRateLevel
from allocast.inventory.segments.clashes import TARGETS
from allocast.inventory.segments.effective import BUILT_IN
from allocast.inventory.segments.rules import PARAMETERS
from allocast.inventory.segments.segment_table import SERIES
from allocast.inventory.situation import OrderDecision, Policy, Situation
from allocast.numerics.arrays import FloatArray, IntArray

__all__ = ["SegmentedPolicy", "deciders", "ruled_decision"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SegmentedPolicy:
    """Each series by the policy, service level and cover that hold for it; others as the champion decides.

    Parameters
    ----------
    champion : Policy
        What decides where no rule names a policy.
    values : DataFrame
        As `effective_values` gives them. ``held_safety_stock``, where there is such a column and it is not NaN: units
        above expected lead-time demand at which the series stays, as a change of it is not approved.
    policies : function of a str
        Builds the policy that the values name, whatever it is; never asked for the champion.
    label : str
        Stands in the policy's name.
    """

    champion: Policy
    values: pd.DataFrame
    policies: Callable[[str], Policy]
    label: str

    @property
    def name(self) -> str:
        """The champion's name, and whose rules are laid over it."""
        return f"{self.champion.name} under {self.label}"

    def decide(self, situation: Situation) -> OrderDecision:
        """Each series by its own policy, then within its cover, and nothing for what is not stocked.

        Raises
        ------
        DataError
            A target is set for a series whose policy takes none.
        """
        own = self._of(situation)
        decision = ruled_decision(own, situation, champion=self.champion, policies=self.policies)
        notes = zip(decision.notes, _notes(own), strict=True)
        return replace(decision, notes=tuple(f"{note} {more}".strip() for note, more in notes))

    def _of(self, situation: Situation) -> pd.DataFrame:
        """The values of the situation's series, in its order; what is new has the built-in ones."""
        keys = situation.panel.series[SERIES].reset_index(drop=True)
        own = keys.merge(self.values, on=SERIES, how="left")
        new = own["policy"].isna().to_numpy()
        if new.any():
            own.loc[new, "policy"] = BUILT_IN.policy
            own.loc[new, "largest_cover_periods"] = np.inf
            own.loc[new, [f"{name}_from" for name in PARAMETERS]] = "default"
            own["stocked"] = own["stocked"].astype(object).where(~new, True)
        return own


def ruled_decision(
    own: pd.DataFrame, situation: Situation, *, champion: Policy, policies: Callable[[str], Policy]
) -> OrderDecision:
    """Each series as its values say, without a word on them.

    Parameters
    ----------
    own : DataFrame
        Effective values, a row a series of the situation, in its order.
    situation : Situation
    champion : Policy
    policies : function of a str

    Raises
    ------
    DataError
        A target is set for a series whose policy takes none.
    """
    target = own["cycle_service_level"].to_numpy(np.float64)
    aimed = replace(situation, service_target=target)
    parts = [
        (rows, policy, policy.decide(aimed if len(rows) == len(own) else aimed.take(rows)))
        for policy, rows in deciders(own, champion=champion, policies=policies)
    ]
    decision = _held(_joined(parts, target), aimed, _column(own, "held_safety_stock"))
    decision = _within_cover(decision, aimed, own["largest_cover_periods"].to_numpy(np.float64))
    stocked = own["stocked"].to_numpy(bool)
    return replace(
        decision,
        wanted_units=np.where(stocked, decision.wanted_units, 0.0),
        trigger=np.where(stocked, decision.trigger, 0.0),
        level=np.where(stocked, decision.level, 0.0),
    )


def deciders(
    own: pd.DataFrame, *, champion: Policy, policies: Callable[[str], Policy]
) -> Iterator[tuple[Policy, IntArray]]:
    """Each policy that decides, and the rows that it decides; every row once.

    Parameters
    ----------
    own : DataFrame
        Effective values, a row a series.
    champion : Policy
    policies : function of a str

    Raises
    ------
    DataError
        A cycle service level or a fill rate is set for a series whose policy takes none.
    """
    level, rate = (own[name].to_numpy(np.float64) for name in TARGETS)
    code, names = pd.factorize(own["policy"])
    for place, name in enumerate(names):
        rows = np.flatnonzero(code == place)
        policy = champion if name == BUILT_IN.policy else policies(name)
        by_rate = rows[~np.isnan(rate[rows])]
        if len(by_rate) and not isinstance(policy, FillRateLevel):
            _refuse("fill_rate", policy, own.iloc[by_rate])
        for wanted in np.unique(rate[by_rate]):
            yield FillRateLevel(fill_rate=float(wanted)), by_rate[rate[by_rate] == wanted]
        rest = rows[np.isnan(rate[rows])]
        targeted = rest[~np.isnan(level[rest])]
        if len(targeted) and not hasattr(policy, "cycle_service_level"):
            _refuse("cycle_service_level", policy, own.iloc[targeted])
        if len(rest):
            yield policy, rest


def _refuse(target: str, policy: Policy, own: pd.DataFrame) -> None:
    """Refuse a target of the first of these series, as their policy takes none.

    Raises
    ------
    DataError
        Always.
    """
    first = own.iloc[0]
    source, cure = first["policy_from"], "Let the rule name a policy too that does, for example order_up_to."
    who = "champion policy" if first["policy"] == BUILT_IN.policy else f"policy ({source})"
    if target == "fill_rate":
        cure = "Let the policy be fill_rate, or leave the target out there."
    raise DataError(
        f"a {target} is set for {first['item_id']} at {first['location_id']} ({first[f'{target}_from']}), but the "
        f"{who} {policy.name} takes none ({len(own)} series affected). {cure}"
    )


def _joined(parts: list[tuple[IntArray, Policy, OrderDecision]], target: FloatArray) -> OrderDecision:
    """One decision from several, each for its rows, with the name of the policy that decided."""
    n = len(target)
    numbers = {name: np.zeros(n) for name in ("wanted_units", "trigger", "level")}
    notes, names = np.full(n, "", dtype=object), np.full(n, "", dtype=object)
    waits: IntArray = np.zeros(n, dtype=np.int64)
    for rows, policy, decision in parts:
        for name, values in numbers.items():
            values[rows] = getattr(decision, name)
        notes[rows] = np.array(decision.notes or [""], dtype=object)
        names[rows] = np.array(decision.decided_by or [policy.name], dtype=object)
        waits[rows] = decision.next_review
        for level in np.unique(target[rows][~np.isnan(target[rows])]):
            names[rows[target[rows] == level]] = _at_level(policy, float(level))
    return OrderDecision(
        **numbers,
        notes=tuple(notes),
        decided_by=tuple(names),
        next_review=waits if waits.any() else 0,
    )


def _at_level(policy: Any, level: float) -> str:
    """Name of a policy with another service level than its own."""
    return str(replace(policy, cycle_service_level=level).name)


def _held(decision: OrderDecision, situation: Situation, safety_stock: FloatArray) -> OrderDecision:
    """Trigger and level moved together to the safety stock that is held."""
    held = ~np.isnan(safety_stock)
    if not held.any():
        return decision
    trigger = np.ceil(situation.lead_time_demand().mean + np.nan_to_num(safety_stock))
    level = decision.level + trigger - decision.trigger
    moved = OrderDecision.up_to(level, situation.timely_position(), trigger).where(~held, decision)
    due = np.asarray(decision.next_review) == 0
    return replace(
        decision,
        wanted_units=np.where(due, moved.wanted_units, 0.0),
        trigger=moved.trigger,
        level=moved.level,
    )


def _within_cover(decision: OrderDecision, situation: Situation, periods: FloatArray) -> OrderDecision:
    """The decision with no position raised above the expected demand of so many periods."""
    limited = np.isfinite(periods)
    if not limited.any():
        return decision
    rate = situation.scenarios.demand.mean(axis=(1, 2))
    most = np.where(limited, np.ceil(rate * np.where(limited, periods, 0.0)), np.inf)
    room = np.maximum(most - situation.position.units, 0.0)
    return replace(
        decision,
        wanted_units=np.minimum(decision.wanted_units, room),
        trigger=np.minimum(decision.trigger, most),
        level=np.minimum(decision.level, most),
    )


def _notes(own: pd.DataFrame) -> list[str]:
    """What was set for each series and by whom, in a sentence; empty where all is default."""
    sentences = []
    for parameter in PARAMETERS:
        value, source = own[parameter], own[f"{parameter}_from"]
        said = parameter.replace("_", " ") + " " + value.map(_shown) + " (" + source + ")"
        shown = source != "default"
        if parameter in TARGETS:  # of the two, the one that holds is told
            other = own[TARGETS[parameter == TARGETS[0]]]
            shown &= value.notna() | (other.isna() & (parameter == TARGETS[0]))
        sentences.append(said.where(shown, "").to_numpy(object))
    held = ~np.isnan(_column(own, "held_safety_stock"))
    sentences.append(np.where(held, "safety stock held until its change is approved", ""))
    return [
        f"Set: {'; '.join(filter(None, row))}." if any(row) else "" for row in zip(*sentences, strict=True)
    ]


def _shown(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float):
        return "own" if np.isnan(value) else "unlimited" if np.isinf(value) else f"{value:g}"
    return str(value)


def _column(table: pd.DataFrame, name: str) -> FloatArray:
    values: FloatArray = table[name].to_numpy(np.float64) if name in table else np.full(len(table), np.nan)
    return values
