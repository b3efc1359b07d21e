"""One period of a warehouse and its locations, put together from the dynamics of both."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray
from allocast.simulation.dynamics import Ledger, Rates, Rules, Stock, advance, place
from allocast.simulation.one_warehouse.kernels import send_emergency
from allocast.simulation.one_warehouse.system import OneWarehouse

__all__ = ["NetworkLedger", "NetworkStock", "pass_period"]

_FREE = Rates(holding_cost=0.0, shortage_cost=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkStock:
    """The state of n networks before a decision.

    Parameters
    ----------
    warehouse : Stock of shape (n,)
    locations : Stock of shape (n, n_locations)
    """

    warehouse: Stock
    locations: Stock

    @classmethod
    def filled(cls, system: OneWarehouse, n: int) -> Self:
        """A mean period's demand on hand and on order for each period, everywhere, in whole units."""
        mean = np.rint(system.demand.mean)
        warehouse = Stock.empty(Rules(), (n,), longest_lead_time=system.lead_time)
        longest = int(system.lead_times.max())
        locations = Stock.empty(system.rules, (n, system.n_locations), longest_lead_time=longest)
        locations.pipeline[...] = mean[:, None] * (np.arange(longest + 1) < system.lead_times[:, None])
        warehouse.pipeline[:, : system.lead_time] = mean.sum()
        return cls(warehouse=warehouse, locations=locations)

    @property
    def available(self) -> FloatArray:
        """What the warehouse can ship in the coming period, shape (n,), in units."""
        available: FloatArray = self.warehouse.on_hand + self.warehouse.pipeline[:, 0]
        return available

    @property
    def echelon_position(self) -> FloatArray:
        """All that is in the network and on its way to it, less what is owed, shape (n,), in units."""
        position: FloatArray = self.warehouse.position + self.locations.position.sum(axis=1)
        return position


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkLedger:
    """What happened in one period.

    Parameters
    ----------
    warehouse : Ledger of shape (n,)
        Without the emergency shipments, and without costs.
    locations : Ledger of shape (n, n_locations)
        As if there were no emergency shipments.
    emergency : array of shape (n, n_locations), in units
    cost : array of shape (n,), in money
        All costs of the period, emergency shipments taken into account.
    """

    warehouse: Ledger
    locations: Ledger
    emergency: FloatArray
    cost: FloatArray


def pass_period(
    system: OneWarehouse,
    stock: NetworkStock,
    order: FloatArray,
    shipments: FloatArray,
    demand: FloatArray,
    chance: FloatArray,
) -> tuple[NetworkStock, NetworkLedger]:
    """The warehouse orders and ships, then locations meet demand, then emergency shipments are made.

    Parameters
    ----------
    system : OneWarehouse
    stock : NetworkStock
    order : array of shape (n,), in units, >= 0
    shipments, demand : arrays of shape (n, n_locations), in units, >= 0
    chance : array of shape (n, n_locations), in [0, 1)
        Customers of a location wait for an emergency shipment where it is below ``emergency_share``.

    Returns
    -------
    stock : NetworkStock
    ledger : NetworkLedger

    Raises
    ------
    DataError
        More is shipped than is available, or something is negative.
    """
    sent = np.asarray(shipments, dtype=np.float64).sum(axis=1)
    _require_stock(stock.available, sent)
    centre, _ = place(Rules(), stock.warehouse, order, system.lead_time)
    centre, shipped = advance(Rules(), centre, sent, _FREE)
    shops, _ = place(system.rules, stock.locations, shipments, system.lead_times)
    shops, sold = advance(system.rules, shops, demand, system.rates)
    emergency = np.zeros_like(sold.missed)
    if system.unmet == "emergency":
        left = centre.on_hand.copy()
        send_emergency(left, np.where(chance < system.emergency_share, sold.missed, 0.0), emergency)
        centre = replace(centre, on_hand=left)
    cost = sold.cost.sum(axis=1) + system.warehouse_holding_cost * centre.on_hand
    cost -= system.shortage_cost * emergency.sum(axis=1)
    ledger = NetworkLedger(warehouse=shipped, locations=sold, emergency=emergency, cost=cost)
    return NetworkStock(warehouse=centre, locations=shops), ledger


def _require_stock(available: FloatArray, sent: FloatArray) -> None:
    over = sent > available + 1e-9
    if over.any():
        i = int(np.argmax(over))
        raise DataError(
            f"shipments must not exceed what the warehouse has; network {i} ships {sent[i]:g} of {available[i]:g} "
            f"units ({int(over.sum())} of {len(sent)} networks affected). Ration them first."
        )
