"""In a replay an order meets the same luck in the scenarios of every policy that has placed it."""

import numpy as np

from allocast.numerics.discrete import DiscreteDistribution
from allocast.simulation.replay import replay
from allocast.supply.lead_time import LeadTimeDistribution


class Halves:
    """Half of each order, or all of it, with equal chances."""

    def expected(self, lines):
        return np.full(len(lines), 0.75)

    def at(self, lines, uniforms, received):
        assert len(lines) == len(uniforms) == len(received)
        return np.where(uniforms < 0.5, 0.5, 1.0)


def replayed(world, *policies, forecast, share=None):
    chances = np.tile([0.0, 0.25, 0.25, 0.25, 0.25], (len(world.demand), 1))
    lead_time = LeadTimeDistribution(period_days=7, periods=DiscreteDistribution(probability=chances))
    rng = np.random.default_rng(1)
    return replay(world, policies, forecast=forecast, lead_time=lead_time, n_paths=300, rng=rng, share=share)


def test_the_same_open_order_arrives_alike_whatever_else_is_open(
    make_replay_world, spy, forecast_of_last
) -> None:
    world = make_replay_world(np.full((2, 2), 3.0), lead_time=3)
    both, second = spy([[5, 0], [4, 0]]), spy([[0, 0], [4, 0]])
    replayed(world, both, second, forecast=forecast_of_last)
    many, one = (policy.seen[1].scenarios.arrivals for policy in (both, second))
    np.testing.assert_array_equal(many[1], one[1])
    assert many[0].sum() > 0 == one[0].sum()
    assert 0 < (one[1, :, 0] > 0).mean() < 1  # it is uncertain when it comes


def test_orders_of_other_periods_and_series_have_a_luck_of_their_own(
    make_replay_world, spy, forecast_of_last
) -> None:
    world = make_replay_world(np.full((2, 3), 3.0), lead_time=3)
    policy = spy([[5, 0, 0], [0, 5, 0]])
    replayed(world, policy, forecast=forecast_of_last)
    first, other = policy.seen[2].scenarios.arrivals
    assert (first != other).any(axis=1).mean() > 0.3


def test_policies_are_told_the_share_that_is_believed_to_be_delivered(
    make_replay_world, spy, forecast_of_last
) -> None:
    world = make_replay_world(np.full((2, 2), 3.0), lead_time=3)
    policy, other = spy([[8, 0], [0, 0]]), spy([[0, 0], [8, 0]])
    replayed(world, policy, other, forecast=forecast_of_last, share=Halves())
    seen = policy.seen[1]
    np.testing.assert_array_equal(seen.position.on_order, [6, 0])
    assert set(seen.scenarios.arrivals[0].sum(axis=1)) == {4.0, 8.0}
    assert 0.4 < (seen.scenarios.delivered_share == 0.5).mean() < 0.6
    np.testing.assert_array_equal(seen.scenarios.delivered_share, other.seen[1].scenarios.delivered_share)


def test_what_was_on_its_way_before_a_replay_comes_whole(make_replay_world, spy, forecast_of_last) -> None:
    pipeline = [[0.0, 7.0, 0.0, 0.0, 0.0]]
    policy = spy([[0]])
    world = make_replay_world(np.full((1, 1), 3.0), pipeline=pipeline)
    replayed(world, policy, forecast=forecast_of_last, share=Halves())
    assert policy.seen[0].position.on_order[0] == 7
    assert (policy.seen[0].scenarios.arrivals[0, :, 1] == 7).all()
