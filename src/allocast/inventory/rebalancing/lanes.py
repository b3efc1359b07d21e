"""Lanes: from which location to which stock can be moved, and on what terms."""

from dataclasses import dataclass, field, fields

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, TextArray, freeze
from allocast.numerics.checks import require_at_least, require_same_length

__all__ = ["Lanes"]

MAY_BE_UNKNOWN = ("co2e_kg_per_unit", "co2e_kg_per_kg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """One way from a location to another a row; every item may take it.

    Parameters
    ----------
    from_location_id, to_location_id : arrays of text, shape (n_lanes,)
    cost_per_unit : array of shape (n_lanes,), money per unit moved, >= 0
    cost_per_transfer : array of shape (n_lanes,), money per item that is moved at all, >= 0
        For picking, papers and putting away: of one item on one lane at one time, however many units.
    days : array of shape (n_lanes,), days from the decision to the use, >= 0
    pack_units : array of shape (n_lanes,), whole units, >= 1
        Only whole packs are moved.
    co2e_kg_per_unit, co2e_kg_per_kg : arrays of shape (n_lanes,), kg per unit and per kg of goods, >= 0, optional
        NaN where it is not known, which is everywhere by default.

    Raises
    ------
    DataError
        Lengths differ, a number is out of its range, a lane leads back to where it begins, or stands twice.

    Examples
    --------
    >>> one, place = np.ones(1), lambda name: np.array([name], dtype=object)
    >>> lanes = Lanes(from_location_id=place("north"), to_location_id=place("south"), cost_per_unit=0.2 * one,
    ...               cost_per_transfer=3 * one, days=2 * one, pack_units=6 * one)
    >>> len(lanes), lanes.name(0)
    (1, 'lane 0 from north to south')
    """

    from_location_id: TextArray
    to_location_id: TextArray
    cost_per_unit: FloatArray
    cost_per_transfer: FloatArray
    days: FloatArray
    pack_units: FloatArray
    co2e_kg_per_unit: FloatArray = field(default_factory=lambda: np.array(np.nan))
    co2e_kg_per_kg: FloatArray = field(default_factory=lambda: np.array(np.nan))

    def __post_init__(self) -> None:
        for name in MAY_BE_UNKNOWN:
            if np.ndim(getattr(self, name)) == 0:  # one figure for all lanes
                object.__setattr__(self, name, np.full(len(self), getattr(self, name)))
        require_same_length(**{column.name: getattr(self, column.name) for column in fields(self)})
        for column in fields(self)[2:]:
            values = np.asarray(getattr(self, column.name), dtype=np.float64)
            require_at_least(column.name, values, missing=column.name in MAY_BE_UNKNOWN)
            object.__setattr__(self, column.name, freeze(values))
        self._require_whole_packs()
        self._require_ways()

    def __len__(self) -> int:
        return len(self.from_location_id)

    def _require_whole_packs(self) -> None:
        wrong = (self.pack_units != np.rint(self.pack_units)) | (self.pack_units < 1)
        if wrong.any():
            row = int(np.argmax(wrong))
            raise DataError(
                f"pack_units of a lane must be whole and >= 1; {self.name(row)} has {self.pack_units[row]:g} "
                f"({int(wrong.sum())} of {len(self)} lanes affected)."
            )

    def _require_ways(self) -> None:
        seen: set[tuple[str, str]] = set()
        for row, way in enumerate(zip(self.from_location_id, self.to_location_id, strict=True)):
            if way[0] == way[1]:
                raise DataError(f"a lane must lead to another location; {self.name(row)} leads back.")
            if way in seen:
                raise DataError(
                    f"a lane may stand once; {self.name(row)} stands twice. Keep one of its rows."
                )
            seen.add(way)

    def name(self, row: int) -> str:
        """The lane in words, for messages."""
        return f"lane {row} from {self.from_location_id[row]} to {self.to_location_id[row]}"
