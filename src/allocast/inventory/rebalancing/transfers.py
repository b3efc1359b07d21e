"""Transfers: whole units of an item that go from one location to another."""

from dataclasses import dataclass, fields

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray, freeze
from allocast.numerics.checks import require_at_least, require_same_length

__all__ = ["Transfers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfers:
    """One item on one lane a row, in the order of item, origin and destination.

    Parameters
    ----------
    giver, receiver : arrays of int, shape (n_transfers,)
        Rows of the series in the situation that was rebalanced.
    lane : array of int, shape (n_transfers,)
        Row of the lanes.
    units : array of int, shape (n_transfers,), >= 1
        Whole packs of the lane.
    delay : array of int, shape (n_transfers,), in periods
        The units can be used in this coming period, 0 being the next one.
    cost : array of shape (n_transfers,), money
        Of moving them.
    gain : array of shape (n_transfers,), money
        What they are expected to save, that cost taken off. Of transfers that share a giver, each bears the giver's
        average.

    Raises
    ------
    DataError
        Lengths differ, or a transfer moves nothing.
    """

    giver: IntArray
    receiver: IntArray
    lane: IntArray
    units: IntArray
    delay: IntArray
    cost: FloatArray
    gain: FloatArray

    def __post_init__(self) -> None:
        require_same_length(**{column.name: getattr(self, column.name) for column in fields(self)})
        require_at_least("cost", self.cost)
        if (self.units < 1).any():
            row = int(np.argmax(self.units < 1))
            raise DataError(f"a transfer moves one unit or more; transfer {row} moves {self.units[row]}.")
        for column in fields(self):
            object.__setattr__(self, column.name, freeze(getattr(self, column.name)))

    def __len__(self) -> int:
        return len(self.units)

    def brought(self, n_series: int) -> FloatArray:
        """Units that come to each series, shape (n_series,)."""
        return np.bincount(self.receiver, weights=self.units, minlength=n_series).astype(np.float64)

    def taken(self, n_series: int) -> FloatArray:
        """Units that leave each series, shape (n_series,)."""
        return np.bincount(self.giver, weights=self.units, minlength=n_series).astype(np.float64)
