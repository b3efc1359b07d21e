"""Scenarios beside the unchanged plan, with what their differences prove."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.numerics.arrays import FloatArray
from allocast.simulation.what_if.outcome import Outcome

__all__ = ["SideBySide"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SideBySide:
    """Outcomes on the same paths, the unchanged plan first.

    Parameters
    ----------
    policy : str
        Who decided.
    outcomes : tuple of Outcome
    """

    policy: str
    outcomes: tuple[Outcome, ...]

    @property
    def baseline(self) -> Outcome:
        """The outcome of the unchanged plan."""
        return self.outcomes[0]

    def table(self) -> pd.DataFrame:
        """One row a scenario: its totals, and their differences to the baseline.

        ``cost_difference`` has a standard error over paths, ``cost_difference_error``: the same luck on both sides
        cancels. It says how far the number of paths is too small, not how wrong forecasts may be.
        """
        rows = [
            {"scenario": one.change.name, **one.summary(), **self._differences(one)} for one in self.outcomes
        ]
        return pd.DataFrame(rows)

    def by_period(self) -> pd.DataFrame:
        """One row a scenario and period: expected cost, stock in units and money, cash, demand, missed, ordered."""
        money = ("holding_cost", "shortage_cost", "order_cost")
        parts = []
        for one in self.outcomes:
            n_periods = len(one.book)
            columns = {
                name: one.of(name).mean(axis=1) for name in ("stock", "stock_money", "demand", "missed")
            }
            columns |= {"ordered": one.of("ordered").mean(axis=1), "cash": one.cash}
            cost = sum((one.of(name).mean(axis=1) for name in money), start=np.zeros(n_periods))
            keys = {"scenario": one.change.name, "period": np.arange(1, n_periods + 1), "cost": cost}
            parts.append(pd.DataFrame(keys | columns))
        return pd.concat(parts, ignore_index=True)

    def _differences(self, one: Outcome) -> dict[str, float]:
        apart = one.cost - self.baseline.cost
        own, plain = one.summary(), self.baseline.summary()
        beside = ("fill_rate", "average_stock_money", "cash", "co2e_kg")
        return {
            "cost_difference": float(apart.mean()),
            "cost_difference_error": _standard_error(apart),
            **{f"{name}_difference": own[name] - plain[name] for name in beside},
        }


def _standard_error(values: FloatArray) -> float:
    """Of a mean over paths; NaN where there is one."""
    n = len(values)
    return float(values.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
