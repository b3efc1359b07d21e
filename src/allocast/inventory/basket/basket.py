"""The order basket: every step of every order, ranked by what it saves for its money."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.errors import DataError
from allocast.inventory.basket.steps import Steps
from allocast.numerics.arrays import FloatArray, IntArray, TextArray, freeze
from allocast.numerics.checks import require_at_least, require_same_length

__all__ = ["Basket"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Basket:
    """All that is worth ordering or was asked for, in steps; lines stand in the order of their names.

    Parameters
    ----------
    item_id, location_id, supplier_id : arrays of text, shape (n_lines,)
        Sorted by item, location and supplier, each of which occurs once: so no result hangs on the order of rows.
    unit_cost : array of shape (n_lines,), money per unit, >= 0
    pack_units : array of shape (n_lines,), in units, > 0
    steps : Steps of n_lines lines

    Raises
    ------
    DataError
        Lengths differ, lines are not sorted, or a cost is not known.
    """

    item_id: TextArray
    location_id: TextArray
    supplier_id: TextArray
    unit_cost: FloatArray
    pack_units: FloatArray
    steps: Steps

    def __post_init__(self) -> None:
        n = len(self.item_id)
        require_same_length(
            item_id=self.item_id,
            location_id=self.location_id,
            supplier_id=self.supplier_id,
            unit_cost=self.unit_cost,
            pack_units=self.pack_units,
            steps=self.steps.begin[1:],
        )
        require_at_least("unit_cost", self.unit_cost)
        names = self.names
        if not all(names[row] < names[row + 1] for row in range(n - 1)):
            raise DataError(
                "lines of a basket must be sorted by item, location and supplier, each there once."
            )
        for name in ("unit_cost", "pack_units"):
            object.__setattr__(self, name, freeze(np.ascontiguousarray(getattr(self, name))))

    def __len__(self) -> int:
        return len(self.item_id)

    @property
    def names(self) -> list[tuple[str, str, str]]:
        """Item, location and supplier of each line."""
        return list(zip(self.item_id, self.location_id, self.supplier_id, strict=True))

    @property
    def table(self) -> pd.DataFrame:
        """Steps from the one that saves most for its money to the one that saves least.

        What must be ordered comes first, then what costs nothing; steps that save nothing in expectation, and that
        only a policy's caution asks for, come last. ``order_units`` is what the line is then ordered; a cut at any
        budget is the rows whose ``cumulative_money`` it covers.

        Returns
        -------
        table : DataFrame of n_steps rows
            rank, item_id, location_id, supplier_id, step_units, order_units, step_money, cumulative_money, value,
            cumulative_value, value_per_money.
        """
        listed = self._ranked()
        line, units = listed["line"].to_numpy(), listed["units"].to_numpy()
        money, value = units * self.unit_cost[line], listed["value"].to_numpy()
        return pd.DataFrame(
            {
                "rank": np.arange(1, len(line) + 1),
                "item_id": self.item_id[line],
                "location_id": self.location_id[line],
                "supplier_id": self.supplier_id[line],
                "step_units": units.astype(np.int64),
                "order_units": listed.groupby("line")["units"].cumsum().to_numpy().astype(np.int64),
                "step_money": money,
                "cumulative_money": np.cumsum(money),
                "value": value,
                "cumulative_value": np.cumsum(value),
                "value_per_money": np.divide(value, money, out=np.full(len(value), np.inf), where=money > 0),
            }
        )

    def at(self, budget: float) -> FloatArray:
        """Units of each line where the ranked list is cut at a budget, shape (n_lines,).

        Parameters
        ----------
        budget : float, money, >= 0
        """
        if not budget >= 0:
            raise DataError(f"a budget must be >= 0; it is {budget}.")
        listed = self._ranked()
        line, units = listed["line"].to_numpy(), listed["units"].to_numpy()
        kept = np.cumsum(units * self.unit_cost[line]) <= budget * (1 + 1e-9)
        return np.bincount(line[kept], units[kept], minlength=len(self)) * 1.0

    def _ranked(self) -> pd.DataFrame:
        """Line, units and value of each step in turn, what must be ordered first."""
        steps, hull = self.steps, self.steps.free.pooled()
        order = ranked(hull, hull.units * self.unit_cost[hull.line])
        parts = (steps.line[steps.first], hull.line[order]), (steps.units[steps.first], hull.units[order])
        value = np.concatenate([steps.value[steps.first], hull.value[order]])
        line, units = (np.concatenate(part) for part in parts)
        return pd.DataFrame({"line": line, "units": units, "value": value})


def ranked(steps: Steps, cost: FloatArray) -> IntArray:
    """Steps in the order of what they save for their cost, those of a line in their own order.

    Parameters
    ----------
    steps : Steps
        Pooled.
    cost : array of shape (n_steps,), >= 0
        In proportion to a step's units within each line.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.where(steps.value > 0, steps.value / cost, 0.0)
        rest = np.where(cost > 0, steps.saving / cost, steps.saving / steps.units)
    for rate in (gain, rest):  # rounding must not let a step overtake the one before it
        _fall_within_lines(steps, rate)
    return np.lexsort((np.arange(len(steps)), -rest, -gain))


def _fall_within_lines(steps: Steps, rate: FloatArray) -> None:
    for place in range(1, int(np.diff(steps.begin).max(initial=0))):
        at = steps.begin[:-1][np.diff(steps.begin) > place] + place
        rate[at] = np.minimum(rate[at], rate[at - 1])
