import numpy as np
import pytest

from allocast.errors import SettingsError
from allocast.inventory.policies import FixedQuantity, ReorderPoint

STEADY = np.full((4, 3, 2), 10.0)


def test_it_orders_the_fewest_batches_that_reach_the_reorder_point(make_situation) -> None:
    situation = make_situation(STEADY, [0.0, 12.0, 19.0, 20.0])
    decision = FixedQuantity(batch_units=8).decide(situation)
    np.testing.assert_array_equal(decision.trigger, [20] * 4)
    np.testing.assert_array_equal(decision.wanted_units, [24, 8, 8, 0])
    np.testing.assert_array_equal(decision.level[:3], [24, 20, 27])


def test_without_a_batch_it_is_the_economic_one(make_situation) -> None:
    situation = make_situation(STEADY, [19.0] * 4, costs={"order_cost": 5.0})
    batched, levels = FixedQuantity().decide(situation), ReorderPoint().decide(situation)
    np.testing.assert_array_equal(batched.wanted_units, [10] * 4)
    np.testing.assert_array_equal(batched.trigger, levels.trigger)


def test_where_ordering_is_free_batches_are_single_units(make_situation) -> None:
    assert FixedQuantity().decide(make_situation(STEADY, [13.0] * 4)).wanted_units[0] == 7


def test_a_batch_is_at_least_a_unit() -> None:
    assert FixedQuantity(batch_units=12).name == "fixed_quantity(critical ratio, 12)"
    assert FixedQuantity(cycle_service_level=0.9).name == "fixed_quantity(0.9, economic batch)"
    with pytest.raises(SettingsError, match="batch_units must be >= 1"):
        FixedQuantity(batch_units=0.5)
