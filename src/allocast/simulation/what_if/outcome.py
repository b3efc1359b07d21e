"""What came of one scenario: money, service, stock and CO2e of each period on each path."""

from dataclasses import dataclass

import numpy as np

from allocast.numerics.arrays import FloatArray, freeze
from allocast.numerics.checks import require_shape
from allocast.simulation.what_if.change import Change
from allocast.simulation.what_if.kernels import BOOK

__all__ = ["Outcome"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """What one scenario led to, all series together.

    Parameters
    ----------
    change : Change
    book : array of shape (n_periods, len(BOOK), n_paths)
        Rows are money (``holding_cost``, ``shortage_cost``, ``order_cost``, ``stock_money``, ``purchases``), units
        (``demand``, ``missed``, ``stock`` at the end of the period, ``ordered``), kg of CO2e, and the units delivered
        whose CO2e is known.
    series_without_supplier : int
        Series that cannot be ordered from anybody in this scenario.
    """

    change: Change
    book: FloatArray
    series_without_supplier: int = 0

    def __post_init__(self) -> None:
        require_shape("book", self.book, (self.book.shape[0], len(BOOK), self.book.shape[2]))
        object.__setattr__(self, "book", freeze(self.book))

    def of(self, row: str) -> FloatArray:
        """One row of the book, shape (n_periods, n_paths)."""
        return self.book[:, BOOK.index(row)]

    @property
    def cost(self) -> FloatArray:
        """Holding, shortage and order cost of all periods on each path, shape (n_paths,), in money."""
        cost: FloatArray = sum(
            (self.of(row).sum(axis=0) for row in ("holding_cost", "shortage_cost", "order_cost")),
            start=np.zeros(self.book.shape[2]),
        )
        return cost

    @property
    def fill_rate(self) -> float:
        """Share of demand that is met from stock at once, over all paths; 1 where there is no demand."""
        demand = float(self.of("demand").sum())
        return 1.0 - float(self.of("missed").sum()) / demand if demand > 0 else 1.0

    @property
    def cash(self) -> FloatArray:
        """Expected money for what is delivered of each period's orders, shape (n_periods,), due when ordered."""
        cash: FloatArray = self.of("purchases").mean(axis=1)
        return cash

    @property
    def co2e_kg(self) -> float:
        """Expected kg of CO2e of all that is ordered from suppliers that say theirs; NaN if none of them does."""
        if not self.of("co2e_known").any() and self.of("ordered").any():
            return float("nan")
        return float(self.of("co2e_kg").sum(axis=0).mean())

    def summary(self) -> dict[str, float]:
        """Expected totals: cost and its parts, fill rate, stock, cash and CO2e."""
        parts = {
            row: float(self.of(row).sum(axis=0).mean())
            for row in ("holding_cost", "shortage_cost", "order_cost")
        }
        paid = self.of("purchases").sum(axis=0)
        ordered = float(self.of("ordered").sum())
        return {
            "cost": float(self.cost.mean()),
            **parts,
            "fill_rate": self.fill_rate,
            "average_stock": float(self.of("stock").mean()),
            "average_stock_money": float(self.of("stock_money").mean()),
            "ordered": ordered / self.book.shape[2],
            "cash": float(paid.mean()),
            "cash_p90": float(np.quantile(paid, 0.9)),
            "cash_today": float(self.cash[0]),
            "cash_largest_period": float(self.cash.max()),
            "co2e_kg": self.co2e_kg,
            "co2e_known_share": float(self.of("co2e_known").sum()) / ordered if ordered > 0 else float("nan"),
            "series_without_supplier": float(self.series_without_supplier),
        }
