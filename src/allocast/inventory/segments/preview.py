"""What each rule of a rulebook reaches and costs, before it applies."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.inventory.costs import Costs
from allocast.inventory.lead_time_demand import LeadTimeDemand
from allocast.inventory.segments.effective import effective_values, same_values, touched
from allocast.inventory.segments.rules import PARAMETERS, Rule, Rulebook
from allocast.inventory.segments.segment_table import SERIES
from allocast.inventory.segments.segmented_policy import ruled_decision
from allocast.inventory.situation import OrderDecision, Policy, Situation
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray

__all__ = ["PREVIEW", "expected_money", "preview"]

MONEY = ["stock_money", "holding_cost", "shortage_cost"]
PREVIEW = ["rule", "priority", "series", "decides", "changes", *MONEY]
USERS, ALL = "users' values", "all together"


def expected_money(decision: OrderDecision, demand: LeadTimeDemand, costs: Costs) -> pd.DataFrame:
    """What is expected to be left, and to be missed, where the position is at each series' level.

    Parameters
    ----------
    decision : OrderDecision
    demand : LeadTimeDemand
        Of the same series.
    costs : Costs

    Returns
    -------
    table : DataFrame, one row a series
        ``stock_money``: unit cost × units left at the end of the protection interval; ``holding_cost`` of these, per
        period; ``shortage_cost`` of the demand missed in one protection interval. What is not ordered has a level of 0.
    """
    missed = demand.expected_shortage(decision.level)
    left = decision.level - demand.mean + missed
    return pd.DataFrame(
        {
            "stock_money": costs.unit_cost * left,
            "holding_cost": costs.holding_cost * left,
            "shortage_cost": costs.shortage_cost * missed,
        }
    )


def preview(
    rulebook: Rulebook,
    segments: pd.DataFrame,
    *,
    champion: Policy,
    policies: Callable[[str], Policy],
    situation: Situation,
) -> pd.DataFrame:
    """What each rule does to the rest of the rulebook: with it, less without it.

    Parameters
    ----------
    rulebook : Rulebook
    segments : DataFrame
        As `segment_table` gives it.
    champion : Policy
    policies : function of a str
        Builds the policies that rules name.
    situation : Situation
        Of the series that can be ordered; the money is of these.

    Returns
    -------
    table : DataFrame, columns ``PREVIEW``; a row a rule, the strongest first, then users' values, then all together
        ``series`` that the rule is about; ``decides``, those of which a value comes from it; ``changes``, those that
        would have another value without it; ``stock_money``, ``holding_cost`` per period and ``shortage_cost`` per
        protection interval that it adds (negative: saves), expected. The last row is against no rulebook at all.
    """
    worth = _Worth.of(segments, champion=champion, policies=policies, situation=situation)
    whole, every = effective_values(rulebook, segments), np.arange(len(segments))
    money = worth.money(whole, every)

    def row(name: Rule | str, reached: BoolArray, rest: Rulebook, decides: BoolArray) -> tuple[object, ...]:
        """What changes, and costs, where the rest of the rulebook stands alone: it can only where it is reached."""
        rows = np.flatnonzero(reached)
        without = effective_values(rest, segments.iloc[rows])
        moved = ~same_values(whole.iloc[rows].reset_index(drop=True), without)
        added = money[rows[moved]] - worth.money(without[moved], rows[moved])
        return _row(name, (reached, decides, moved), added.sum(axis=0))

    rows = [
        row(rule, touched(rule, segments), rulebook.without(rule.name), _from(whole, f"rule: {rule.name}"))
        for rule in rulebook.by_priority
    ]
    if rulebook.values:
        keys = pd.MultiIndex.from_tuples([(value.item_id, value.location_id) for value in rulebook.values])
        named = pd.MultiIndex.from_frame(whole[SERIES]).isin(keys)
        ruled = Rulebook(defaults=rulebook.defaults, rules=rulebook.rules)
        rows.append(row(USERS, named, ruled, _from(whole, "user: ")))
    all_of_them = np.ones(len(whole), dtype=bool)
    rows.append(row(ALL, all_of_them, Rulebook(), all_of_them))
    return pd.DataFrame(rows, columns=PREVIEW)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Worth:
    """What values are worth for series, ``place`` being the row of each in the situation, or −1."""

    place: IntArray
    demand: LeadTimeDemand
    champion: Policy
    policies: Callable[[str], Policy]
    situation: Situation

    @classmethod
    def of(
        cls,
        segments: pd.DataFrame,
        *,
        champion: Policy,
        policies: Callable[[str], Policy],
        situation: Situation,
    ) -> "_Worth":
        known = situation.panel.series[SERIES].reset_index(drop=True)
        same = len(known) == len(segments) and known.equals(segments[SERIES].reset_index(drop=True))
        keys = [] if same else [pd.MultiIndex.from_frame(table[SERIES]) for table in (known, segments)]
        place = np.arange(len(known)) if same else keys[0].get_indexer(keys[1])
        demand = situation.lead_time_demand()
        return cls(place=place, demand=demand, champion=champion, policies=policies, situation=situation)

    def money(self, values: pd.DataFrame, rows: IntArray) -> FloatArray:
        """Stock, holding and shortage of these rows of the segments under these values, shape (n_rows, 3)."""
        there = np.flatnonzero(self.place[rows] >= 0)
        found: FloatArray = np.zeros((len(rows), len(MONEY)))
        if len(there):
            part, demand = self._part(self.place[rows[there]])
            own = values.iloc[there].reset_index(drop=True)
            decision = ruled_decision(own, part, champion=self.champion, policies=self.policies)
            found[there] = expected_money(decision, demand, part.costs)[MONEY].to_numpy(np.float64)
        return found

    def _part(self, rows: IntArray) -> tuple[Situation, LeadTimeDemand]:
        """Of these rows of the situation; the whole of it is not copied."""
        whole = self.situation
        if len(rows) == whole.panel.n_series and bool((np.diff(rows) == 1).all()):
            return whole, self.demand
        return whole.take(rows), LeadTimeDemand(units=self.demand.units[rows])


def _from(values: pd.DataFrame, source: str) -> BoolArray:
    """The series of which a value comes from a rule, or from a user whose name is not asked for."""
    found: BoolArray = np.zeros(len(values), dtype=bool)
    for parameter in PARAMETERS:
        origin = values[f"{parameter}_from"]
        found |= (origin.str.startswith(source) if source.endswith(" ") else origin == source).to_numpy(bool)
    return found


def _row(
    rule: Rule | str, counts: tuple[BoolArray, BoolArray, BoolArray], money: FloatArray
) -> tuple[object, ...]:
    name, priority = (rule, pd.NA) if isinstance(rule, str) else (rule.name, rule.priority)
    return (name, priority, *(int(rows.sum()) for rows in counts), *money)
