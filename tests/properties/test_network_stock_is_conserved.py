import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from allocast.simulation.one_warehouse.base_stock import EchelonBaseStock
from allocast.simulation.one_warehouse.kaynov_2024 import kaynov_2024
from allocast.simulation.one_warehouse.period import NetworkStock, pass_period
from allocast.simulation.one_warehouse.rationing import RULES, ration
from allocast.simulation.one_warehouse.scenarios import Scenarios


def units_in(stock):
    """All units in the network or on their way to it, without what is owed."""
    on_hand = stock.warehouse.on_hand + stock.locations.on_hand.sum(axis=1)
    return on_hand + stock.warehouse.pipeline.sum(axis=1) + stock.locations.pipeline.sum(axis=(1, 2))


@settings(max_examples=60, deadline=None)
@given(
    number=st.sampled_from((1, 4, 6, 9, 10, 11, 12, 14)),
    rule=st.sampled_from(sorted(RULES)),
    level=st.integers(0, 300),
    location_level=st.integers(0, 40),
    seed=st.integers(0, 2**16),
)
def test_what_was_there_and_was_ordered_is_there_or_was_sold(number, rule, level, location_level, seed):
    system = kaynov_2024(number)
    policy = EchelonBaseStock(
        system=system, level=level, location_levels=(location_level,) * system.n_locations, rule=rule
    )
    futures = Scenarios.draw(system, 3, 12, np.random.default_rng(seed))
    stock = NetworkStock.filled(system, 3)
    for t in range(12):
        before, owed = units_in(stock), stock.locations.backordered
        order, shipments = policy(stock)
        assert (shipments.sum(axis=1) <= stock.available).all()
        stock, ledger = pass_period(
            system, stock, order, shipments, futures.demand[:, t], futures.chance[:, t]
        )
        used = ledger.locations.sold + ledger.emergency
        np.testing.assert_array_equal(units_in(stock), before + order - used.sum(axis=1))
        missed = ledger.locations.missed - ledger.emergency
        np.testing.assert_array_equal(used + missed, futures.demand[:, t] + owed)
        assert (ledger.emergency >= 0).all() and (missed >= 0).all()
        assert (stock.warehouse.on_hand >= 0).all()


@settings(max_examples=200, deadline=None)
@given(
    rule=st.sampled_from(sorted(RULES)),
    available=st.integers(0, 60),
    wanted=st.lists(st.integers(0, 30), min_size=1, max_size=6),
    seed=st.integers(0, 2**16),
)
def test_rationing_gives_all_that_there_is_and_never_more(rule, available, wanted, seed):
    rng, want = np.random.default_rng(seed), np.array([wanted], dtype=float)
    saving = -np.sort(-rng.random((want.shape[1], 9)), axis=1)
    position = rng.integers(-5, 12, want.shape).astype(float)
    given_units = ration(rule, np.array([float(available)]), want, position=position, saving=saving)
    assert given_units.sum() == min(available, want.sum())
    assert ((given_units >= 0) & (given_units <= want)).all()
    np.testing.assert_array_equal(given_units, np.rint(given_units))
