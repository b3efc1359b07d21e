"""One policy's way through a replayed world: its stock, its open orders, and what was written down."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from allocast.inventory.position import StockPosition
from allocast.numerics.arrays import FloatArray, IntArray, TextArray
from allocast.numerics.discrete import DiscreteDistribution
from allocast.numerics.keyed_uniforms import keyed_uniforms
from allocast.simulation.dynamics import Delivery, Ledger, Rates, Rules, Stock, advance, place
from allocast.supply.arrivals import ShareReceived
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.orders.order_features import OrderLines

if TYPE_CHECKING:
    from allocast.simulation.replay import World

__all__ = ["OpenOrders", "PolicyRun"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrders:
    """Orders that a policy waits for, and when they may come: arrays of shape (n_open,).

    Parameters
    ----------
    series : array of int
    ordered_units : array, in units
        That less may be delivered shows only when it arrives.
    placed : array of int
        Before which period of the replay; before all of it: −1 less the period in which it is due, which is certain.
    arrival : DiscreteDistribution of n_open rows
        From the next period on.
    """

    series: IntArray
    ordered_units: FloatArray
    placed: IntArray
    arrival: DiscreteDistribution

    @property
    def keys(self) -> TextArray:
        """What an order is called whatever others are open: its series and when it was placed."""
        pairs = zip(self.series.tolist(), self.placed.tolist(), strict=True)
        return np.array([f"{series} {placed}" for series, placed in pairs], dtype=object)

    def position(self, stock: Stock, expected_share: FloatArray | None) -> StockPosition:
        """Stock and what is expected to come of each order; ``expected_share`` has a number a series."""
        units = self.ordered_units
        if expected_share is not None:
            units = units * np.where(self.placed >= 0, expected_share[self.series], 1.0)
        return StockPosition(
            on_hand=stock.on_hand,
            backordered=stock.backordered,
            open_series=self.series,
            open_units=units,
            arrival=self.arrival,
        )

    def sampled_units(self, share: ShareReceived, lines: OrderLines, n_paths: int, seed: int) -> FloatArray:
        """Scenarios of what each order brings in the end, shape (n_open, n_paths); ``lines`` has a row an order."""
        uniforms = keyed_uniforms(self.keys, n_paths, seed)
        received = share.at(lines, uniforms, np.zeros(len(self.series)))
        units: FloatArray = self.ordered_units[:, None] * np.where(self.placed[:, None] >= 0, received, 1.0)
        return units


class PolicyRun:
    """What a policy has ordered, and what came of it.

    Parameters
    ----------
    world : World
    """

    def __init__(self, world: "World") -> None:
        self.world, self.stock = world, world.stock
        self.rules, self.rates = Rules(waiting_share=float(world.costs.backorders)), Rates.of(world.costs)
        self.ordered = np.zeros(world.demand.shape)
        self.ledgers: list[Ledger] = []

    @property
    def now(self) -> int:
        """The coming period."""
        return len(self.ledgers)

    def order(self, units: FloatArray) -> None:
        """Place an order of each series before the coming period."""
        period, world = self.now, self.world
        self.ordered[:, period] = units
        share = 1.0 if world.delivered_share is None else world.delivered_share[:, period]
        delivery = Delivery(share=share)
        self.stock, _ = place(self.rules, self.stock, units, world.lead_time[:, period], delivery=delivery)

    def live_through(self) -> None:
        """Let the coming period pass."""
        demand = self.world.demand[:, self.now]
        self.stock, ledger = advance(self.rules, self.stock, demand, self.rates)
        self.ledgers.append(ledger)

    def open_orders(self, lead_time: LeadTimeDistribution) -> OpenOrders:
        """What is not here yet as the policy may see it: orders of its own arrive as their age lets expect."""
        parts = [self._before(place) for place in range(self.now, self.world.stock.pipeline.shape[1])]
        parts += [self._own(placed, lead_time) for placed in range(self.now)]
        return OpenOrders(
            series=np.concatenate([part.series for part in parts]),
            ordered_units=np.concatenate([part.ordered_units for part in parts]),
            placed=np.concatenate([part.placed for part in parts]),
            arrival=DiscreteDistribution.stack([part.arrival for part in parts]),
        )

    def _before(self, due: int) -> OpenOrders:
        """Orders of before the replay that are due before a period."""
        units = self.world.stock.pipeline[:, due]
        rows = np.flatnonzero(units > 0)
        return OpenOrders(
            series=rows,
            ordered_units=units[rows],
            placed=np.full(len(rows), -1 - due),
            arrival=DiscreteDistribution.certain(np.full(len(rows), due - self.now)),
        )

    def _own(self, placed: int, lead_time: LeadTimeDistribution) -> OpenOrders:
        """Orders of its own from before a period that are still on their way."""
        units, due = self.ordered[:, placed], placed + self.world.lead_time[:, placed]
        rows = np.flatnonzero((units > 0) & (due >= self.now))
        return OpenOrders(
            series=rows,
            ordered_units=units[rows],
            placed=np.full(len(rows), placed),
            arrival=lead_time.take(rows).remaining(self.now - placed),
        )
