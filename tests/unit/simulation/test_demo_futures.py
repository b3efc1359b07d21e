"""Other futures of the demo world."""

from functools import cache

import numpy as np

from allocast.simulation.demo_futures import another_future
from allocast.simulation.demo_settings import DemoWorldSettings
from allocast.simulation.demo_world import generate_demo_world

KNOWN = 60


@cache
def truth():
    settings = DemoWorldSettings(n_items=40, n_locations=6, n_periods=KNOWN, n_future=30)
    return generate_demo_world(settings, 3).truth


def other(seed=1):
    return another_future(truth(), KNOWN, np.random.default_rng(seed))


def test_history_stays_and_what_follows_is_another():
    before, after = truth(), other()
    np.testing.assert_array_equal(after.demand.units[:, :KNOWN], before.demand.units[:, :KNOWN])
    np.testing.assert_array_equal(after.demand.expected, before.demand.expected)
    old, new = before.main.deliveries, after.main.deliveries
    # An order placed at the end of the last known period is the first that is still to be decided.
    np.testing.assert_array_equal(new.days[:, : KNOWN - 1], old.days[:, : KNOWN - 1])
    np.testing.assert_array_equal(new.share[:, : KNOWN - 1], old.share[:, : KNOWN - 1])
    assert (new.days[:, KNOWN - 1] != old.days[:, KNOWN - 1]).any()
    assert (after.demand.units[:, KNOWN:] != before.demand.units[:, KNOWN:]).any()


def test_one_seed_gives_one_future_another_seed_another():
    first, again, second = other(1), other(1), other(2)
    np.testing.assert_array_equal(first.demand.units, again.demand.units)
    np.testing.assert_array_equal(first.main.deliveries.days, again.main.deliveries.days)
    assert (first.demand.units != second.demand.units).any()


def test_over_many_futures_demand_and_lead_times_follow_the_laws_of_the_world():
    futures = [other(seed) for seed in range(60)]
    level = truth().demand.quantile(0.9, known=KNOWN)
    below = np.mean([future.demand.units[:, KNOWN:] <= level for future in futures])
    assert 0.9 <= below <= 0.93  # whole units: the smallest demand not exceeded with this probability
    line, suppliers = truth().main, truth().suppliers
    day = np.full(len(line.supplier), truth().periods[KNOWN - 1] + np.timedelta64(6, "D"))
    within = suppliers.probability_within(line.supplier, line.mode, day, np.full(len(day), 21.0))
    came = np.mean([future.main.deliveries.days[:, KNOWN - 1] <= 21 for future in futures], axis=0)
    assert abs(came - within).mean() <= 0.05


def test_shocks_go_on_and_lines_of_one_shipment_take_equally_long():
    after, before = other(), truth()
    decayed = [
        np.corrcoef(before.demand.shock[:, KNOWN - 1], other(seed).demand.shock[:, KNOWN])[0, 1]
        for seed in range(20)
    ]
    assert np.mean(decayed) > 0.6
    line = after.main
    shipment = np.unique(np.column_stack([line.supplier, np.arange(len(line.supplier)) % 6]), axis=0)
    days = {
        tuple(pair): after.main.deliveries.days[
            (line.supplier == pair[0]) & (np.arange(len(line.supplier)) % 6 == pair[1]), KNOWN
        ]
        for pair in shipment
    }
    assert all(len(set(taken)) == 1 for taken in days.values())


def test_there_is_room_for_the_longest_lead_time_and_open_orders_stay():
    before = truth().stock.pipeline
    for seed in range(20):
        after = other(seed)
        pipeline = after.stock.pipeline
        assert pipeline.shape[1] > after.main.deliveries.lead_time.max()
        np.testing.assert_array_equal(pipeline[:, : before.shape[1]], before)
        assert not pipeline[:, before.shape[1] :].any()
