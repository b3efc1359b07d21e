from dataclasses import replace

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.inventory.policies import OrderUpTo, ProjectedNeed, ReorderPoint
from allocast.simulation.dynamics import Stock


def test_a_tiny_world_comes_out_as_worked_out_by_hand(make_replay_world, spy, run) -> None:
    """Stock 5; demand 4, 6, 3, 2; orders 8, 0, 1, 0 take one period: there before periods 2, -, 4, -."""
    world = make_replay_world([[4, 6, 3, 2]], on_hand=5.0, costs={"order_cost": 10.0})
    result = run(world, spy([[8, 0, 1, 0]]))[0]
    np.testing.assert_array_equal(result.ordered, [[8, 0, 1, 0]])
    np.testing.assert_array_equal(result.sold, [[4, 6, 3, 1]])
    np.testing.assert_array_equal(result.missed, [[0, 0, 0, 1]])
    np.testing.assert_array_equal(result.on_hand, [[1, 3, 0, 0]])
    np.testing.assert_array_equal(result.cost, [[11, 3, 10, 4]])
    assert result.summary() == {
        "cost": 28.0,
        "holding_cost": 4.0,
        "shortage_cost": 4.0,
        "order_cost": 20.0,
        "fill_rate": pytest.approx(14 / 15),
        "average_stock": 1.0,
        "ordered": 9.0,
    }


def test_only_the_periods_asked_for_are_summed(make_replay_world, spy, run) -> None:
    result = run(make_replay_world([[4, 6, 3, 2]], on_hand=5.0), spy([[8, 0, 1, 0]]))[0]
    scored = result.summary(slice(2, 4))
    assert (scored["cost"], scored["average_stock"], scored["ordered"]) == (4, 0, 1)
    assert scored["fill_rate"] == pytest.approx(4 / 5)


def test_stock_is_averaged_over_periods_and_summed_over_series(make_replay_world, spy, run) -> None:
    world = make_replay_world([[0, 2], [0, 2]], on_hand=[4.0, 6.0])
    assert run(world, spy([[0, 0], [0, 0]]))[0].summary()["average_stock"] == (10 + 6) / 2


def test_where_nothing_is_asked_for_everything_is_filled(make_replay_world, spy, run) -> None:
    assert run(make_replay_world([[0, 0]]), spy([[0, 0]]))[0].summary()["fill_rate"] == 1


def test_the_fill_rate_counts_a_unit_that_waits_once_however_long_it_waits(
    make_replay_world, spy, run
) -> None:
    """Two of ten units come from stock at once; the rest waits for three periods."""
    world = make_replay_world([[10, 0, 0, 0]], on_hand=2.0, backorders=True)
    result = run(world, spy([[0, 0, 8, 0]]))[0]
    np.testing.assert_array_equal(result.missed, [[8, 8, 8, 0]])
    assert result.summary()["fill_rate"] == pytest.approx(0.2)


def test_orders_are_placed_only_before_the_first_periods(make_replay_world, spy, run) -> None:
    watcher = spy([[3, 3, 3, 3]])
    result = run(make_replay_world([[1, 1, 1, 1]], n_decisions=2), watcher)[0]
    np.testing.assert_array_equal(result.ordered, [[3, 3, 0, 0]])
    assert len(watcher.seen) == 2


def test_orders_become_what_the_supplier_accepts(make_replay_world, spy, run) -> None:
    world = make_replay_world([[1, 1, 1]], terms={"minimum_order_units": 5.0, "pack_units": 4.0})
    np.testing.assert_array_equal(run(world, spy([[0, 2, 9]]))[0].ordered, [[0, 8, 12]])


def test_no_order_depends_on_demand_that_comes_later(make_replay_world, run) -> None:
    """Altering the world after a period changes no order up to it, whatever the policy; later ones do change."""
    demand = np.random.default_rng(0).poisson(9, (3, 6)).astype(float)
    policies = [OrderUpTo(), ProjectedNeed(), ReorderPoint()]
    before = run(make_replay_world(demand), *policies)
    for period in range(6):
        altered = demand.copy()
        altered[:, period:] = 40 + altered[:, period:][:, ::-1]
        after = run(make_replay_world(altered), *policies)
        for old, new in zip(before, after, strict=True):
            np.testing.assert_array_equal(new.ordered[:, : period + 1], old.ordered[:, : period + 1])
            assert period > 4 or (new.ordered[:, period + 1] != old.ordered[:, period + 1]).any()


def test_a_policy_that_would_peek_finds_nothing_to_peek_at(make_replay_world, spy, run) -> None:
    demand = np.random.default_rng(1).poisson(9, (2, 5)).astype(float)
    watchers = [spy(), spy()]
    run(make_replay_world(demand), watchers[0])
    altered = np.hstack([demand[:, :3], demand[:, 3:] + 100])
    run(make_replay_world(altered), watchers[1])
    for period in range(4):  # the fourth decision is made when three periods are known
        first, second = (watcher.seen[period] for watcher in watchers)
        np.testing.assert_array_equal(first.panel.units, second.panel.units)
        np.testing.assert_array_equal(first.scenarios.demand, second.scenarios.demand)
        np.testing.assert_array_equal(first.position.units, second.position.units)
    assert (watchers[0].seen[4].panel.units != watchers[1].seen[4].panel.units).any()


def test_history_grows_by_one_observed_period_a_decision(make_replay_world, spy, run) -> None:
    watcher = spy([[0, 0, 0]])
    run(make_replay_world([[4, 6, 3]], known=[[1, np.nan, 2]]), watcher)
    assert [situation.panel.units.shape[1] for situation in watcher.seen] == [3, 4, 5]
    last = watcher.seen[2].panel
    np.testing.assert_array_equal(last.demand, [[1, np.nan, 2, 4, 6]])
    assert last.as_of == np.datetime64("2024-01-29")


def test_every_policy_sees_the_same_scenarios_from_its_own_stock(make_replay_world, spy, run) -> None:
    little, much = spy([[1, 1, 1]] * 2), spy([[9, 9, 9]] * 2)
    run(make_replay_world([[4, 6, 3]] * 2), little, much)
    for one, other in zip(little.seen, much.seen, strict=True):
        np.testing.assert_array_equal(one.scenarios.demand, other.scenarios.demand)
        np.testing.assert_array_equal(one.scenarios.lead_time, other.scenarios.lead_time)
        came = (9 * one.scenarios.arrivals, other.scenarios.arrivals)  # the same orders, nine times as large
        np.testing.assert_array_equal(*came)
    assert (little.seen[2].position.units < much.seen[2].position.units).all()


def test_a_policys_result_does_not_depend_on_its_company(make_replay_world, run) -> None:
    world = make_replay_world(np.random.default_rng(2).poisson(5, (3, 5)))
    alone = run(world, OrderUpTo())[0]
    among = run(world, ProjectedNeed(), OrderUpTo(), ReorderPoint())[1]
    np.testing.assert_array_equal(alone.ordered, among.ordered)
    assert (alone.policy, among.policy) == ("order_up_to(critical ratio)",) * 2


def test_orders_arrive_at_the_lead_time_they_really_have(make_replay_world, spy, run) -> None:
    """Orders of 1, 10 and 100 take 2, 0 and 1 periods: there before the third, second and fourth period."""
    world = make_replay_world([[0, 0, 0, 0]], lead_time=[[2, 0, 1, 0]])
    result = run(world, spy([[1, 10, 100, 0]]))[0]
    np.testing.assert_array_equal(result.on_hand, [[0, 10, 11, 111]])


def test_a_policy_sees_only_how_long_an_order_of_its_age_may_still_take(make_replay_world, spy, run) -> None:
    """Believed 0.2, 0.5, 0.3 on 0, 1, 2 periods, really 2: as the order grows older the rest is left over."""
    watcher = spy([[6, 0, 0, 0]])
    run(make_replay_world([[1, 1, 1, 1]], lead_time=2), watcher)
    seen = [situation.position for situation in watcher.seen]
    np.testing.assert_allclose(seen[1].expected_arrivals(), 6 * np.array([[5 / 8, 3 / 8, 0]]))
    np.testing.assert_allclose(seen[2].expected_arrivals(), [[6, 0, 0]])
    assert [position.on_order[0] for position in seen] == [0, 6, 6, 0]


def test_what_was_on_order_before_the_replay_is_due_when_it_is_due(make_replay_world, spy, run) -> None:
    watcher = spy([[0, 0, 0]])
    run(make_replay_world([[0, 0, 0]], pipeline=[[2, 0, 7]]), watcher)
    arrivals = [situation.position.expected_arrivals()[0] for situation in watcher.seen]
    np.testing.assert_array_equal(arrivals[0], [2, 0, 7])
    np.testing.assert_array_equal(arrivals[1][:2], [0, 7])
    np.testing.assert_array_equal(arrivals[2][:1], [7])
    assert [situation.position.on_hand[0] for situation in watcher.seen] == [0, 2, 2]


def test_an_overdue_order_is_expected_at_once(make_replay_world, spy, run) -> None:
    watcher = spy([[6, 0, 0, 0]])
    run(make_replay_world([[0, 0, 0, 0]], lead_time=3), watcher, believed=[0.5, 0.5])
    np.testing.assert_array_equal(watcher.seen[3].position.expected_arrivals(), [[6, 0]])


def test_one_seed_gives_one_replay_and_another_seed_another(make_replay_world, run) -> None:
    world = make_replay_world(np.random.default_rng(3).poisson(20, (4, 5)))
    ordered = [run(world, OrderUpTo(), seed=seed)[0].ordered for seed in (1, 1, 2)]
    np.testing.assert_array_equal(ordered[0], ordered[1])
    assert (ordered[0] != ordered[2]).any()


def test_demand_that_is_not_known_is_refused(make_replay_world) -> None:
    with pytest.raises(DataError, match="must be known in every period"):
        make_replay_world([[1, np.nan]])


def test_a_lead_time_for_every_period_is_asked_for(make_replay_world) -> None:
    world = make_replay_world([[1, 2]])
    with pytest.raises(DataError, match=r"lead_time must have shape \(1, 2\)"):
        replace(world, lead_time=np.array([[1]]))


def test_a_pipeline_too_short_for_the_longest_lead_time_is_refused(make_replay_world) -> None:
    assert make_replay_world([[1, 2]], lead_time=4, pipeline=np.zeros((1, 5))).n_decisions == 2
    with pytest.raises(DataError, match="longest lead time of 5 periods; it has 5"):
        make_replay_world([[1, 2]], lead_time=5, pipeline=np.zeros((1, 5)))


def test_no_run_through_a_world_changes_it(make_replay_world, spy, run) -> None:
    world = make_replay_world([[4, 6]], on_hand=3.0, pipeline=[[1, 2, 0, 0, 0]])
    before = Stock(
        on_hand=world.stock.on_hand.copy(), backordered=np.zeros(1), pipeline=world.stock.pipeline.copy()
    )
    run(world, spy([[5, 5]]), spy([[0, 9]]))
    np.testing.assert_array_equal(world.stock.on_hand, before.on_hand)
    np.testing.assert_array_equal(world.stock.pipeline, before.pipeline)
    with pytest.raises(ValueError, match="read-only"):
        world.demand[0, 0] = 9


def test_policies_are_told_how_many_decisions_are_left_only_where_everything_ends(
    make_replay_world, spy, run
) -> None:
    world = make_replay_world([[1, 1, 1]], n_decisions=2)
    endless, ending = spy([[0, 0, 0]]), spy([[0, 0, 0]])
    run(world, endless)
    run(replace(world, ends=True), ending)
    assert [situation.decisions_left for situation in endless.seen] == [None, None]
    assert [situation.decisions_left for situation in ending.seen] == [2, 1]
