"""What was recommended and approved leaves nothing more to recommend, whatever the demand, lead times and policy."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.inventory.approved_orders import ApprovedOrders
from allocast.inventory.costs import Costs
from allocast.inventory.policies import (
    FillRateLevel,
    FixedQuantity,
    OrderUpTo,
    ProjectedNeed,
    ReorderLevels,
    ReorderPoint,
)
from allocast.inventory.position import StockPosition
from allocast.inventory.situation import Scenarios, Situation
from allocast.numerics.discrete import DiscreteDistribution
from allocast.planning.approved import with_approved
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.sourcing import Sourcing

N_PATHS, N_PERIODS = 12, 7
limited = settings(max_examples=40, deadline=None, derandomize=True)
demands = arrays(np.float64, (1, N_PATHS, N_PERIODS), elements=st.integers(0, 40).map(float))
lead_times = arrays(np.int64, (1, N_PATHS), elements=st.integers(0, 3))
pipelines = arrays(np.float64, (1, N_PERIODS), elements=st.integers(0, 30).map(float))


def situation_of(demand, lead_time, pipeline, on_hand, pack, minimum, backorders) -> Situation:
    text, one = np.array(["x"], dtype=object), np.ones(1)
    position = StockPosition.from_pipeline(on_hand * one, pipeline, np.zeros(1))
    share = (lead_time[:, :, None] == np.arange(N_PERIODS)).mean(axis=1)
    return Situation(
        panel=DemandPanel(
            series=pd.DataFrame({"item_id": text, "location_id": text}),
            periods=np.array(["2024-01-01"], dtype="datetime64[D]"),
            frequency=Frequency.WEEKLY,
            units=np.ones((1, 1)),
            observed=np.ones((1, 1), dtype=bool),
        ),
        position=position,
        costs=Costs(
            holding_cost=one, shortage_cost=4 * one, order_cost=9 * one, unit_cost=one, backorders=backorders
        ),
        sourcing=Sourcing(
            item_id=text,
            location_id=text,
            supplier_id=text,
            unit_cost=one,
            order_cost=one,
            minimum_order_units=minimum * one,
            pack_units=pack * one,
            lead_time_days=one,
            capacity_units=np.inf * one,
        ),
        lead_time=LeadTimeDistribution(period_days=7, periods=DiscreteDistribution(probability=share)),
        scenarios=Scenarios(
            demand=demand,
            arrivals=position.sample_arrivals(N_PATHS, N_PERIODS, np.random.default_rng(0)),
            lead_time=lead_time,
        ),
    )


def ordered(policy, situation) -> np.ndarray:
    return situation.sourcing.feasible_units(policy.decide(situation).wanted_units)


@pytest.mark.parametrize(
    "policy",
    [OrderUpTo(), ProjectedNeed(), ReorderPoint(), FixedQuantity(), FillRateLevel(), ReorderLevels()],
    ids=lambda policy: type(policy).__name__,
)
@limited
@given(
    demand=demands,
    lead_time=lead_times,
    pipeline=pipelines,
    on_hand=st.integers(0, 60),
    pack=st.integers(1, 9),
    minimum=st.integers(0, 30),
    backorders=st.booleans(),
)
def test_an_approved_order_leaves_nothing_more_to_propose(
    policy, demand, lead_time, pipeline, on_hand, pack, minimum, backorders
) -> None:
    situation = situation_of(demand, lead_time, pipeline, on_hand, pack, minimum, backorders)
    units = ordered(policy, situation)
    name = np.array(["x"], dtype=object)
    day = np.array(["2024-01-07"], dtype="datetime64[D]")
    approved = ApprovedOrders(item_id=name, location_id=name, supplier_id=name, units=units, approved_on=day)
    assert ordered(policy, with_approved(situation, approved)).tolist() == [0]


@limited
@given(
    demand=demands,
    lead_time=lead_times,
    on_hand=st.integers(0, 60),
    far=st.integers(1, 900),
    backorders=st.booleans(),
)
def test_a_delivery_after_the_protection_interval_changes_no_order(
    demand, lead_time, on_hand, far, backorders
) -> None:
    due = np.zeros((1, N_PERIODS))
    due[0, -1] = far  # the longest lead time is 3: the interval ends with the fourth period
    with_far, without = (
        situation_of(demand, lead_time, pipeline, on_hand, 1, 0, backorders) for pipeline in (due, 0 * due)
    )
    for policy in (OrderUpTo(), ProjectedNeed(), ReorderPoint(), FillRateLevel(), ReorderLevels()):
        assert ordered(policy, with_far).tolist() == ordered(policy, without).tolist()
