from dataclasses import replace

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.inventory.situation import OrderDecision, Scenarios


def futures(n_periods: int = 3, longest: int = 2) -> dict[str, np.ndarray]:
    shape = (2, 4, n_periods)
    return {"demand": np.ones(shape), "arrivals": np.zeros(shape), "lead_time": np.full((2, 4), longest)}


def test_an_order_is_up_to_the_level_where_the_position_is_below_the_trigger() -> None:
    position = np.array([3.0, 5.0, 9.0, 14.0])
    decision = OrderDecision.up_to(np.full(4, 12.0), position, trigger=np.full(4, 5.0))
    np.testing.assert_array_equal(decision.wanted_units, [9, 0, 0, 0])


def test_without_a_trigger_the_level_itself_triggers() -> None:
    decision = OrderDecision.up_to(np.full(3, 12.0), np.array([11.0, 12.0, 13.0]))
    np.testing.assert_array_equal(decision.wanted_units, [1, 0, 0])
    np.testing.assert_array_equal(decision.trigger, decision.level)


def test_scenarios_must_reach_beyond_the_longest_lead_time() -> None:
    assert Scenarios(**futures(3, longest=2)).lead_time.max() == 2
    with pytest.raises(DataError, match="longest lead time of 3 periods; they have 3"):
        Scenarios(**futures(3, longest=3))


def test_scenarios_of_different_shapes_are_refused() -> None:
    with pytest.raises(DataError, match="arrivals must have shape"):
        Scenarios(**futures() | {"arrivals": np.zeros((2, 4, 5))})
    with pytest.raises(DataError, match="lead_time must have shape"):
        Scenarios(**futures() | {"lead_time": np.zeros((2, 3), dtype=int)})


def test_no_policy_can_change_the_scenarios_of_the_next_one() -> None:
    scenarios = Scenarios(**futures())
    for array in (scenarios.demand, scenarios.arrivals, scenarios.lead_time):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1


def test_a_situation_has_one_row_a_series_in_everything(make_situation, make_position) -> None:
    situation = make_situation(np.ones((2, 4, 3)))
    with pytest.raises(DataError, match=r"equally long.*on_hand 1"):
        replace(situation, position=make_position([1.0]))
    with pytest.raises(DataError, match=r"equally long.*sourcing 1"):
        replace(situation, sourcing=situation.sourcing.take(np.array([0])))


def test_the_service_level_is_the_critical_ratio_unless_one_is_given(make_situation) -> None:
    situation = make_situation(np.ones((2, 4, 3)), costs={"shortage_cost": [1.0, 4.0]})
    np.testing.assert_array_equal(situation.service_level(None), [0.5, 0.8])
    np.testing.assert_array_equal(situation.service_level(0.9), [0.9, 0.9])


def test_lead_time_demand_is_over_review_and_lead_time(make_situation) -> None:
    demand = np.array([[[1.0, 2, 4, 8]]])
    assert make_situation(demand, lead_time=1).lead_time_demand().mean[0] == 3
    assert make_situation(demand, lead_time=1, review_periods=2).lead_time_demand().mean[0] == 7


def test_service_targets_of_single_series_beat_the_policys_own_level(make_situation) -> None:
    situation = make_situation(np.ones((3, 2, 2)), lead_time=0)  # a critical ratio of 4 / 5
    aimed = replace(situation, service_target=np.array([np.nan, 0.9, 0.5]))
    np.testing.assert_allclose(aimed.service_level(None), [0.8, 0.9, 0.5])
    np.testing.assert_allclose(aimed.service_level(0.7), [0.7, 0.9, 0.5])
    np.testing.assert_allclose(situation.service_level(0.7), [0.7] * 3)


def test_service_targets_of_other_series_are_refused(make_situation) -> None:
    with pytest.raises(DataError, match="service_target must have shape"):
        replace(make_situation(np.ones((3, 2, 2)), lead_time=0), service_target=np.ones(2))
