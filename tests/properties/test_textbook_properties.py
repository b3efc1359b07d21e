"""What must hold for any lost-sales system and any policy, whatever the numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocast.simulation.textbook.chains import explore
from allocast.simulation.textbook.lost_sales import LostSales
from allocast.simulation.textbook.lost_sales_cost import policy_cost
from allocast.simulation.textbook.lost_sales_optimum import solve_lost_sales
from allocast.simulation.textbook.lost_sales_rules import CappedBaseStock

SYSTEMS = st.builds(
    LostSales,
    demand=st.sampled_from(["poisson", "geometric"]),
    mean=st.floats(0.5, 4.0),
    holding_cost=st.floats(0.5, 3.0),
    shortage_cost=st.floats(1.0, 30.0),
    lead_time=st.integers(1, 3),
)


@given(SYSTEMS, st.integers(0, 25), st.integers(0, 8))
@settings(max_examples=30, deadline=None)
def test_no_policy_costs_less_than_the_optimum_and_the_optimal_one_costs_no_more(
    instance, level, cap
) -> None:
    optimum = solve_lost_sales(instance)
    assert policy_cost(instance, CappedBaseStock(level=level, cap=cap)).cost >= optimum.cost - 1e-6
    assert policy_cost(instance, optimum.policy).cost == pytest.approx(optimum.cost, abs=1e-6)


@given(SYSTEMS, st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_any_bounded_policy_costs_what_its_chain_of_states_costs(instance, seed) -> None:
    table = np.random.default_rng(seed).integers(0, 4, (9,) * instance.lead_time)

    def policy(states):  # arbitrary orders, none once much is in stock
        clipped = np.minimum(states, 8)
        return np.where(states[:, 0] < 12, table[tuple(clipped.T)], 0)

    pmf = instance.law.probability[0]
    demand = np.arange(len(pmf))

    def step(states):
        later = np.column_stack([states[:, 1:], policy(states)])
        stock = np.maximum(states[:, :1] - demand, 0) + later[:, :1]
        rest = np.broadcast_to(later[:, None, 1:], (*stock.shape, instance.lead_time - 1))
        return np.concatenate([stock[..., None], rest], axis=2)

    chain = explore(np.zeros(instance.lead_time, dtype=np.int64), step, pmf)
    expected = chain.long_run() @ instance.expected_cost(64)[chain.states[:, 0]]
    found = policy_cost(instance, policy)
    assert found.n_states == len(chain.states)
    assert found.cost == pytest.approx(expected, abs=1e-6)
