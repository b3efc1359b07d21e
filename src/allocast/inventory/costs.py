"""What holding, running short and ordering cost."""

from dataclasses import dataclass, fields

import numpy as np

from allocast.numerics.arrays import FloatArray, IntArray, freeze
from allocast.numerics.checks import require_at_least, require_same_length

__all__ = ["Costs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Cost rates of each series.

    Parameters
    ----------
    holding_cost : array of shape (n_series,), money per unit left at the end of a period, >= 0
    shortage_cost : array of shape (n_series,), money per unit of demand missed, >= 0
        For backorders, per unit owed at the end of a period.
    order_cost : array of shape (n_series,), money per order placed, >= 0
    unit_cost : array of shape (n_series,), money per unit bought, >= 0
    backorders : bool
        Whether missed demand waits (True) or is lost (False).

    Raises
    ------
    DataError
        Lengths differ, or a rate is negative or not finite.
    """

    holding_cost: FloatArray
    shortage_cost: FloatArray
    order_cost: FloatArray
    unit_cost: FloatArray
    backorders: bool = False

    def __post_init__(self) -> None:
        rates = [field.name for field in fields(self) if field.name != "backorders"]
        require_same_length(**{name: getattr(self, name) for name in rates})
        for name in rates:
            values = np.asarray(getattr(self, name), dtype=np.float64)
            require_at_least(name, values)
            object.__setattr__(self, name, freeze(values))

    @classmethod
    def uniform(
        cls, n_series: int, *, holding_cost: float, shortage_cost: float, order_cost: float = 0.0
    ) -> "Costs":
        """The same rates for every series, unit cost zero, lost sales."""
        return cls(
            holding_cost=np.full(n_series, holding_cost),
            shortage_cost=np.full(n_series, shortage_cost),
            order_cost=np.full(n_series, order_cost),
            unit_cost=np.zeros(n_series),
        )

    @property
    def critical_ratio(self) -> FloatArray:
        """The newsvendor's service level, shortage / (shortage + holding), shape (n_series,).

        Where both are zero nothing is at stake, and the ratio is 0.

        References
        ----------
        Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., section 4.3.
        """
        total = self.shortage_cost + self.holding_cost
        return np.divide(self.shortage_cost, total, out=np.zeros_like(total), where=total > 0)

    def take(self, rows: IntArray) -> "Costs":
        """The chosen series, in the given order."""
        return Costs(
            holding_cost=self.holding_cost[rows],
            shortage_cost=self.shortage_cost[rows],
            order_cost=self.order_cost[rows],
            unit_cost=self.unit_cost[rows],
            backorders=self.backorders,
        )
