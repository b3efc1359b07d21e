"""What all suppliers of each series offer today, and the user's rules about them."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray, TextArray, freeze
from allocast.numerics.checks import require_at_least, require_same_length
from allocast.numerics.keyed_uniforms import keyed_uniforms
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.sourcing import Sourcing

__all__ = ["Offers", "SourcingRules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcingRules:
    """What a user wants of several suppliers.

    Parameters
    ----------
    split : bool
        Whether one series may be ordered from several suppliers at a time; if not, all is ordered from the main one.
    largest_share : float in (0, 1]
        Of a series' order that one supplier may get at most, where another can deliver too.
    holding_on_the_way : float, >= 0
        What a unit on its way costs a period, as a share of its holding cost; 0 where suppliers are paid on receipt.
    """

    split: bool = True
    largest_share: Annotated[float, Gt(0), Le(1)] = 1.0
    holding_on_the_way: Annotated[float, Ge(0)] = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """All lines that each series can be ordered on.

    Parameters
    ----------
    series : array of int, shape (n_lines,)
        Row of the situation, never falling from line to line; every series has a line.
    sourcing : Sourcing of n_lines rows
    lead_time : LeadTimeDistribution of n_lines rows
        Of an order placed now, given that it comes.
    delivered_share : array of shape (n_lines,), >= 0
        Of what is ordered that is expected to come in the end.
    notes : tuple of str, of n_series or none
        Which lines were left out, and why; empty where none was.

    Raises
    ------
    DataError
        Lengths differ, series fall or are missing, or a supplier has two lines for one series.
    """

    series: IntArray
    sourcing: Sourcing
    lead_time: LeadTimeDistribution
    delivered_share: FloatArray
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_same_length(
            series=self.series,
            sourcing=self.sourcing.item_id,
            lead_time=self.lead_time.periods.probability,
            delivered_share=self.delivered_share,
        )
        require_at_least("delivered_share", np.asarray(self.delivered_share, dtype=np.float64))
        steps = np.diff(self.series)
        if len(self) and (self.series[0] != 0 or (steps < 0).any() or (steps > 1).any()):
            raise DataError("offers must be sorted by series, 0, 1, 2, …, each with a line; sort them first.")
        several = np.flatnonzero(~self.is_only)
        pairs = list(zip(self.series[several], self.sourcing.supplier_id[several], strict=True))
        if len(set(pairs)) < len(pairs):
            twice = next(pair for pair in pairs if pairs.count(pair) > 1)
            raise DataError(
                f"a supplier may have one line a series; {twice[1]} has more for series {twice[0]}. "
                "Join these rows of the table sourcing."
            )
        object.__setattr__(self, "delivered_share", freeze(np.asarray(self.delivered_share, np.float64)))

    def __len__(self) -> int:
        return len(self.series)

    @classmethod
    def single(cls, lines: Sourcing, lead_time: LeadTimeDistribution) -> "Offers":
        """One line a series, all of whose units come."""
        n = len(lines)
        return cls(series=np.arange(n), sourcing=lines, lead_time=lead_time, delivered_share=np.ones(n))

    @property
    def n_series(self) -> int:
        """Series that can be ordered."""
        return int(self.series[-1]) + 1 if len(self) else 0

    @property
    def is_only(self) -> BoolArray:
        """Whether a line is the only one of its series, shape (n_lines,)."""
        only: BoolArray = np.bincount(self.series)[self.series] == 1 if len(self) else np.zeros(0, bool)
        return only

    @property
    def price(self) -> FloatArray:
        """Unit cost, for comparison within a series, shape (n_lines,), in money.

        A price that is not known counts as infinite beside that of a line that can deliver, and as nothing where none
        is known.
        """
        price = self.sourcing.unit_cost
        known = ~np.isnan(price) & self.can_deliver
        some = np.bincount(self.series, weights=known, minlength=self.n_series) > 0
        return np.where(np.isnan(price), np.where(some[self.series], np.inf, 0.0), price)

    @property
    def smallest_order(self) -> FloatArray:
        """Units of the smallest order that a line accepts: whole packs, at least one, shape (n_lines,)."""
        pack = self.sourcing.pack_units
        smallest: FloatArray = np.maximum(np.ceil(self.sourcing.minimum_order_units / pack), 1.0) * pack
        return smallest

    @property
    def can_deliver(self) -> BoolArray:
        """Whether a line accepts any order at all and anything comes of it, shape (n_lines,)."""
        able: BoolArray = (self.smallest_order <= self.sourcing.capacity_units) & (self.delivered_share > 0)
        return able

    def rows_of(self, lines: Sourcing) -> IntArray:
        """The row of each series' line with the supplier that ``lines`` has for it, shape (n_series,).

        Raises
        ------
        DataError
            A supplier makes no offer.
        """
        ours = np.flatnonzero(self.sourcing.supplier_id == lines.supplier_id[self.series])
        if not np.array_equal(self.series[ours], np.arange(len(lines))):
            missing = int(np.setdiff1d(np.arange(len(lines)), self.series[ours])[0])
            raise DataError(f"supplier {lines.supplier_id[missing]} makes no offer for series {missing}.")
        return ours

    def lead_time_draws(self, rows: IntArray, n_paths: int, seed: int) -> IntArray:
        """Lead times of some lines on each path, in periods, shape (n_rows, n_paths).

        Each value makes up the share of paths that its probability says, to within one path; which paths, belongs to
        supplier, item and location, whatever other lines there are and in which order.
        """
        return self.lead_time.periods.take(rows).at(self.places(rows, n_paths, seed))

    def places(self, rows: IntArray, n_paths: int, seed: int) -> FloatArray:
        """Places in the lead-time distributions of some lines, evenly spread over the paths, (n_rows, n_paths)."""
        uniforms = keyed_uniforms(self._keys(rows), n_paths + 1, seed)
        ranks = np.argsort(uniforms[:, 1:], axis=1)
        places: FloatArray = (ranks + uniforms[:, :1]) / n_paths
        return places

    def _keys(self, rows: IntArray) -> TextArray:
        lines = self.sourcing
        keys: TextArray = (
            lines.supplier_id[rows].astype(str).astype(object)
            + "\n"
            + lines.item_id[rows].astype(str).astype(object)
            + "\n"
            + lines.location_id[rows].astype(str).astype(object)
        )
        return keys
