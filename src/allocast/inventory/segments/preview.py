"""What each rule of a rulebook reaches and costs, before it applies."""

import numpy as np
import pandas as pd

from allocast.inventory.segments.effective import effective_values, same_values, touched
from allocast.inventory.segments.rules import PARAMETERS, Rule, Rulebook
from allocast.inventory.segments.segment_table import SERIES
from allocast.inventory.segments.segmented_policy import SegmentedPolicy
from allocast.inventory.situation import Policy, Situation
from allocast.numerics.arrays import BoolArray

__all__ = ["PREVIEW", "expected_money", "preview"]

MONEY = ["stock_money", "holding_cost", "shortage_cost"]
PREVIEW = ["rule", "priority", "series", "decides", "changes", *MONEY]
USERS, ALL = "users' values", "all together"


def expected_money(policy: Policy, situation: Situation) -> pd.DataFrame:
    """What is expected to be left, and to be missed, where the position is at each series' level.

    Returns
    -------
    table : DataFrame, one row a series of the situation
        ``stock_money``: unit cost × units left at the end of the protection interval; ``holding_cost`` of these, per
        period; ``shortage_cost`` of the demand missed in one protection interval. What is not ordered has a level of 0.
    """
    decision, demand, costs = policy.decide(situation), situation.lead_time_demand(), situation.costs
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
    rulebook: Rulebook, segments: pd.DataFrame, *, champion: Policy, situation: Situation
) -> pd.DataFrame:
    """What each rule does to the rest of the rulebook: with it, less without it.

    Parameters
    ----------
    rulebook : Rulebook
    segments : DataFrame
        As `segment_table` gives it.
    champion : Policy
    situation : Situation
        Of the series that can be ordered; the money is of these.

    Returns
    -------
    table : DataFrame, columns ``PREVIEW``; a row a rule, the strongest first, then users' values, then all together
        ``series`` that the rule is about; ``decides``, those of which a value comes from it; ``changes``, those that
        would have another value without it; ``stock_money``, ``holding_cost`` per period and ``shortage_cost`` per
        protection interval that it adds (negative: saves), expected. The last row is against no rulebook at all.
    """
    whole = effective_values(rulebook, segments)
    money = _money(whole, champion, situation)
    rows = []
    for rule in rulebook.by_priority:
        without = effective_values(rulebook.without(rule.name), segments)
        counts = (touched(rule, segments), _from(whole, f"rule: {rule.name}"), ~same_values(whole, without))
        rows.append(_row(rule, counts, money - _money(without, champion, situation)))
    if rulebook.values:
        ruled = effective_values(Rulebook(defaults=rulebook.defaults, rules=rulebook.rules), segments)
        keys = pd.MultiIndex.from_tuples([(value.item_id, value.location_id) for value in rulebook.values])
        named = pd.MultiIndex.from_frame(whole[SERIES]).isin(keys)
        counts = (named, _from(whole, "user: "), ~same_values(whole, ruled))
        rows.append(_row(USERS, counts, money - _money(ruled, champion, situation)))
    bare = effective_values(Rulebook(), segments)
    changed = ~same_values(whole, bare)
    every = np.ones(len(whole), dtype=bool)
    rows.append(_row(ALL, (every, every, changed), money - _money(bare, champion, situation)))
    return pd.DataFrame(rows, columns=PREVIEW)


def _money(values: pd.DataFrame, champion: Policy, situation: Situation) -> "pd.Series[float]":
    policy = SegmentedPolicy(champion=champion, values=values, label="preview")
    return expected_money(policy, situation).sum()


def _from(values: pd.DataFrame, source: str) -> BoolArray:
    """The series of which a value comes from a rule, or from a user whose name is not asked for."""
    found: BoolArray = np.zeros(len(values), dtype=bool)
    for parameter in PARAMETERS:
        origin = values[f"{parameter}_from"]
        found |= (origin.str.startswith(source) if source.endswith(" ") else origin == source).to_numpy(bool)
    return found


def _row(
    rule: Rule | str, counts: tuple[BoolArray, BoolArray, BoolArray], money: "pd.Series[float]"
) -> tuple[object, ...]:
    name, priority = (rule, pd.NA) if isinstance(rule, str) else (rule.name, rule.priority)
    return (name, priority, *(int(rows.sum()) for rows in counts), *money[MONEY])
