import numpy as np
import pytest

from allocast.errors import DataError
from allocast.inventory.formulas.compound_demand import Moments
from allocast.inventory.formulas.fill_rate import (
    fill_rate_of_batches,
    fill_rate_of_level,
    level_for_fill_rate,
    normal_fill_rate,
    reorder_point_for_fill_rate,
)
from allocast.inventory.formulas.safety_stock import normal_safety_stock_for_fill_rate
from allocast.numerics.discrete_laws import poisson

OVER = Moments(mean=np.array([40.0]), deviation=np.array([10.0]))


def demand_paths(n_paths=4000):
    weeks = np.random.default_rng(3).negative_binomial(2, 0.2, (1, n_paths, 4)).astype(float)
    return weeks[:, :, :3].sum(axis=2), weeks.sum(axis=2)


def run_up_to(level, *, n_periods=200_000, lead_time=3):
    """Share of demand met at once by an order-up-to policy with backorders, period by period."""
    demand = np.random.default_rng(4).negative_binomial(2, 0.2, n_periods)
    net, missed, pipeline = level, 0.0, [0] * (lead_time + 1)
    for asked in demand:
        net += pipeline.pop(0)
        missed += min(asked, max(asked - max(net, 0), 0))
        net -= asked
        pipeline.append(level - net - sum(pipeline))
    return 1 - missed / demand.sum()


@pytest.mark.parametrize("target", [0.8, 0.9, 0.98])
def test_the_level_reaches_its_fill_rate_in_a_simulation(target) -> None:
    level = level_for_fill_rate(*demand_paths(), np.array([target]))
    assert run_up_to(float(level[0])) == pytest.approx(target, abs=0.012)


def test_one_unit_less_would_not_do() -> None:
    before, through = demand_paths()
    level = level_for_fill_rate(before, through, np.array([0.95]))
    assert fill_rate_of_level(before, through, level)[0] >= 0.95
    assert fill_rate_of_level(before, through, level - 1)[0] < 0.95


def test_a_batch_of_one_is_order_up_to_one_above_its_reorder_point() -> None:
    before, through = poisson(np.array([6.0])), poisson(np.array([8.0]))
    draws = np.random.default_rng(6).poisson([6.0, 2.0], (400_000, 2)).cumsum(axis=1).T.astype(float)
    for level in (5, 9, 14):
        batched = fill_rate_of_batches(before, through, np.array([level - 1]), np.array([1]))
        sampled = fill_rate_of_level(draws[:1], draws[1:], np.array([float(level)]))
        assert batched[0] == pytest.approx(sampled[0], abs=0.003)


def test_batches_fill_in_a_simulation_what_they_should() -> None:
    """Position looked at after each period, lead time 2, what is missed waits."""
    point, batch, lead_time = 13, 7, 2
    demand = np.random.default_rng(8).poisson(4, 100_000)
    net, missed, pipeline = 15, 0, [0] * (lead_time + 1)
    for asked in demand:
        net += pipeline.pop(0)
        missed += min(asked, max(asked - max(net, 0), 0))
        net -= asked
        position = net + sum(pipeline)
        pipeline.append(batch * max(0, -((position - point - 1) // batch)) if position <= point else 0)
    computed = fill_rate_of_batches(
        poisson(np.array([8.0])), poisson(np.array([12.0])), np.array([point]), np.array([batch])
    )
    assert computed[0] == pytest.approx(1 - missed / demand.sum(), abs=0.004)


def test_the_short_formula_serves_more_than_it_promises_with_small_batches() -> None:
    batch, target = np.array([5.0]), np.array([0.9])
    rough = OVER.mean + normal_safety_stock_for_fill_rate(OVER, target, batch=batch)
    exact = reorder_point_for_fill_rate(OVER, batch, target)
    assert normal_fill_rate(OVER, exact, batch)[0] == pytest.approx(0.9)
    assert rough[0] > exact[0]
    assert normal_fill_rate(OVER, rough, batch)[0] > 0.9


def test_nothing_asked_for_is_all_served() -> None:
    nothing = np.zeros((1, 3))
    assert fill_rate_of_level(nothing, nothing, np.array([0.0]))[0] == 1
    assert level_for_fill_rate(nothing, nothing, np.array([0.9]))[0] == 0


def test_demand_that_shrinks_with_time_is_refused() -> None:
    with pytest.raises(DataError, match="series 0, path 1 has 5 and 4"):
        fill_rate_of_level(np.array([[1.0, 5.0]]), np.array([[2.0, 4.0]]), np.array([3.0]))


def test_batches_are_at_least_one_unit() -> None:
    law = poisson(np.array([1.0]))
    with pytest.raises(DataError, match="batch must be >= 1 unit"):
        fill_rate_of_batches(law, law, np.array([1]), np.array([0]))


def test_a_reorder_point_without_a_batch_is_refused() -> None:
    with pytest.raises(DataError, match="batch and deviation must be > 0"):
        reorder_point_for_fill_rate(OVER, np.array([0.0]), np.array([0.9]))
