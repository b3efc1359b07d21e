"""A situation, and the policy that decides in it, as a change makes them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from allocast.errors import DataError
from allocast.forecast.paths import whole_steps
from allocast.inventory.position import StockPosition
from allocast.inventory.segments.effective import BUILT_IN
from allocast.inventory.segments.segmented_policy import SegmentedPolicy
from allocast.inventory.situation import Policy, Scenarios, Situation
from allocast.numerics.arrays import FloatArray
from allocast.numerics.discrete import DiscreteDistribution
from allocast.simulation.what_if.change import Change
from allocast.supply.lead_time import LeadTimeDistribution

__all__ = ["WithoutSuppliers", "aimed", "changed", "prolonged"]

WithoutSuppliers = Callable[[Situation, tuple[str, ...]], Situation]
"""The situation with its series at other suppliers; `planning.fallback` has one."""


def aimed(policy: Policy, situation: Situation, change: Change) -> tuple[Policy, Situation]:
    """Policy and situation with the service target of a change.

    Raises
    ------
    DataError
        The policy takes no service level.
    """
    target = change.service_target
    if target is None:
        return policy, situation
    if isinstance(policy, SegmentedPolicy):
        return replace(policy, values=_aimed_values(policy.values, target)), situation
    if not hasattr(policy, "cycle_service_level"):
        raise DataError(
            f"scenario {change.name!r} sets a service_target, but the policy {policy.name} takes none. Let a policy "
            "such as projected_need decide, or leave the scenario out."
        )
    return policy, replace(situation, service_target=np.full(situation.panel.n_series, target))


def _aimed_values(values: pd.DataFrame, target: float) -> pd.DataFrame:
    """Effective values with one target; what was to reach a fill rate, or is held where it was, is the champion's."""
    otherwise = (
        values[[name for name in ("fill_rate", "held_safety_stock") if name in values]].notna().any(axis=1)
    )
    return values.drop(columns="held_safety_stock", errors="ignore").assign(
        cycle_service_level=target,
        fill_rate=np.nan,
        policy=values["policy"].mask(otherwise, BUILT_IN.policy),
    )


def changed(situation: Situation, change: Change, n_periods: int) -> Situation:
    """The situation with the demand and the lead times of a change, prolonged so that it can be played through.

    Parameters
    ----------
    situation : Situation
        With the suppliers that the change leaves.
    change : Change
    n_periods : int
        Periods to be played: paths are so much longer than before, and by the periods added to lead times.
    """
    later, scenarios = change.lead_time_added_periods, situation.scenarios
    width = scenarios.demand.shape[2] + later
    demand = prolonged(scenarios.demand, width + n_periods)
    arrivals = np.zeros(demand.shape)
    arrivals[:, :, later:width] = scenarios.arrivals
    return replace(
        situation,
        position=_later_position(situation.position, later),
        lead_time=_later_lead_time(situation.lead_time, later),
        scenarios=Scenarios(
            demand=_times(demand, change.demand_factor),
            arrivals=arrivals,
            lead_time=scenarios.lead_time + later,
            delivered_share=scenarios.delivered_share,
        ),
    )


def prolonged(demand: FloatArray, n_periods: int) -> FloatArray:
    """Paths that go on with their last periods once more, or more often, shape (n_series, n_paths, n_periods).

    Examples
    --------
    >>> prolonged(np.array([[[1.0, 2.0, 3.0, 4.0]]]), 6)
    array([[[1., 2., 3., 4., 3., 4.]]])
    """
    known = demand.shape[2]
    missing = max(n_periods - known, 0)
    cycle = max(min(missing, known), 1)
    place = np.append(np.arange(known), known - cycle + np.arange(missing) % cycle)
    return np.ascontiguousarray(demand[:, :, place[:n_periods]])


def _times(demand: FloatArray, factor: float) -> FloatArray:
    """Demand so many times as large, in whole units if it comes in such."""
    if factor == 1.0:
        return demand
    whole = bool((demand == np.rint(demand)).all())
    return whole_steps(demand * factor) if whole else demand * factor


def _later_position(position: StockPosition, periods: int) -> StockPosition:
    return replace(position, arrival=_shifted(position.arrival, periods)) if periods else position


def _later_lead_time(lead_time: LeadTimeDistribution, periods: int) -> LeadTimeDistribution:
    if not periods:
        return lead_time
    return LeadTimeDistribution(
        period_days=lead_time.period_days, periods=_shifted(lead_time.periods, periods)
    )


def _shifted(distribution: DiscreteDistribution, periods: int) -> DiscreteDistribution:
    return DiscreteDistribution(probability=np.pad(distribution.probability, ((0, 0), (periods, 0))))
