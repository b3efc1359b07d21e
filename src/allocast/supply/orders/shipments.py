"""Which lines travel together, as known on any day."""

from dataclasses import dataclass

import numpy as np

from allocast.numerics.arrays import DateArray, FloatArray, IntArray, TextArray, freeze

__all__ = ["Shipments", "share_of_shipment"]

_DAYS = 2**32  # more than there are days: so a shipment and a day make one number that sorts


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipments:
    """The shipments of the lines of a book, and when each of their lines was placed.

    Parameters
    ----------
    shipment : array of int, shape (n_lines,), >= 0
    placed : array of int, shape (n_lines,)
        Shipment and day of order of each line as one number, sorted.
    """

    shipment: IntArray
    placed: IntArray

    def __post_init__(self) -> None:
        for name in ("shipment", "placed"):
            object.__setattr__(self, name, freeze(getattr(self, name)))

    @classmethod
    def of(cls, shipment_id: TextArray, ordered_on: DateArray) -> "Shipments":
        """The shipments of these lines."""
        _, shipment = np.unique(shipment_id.astype(str), return_inverse=True)
        return cls(shipment=shipment, placed=np.sort(_key(shipment, ordered_on.astype(np.int64))))

    def lines_by(self, line: IntArray, day: FloatArray) -> FloatArray:
        """Lines on the shipment of each line that were placed by the end of a day, at least 1, shape (n,).

        Parameters
        ----------
        line : array of int, shape (n,)
        day : array of shape (n,), in days since 1970

        Examples
        --------
        >>> days = np.array(["1970-01-02", "1970-01-05", "1970-01-05"], dtype="datetime64[D]")
        >>> shipments = Shipments.of(np.array(["A", "A", "B"]), days)
        >>> shipments.lines_by(np.array([0, 0, 2]), np.array([3.0, 4.0, 9.0]))
        array([1., 2., 1.])
        """
        shipment = self.shipment[line]
        last, first = (_key(shipment, to) for to in (np.floor(day).astype(np.int64), -_DAYS // 2))
        end, begin = np.searchsorted(self.placed, last, side="right"), np.searchsorted(self.placed, first)
        lines: FloatArray = np.maximum(end - begin, 1).astype(np.float64)
        return lines


def share_of_shipment(shipment_id: TextArray) -> FloatArray:
    """One over the number of lines on the same shipment."""
    _, place, count = np.unique(shipment_id.astype(str), return_inverse=True, return_counts=True)
    share: FloatArray = 1.0 / count[place]
    return share


def _key(shipment: IntArray, day: IntArray | int) -> IntArray:
    key: IntArray = shipment.astype(np.int64) * _DAYS + day
    return key
