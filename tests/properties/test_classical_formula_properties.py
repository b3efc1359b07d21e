"""What must hold of the classical formulas for any numbers, each with the reason why."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from allocast.inventory.formulas.compound_demand import Moments, demand_over
from allocast.inventory.formulas.fill_rate import fill_rate_of_level, level_for_fill_rate
from allocast.inventory.formulas.fixed_quantity import fixed_quantity_at_reviews, normal_fixed_quantity
from allocast.inventory.formulas.lot_size import economic_order_quantity, lot_cost
from allocast.inventory.formulas.quantity_discounts import (
    PriceBreaks,
    all_units_discount,
    incremental_discount,
)
from allocast.inventory.formulas.reorder_levels import reorder_level_cost, reorder_levels
from allocast.inventory.formulas.safety_stock import (
    cycle_service_reached,
    normal_safety_stock,
    safety_stock,
)
from allocast.numerics.discrete import DiscreteDistribution

money = st.floats(0.1, 100)
levels = st.floats(0.01, 0.98)


def one(number: float) -> np.ndarray:
    return np.array([number])


@st.composite
def laws(draw, largest=6):
    weights = draw(st.lists(st.floats(0.01, 1), min_size=2, max_size=largest + 1))
    return DiscreteDistribution(probability=np.array([weights]) / sum(weights))


@st.composite
def discounts(draw):
    steps = draw(st.lists(st.tuples(st.floats(1, 500), st.floats(0.05, 5)), min_size=1, max_size=3))
    start = np.cumsum([0.0, *(width for width, _ in steps)])
    price = np.cumsum([1.0, *(fall for _, fall in steps)])[::-1]
    return PriceBreaks(from_units=start[None], unit_cost=price[None].copy())


@given(st.floats(1, 5000), money, st.floats(0.05, 1), discounts())
def test_a_discount_never_costs_more_than_its_first_price_for_all(demand, order_cost, share, breaks) -> None:
    """Nobody has to order more than before."""
    terms = {"order_cost": one(order_cost), "holding_cost": share * breaks.unit_cost[:, 0]}
    batch = economic_order_quantity(one(demand), **terms)
    without = lot_cost(one(demand), batch=batch, **terms) + breaks.unit_cost[:, 0] * demand
    whole = all_units_discount(one(demand), breaks, order_cost=one(order_cost), holding_share=one(share))
    partly = incremental_discount(one(demand), breaks, order_cost=one(order_cost), holding_share=one(share))
    assert partly.cost[0] <= without[0] * (1 + 1e-9)
    assert whole.cost[0] <= partly.cost[0] * (1 + 1e-9)  # and a lower price for all units is better still


@given(laws(), laws(4), levels, st.floats(0.001, 0.019))
def test_more_service_never_needs_less_stock(demand, periods, level, more) -> None:
    over = demand_over(demand, periods)
    low, high = (safety_stock(over, one(target)) for target in (level, level + more))
    assert low[0] <= high[0]
    assert cycle_service_reached(over, over.mean + low)[0] >= level - 1e-9
    moments = Moments.of(over)
    assert normal_safety_stock(moments, one(level))[0] <= normal_safety_stock(moments, one(level + more))[0]


@given(st.integers(0, 10_000), st.integers(0, 3), st.floats(0.3, 0.99))
def test_the_level_for_a_fill_rate_reaches_it_and_one_unit_less_does_not(seed, lead_time, target) -> None:
    weeks = np.random.default_rng(seed).poisson(3, (1, 40, lead_time + 1)).astype(float)
    before, through = weeks[:, :, :lead_time].sum(axis=2), weeks.sum(axis=2)
    level = level_for_fill_rate(before, through, one(target))
    assert fill_rate_of_level(before, through, level)[0] >= target - 1e-9
    if level[0] > 0:
        assert fill_rate_of_level(before, through, level - 1)[0] < target


@given(laws(), st.integers(0, 3), st.floats(0, 30), money, money)
@settings(deadline=None)
def test_exact_levels_never_cost_more_than_approximate_ones(demand, lead_time, order, hold, short) -> None:
    """The best (s, S) is at most the best (R, nQ), and either at most what the usual formulas choose."""
    over = demand_over(demand, DiscreteDistribution.certain(np.array([lead_time + 1])))
    rates = {"order_cost": one(order), "holding_cost": one(hold), "shortage_cost": one(short)}
    best = reorder_levels(demand, over, **rates)
    point, batch = normal_fixed_quantity(
        demand.mean,
        Moments.of(over),
        order_cost=one(order),
        holding_cost=one(hold),
        cycle_service_level=one(short / (short + hold)),
    )
    s, lot = np.rint(point).astype(int), np.maximum(np.rint(batch), 1).astype(int)
    rough = reorder_level_cost(s, s + lot, demand, over, **rates)
    batched = fixed_quantity_at_reviews(demand, over, **rates)
    given_batch = fixed_quantity_at_reviews(demand, over, batch=lot, **rates)
    slack = 1 + 1e-9
    assert best.cost[0] <= rough[0] * slack
    assert best.cost[0] <= batched.cost[0] * slack
    assert batched.cost[0] <= given_batch.cost[0] * slack


@given(laws(), st.floats(0, 30), money, money, st.floats(1.01, 3))
@settings(deadline=None)
def test_dearer_shortages_never_lower_the_reorder_point(demand, order, hold, short, times) -> None:
    rates = {"order_cost": one(order), "holding_cost": one(hold)}
    cheap, dear = (
        reorder_levels(demand, demand, shortage_cost=one(cost), **rates) for cost in (short, short * times)
    )
    assert cheap.reorder_point[0] <= dear.reorder_point[0]
    assert cheap.cost[0] <= dear.cost[0] * (1 + 1e-9)
