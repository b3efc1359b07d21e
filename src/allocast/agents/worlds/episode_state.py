"""Where episodes of a training world stand, and what a review period brought them."""

from dataclasses import dataclass, fields

import numpy as np

from allocast.agents.worlds.world import ByName
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.simulation.dynamics import Ledger, Placed, Rates, Stock, Terms

__all__ = ["EpisodeOutcome", "Episodes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Episodes:
    """Where n episodes stand, just before a decision.

    Parameters
    ----------
    series, path : arrays of int, shape (n,)
        Which future of the world each episode plays.
    period : array of int, shape (n,)
        The coming period.
    price : array of shape (n,)
    stock : Stock
        With the real arrivals, which the agent does not see.
    ordered_units, ordered_lead_time : arrays of shape (n, n_ages, n_suppliers), in units and periods
        ``[:, a]`` was ordered ``a + 1`` periods ago; so many units are expected of it.
    rates, terms : Rates, Terms
        Of ``series``.
    """

    series: IntArray
    path: IntArray
    period: IntArray
    price: FloatArray
    stock: Stock
    ordered_units: FloatArray
    ordered_lead_time: IntArray
    rates: Rates
    terms: Terms

    @property
    def open_units(self) -> FloatArray:
        """What was ordered and is not here yet, by age: what is expected of it, shape (n, n_ages, n_suppliers)."""
        age = np.arange(1, self.ordered_units.shape[1] + 1)[:, None]
        return np.where(self.ordered_lead_time >= age, self.ordered_units, 0.0)

    @property
    def position(self) -> FloatArray:
        """On hand + on order − backordered, as the agent knows it, shape (n,)."""
        position: FloatArray = self.stock.on_hand - self.stock.backordered + self.open_units.sum(axis=(1, 2))
        return position


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeOutcome:
    """What one review period brought each episode, arrays of shape (n,).

    Parameters
    ----------
    placed : Placed
        The orders, with their cost and what is paid above the cheapest supplier.
    flows : Ledger
    price_charge : array, in money
        What the money spent was worth beyond itself, at the shadow price.
    reward : array
        −(flows' cost + orders' cost + price charge) ÷ the world's cost scale.
    """

    placed: Placed
    flows: Ledger
    price_charge: FloatArray
    reward: FloatArray

    def ledger(self) -> ByName:
        """Flows in units and costs in money, by name."""
        flows = {field.name: getattr(self.flows, field.name) for field in fields(Ledger)}
        return {
            "order_units": self.placed.ordered,
            "delivered_units": self.placed.delivered,
            "order_cost": self.placed.order_cost,
            "purchase_cost": self.placed.purchase_cost,
            "price_charge": self.price_charge,
        } | flows
