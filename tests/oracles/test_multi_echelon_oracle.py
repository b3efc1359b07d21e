"""Several stages: textbook examples, every choice of service times of random trees, levels tried one by one."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocast.errors import DataError
from allocast.inventory.formulas.guaranteed_service import guaranteed_service, service_cost
from allocast.inventory.formulas.serial_system import serial_system
from allocast.inventory.formulas.service_network import ServiceNetwork
from allocast.numerics.discrete import DiscreteDistribution
from allocast.numerics.discrete_laws import poisson, rounded_normal


def test_service_times_of_example_6_5() -> None:
    """Snyder and Shen, example 6.5; the stages 1, 3, 2, 4 of the book are 0 to 3 here."""
    network = ServiceNetwork(
        processing_time=np.array([2, 1, 1, 1]),
        arcs=((0, 1), (1, 2), (1, 3)),
        holding_cost=np.array([1.0, 2, 3, 3]),
        demand_deviation=np.array([0.0, 0, 1, 1]),
        service_factor=np.ones(4),
        inbound=np.array([1, 0, 0, 0]),
        promised={2: 0, 3: 1},
    )
    best = guaranteed_service(network)
    np.testing.assert_array_equal(best.outbound, [0, 0, 0, 1])
    assert best.cost == pytest.approx(8.277916867529369)


@st.composite
def networks(draw):
    n = draw(st.integers(2, 5))
    joined = [(draw(st.integers(0, later - 1)), later) for later in range(1, n)]
    arcs = tuple(pair if draw(st.booleans()) else pair[::-1] for pair in joined)
    times, costs = st.integers(0, 2), st.integers(1, 9)
    suppliers = {upstream for upstream, _ in arcs}
    ends = [stage for stage in range(n) if stage not in suppliers]
    return ServiceNetwork(
        processing_time=np.array(draw(st.lists(times, min_size=n, max_size=n))),
        arcs=arcs,
        holding_cost=np.array(draw(st.lists(costs, min_size=n, max_size=n)), dtype=float),
        demand_deviation=np.array([float(draw(costs)) if stage in ends else 0.0 for stage in range(n)]),
        service_factor=np.full(n, 1.645),
        inbound=np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))),
        promised={stage: draw(times) for stage in ends},
    )


def tried_one_by_one(network: ServiceNetwork) -> float:
    costs = []
    for outbound in product(*(range(int(most) + 1) for most in network.slowest_promise)):
        try:
            costs.append(service_cost(network, np.array(outbound)).cost)
        except DataError:  # slower than replenishment and customers allow
            continue
    return min(costs)


@given(networks())
@settings(max_examples=60, deadline=None)
def test_no_service_times_of_a_small_tree_cost_less(network) -> None:
    assert guaranteed_service(network).cost == pytest.approx(tried_one_by_one(network))


def test_levels_of_the_serial_system_of_example_6_1() -> None:
    """Snyder and Shen, example 6.1: 6.49, 12.02, 22.71 and 47.65; stockpyl, on a coarser grid, 47.66539."""
    lead_times, unit = np.array([1.0, 1, 2]), 100
    demand = rounded_normal(unit * 5 * lead_times, unit * np.sqrt(lead_times))
    best = serial_system(
        demand, echelon_holding_cost=np.array([3.0, 2, 2]) / unit, shortage_cost=37.12 / unit
    )
    np.testing.assert_allclose(best.echelon_levels / unit, [6.49, 12.02, 22.71], atol=0.011)
    assert best.cost == pytest.approx(47.66539, abs=0.006)
    assert best.cost == pytest.approx(47.65, abs=0.011)


def cost_of_levels(levels, laws, holding, shortage) -> float:
    """Two stages, by every pair of demands: what is short above cannot be sent below."""
    below, above = (law.probability[0] for law in laws)
    cost = 0.0
    for d_above, p_above in enumerate(above):
        sent = min(levels[0], levels[1] - d_above)
        for d_below, p_below in enumerate(below):
            left = sent - d_below
            at = holding[1] * (levels[1] - d_above) + holding[0] * left
            cost += p_above * p_below * (at + (shortage + sum(holding)) * max(-left, 0))
    return cost


def test_no_two_levels_cost_less_than_those_of_clark_and_scarf() -> None:
    laws = [poisson(np.array([3.0])), poisson(np.array([2.0]))]
    holding, shortage = [1.0, 0.5], 12.0
    best = serial_system(
        DiscreteDistribution.stack(laws), echelon_holding_cost=np.array(holding), shortage_cost=shortage
    )
    tried = {
        levels: cost_of_levels(levels, laws, holding, shortage)
        for levels in product(range(1, 11), range(3, 15))
    }
    assert best.cost == pytest.approx(min(tried.values()))
    assert tried[tuple(int(level) for level in best.echelon_levels)] == pytest.approx(best.cost)


def test_one_stage_alone_is_a_newsvendor() -> None:
    """Holding 1, shortage 4, Poisson(6): Snyder and Shen, example 4.7 without order cost."""
    best = serial_system(poisson(np.array([6.0])), echelon_holding_cost=np.ones(1), shortage_cost=4.0)
    assert best.echelon_levels[0] == best.local_levels[0] == 8
    assert best.cost == pytest.approx(3.5701069457709416)
