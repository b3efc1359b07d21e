"""Lead-time demand and need, recomputed path by path and unit by unit, and against a closed form."""

import numpy as np
import pytest

from allocast.inventory.lead_time_demand import lead_time_demand, projected_need
from allocast.simulation.dynamics import Rates, Rules, Stock, advance, place

N_SERIES, N_PATHS, N_PERIODS = 3, 12, 8


def random_case(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    shape = (N_SERIES, N_PATHS, N_PERIODS)
    return {
        "demand": rng.poisson(rng.uniform(0, 9), shape).astype(float),
        "arrivals": np.where(rng.random(shape) < 0.3, rng.integers(0, 12, shape), 0).astype(float),
        "on_hand": rng.integers(0, 25, N_SERIES).astype(float),
        "backordered": rng.integers(0, 6, N_SERIES).astype(float),
        "lead_time": rng.integers(0, 5, (N_SERIES, N_PATHS)),
    }


@pytest.mark.parametrize("review_periods", [1, 2, 3])
def test_demand_is_added_up_period_by_period(review_periods: int) -> None:
    case = random_case(review_periods)
    fast = lead_time_demand(case["demand"], case["lead_time"], review_periods=review_periods).units
    for series, path in np.ndindex(N_SERIES, N_PATHS):
        total, periods_left = 0.0, int(case["lead_time"][series, path]) + review_periods
        for units in case["demand"][series, path]:
            if periods_left == 0:
                break
            total, periods_left = total + units, periods_left - 1
        assert fast[series, path] == total


def need_written_out(case, series: int, path: int, *, backorders: bool, review_periods: int) -> float:
    """The stock of one path carried forward in the words of the docstring."""
    arrives = int(case["lead_time"][series, path])
    stock = case["on_hand"][series] - case["backordered"][series]
    for period in range(arrives):
        stock += case["arrivals"][series, path, period] - case["demand"][series, path, period]
        if stock < 0 and not backorders:
            stock = 0.0  # lost: nobody waits for it
    served = range(arrives, arrives + review_periods)
    coming = sum(case["arrivals"][series, path, period] for period in served)
    return sum(case["demand"][series, path, period] for period in served) - coming - stock


@pytest.mark.parametrize("backorders", [False, True])
@pytest.mark.parametrize("review_periods", [1, 3])
@pytest.mark.parametrize("seed", range(4))
def test_the_need_is_the_stock_carried_forward_path_by_path(backorders, review_periods, seed) -> None:
    case = random_case(seed)
    terms = {"backorders": backorders, "review_periods": review_periods}
    fast = projected_need(**case, **terms)
    slow = [need_written_out(case, *at, **terms) for at in np.ndindex(N_SERIES, N_PATHS)]
    np.testing.assert_array_equal(fast.ravel(), slow)


def missed_when_it_serves(case, series: int, path: int, units: int, *, backorders: bool) -> float:
    """Live one path through the dynamics with an order placed now: what is missed in the period it serves."""
    arrives = int(case["lead_time"][series, path])
    stock = Stock(
        on_hand=case["on_hand"][series],
        backordered=case["backordered"][series] if backorders else np.zeros(()),
        pipeline=case["arrivals"][series, path],
    )
    rules, rates = Rules(waiting_share=float(backorders)), Rates(holding_cost=1.0, shortage_cost=1.0)
    stock, _ = place(rules, stock, float(units), arrives)
    for period in range(arrives + 1):
        demand = case["demand"][series, path, period]
        stock, ledger = advance(rules, stock, demand, rates)
    return float(ledger.missed)


@pytest.mark.parametrize("backorders", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_the_need_is_the_smallest_order_after_which_nothing_is_missed(backorders: bool, seed: int) -> None:
    case = random_case(seed)
    if not backorders:
        case["backordered"] = np.zeros(N_SERIES)
    need = projected_need(**case, backorders=backorders)
    for at in np.ndindex(N_SERIES, N_PATHS):
        order = 0
        while missed_when_it_serves(case, *at, order, backorders=backorders) > 0:
            order += 1
        assert order == max(need[at], 0)


def test_poisson_demand_over_a_random_lead_time_has_the_mean_and_variance_of_the_closed_form() -> None:
    """A sum of N draws, by the laws of total mean and variance: E = λ E[N], Var = λ E[N] + λ² Var[N]."""
    rng, n_paths, rate = np.random.default_rng(11), 200_000, 6.0
    share = np.array([0.1, 0.4, 0.2, 0.3])
    lead_time = rng.choice(4, size=(1, n_paths), p=share)
    units = lead_time_demand(
        rng.poisson(rate, (1, n_paths, 5)).astype(float), lead_time, review_periods=2
    ).units
    interval = np.arange(4) + 2
    mean = share @ interval
    spread = share @ interval**2 - mean**2
    assert units.mean() == pytest.approx(rate * mean, rel=0.005)
    assert units.var() == pytest.approx(rate * mean + rate**2 * spread, rel=0.015)
    assert units.var() > 1.5 * rate * mean  # far from what the mean lead time alone would give
