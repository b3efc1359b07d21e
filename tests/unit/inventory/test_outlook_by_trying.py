"""Deadlines and shortages of recommendations, recomputed by trying each review in plain loops."""

import math

import numpy as np
import pytest

from allocast.inventory.recommendation.outlook import outlook

N_PATHS, N_PERIODS = 19, 8


def missed_periods(demand, arrivals, start, waits, comes) -> list[int]:
    """Periods with missed demand where plenty comes at the beginning of period ``comes`` (None: never)."""
    stock, missed = start, []
    for period in range(N_PERIODS):
        stock += arrivals[period] - demand[period] + (1e9 if period == comes else 0.0)
        if stock < -1e-9:
            missed.append(period)
            stock = stock if waits else 0.0
    return missed


def tried(situation, row) -> tuple[float, int, int]:
    scenarios, review = situation.scenarios, situation.review_periods
    start = situation.position.on_hand[row] - situation.position.backordered[row]
    level = situation.service_level(None)[row]
    allowed = N_PATHS - min(max(math.ceil(level * (N_PATHS + 1) - 1e-9), 1), N_PATHS)

    def missed(path, comes):
        return missed_periods(
            scenarios.demand[row, path],
            scenarios.arrivals[row, path],
            start,
            situation.costs.backorders,
            comes,
        )

    paths, lead = range(N_PATHS), scenarios.lead_time[row]
    before = sum(any(p < lead[path] for p in missed(path, None)) for path in paths) / N_PATHS
    first = sorted(min(missed(path, None), default=N_PERIODS) for path in paths)[(N_PATHS - 1) // 2]
    latest = -1
    for waited in range(1, N_PERIODS):
        if lead.max() + waited * review > N_PERIODS:
            break
        harmed = sum(
            any(lead[path] <= p for p in missed(path, lead[path] + waited * review)) for path in paths
        )
        if harmed > allowed:
            latest = waited - 1
            break
    return before, first if first < N_PERIODS else -1, latest


@pytest.mark.parametrize("review", [1, 2])
def test_the_outlook_is_what_trying_each_review_gives(make_situation, make_position, review) -> None:
    rng, n = np.random.default_rng(review), 60
    demand = rng.poisson(rng.gamma(1.0, 6.0, (n, 1, 1)), (n, N_PATHS, N_PERIODS)).astype(float)
    due = rng.poisson(2.0, (n, N_PERIODS)) * (rng.random((n, N_PERIODS)) < 0.3)
    position = make_position(rng.integers(0, 40, n), pipeline=due.astype(float))
    situation = make_situation(
        demand, lead_time=rng.integers(0, 4, (n, N_PATHS)), position=position, review_periods=review
    )
    found = outlook(situation)
    expected = [tried(situation, row) for row in range(n)]
    np.testing.assert_allclose(found.stockout_probability, [own[0] for own in expected])
    assert found.first_shortage.tolist() == [own[1] for own in expected]
    assert found.latest_review.tolist() == [own[2] for own in expected]
    assert len(set(found.latest_review.tolist())) > 2
