"""What holds for each series from one calibration to the next: measured, settled by approvals, and put to work."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from allocast.errors import DataError
from allocast.inventory.policies import FillRateLevel
from allocast.inventory.segments.effective import EFFECTIVE
from allocast.inventory.segments.segment_table import SERIES
from allocast.inventory.segments.segmented_policy import deciders
from allocast.inventory.situation import Policy, Situation
from allocast.numerics.arrays import BoolArray, FloatArray

__all__ = [
    "ACTING",
    "CALIBRATION",
    "FIGURES",
    "NEEDS_APPROVAL",
    "Approval",
    "acting_values",
    "measured",
    "require_calibration",
    "safety_stock",
    "settled",
]

ACTING, NEEDS_APPROVAL = "acting", "needs approval"
FIGURES = ["demand_variation", "lead_time_variation", "safety_stock", "safety_stock_money"]
LABELS = ["abc", "xyz", "pattern", "importance", "vulnerability"]
CALIBRATION = [*SERIES, "state", "calibrated_on", "rulebook", "why", *EFFECTIVE[2:], *LABELS, *FIGURES]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Somebody's consent to the changes of one calibration.

    Parameters
    ----------
    calibrated_on : day of the calibration
    by : str
    item_id, location_id : str, optional
        Of which series; by default of all.
    """

    calibrated_on: date
    by: str
    item_id: str | None = None
    location_id: str | None = None

    def covers(self, rows: pd.DataFrame) -> BoolArray:
        """The rows of a calibration that are approved by this."""
        chosen = rows["calibrated_on"] == self.calibrated_on.isoformat()
        for name in SERIES:
            wanted = getattr(self, name)
            if wanted is not None:
                chosen = chosen & (rows[name] == wanted)
        covered: BoolArray = chosen.to_numpy(bool)
        return covered


def safety_stock(
    values: pd.DataFrame, *, champion: Policy, policies: Callable[[str], Policy], situation: Situation
) -> FloatArray:
    """Units above expected lead-time demand that the service target asks for, shape (n_series of the situation,).

    That is the quantile of lead-time demand at the series' cycle service level, or the level of its fill rate, within
    its cover, less the mean; 0 for what is not stocked. Where a policy has no service level, as an agent, the critical
    ratio stands in.

    Parameters
    ----------
    values : DataFrame
        Effective values, a row a series of the situation, in its order.
    champion : Policy
    policies : function of a str
        Builds the policies that the values name.
    situation : Situation

    Raises
    ------
    DataError
        A target is set for a series whose policy takes none.
    """
    aimed = replace(situation, service_target=values["cycle_service_level"].to_numpy(np.float64))
    rate = situation.scenarios.demand.mean(axis=(1, 2))
    cover = values["largest_cover_periods"].to_numpy(np.float64)
    most = np.where(np.isinf(cover), np.inf, rate * np.where(np.isinf(cover), 0.0, cover))
    units: FloatArray = np.zeros(len(rate))
    for policy, rows in deciders(values, champion=champion, policies=policies):
        part = aimed if len(rows) == len(rate) else aimed.take(rows)
        demand = part.lead_time_demand()
        if isinstance(policy, FillRateLevel):
            level = policy.decide(part).level
        else:
            level = demand.quantile(part.service_level(getattr(policy, "cycle_service_level", None)))
        units[rows] = np.minimum(level, most[rows]) - demand.mean
    return np.where(values["stocked"].to_numpy(bool), units, 0.0)


def measured(
    values: pd.DataFrame,
    segments: pd.DataFrame,
    *,
    champion: Policy,
    policies: Callable[[str], Policy],
    situation: Situation,
    demand_variation: FloatArray,
) -> pd.DataFrame:
    """Values, segments and figures of each series as they are now.

    Parameters
    ----------
    values, segments : DataFrame
        As `effective_values` and `segment_table` give them.
    champion : Policy
    policies : function of a str
        Builds the policies that the values name.
    situation : Situation
        Of the series that can be ordered; figures of the others are NaN.
    demand_variation : array of shape (n_series,)
        Deviation ÷ mean of each series' recent demand.

    Returns
    -------
    table : DataFrame, one row a series
        ``EFFECTIVE``, the labels, and ``FIGURES``: demand's variation, deviation ÷ mean of a new order's lead time in
        periods (itself counted, so that none is 0), safety stock in units and in money.
    """
    table = values.assign(
        **{name: segments[name].to_numpy() for name in LABELS}, demand_variation=demand_variation
    )
    keys = situation.panel.series[SERIES].reset_index(drop=True)
    own = keys.merge(values, on=SERIES, how="left", validate="1:1")
    units = safety_stock(own, champion=champion, policies=policies, situation=situation)
    figures = keys.assign(
        lead_time_variation=_variation(situation),
        safety_stock=units,
        safety_stock_money=units * situation.costs.unit_cost,
    )
    return table.merge(figures, on=SERIES, how="left")


def settled(calibration: pd.DataFrame, approvals: Sequence[Approval]) -> pd.DataFrame:
    """The calibration with the changes that are approved by now at work instead of what they replace.

    Parameters
    ----------
    calibration : DataFrame, columns ``CALIBRATION``
        A row of state ``acting`` a series, and one of ``needs approval`` where a change waits.
    approvals : sequence of Approval
    """
    waits = (calibration["state"] == NEEDS_APPROVAL).to_numpy(bool)
    approved: BoolArray = np.zeros(len(calibration), dtype=bool)
    for approval in approvals:
        approved |= waits & approval.covers(calibration)
    keys = pd.MultiIndex.from_frame(calibration[SERIES])
    replaced = ~waits & keys.isin(keys[approved])
    state = calibration["state"].where(~approved, ACTING)
    return calibration.assign(state=state)[~replaced].reset_index(drop=True)


def acting_values(calibration: pd.DataFrame, approvals: Sequence[Approval]) -> pd.DataFrame:
    """The values at work, and the safety stock at which series are held whose change waits for approval.

    Returns
    -------
    table : DataFrame, one row a series
        ``EFFECTIVE`` and ``held_safety_stock``, NaN where nothing waits.
    """
    now = settled(calibration, approvals)
    acting = now[now["state"] == ACTING].reset_index(drop=True)
    waiting = pd.MultiIndex.from_frame(now.loc[now["state"] == NEEDS_APPROVAL, SERIES])
    held = pd.MultiIndex.from_frame(acting[SERIES]).isin(waiting)
    return acting[EFFECTIVE].assign(held_safety_stock=acting["safety_stock"].where(held))


def require_calibration(table: pd.DataFrame) -> None:
    """Refuse what is no calibration.

    Raises
    ------
    DataError
        A column is missing, a state is unknown, or a series acts twice.
    """
    missing = [name for name in CALIBRATION if name not in table]
    if missing:
        raise DataError(
            f"a calibration must have the columns {', '.join(CALIBRATION)}; missing are {', '.join(missing)}. "
            "Write one with: allocast policy recalibrate"
        )
    unknown = ~table["state"].isin([ACTING, NEEDS_APPROVAL])
    if unknown.any():
        raise DataError(
            f"state must be {ACTING!r} or {NEEDS_APPROVAL!r}; row {int(np.argmax(unknown))} has "
            f"{table['state'][unknown].iloc[0]!r} ({int(unknown.sum())} rows affected)."
        )
    twice = table.duplicated([*SERIES, "state"])
    if twice.any():
        first = table.loc[twice, SERIES].iloc[0].tolist()
        raise DataError(
            f"a series may act once and wait once; {first} does more ({int(twice.sum())} rows too many)."
        )


def _variation(situation: Situation) -> FloatArray:
    """Deviation ÷ mean of lead time + 1, in periods."""
    probability = situation.lead_time.periods.probability
    value = np.arange(probability.shape[1]) + 1.0
    mean = probability @ value
    variance = np.maximum(probability @ value**2 - mean**2, 0.0)
    variation: FloatArray = np.sqrt(variance) / mean
    return variation
