"""What came of order lines, receipt by receipt."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, DateArray, FloatArray, IntArray, freeze
from allocast.numerics.checks import require_at_least, require_same_length

__all__ = ["Receipts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """Receipts of order lines, kept sorted by line and day.

    Parameters
    ----------
    line : array of int, shape (n_receipts,), >= 0
        Row of the order line that each belongs to; a line may have none, one or several.
    received_on : array of days, shape (n_receipts,)
        Never missing.
    units : array of shape (n_receipts,), in units, >= 0

    Raises
    ------
    DataError
        Lengths differ, a day is missing, a line or units are negative.

    Examples
    --------
    >>> days = np.array(["2024-03-08", "2024-03-05"], dtype="datetime64[D]")
    >>> receipts = Receipts(line=np.array([0, 0]), received_on=days, units=np.array([4.0, 6.0]))
    >>> receipts.units.tolist()
    [6.0, 4.0]
    """

    line: IntArray
    received_on: DateArray
    units: FloatArray

    def __post_init__(self) -> None:
        require_same_length(line=self.line, received_on=self.received_on, units=self.units)
        line = np.asarray(self.line, dtype=np.int64)
        days = np.asarray(self.received_on).astype("datetime64[D]")
        units = np.asarray(self.units, dtype=np.float64)
        require_at_least("line", line)
        require_at_least("units", units)
        if np.isnat(days).any():
            raise DataError(
                f"every receipt must have its day; that of line {line[np.argmax(np.isnat(days))]} has none "
                f"({int(np.isnat(days).sum())} of {len(days)} receipts affected). Set these receipts aside first."
            )
        order = np.lexsort((days, line))
        for name, values in (("line", line), ("received_on", days), ("units", units)):
            object.__setattr__(self, name, freeze(values[order]))

    @classmethod
    def none(cls) -> "Receipts":
        """No receipts at all."""
        return cls(
            line=np.empty(0, dtype=np.int64),
            received_on=np.empty(0, dtype="datetime64[D]"),
            units=np.empty(0),
        )

    def __len__(self) -> int:
        return len(self.line)

    def units_of(self, n_lines: int) -> FloatArray:
        """Units received of each line, shape (n_lines,)."""
        return np.bincount(self.line, self.units, minlength=n_lines).astype(np.float64)

    def last_of(self, n_lines: int) -> DateArray:
        """Day of the last receipt of each line, NaT where there is none, shape (n_lines,)."""
        last = np.full(n_lines, np.datetime64("NaT", "D"))
        last[self.line] = self.received_on  # sorted by day within a line: the last one stays
        return last

    def where(self, chosen: BoolArray) -> "Receipts":
        """The chosen receipts; the rows of their lines stay what they were."""
        return Receipts(
            line=self.line[chosen], received_on=self.received_on[chosen], units=self.units[chosen]
        )

    def of_lines(self, rows: IntArray) -> "Receipts":
        """The receipts of the chosen lines, which are numbered anew in the given order.

        Parameters
        ----------
        rows : array of int, shape (n_chosen,), >= 0
            A line may be chosen several times.
        """
        first, end = (np.searchsorted(self.line, rows, side=side) for side in ("left", "right"))
        count = end - first
        line = np.repeat(np.arange(len(rows)), count)
        place = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count) + first[line]
        return Receipts(line=line, received_on=self.received_on[place], units=self.units[place])
