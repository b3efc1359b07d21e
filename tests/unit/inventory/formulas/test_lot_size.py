import numpy as np
import pytest

from allocast.errors import DataError
from allocast.inventory.formulas.lot_size import (
    economic_order_quantity,
    economic_production_quantity,
    lot_cost,
)

ONE = {"order_cost": np.array([8.0]), "holding_cost": np.array([0.225])}


def test_no_other_batch_costs_less_than_the_economic_one() -> None:
    demand = np.array([1300.0])
    best = economic_order_quantity(demand, **ONE)
    for other in (0.5, 0.9, 1.1, 3.0):
        assert lot_cost(demand, batch=best, **ONE) < lot_cost(demand, batch=best * other, **ONE)


def test_at_the_economic_batch_ordering_costs_as_much_as_holding() -> None:
    demand = np.array([1300.0])
    batch = economic_order_quantity(demand, **ONE)
    np.testing.assert_allclose(8 * demand / batch, 0.225 * batch / 2)


def test_a_very_fast_producer_makes_the_economic_order_quantity() -> None:
    demand = np.array([1300.0])
    made = economic_production_quantity(demand, production_rate=np.array([1e12]), **ONE)
    np.testing.assert_allclose(made, economic_order_quantity(demand, **ONE))


def test_a_producer_slower_than_demand_is_refused_and_named() -> None:
    rates = {name: np.repeat(value, 2) for name, value in ONE.items()}
    with pytest.raises(DataError, match=r"series 1 makes 1300 for a demand of 1300 .*\(1 of 2"):
        economic_production_quantity(np.full(2, 1300.0), production_rate=np.array([1301.0, 1300.0]), **rates)


def test_a_batch_of_nothing_has_no_cost_to_speak_of() -> None:
    with pytest.raises(DataError, match="batch must be > 0 units; the smallest is 0"):
        lot_cost(np.array([1.0]), batch=np.array([0.0]), **ONE)
