"""What must hold of every order and every level, whatever the demand."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.inventory.costs import Costs
from allocast.inventory.lead_time_demand import lead_time_demand, projected_need, sample_quantile
from allocast.inventory.policies import OrderUpTo, ReorderPoint
from allocast.inventory.position import StockPosition
from allocast.inventory.situation import Policy, Scenarios, Situation
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.discrete import DiscreteDistribution
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.sourcing import Sourcing

N_PATHS, N_PERIODS = 15, 8
limited = settings(max_examples=50, deadline=None, derandomize=True)
amounts = st.floats(0, 500).map(lambda units: round(units, 2))
demands = arrays(np.float64, (1, N_PATHS, N_PERIODS), elements=st.integers(0, 60).map(float))
lead_times = arrays(np.int64, (1, N_PATHS), elements=st.integers(0, 3))
levels = st.floats(0.01, 0.99)


def terms(minimum: int, pack: int, capacity: float) -> Sourcing:
    text, one = np.array(["x"], dtype=object), np.ones(1)
    return Sourcing(
        item_id=text,
        location_id=text,
        supplier_id=text,
        unit_cost=one,
        order_cost=one,
        minimum_order_units=minimum * one,
        pack_units=pack * one,
        lead_time_days=one,
        capacity_units=capacity * one,
    )


def situation_of(demand: FloatArray, lead_time: IntArray, order_cost: float = 0.0) -> Situation:
    """An empty shelf, nothing on order."""
    share = (lead_time[:, :, None] == np.arange(N_PERIODS)).mean(axis=1)
    return Situation(
        panel=DemandPanel(
            series=pd.DataFrame({"item_id": ["x"], "location_id": ["here"]}),
            periods=np.array(["2024-01-01"], dtype="datetime64[D]"),
            frequency=Frequency.WEEKLY,
            units=np.ones((1, 1)),
            observed=np.ones((1, 1), dtype=bool),
        ),
        position=StockPosition.from_pipeline(np.zeros(1), np.zeros((1, 1)), np.zeros(1)),
        costs=Costs.uniform(1, holding_cost=1.0, shortage_cost=4.0, order_cost=order_cost),
        sourcing=terms(0, 1, np.inf),
        lead_time=LeadTimeDistribution(period_days=7, periods=DiscreteDistribution(probability=share)),
        scenarios=Scenarios(demand=demand, arrivals=np.zeros_like(demand), lead_time=lead_time),
    )


@given(
    wanted=amounts,
    minimum=st.integers(0, 80),
    pack=st.integers(1, 30),
    capacity=st.one_of(st.just(np.inf), amounts),
)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_feasible_orders_are_whole_packs_at_least_the_minimum_and_within_capacity(
    wanted, minimum, pack, capacity
) -> None:
    units = terms(minimum, pack, capacity).feasible_units(np.array([wanted]))[0]
    assert units % pack == 0
    assert units == 0 or units >= minimum
    assert units <= capacity
    assert wanted > 0 or units == 0


@given(wanted=amounts, minimum=st.integers(0, 80), pack=st.integers(1, 30))
@limited
def test_without_a_limit_the_order_covers_what_is_wanted_and_one_pack_less_would_not(
    wanted, minimum, pack
) -> None:
    units = terms(minimum, pack, np.inf).feasible_units(np.array([wanted]))[0]
    assert units >= wanted
    assert units == 0 or units - pack < max(wanted, minimum)


@given(wanted=amounts, more=amounts, minimum=st.integers(0, 80), pack=st.integers(1, 30), capacity=amounts)
@limited
def test_who_wants_more_never_gets_less(wanted, more, minimum, pack, capacity) -> None:
    line = terms(minimum, pack, capacity)
    assert line.feasible_units(np.array([wanted + more])) >= line.feasible_units(np.array([wanted]))


@given(demand=demands, lead_time=lead_times, longer=lead_times, level=levels)
@limited
def test_more_lead_time_never_lowers_a_reorder_point(demand, lead_time, longer, level) -> None:
    for policy in (ReorderPoint(cycle_service_level=level), OrderUpTo(cycle_service_level=level)):
        short = policy.decide(situation_of(demand, lead_time, order_cost=9.0))
        long = policy.decide(situation_of(demand, lead_time + longer, order_cost=9.0))
        assert long.trigger >= short.trigger
        assert long.level >= short.level


@given(demand=demands, lead_time=lead_times, low=levels, high=levels)
@limited
def test_more_service_never_lowers_a_level(demand, lead_time, low, high) -> None:
    low, high = sorted((low, high))
    situation = situation_of(demand, lead_time)

    def level(policy: Policy) -> float:
        return float(policy.decide(situation).level[0])

    assert level(OrderUpTo(cycle_service_level=low)) <= level(OrderUpTo(cycle_service_level=high))
    assert level(ReorderPoint(cycle_service_level=low)) <= level(ReorderPoint(cycle_service_level=high))


@given(samples=arrays(np.float64, (2, 9), elements=st.integers(0, 20).map(float)), level=levels)
@limited
def test_a_quantile_covers_its_places_and_the_next_smaller_sample_does_not(samples, level) -> None:
    for row, quantile in zip(samples, sample_quantile(samples, np.full(2, level)), strict=True):
        places = len(row) + 1
        assert quantile in row
        assert (row <= quantile).sum() / places >= level - 1e-9 or quantile == row.max()
        assert (row < quantile).sum() / places < level


@given(values=st.lists(st.integers(0, 10**6), min_size=3, max_size=12, unique=True), level=levels)
@limited
def test_a_quantile_of_all_values_but_one_covers_that_one_as_often_as_asked(values, level) -> None:
    """Exchangeable draws: left out in turn, they are covered in the share that was asked for, or up to one more."""
    n = len(values)
    others = np.array([values[:place] + values[place + 1 :] for place in range(n)], dtype=float)
    covered = (np.array(values) <= sample_quantile(others, np.full(n, level))).mean()
    assert min(level, 1 - 1 / n) - 1e-9 <= covered < level + 1 / n + 1e-9


@given(
    demand=demands,
    arrivals=demands,
    lead_time=lead_times,
    on_hand=st.integers(0, 90),
    backorders=st.booleans(),
)
@limited
def test_the_need_is_never_above_what_the_position_lacks_and_equal_if_nothing_is_lost(
    demand, arrivals, lead_time, on_hand, backorders
) -> None:
    stock = np.array([float(on_hand)])
    need = projected_need(demand, arrivals, stock, lead_time, backordered=np.zeros(1), backorders=backorders)
    in_time = lead_time_demand(arrivals, lead_time).units
    lacking = lead_time_demand(demand, lead_time).units - stock[:, None] - in_time
    assert (need <= lacking).all()
    if backorders:
        np.testing.assert_array_equal(need, lacking)


@given(demand=demands, lead_time=lead_times, on_hand=st.integers(0, 90), more=st.integers(0, 40))
@limited
def test_a_unit_more_on_hand_lowers_the_need_by_one_at_most_and_never_raises_it(
    demand, lead_time, on_hand, more
) -> None:
    def need(units: float) -> FloatArray:
        nothing = np.zeros_like(demand)
        stock, owed = np.array([float(units)]), np.zeros(1)
        return projected_need(demand, nothing, stock, lead_time, backordered=owed, backorders=False)

    saved = need(on_hand) - need(on_hand + more)
    assert ((saved >= 0) & (saved <= more)).all()
