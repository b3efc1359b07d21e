"""Limits that all orders of a round share, as a config says them."""

from typing import Annotated

from annotated_types import Ge
from pydantic import Field

from allocast.adapters.settings import Settings
from allocast.inventory.basket import Every

__all__ = ["LeastOrder", "LimitSettings"]

Amount = Annotated[float, Ge(0)]


class CategoryBudgets(Settings):
    """Money for the orders of some categories of items."""

    column: str
    """Column of the table items that says the category."""
    budget: dict[str, Amount]
    """Money for each calendar period, by category; others have no budget of their own."""


class LeastOrder(Settings):
    """Units of one series that must be ordered whatever they are worth."""

    item_id: str
    location_id: str
    units: Amount


class LimitSettings(Settings):
    """Money, room and suppliers' capacity that all orders of a round share."""

    every: Every = "month"
    """Calendar period of budgets; an order uses that in which it is to be paid."""
    budget: Amount | None = None
    """Money for all orders that are to be paid in one period."""
    budget_in: dict[str, Amount] = Field(default_factory=dict)
    """Other budgets for single periods, such as "2024-05" or "2024-W10"."""
    categories: CategoryBudgets | None = None
    storage: bool = False
    """Whether stock, open orders and new orders together must fit the capacity of each location."""
    suppliers: bool = True
    """Whether capacities, minimum order values and containers of the table suppliers hold."""
    least: tuple[LeastOrder, ...] = ()
