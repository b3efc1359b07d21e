"""Where episodes of a textbook's system stand, and what a period brought them."""

from dataclasses import dataclass, fields

from allocast.agents.worlds.world import ByName
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.simulation.dynamics import Ledger, Placed, Stock

__all__ = ["TextbookOutcome", "TextbookState"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextbookState:
    """Where n episodes stand, just before a decision.

    Parameters
    ----------
    key, period : arrays of int, shape (n,)
        Which future each episode lives through, and its coming period.
    stock : Stock
    """

    key: IntArray
    period: IntArray
    stock: Stock


@dataclass(frozen=True, slots=True, kw_only=True)
class TextbookOutcome:
    """What one period brought each episode."""

    placed: Placed
    flows: Ledger
    reward: FloatArray

    def ledger(self) -> ByName:
        """Flows in units and costs in money, by name."""
        return {
            "order_units": self.placed.ordered,
            "order_cost": self.placed.order_cost,
            "purchase_cost": self.placed.purchase_cost,
        } | {part.name: getattr(self.flows, part.name) for part in fields(Ledger)}
