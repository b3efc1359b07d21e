"""Limits that all orders of a round share, as a planner states them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from allocast.errors import DataError, UnknownNameError
from allocast.inventory.basket.cash import EVERY, Every
from allocast.supply.supplier_terms import SupplierTerms

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What orders may cost, when, for what, and how much room there is.

    Parameters
    ----------
    every : {"week", "month", "quarter", "year"}
        Calendar period of all budgets. An order uses the budget of the period in which it is to be paid; what was
        ordered before and is to be paid in it is taken off first.
    budget : float, money for each period, >= 0
        Infinite, the default, for none.
    budget_in : mapping of str to float
        Other budgets for single periods, by name: ``{"2024-05": 3000.0}``.
    category_column : str
        Attribute of items that ``category_budget`` goes by.
    category_budget : mapping of str to float, money for each period, >= 0
    storage : bool
        Whether locations' ``capacity`` holds, in the items' ``volume``: stock on hand, all that is on order and all
        new orders must fit at the same time, as if nothing were sold until they are there.
    suppliers : SupplierTerms
    least_units : mapping of (item_id, location_id) to float, in units, >= 0
        Orders that must be placed whatever they are worth.

    Raises
    ------
    DataError
        A number is below 0, or categories have no column.
    UnknownNameError
        There is no such calendar period.
    """

    every: Every = "month"
    budget: float = np.inf
    budget_in: Mapping[str, float] = field(default_factory=dict)
    category_column: str = ""
    category_budget: Mapping[str, float] = field(default_factory=dict)
    storage: bool = False
    suppliers: SupplierTerms = field(default_factory=SupplierTerms.none)
    least_units: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.every not in EVERY:
            raise UnknownNameError("calendar period", self.every, EVERY)
        named = {"budget": self.budget}
        named |= {f"budget of {name}": money for name, money in self.budget_in.items()}
        named |= {f"budget of category {name}": money for name, money in self.category_budget.items()}
        named |= {f"least_units of {' at '.join(key)}": units for key, units in self.least_units.items()}
        for name, value in named.items():
            if not value >= 0:
                raise DataError(f"{name} must be >= 0; it is {value}.")
        if self.category_budget and not self.category_column:
            raise DataError("budgets of categories need the column of items that says the category.")

    def budget_of(self, period: str) -> float:
        """Money for the period of this name.

        Examples
        --------
        >>> limits = Limits(budget=100.0, budget_in={"2024-12": 300.0})
        >>> limits.budget_of("2024-11"), limits.budget_of("2024-12")
        (100.0, 300.0)
        """
        return self.budget_in.get(period, self.budget)

    @property
    def has_budget(self) -> bool:
        """Whether money is limited in any period."""
        return bool(np.isfinite(self.budget) or self.budget_in)
