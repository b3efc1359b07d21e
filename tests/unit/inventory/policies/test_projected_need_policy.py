from dataclasses import replace

import numpy as np

from allocast.inventory.policies import OrderUpTo, ProjectedNeed


def random_futures(n: int = 3, n_paths: int = 200) -> np.ndarray:
    return np.random.default_rng(8).poisson(9, (n, n_paths, 5)).astype(float)


def test_it_orders_a_quantile_of_the_need_of_the_paths(make_situation) -> None:
    demand = np.zeros((1, 99, 2))
    demand[0, :, 1] = np.random.default_rng(0).permutation(np.arange(1, 100))
    decision = ProjectedNeed().decide(make_situation(demand, [10.0], lead_time=1))
    assert decision.wanted_units[0] == 70  # the critical ratio of 0.8 asks for 80, 10 are there
    assert decision.level[0] == 80


def test_where_nothing_can_be_lost_it_is_order_up_to(make_situation, make_position) -> None:
    position = make_position([5.0, 20, 60], backordered=[3.0, 0, 0], pipeline=[[4.0, 0, 2]] * 3)
    situation = make_situation(random_futures(), position=position, lead_time=2, costs={"backorders": True})
    projected, plain = ProjectedNeed().decide(situation), OrderUpTo().decide(situation)
    np.testing.assert_array_equal(projected.wanted_units, plain.wanted_units)
    np.testing.assert_array_equal(projected.level, plain.level)


def test_with_lost_sales_it_never_orders_more_than_order_up_to(make_situation, make_position) -> None:
    position = make_position([0.0, 12, 40], pipeline=[[0.0, 0, 5]] * 3)
    situation = make_situation(random_futures(), position=position, lead_time=2)
    projected, plain = ProjectedNeed().decide(situation), OrderUpTo().decide(situation)
    assert (projected.wanted_units <= plain.wanted_units).all()
    assert projected.wanted_units[0] < plain.wanted_units[0]


def test_where_stock_is_left_over_nothing_is_ordered(make_situation) -> None:
    decision = ProjectedNeed().decide(make_situation(random_futures(1), [500.0], lead_time=1))
    assert decision.wanted_units[0] == 0
    assert decision.level[0] < 500


def test_orders_are_whole_units(make_situation) -> None:
    decision = ProjectedNeed().decide(make_situation(random_futures() * 1.37, [1.5, 2.25, 3.1]))
    np.testing.assert_array_equal(decision.wanted_units, np.rint(decision.wanted_units))


def test_the_name_of_projected_need_says_the_service_level() -> None:
    assert ProjectedNeed().name == "projected_need(critical ratio)"
    assert ProjectedNeed(cycle_service_level=0.75).name == "projected_need(0.75)"


def test_the_last_order_before_an_end_is_at_the_critical_ratio_if_it_heeds_the_end(make_situation) -> None:
    situation = make_situation(random_futures(), lead_time=1)  # its critical ratio is 0.8
    low, heeding = (
        ProjectedNeed(cycle_service_level=0.5),
        ProjectedNeed(cycle_service_level=0.5, heeds_end=True),
    )
    usual, at_ratio = (policy.decide(situation).wanted_units for policy in (low, ProjectedNeed()))
    for policy, left, expected in ((heeding, 1, at_ratio), (heeding, 2, usual), (low, 1, usual)):
        ending = replace(situation, decisions_left=left)
        np.testing.assert_array_equal(policy.decide(ending).wanted_units, expected)
    assert heeding.name == "projected_need(0.5, end)"
