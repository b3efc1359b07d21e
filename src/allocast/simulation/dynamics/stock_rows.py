"""The arrays of a stock as rows that compiled code may change, and back."""

from dataclasses import replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from allocast.numerics.arrays import FloatArray, IntArray
from allocast.simulation.dynamics.rules import Rules
from allocast.simulation.dynamics.stock import Stock

__all__ = ["StockRows"]

_NO_DEBT, _NO_LATEST = np.zeros(0), np.zeros((1, 0), dtype=np.int64)


class StockRows(NamedTuple):
    """Copies of a stock's arrays, one row a series; what the rules never change is not copied."""

    shelf: FloatArray
    owed: FloatArray
    pipeline: FloatArray
    latest: IntArray

    @classmethod
    def of(cls, rules: Rules, stock: Stock) -> Self:
        """The rows of a stock that fits the rules."""
        stock.check(rules)
        return cls(
            shelf=_copied(stock.on_hand, rules.shelf_life or 1),
            owed=_copied(stock.backordered, 1)[:, 0] if rules.owes else _NO_DEBT,
            pipeline=_copied(stock.pipeline, stock.pipeline.shape[-1]),
            latest=_NO_LATEST if rules.crossover else _copied(stock.latest, rules.suppliers, np.int64),
        )

    def let_a_period_pass(self) -> FloatArray:
        """Move the pipeline up; what was in its first column, shape (n_series,)."""
        due = self.pipeline[:, 0].copy()
        units = self.pipeline.reshape(-1)
        units[:-1] = units[1:]  # all rows at once: what slips from a row into the one before is wiped out
        self.pipeline[:, -1] = 0.0
        return due

    def put_back(self, rules: Rules, stock: Stock) -> Stock:
        """A stock with these rows."""
        rows: dict[str, NDArray[Any]] = {"on_hand": self.shelf, "pipeline": self.pipeline}
        if rules.owes:
            rows["backordered"] = self.owed
        if not rules.crossover:
            rows["latest"] = self.latest
        return replace(stock, **{name: row.reshape(getattr(stock, name).shape) for name, row in rows.items()})


def _copied(array: NDArray[Any], width: int, dtype: DTypeLike = np.float64) -> NDArray[Any]:
    return np.array(array, dtype=dtype, order="C").reshape(-1, width)
