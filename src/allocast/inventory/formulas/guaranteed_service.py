"""Where safety stock belongs in a network of stages that quote each other service times and keep them.

Each stage promises to deliver within its outbound service time whatever is asked for, up to a bound on demand. It holds
what can be asked for during its net replenishment time: inbound service time + processing time − outbound service time.
Promising more slowly moves stock to where it is cheaper to hold, or where demands have been pooled.
"""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.inventory.formulas.service_network import ServiceNetwork
from allocast.numerics.arrays import FloatArray, IntArray

__all__ = ["ServiceTimes", "guaranteed_service", "service_cost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTimes:
    """What each stage of a network promises and holds.

    Parameters
    ----------
    outbound, inbound : arrays of int, shape (n_stages,), in periods
        Within how many periods a stage delivers, and is itself delivered by its slowest supplier.
    safety_stock : array of shape (n_stages,), in units
    cost : float, money per period
        Of holding the safety stock.
    """

    outbound: IntArray
    inbound: IntArray
    safety_stock: FloatArray
    cost: float


def service_cost(network: ServiceNetwork, outbound: IntArray) -> ServiceTimes:
    """What given outbound service times make each stage hold.

    Parameters
    ----------
    network : ServiceNetwork
    outbound : array of int, shape (n_stages,), in periods, >= 0

    Raises
    ------
    DataError
        A stage promises to be slower than it takes it to get and make things, or than its customers allow.

    References
    ----------
    Graves and Willems (2000), equation (4) and section 3.
    """
    outbound = np.asarray(outbound)
    inbound = network.inbound_limit.copy()
    for upstream, downstream in network.arcs:
        inbound[downstream] = max(inbound[downstream], outbound[upstream])
    net = inbound + network.processing_time - outbound
    late = outbound > network.slowest_promise
    if (net < 0).any() or late.any():
        stage = int(np.argmax((net < 0) | late))
        most = min(net[stage] + outbound[stage], network.slowest_promise[stage])
        raise DataError(
            f"a service time must be within what replenishment and customers allow; stage {stage} promises "
            f"{outbound[stage]} periods, at most {most} make sense."
        )
    stock = network.bound * np.sqrt(net)
    return ServiceTimes(
        outbound=outbound, inbound=inbound, safety_stock=stock, cost=float(network.holding_cost @ stock)
    )


def guaranteed_service(network: ServiceNetwork) -> ServiceTimes:
    """The service times whose safety stock costs least, by dynamic programming along the tree.

    Parameters
    ----------
    network : ServiceNetwork

    References
    ----------
    Graves and Willems (2000), Optimizing strategic safety stock placement in supply chains, Manufacturing & Service
    Operations Management 2(1), 68-83, section 4; erratum in 5(2), 176-177 (2003); Snyder and Shen, *Fundamentals of
    Supply Chain Theory*, 2nd ed., section 6.3, example 6.5.

    Examples
    --------
    Example 6.5: 0 feeds 1, which feeds 2 and 3; their customers wait 0 and 1 periods.

    >>> network = ServiceNetwork(processing_time=np.array([2, 1, 1, 1]), arcs=((0, 1), (1, 2), (1, 3)),
    ...                          holding_cost=np.array([1.0, 2, 3, 3]), demand_deviation=np.array([0.0, 0, 1, 1]),
    ...                          service_factor=np.ones(4), inbound=np.array([1, 0, 0, 0]),
    ...                          promised={2: 0, 3: 1})
    >>> best = guaranteed_service(network)
    >>> best.outbound, round(best.cost, 5)
    (array([0, 0, 0, 1]), 8.27792)
    """
    tables: dict[int, FloatArray] = {}
    below: dict[int, FloatArray] = {stage: _own_cost(network, stage) for stage in range(len(network))}
    order = network.from_leaves()
    for stage, parent in order:  # a stage's table takes in all of the tree behind it, seen from its parent
        tables[stage] = below[stage]
        if parent is not None:
            below[parent] = below[parent] + _seen_from(network, stage, parent, tables[stage])
    outbound, inbound = np.zeros((2, len(network)), dtype=np.int64)
    for stage, parent in reversed(order):
        table = tables[stage]
        if parent is not None:
            table = _allowed(network, stage, parent, table, outbound, inbound)
        outbound[stage], inbound[stage] = np.unravel_index(np.argmin(table), table.shape)
    return service_cost(network, outbound)


def _own_cost(network: ServiceNetwork, stage: int) -> FloatArray:
    """Cost of a stage by outbound (row) and inbound (column) service time; infinite where impossible."""
    n = network.longest + 1
    out, inn = np.arange(n)[:, None], np.arange(n)[None, :]
    net = inn + network.processing_time[stage] - out
    possible = (net >= 0) & (out <= network.slowest_promise[stage]) & (inn >= network.inbound_limit[stage])
    rate = network.holding_cost[stage] * network.bound[stage]
    return np.where(possible, rate * np.sqrt(np.maximum(net, 0)), np.inf)


def _seen_from(network: ServiceNetwork, stage: int, parent: int, table: FloatArray) -> FloatArray:
    """The least cost behind a stage, in the shape of its parent's table."""
    if (stage, parent) in network.arcs:  # upstream of its parent: promises at most the parent's inbound time
        return np.minimum.accumulate(table.min(axis=1))[None, :]
    fastest = np.minimum.accumulate(table.min(axis=0)[::-1])[
        ::-1
    ]  # its inbound is at least the parent's promise
    return np.asarray(fastest[:, None])


def _allowed(
    network: ServiceNetwork, stage: int, parent: int, table: FloatArray, outbound: IntArray, inbound: IntArray
) -> FloatArray:
    """A stage's table with what its parent's times rule out made infinite."""
    times = np.arange(len(table))
    if (stage, parent) in network.arcs:
        return np.where((times <= inbound[parent])[:, None], table, np.inf)
    return np.where((times >= outbound[parent])[None, :], table, np.inf)
