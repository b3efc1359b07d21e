import numpy as np
import pytest

from allocast.inventory.policies import OrderUpTo


@pytest.mark.parametrize(("shortage_cost", "level"), [(1.0, 50), (4.0, 80), (19.0, 95), (0.0, 1)])
def test_the_level_is_the_newsvendor_quantile_of_known_samples(make_situation, shortage_cost, level) -> None:
    """Demand 1, 2, …, 99 alike: the quantile at shortage / (shortage + holding) is read off."""
    demand = np.random.default_rng(0).permutation(np.arange(1.0, 100))[None, :, None]
    situation = make_situation(demand, [10.0], lead_time=0, costs={"shortage_cost": shortage_cost})
    decision = OrderUpTo().decide(situation)
    np.testing.assert_array_equal(decision.level, [level])
    np.testing.assert_array_equal(decision.wanted_units, [max(level - 10, 0)])


def test_the_newsvendor_level_costs_least_of_all_levels(make_situation) -> None:
    samples = np.random.default_rng(4).poisson(12, 500).astype(float)
    chosen = OrderUpTo().decide(make_situation(samples[None, :, None], lead_time=0)).level[0]
    cost = [(4 * np.maximum(samples - s, 0) + np.maximum(s - samples, 0)).mean() for s in range(40)]
    assert chosen == np.argmin(cost)


def test_a_service_level_goes_before_the_critical_ratio(make_situation) -> None:
    demand = np.arange(1.0, 100)[None, :, None]
    policy = OrderUpTo(cycle_service_level=0.9)
    assert policy.decide(make_situation(demand, lead_time=0)).level[0] == 90


def test_a_part_of_a_unit_is_a_whole_one_and_no_order_is_negative(make_situation) -> None:
    situation = make_situation(np.full((2, 3, 1), 7.2), [0.0, 30.0], lead_time=0)
    decision = OrderUpTo().decide(situation)
    np.testing.assert_array_equal(decision.level, [8, 8])
    np.testing.assert_array_equal(decision.wanted_units, [8, 0])


def test_what_is_on_order_and_owed_counts_in_the_position(make_situation, make_position) -> None:
    position = make_position([3.0], backordered=2.0, pipeline=[[0.0, 4.0, 0.0]])
    decision = OrderUpTo().decide(make_situation(np.full((1, 2, 3), 5.0), position=position, lead_time=1))
    assert (decision.level[0], decision.wanted_units[0]) == (10, 5)


def test_a_random_lead_time_asks_for_another_level_than_its_mean(make_situation) -> None:
    """Lead time 0 or 4, 2 on average, and random demand: the long lead times set the level."""
    rng = np.random.default_rng(3)
    demand = rng.poisson(10, (1, 2000, 5)).astype(float)
    varying = rng.permutation(np.repeat([0, 4], 1000))[None, :]
    levels = {
        service: tuple(
            float(
                OrderUpTo(cycle_service_level=service).decide(make_situation(demand, lead_time=lt)).level[0]
            )
            for lt in (varying, 2)
        )
        for service in (0.2, 0.9)
    }
    assert levels[0.9][0] > levels[0.9][1] + 10
    assert levels[0.2][0] < levels[0.2][1] - 10


def test_the_name_says_the_service_level() -> None:
    assert OrderUpTo().name == "order_up_to(critical ratio)"
    assert OrderUpTo(cycle_service_level=0.95).name == "order_up_to(0.95)"
