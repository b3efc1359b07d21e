"""Order lines: what each supplier is asked for, of what a policy wants for each series."""

from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from allocast.errors import DataError
from allocast.inventory.situation import OrderDecision, Situation
from allocast.numerics.arrays import FloatArray, IntArray, TextArray, freeze
from allocast.numerics.checks import require_same_length
from allocast.numerics.discrete import DiscreteDistribution
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.sourcing import Sourcing

__all__ = ["OrderLines", "binding_terms"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLines:
    """Whole orders, a line a series and supplier; every series has at least one line, which may be of 0 units.

    Parameters
    ----------
    series : array of int, shape (n_lines,)
        Row in the situation, never falling from line to line.
    sourcing : Sourcing of n_lines rows
        Whom the line goes to, and on what terms.
    lead_time : LeadTimeDistribution of n_lines rows
    wanted_units : array of shape (n_lines,), in units, >= 0
        Before packs, minimum orders and limits.
    units : array of shape (n_lines,), whole units
    binding : array of text, shape (n_lines,)
        What made ``units`` other than ``wanted_units``: ``minimum_order``, ``packs``, ``capacity``, or the name of a
        shared limit; empty where nothing did.
    note : array of text, shape (n_lines,), optional
        Why the line goes to its supplier, in a sentence; empty where there was nothing to choose.
    shortage_saved : array of shape (n_lines,), in money, optional
        Expected shortage that a line avoids beside the main line's order; NaN for lines of other kinds.

    Raises
    ------
    DataError
        Lengths differ, or a supplier does not accept one of the orders.
    """

    series: IntArray
    sourcing: Sourcing
    lead_time: LeadTimeDistribution
    wanted_units: FloatArray
    units: FloatArray
    binding: TextArray
    note: TextArray = field(default_factory=lambda: np.array("", dtype=object))
    shortage_saved: FloatArray = field(default_factory=lambda: np.array(np.nan))

    def __post_init__(self) -> None:
        for name in ("note", "shortage_saved"):
            if np.ndim(getattr(self, name)) == 0:  # one for all lines
                object.__setattr__(self, name, np.full(len(self.series), getattr(self, name)))
        require_same_length(
            series=self.series,
            sourcing=self.sourcing.item_id,
            lead_time=self.lead_time.periods.probability,
            wanted_units=self.wanted_units,
            units=self.units,
            binding=self.binding,
            note=self.note,
            shortage_saved=self.shortage_saved,
        )
        wrong = self.units != self.sourcing.feasible_units(self.units)
        if wrong.any():
            row = int(np.argmax(wrong))
            raise DataError(
                f"orders must be whole packs, at least the minimum order and within the capacity; line {row} of "
                f"{self.units[row]:g} units for supplier {self.sourcing.supplier_id[row]} is not "
                f"({int(wrong.sum())} of {len(wrong)} lines affected)."
            )
        for name in ("wanted_units", "units"):
            object.__setattr__(self, name, freeze(getattr(self, name)))

    def __len__(self) -> int:
        return len(self.series)

    @classmethod
    def of(cls, situation: Situation, decision: OrderDecision) -> "OrderLines":
        """All that is wanted, from the one supplier that the situation names for each series."""
        lines = situation.sourcing
        units = lines.feasible_units(decision.wanted_units)
        return cls(
            series=np.arange(len(units)),
            sourcing=lines,
            lead_time=situation.lead_time,
            wanted_units=decision.wanted_units,
            units=units,
            binding=binding_terms(lines, decision.wanted_units, units),
        )

    @classmethod
    def together(cls, *parts: "OrderLines") -> "OrderLines":
        """The lines of several, by series; those of the earlier ones first."""
        series = np.concatenate([part.series for part in parts])
        order = np.argsort(series, kind="stable")

        def joined(name: str) -> Any:
            return np.concatenate([getattr(part, name) for part in parts])[order]

        terms = {
            term.name: np.concatenate([getattr(part.sourcing, term.name) for part in parts])[order]
            for term in fields(Sourcing)
        }
        periods = DiscreteDistribution.stack([part.lead_time.periods for part in parts]).take(order)
        return cls(
            series=series[order],
            sourcing=Sourcing(**terms),
            lead_time=LeadTimeDistribution(period_days=parts[0].lead_time.period_days, periods=periods),
            wanted_units=joined("wanted_units"),
            units=joined("units"),
            binding=joined("binding"),
            note=joined("note"),
            shortage_saved=joined("shortage_saved"),
        )

    def cut_to(self, units: FloatArray, limit: TextArray) -> "OrderLines":
        """The same lines with other units; ``limit`` names what changed a line, shape (n_lines,)."""
        changed = units != self.units
        return replace(self, units=units, binding=np.where(changed, limit, self.binding))

    def total(self, n_series: int) -> FloatArray:
        """Units ordered for each series from all suppliers, shape (n_series,)."""
        units: FloatArray = np.bincount(self.series, weights=self.units, minlength=n_series).astype(
            np.float64
        )
        return units


def binding_terms(lines: Sourcing, wanted: FloatArray, units: FloatArray) -> TextArray:
    """Which of a supplier's terms made units of what was wanted, shape (n_lines,); empty where none did."""
    return np.select(
        [wanted <= 0, units < wanted, wanted < lines.minimum_order_units, units > wanted],
        ["", "capacity", "minimum_order", "packs"],
        "",
    ).astype(object)
