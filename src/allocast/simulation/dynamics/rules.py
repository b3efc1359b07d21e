"""The structure of an inventory system: what it is made of, not how much of it."""

from dataclasses import dataclass
from typing import Literal

from allocast.errors import SettingsError

__all__ = ["Rules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How a system works. Code is compiled for each structure, so that what is off costs nothing.

    Parameters
    ----------
    suppliers : int, >= 1
        Suppliers that each series can order from. With one, orders have the shape of the series; with several, a
        last axis for the supplier.
    waiting_share : float, in [0, 1]
        Of new demand that is not met: 0 is lost sales, 1 backorders, between them a share waits and the rest is
        lost. What waits, waits until it is served. With 0 nothing is ever owed, and what a stock says of it is
        neither served nor changed.
    crossover : bool
        Whether an order may arrive before an earlier one of the same supplier. If not, it comes at the earliest
        together with it.
    shelf_life : int, >= 1, optional
        Periods in which a unit can be sold, the one in which it arrives included; units never spoil by default.
    issuing : "fifo" or "lifo"
        Whether the oldest or the youngest units are sold first, if they spoil.
    review_periods : int, >= 1
        Orders are taken before period 0 and every so many periods; at other times they count as nothing.
    season_periods : int, >= 1, optional
        What is left at the end of every so many periods is sold off at its salvage value; never by default.
    whole_units : bool
        Whether a share of an order, or of missed demand, is made whole.

    Raises
    ------
    SettingsError
        A number is out of its range.
    """

    suppliers: int = 1
    waiting_share: float = 0.0
    crossover: bool = True
    shelf_life: int | None = None
    issuing: Literal["fifo", "lifo"] = "fifo"
    review_periods: int = 1
    season_periods: int | None = None
    whole_units: bool = True

    def __post_init__(self) -> None:
        for name in ("suppliers", "review_periods", "shelf_life", "season_periods"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise SettingsError(f"{name} must be >= 1; it is {value}.")
        if not 0 <= self.waiting_share <= 1:
            raise SettingsError(f"waiting_share must lie in [0, 1]; it is {self.waiting_share}.")
        if self.issuing not in ("fifo", "lifo"):
            raise SettingsError(f"issuing must be fifo or lifo; it is {self.issuing!r}.")

    @property
    def owes(self) -> bool:
        """Whether unmet demand can wait at all."""
        return self.waiting_share > 0

    def orders_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of orders, lead times and deliveries of so many series."""
        return shape if self.suppliers == 1 else (*shape, self.suppliers)
