"""The best base stock under lost sales, by runs of the dynamics, costs what Zipkin (2008) found."""

import numpy as np
import pytest

from allocast.simulation.dynamics import Rates, Rules, Stock, run

N_SERIES, WARM, N_PERIODS = 300, 100, 3_000


def simulated_cost(demand: np.ndarray, level: float, lead_time: int, shortage_cost: float) -> float:
    """Average cost of a base stock per period, once the start is forgotten."""
    rates = Rates(holding_cost=1.0, shortage_cost=shortage_cost)
    stock = Stock.empty(Rules(), (N_SERIES,), longest_lead_time=lead_time)
    stock, _, _ = run(Rules(), stock, demand[:, :WARM], rates, lead_time, order_up_to=level)
    _, ledger, _ = run(Rules(), stock, demand[:, WARM:], rates, lead_time, order_up_to=level)
    return float(ledger.cost.mean() / (demand.shape[1] - WARM))


@pytest.mark.parametrize(
    ("geometric", "shortage_cost", "lead_time", "published"),
    [(False, 4.0, 1, 4.16), (False, 4.0, 4, 5.20), (False, 39.0, 4, 11.06), (True, 9.0, 2, 15.99)],
)
def test_the_best_base_stock_costs_what_was_published(geometric, shortage_cost, lead_time, published) -> None:
    """Table 3 and 4 of Zipkin (2008), Operations Research 56(5): a lead time off by one would change every number."""
    rng, shape = np.random.default_rng(8), (N_SERIES, WARM + N_PERIODS)
    demand = rng.geometric(1 / 6, shape) - 1.0 if geometric else rng.poisson(5.0, shape).astype(float)
    found = [simulated_cost(demand, level, lead_time, shortage_cost) for level in range(8, 60)]
    assert min(found) == pytest.approx(published, abs=0.05 if geometric else 0.03)


def test_an_order_is_placed_only_at_or_below_the_reorder_point() -> None:
    demand, rates = np.full((1, 6), 3.0), Rates(holding_cost=1.0, shortage_cost=4.0)
    stock = Stock(on_hand=np.array([10.0]), backordered=np.zeros(1), pipeline=np.zeros((1, 2)))
    after, ledger, placed = run(Rules(), stock, demand, rates, 1, order_up_to=10.0, reorder_point=4.0)
    # Positions before each period 10, 7, 4 (an order of 6), 7, 4 (an order of 6), 7.
    assert (placed.ordered[0], ledger.sold[0], after.position[0], ledger.missed[0]) == (12, 18, 4, 0)
