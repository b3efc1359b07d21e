"""A policy that controls each series as its effective values say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from allocast.errors import DataError
from allocast.inventory.policies import OrderUpTo, ProjectedNeed, ReorderPoint
from allocast.inventory.segments.effective import BUILT_IN
from allocast.inventory.segments.rules import PARAMETERS
from allocast.inventory.segments.segment_table import SERIES
from allocast.inventory.situation import OrderDecision, Policy, Situation
from allocast.numerics.arrays import BoolArray, FloatArray

__all__ = ["BY_NAME", "SegmentedPolicy"]

BY_NAME: Mapping[str, Callable[[], Policy]] = {
    "order_up_to": OrderUpTo,
    "reorder_point": ReorderPoint,
    "projected_need": ProjectedNeed,
}
"""The policies that a rule can name, all of which take a service level."""


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
    label : str
        Stands in the policy's name.
    """

    champion: Policy
    values: pd.DataFrame
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
            A service level is set for a series whose policy takes none.
        """
        own = self._of(situation)
        target = own["cycle_service_level"].to_numpy(np.float64)
        aimed = replace(situation, service_target=target)
        parts, wanted_by = [], own["policy"].to_numpy(object)
        for name in sorted(set(wanted_by)):
            rows = wanted_by == name
            policy = self._policy(name, aimed, rows & ~np.isnan(target))
            parts.append((rows, policy, policy.decide(aimed)))
        decision = _held(_joined(parts, target), aimed, _column(own, "held_safety_stock"))
        decision = _within_cover(decision, aimed, own["largest_cover_periods"].to_numpy(np.float64))
        stocked = own["stocked"].to_numpy(bool)
        notes = tuple(
            f"{note} {more}".strip() for note, more in zip(decision.notes, _notes(own), strict=True)
        )
        return OrderDecision(
            wanted_units=np.where(stocked, decision.wanted_units, 0.0),
            trigger=np.where(stocked, decision.trigger, 0.0),
            level=np.where(stocked, decision.level, 0.0),
            notes=notes,
            decided_by=decision.decided_by,
        )

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

    def _policy(self, name: str, situation: Situation, targeted: BoolArray) -> Policy:
        policy = self.champion if name == "champion" else BY_NAME[name]()
        if targeted.any() and not hasattr(policy, "cycle_service_level"):
            first = situation.panel.series.iloc[int(np.argmax(targeted))]
            raise DataError(
                f"a cycle_service_level is set for {first['item_id']} at {first['location_id']}, but the champion "
                f"policy {policy.name} takes none ({int(targeted.sum())} series affected). "
                f"Let the rule name a policy too: one of {', '.join(BY_NAME)}."
            )
        return policy


def _joined(parts: list[tuple[BoolArray, Policy, OrderDecision]], target: FloatArray) -> OrderDecision:
    """One decision from several, each for its rows, with the name of the policy that decided."""
    n = len(target)
    numbers = {name: np.zeros(n) for name in ("wanted_units", "trigger", "level")}
    notes, names = np.full(n, "", dtype=object), np.full(n, "", dtype=object)
    for rows, policy, decision in parts:
        for name, values in numbers.items():
            values[rows] = getattr(decision, name)[rows]
        if decision.notes:
            notes[rows] = np.array(decision.notes, dtype=object)[rows]
        decided_by = decision.decided_by or [policy.name] * n
        names[rows] = np.array(decided_by, dtype=object)[rows]
    kinds = [name.partition("(")[0] for name in names]
    told = [
        name if np.isnan(level) else f"{kind}({level:.3g})"
        for name, kind, level in zip(names, kinds, target, strict=True)
    ]
    return OrderDecision(
        wanted_units=numbers["wanted_units"],
        trigger=numbers["trigger"],
        level=numbers["level"],
        notes=tuple(notes),
        decided_by=tuple(told),
    )


def _held(decision: OrderDecision, situation: Situation, safety_stock: FloatArray) -> OrderDecision:
    """Trigger and level moved together to the safety stock that is held."""
    held = ~np.isnan(safety_stock)
    if not held.any():
        return decision
    trigger = np.ceil(situation.lead_time_demand().mean + np.nan_to_num(safety_stock))
    level = decision.level + trigger - decision.trigger
    moved = OrderDecision.up_to(level, situation.position.units, trigger).where(~held, decision)
    return replace(moved, notes=decision.notes, decided_by=decision.decided_by)


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
        sentences.append(said.where(source != "default", "").to_numpy(object))
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
