from dataclasses import replace

import numpy as np
import pytest

from allocast.agents.worlds.observation import observe_situation
from allocast.agents.worlds.observation_names import OBSERVATION_NAMES, SUPPLIER_NAMES
from allocast.agents.worlds.training_world import TrainingWorld
from allocast.errors import DataError, UnknownNameError
from allocast.inventory.position import StockPosition


def test_what_is_known_of_a_period_is_demand_over_the_interval_that_begins_with_it(make_world):
    demand = np.tile(np.arange(1.0, 9.0), (1, 5, 1))
    world = make_world(demand, lead_times=(2,))
    assert world.n_moments == 6
    np.testing.assert_array_equal(world.interval_mean[0], [6, 9, 12, 15, 18, 21])
    np.testing.assert_array_equal(world.interval_quantile[0, 3], np.full(7, 15.0))


def test_an_open_order_gets_likelier_to_arrive_as_it_ages(make_world):
    world = make_world(lead_times=(1, 3))
    # one period old: open only if the lead time is 1 (arrives now) or 3 (in the third period)
    short = (world.lead_time[0] == 1).mean()
    np.testing.assert_allclose(world.arrives_within[0, 0, 0], [short, short, 1.0])
    np.testing.assert_allclose(world.arrives_within[0, 0, 1], [0.0, 1.0, 1.0])
    np.testing.assert_allclose(world.arrives_within[0, 0, 2], [1.0, 1.0, 1.0])


def test_series_are_drawn_in_proportion_to_what_is_at_stake(make_world):
    world = make_world()
    starts = world.draw_starts(20_000, np.random.default_rng(1))
    share = np.bincount(starts.series, minlength=3) / 20_000
    np.testing.assert_allclose(share, world.cost_scale / world.cost_scale.sum(), atol=0.01)


def test_starts_lie_within_the_world(make_world):
    world = make_world(review_periods=2)
    starts = world.draw_starts(1000, np.random.default_rng(1))
    assert starts.period.max() + world.review_periods < world.n_moments
    assert starts.path.max() == world.n_paths - 1
    assert starts.on_hand.min() >= 0


def test_some_episodes_start_with_orders_on_their_way(make_world, dual_world):
    for world in (make_world(lead_times=(1, 4)), dual_world):
        state = replace(world, under_way=0.6).begin(4000, np.random.default_rng(1))
        ordered = state.open_units / world.expected_share[state.series][:, None, :]
        has = ordered.sum(axis=(1, 2)) > 0
        assert 0.3 < has.mean() < 0.65
        np.testing.assert_allclose(ordered, np.rint(ordered), atol=1e-9)
        assert (state.stock.pipeline[~has] == 0).all()
        assert (state.stock.pipeline[:, -1] == 0).all()  # as old as that nothing can come
    delivered = state.stock.pipeline.sum(axis=1)
    assert (delivered <= ordered.sum(axis=(1, 2)) + 1e-9).all()  # some of it is never delivered
    assert (delivered < ordered.sum(axis=(1, 2)) - 1e-9).any()
    assert (state.open_units[state.series == 2][:, :, 1] == 0).all()  # nobody orders where nobody delivers


def test_orders_under_way_arrive_when_their_lead_time_is_over(make_world):
    world = make_world(lead_times=(3,), changes={"under_way": 1.0})
    state = world.begin(200, np.random.default_rng(1))
    units = state.open_units[:, :, 0]
    for age in (3, 2, 1):  # ordered so many periods ago, with lead time 3
        state, outcome = world.step(state, np.full((200, 1), -1.0))
        np.testing.assert_array_equal(outcome.flows.arrived, units[:, age - 1])
    assert units.sum() > 0


def test_the_share_that_a_policy_is_told_is_what_its_agent_sees(make_situation):
    demand = np.random.default_rng(2).poisson(3.0, (2, 50, 9)).astype(float)
    position = StockPosition.from_pipeline(np.ones(2), np.zeros((2, 3)), np.zeros(2))
    share = np.stack([np.full(50, 0.8), np.random.default_rng(3).choice([0.5, 1.0], 50)])
    situation = make_situation(demand, position, np.array([1, 3]))
    short = replace(situation, scenarios=replace(situation.scenarios, delivered_share=share))
    place = OBSERVATION_NAMES.index("delivered_share")
    np.testing.assert_allclose(observe_situation(short)[:, place], share.mean(axis=1))
    np.testing.assert_array_equal(observe_situation(situation)[:, place], [1.0, 1.0])


def test_an_agent_counts_on_what_is_expected_of_an_order_until_it_arrives(make_world):
    share = np.tile([0.5, 1.0], (3, 40, 6))
    world = make_world(lead_times=(3,), changes={"delivered_share": share})
    state, outcome = world.step(world.begin(50, np.random.default_rng(1)), np.full((50, 1), 0.5))
    ordered = outcome.placed.ordered
    assert ordered.sum() > 0
    np.testing.assert_allclose(state.open_units.sum(axis=(1, 2)), 0.75 * ordered)
    later, _ = world.step(state, np.full((50, 1), -1.0))
    np.testing.assert_allclose(later.open_units.sum(axis=(1, 2)), 0.75 * ordered)


def test_paths_just_long_enough_for_one_decision_are_taken(make_world):
    assert make_world(np.ones((1, 2, 4)), lead_times=(2,)).n_moments == 2


def test_paths_too_short_for_a_decision_are_refused(make_world):
    with pytest.raises(DataError, match=r"at least 4 periods.*they have 3"):
        make_world(np.ones((1, 2, 3)), lead_times=(2,))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"demand": np.ones((3, 40, 13))}, "lead_time must have shape"),
        ({"demand": -np.ones((3, 40, 12))}, "demand must be finite and >= 0"),
        ({"demand": np.ones(3)}, "demand must have shape"),
        ({"lead_time": np.full((3, 40, 12), -1)}, "lead_time must be finite and >= 0"),
        ({"review_periods": 0}, "review_periods must be >= 1"),
        ({"delivered_share": np.full((3, 40, 12), -0.1)}, "delivered_share must be finite and >= 0"),
        ({"delivered_share": np.ones((3, 40, 12, 2))}, "delivered_share must have shape"),
        ({"season": np.ones(12)}, "season must have shape"),
        ({"promised": np.ones(3)}, "promised must have shape"),
        ({"under_way": 1.1}, r"under_way must lie in \[0, 1\]; it is 1.1"),
        ({"highest_price": -1.0}, "highest_price must be finite and >= 0"),
    ],
)
def test_numbers_out_of_range_are_refused(make_world, change, message):
    world = make_world()
    given = {name: getattr(world, name) for name in ("demand", "lead_time", "costs", "sourcing")}
    with pytest.raises(DataError, match=message):
        TrainingWorld(**(given | change))


def test_an_action_of_another_form_is_refused(make_world):
    assert make_world(changes={"action": "residual"}).action == "residual"
    with pytest.raises(UnknownNameError, match="unknown action 'levels'; valid are level, "):
        make_world(changes={"action": "levels"})


def test_what_is_known_of_suppliers_comes_from_their_deliveries(dual_world):
    slow, fast = (dict(zip(SUPPLIER_NAMES, dual_world.terms[0, k], strict=True)) for k in (0, 1))
    assert slow["lead_time_mean"] == pytest.approx(np.log1p(dual_world.lead_time[0, :, :, 0].mean()))
    assert fast["delivered_share"] == pytest.approx(0.75, abs=0.05)
    assert (slow["premium"], fast["premium"]) == (0.0, 0.25)  # 0.50 of a stake of 2
    assert fast["smallest_order"] == 3.0
    assert slow["on_time"] == (dual_world.lead_time[0, :, :, 0] <= 2).mean()


def test_costs_of_other_series_are_refused(make_world):
    world = make_world()
    with pytest.raises(DataError, match="equally long"):
        replace(world, costs=world.costs.take(np.array([0])))
