import numpy as np
import pytest
from scipy.special import ndtri
from training.supplier_world import SupplierWorld, WorldSettings, generate_supplier_world

from allocast.supply.suppliers.shared_luck import shared_luck

SMALL = {"n_orders": 3000, "n_suppliers": 40, "n_after": 500, "new_suppliers": 3}


@pytest.fixture(scope="module", params=["time", "hazard"])
def world(request) -> SupplierWorld:
    return generate_supplier_world(WorldSettings(mechanism=request.param, **SMALL), 5)


def days_of(world: SupplierWorld) -> np.ndarray:
    return (world.orders.received_on - world.orders.ordered_on).astype(float)


def test_lead_times_follow_the_curves_that_are_called_true(world) -> None:
    """The place of each lead time in its own distribution is uniform; whole days make it an interval."""
    rows, days = np.arange(len(world.orders)), days_of(world)[:, None]
    after, before = (world.truth.survival(rows, at)[:, 0] for at in (days, days - 1))
    place = (after + before) / 2
    assert place.mean() == pytest.approx(0.5, abs=0.02)
    assert place.var() == pytest.approx(1 / 12, abs=0.005)


def test_a_few_suppliers_have_most_orders_and_newcomers_none_yet(world) -> None:
    counts = np.sort(np.bincount(world.supplier[world.past], minlength=43))[::-1]
    assert counts[:8].sum() > 0.5 * counts.sum()
    assert not world.past[world.supplier >= 40].any()
    assert (world.supplier >= 40).any()


def test_only_drifting_suppliers_have_effects_that_change(world) -> None:
    for supplier in range(40):
        effects = world.effect[world.supplier == supplier]
        assert world.drifting[supplier] or np.ptp(effects) == 0


def test_one_seed_is_one_world() -> None:
    settings = WorldSettings(mechanism="time", **SMALL)
    one, two, other = (generate_supplier_world(settings, seed) for seed in (6, 6, 7))
    np.testing.assert_array_equal(one.orders.received_on, two.orders.received_on)
    assert (one.supplier[:100] != other.supplier[:100]).any()


def test_orders_come_in_batches_that_share_as_much_luck_as_is_said() -> None:
    settings = WorldSettings(n_orders=8000, n_suppliers=10, batch_orders=20, batch_luck=0.6, n_after=0)
    made = generate_supplier_world(settings, 3)
    _, batch, count = np.unique(
        np.column_stack([made.supplier, made.orders.ordered_on.astype(int)]),
        axis=0,
        return_inverse=True,
        return_counts=True,
    )
    assert 14 < np.median(count) < 26
    rows, days = np.arange(len(made.orders)), days_of(made)[:, None]
    place = 1 - (made.truth.survival(rows, days)[:, 0] + made.truth.survival(rows, days - 1)[:, 0]) / 2
    score = ndtri(np.clip(place, 1e-6, 1 - 1e-6))
    assert score.var() == pytest.approx(1, abs=0.2)
    assert shared_luck(score, np.zeros(len(rows), dtype=int), batch.ravel()) == pytest.approx(0.6, abs=0.1)
