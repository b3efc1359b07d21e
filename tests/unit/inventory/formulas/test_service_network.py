from typing import Any

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.inventory.formulas.guaranteed_service import guaranteed_service, service_cost
from allocast.inventory.formulas.serial_system import serial_system
from allocast.inventory.formulas.service_network import ServiceNetwork
from allocast.numerics.discrete_laws import poisson


def network(**changes: Any) -> ServiceNetwork:
    """A factory that supplies two shops."""
    three: dict[str, Any] = {
        "processing_time": np.array([4, 1, 1]),
        "arcs": ((0, 1), (0, 2)),
        "holding_cost": np.array([1.0, 2.0, 2.0]),
        "demand_deviation": np.array([0.0, 3.0, 4.0]),
        "service_factor": np.full(3, 2.0),
        "promised": {1: 0, 2: 0},
    }
    return ServiceNetwork(**(three | changes))


def test_a_supplier_pools_the_demand_of_those_it_supplies() -> None:
    np.testing.assert_allclose(network().bound, [10.0, 6.0, 8.0])


def test_stock_is_held_for_the_time_that_replenishment_takes_longer_than_the_promise() -> None:
    times = service_cost(network(), np.array([3, 0, 0]))
    np.testing.assert_array_equal(times.inbound, [0, 3, 3])
    np.testing.assert_allclose(times.safety_stock, [10.0, 12.0, 16.0])
    assert times.cost == 66


def test_customers_who_wait_need_no_stock() -> None:
    best = guaranteed_service(network(promised={1: 9, 2: 9}))
    assert best.cost == 0
    np.testing.assert_array_equal(best.outbound, [4, 5, 5])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"arcs": ((0, 1), (0, 2), (1, 2))}, r"\(1, 2\) closes a second way"),
        ({"arcs": ((0, 1),), "promised": {0: 0, 1: 0, 2: 0}}, "stage 2 is not joined to stage 0"),
        ({"arcs": ((0, 1), (0, 3))}, r"arcs must join stages 0 to 2; \(0, 3\)"),
        ({"promised": {1: 0}}, r"\[2\] have none"),
        ({"promised": {1: 0, 2: -1}}, "gives stage 2 -1"),
        ({"processing_time": np.array([4, 1.5, 1])}, "processing_time must be in whole periods"),
        ({"inbound": np.array([-1, 0, 0])}, "inbound must be finite and >= 0"),
        ({"holding_cost": np.array([1.0, 2.0])}, r"holding_cost must have shape \(3,\)"),
    ],
)
def test_what_is_no_network_is_refused(changes, said) -> None:
    network()
    with pytest.raises(DataError, match=said):
        network(**changes)


@pytest.mark.parametrize("outbound", [[5, 0, 0], [0, 1, 0]])
def test_promises_slower_than_replenishment_or_customers_allow_are_refused(outbound) -> None:
    service_cost(network(), np.array([4, 0, 0]))
    with pytest.raises(DataError, match="at most"):
        service_cost(network(), np.array(outbound))


def test_a_serial_system_has_a_cost_for_each_stage() -> None:
    demand = poisson(np.array([2.0, 3.0]))
    serial_system(demand, echelon_holding_cost=np.ones(2), shortage_cost=4.0)
    with pytest.raises(DataError, match="echelon_holding_cost must have shape"):
        serial_system(demand, echelon_holding_cost=np.ones(3), shortage_cost=4.0)
    with pytest.raises(DataError, match="costs must be > 0"):
        serial_system(demand, echelon_holding_cost=np.array([1.0, 0.0]), shortage_cost=4.0)
