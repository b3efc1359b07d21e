"""Durations with the features of their rows, some of them cut short, some first watched late: checked once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, FloatArray, freeze
from allocast.numerics.checks import require_at_least, require_same_length

__all__ = ["Durations", "feature_matrix"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Durations:
    """What a survival estimator learns from.

    Parameters
    ----------
    x : float32 array of shape (n, n_features)
        NaN where a feature is missing.
    duration, entry : arrays of shape (n,), in days, 0 <= entry <= duration
        Each row was watched in (entry, duration].
    event : array of bool, shape (n,)
        Whether watching ended with the event; if not, the truth is longer.
    weight : array of shape (n,), >= 0
    """

    x: FloatArray
    duration: FloatArray
    event: BoolArray
    entry: FloatArray
    weight: FloatArray

    @classmethod
    def of(
        cls,
        x: FloatArray,
        duration: ArrayLike,
        event: ArrayLike,
        entry: ArrayLike | None = None,
        weight: ArrayLike | None = None,
    ) -> "Durations":
        """Checked arrays, entry 0 and weight 1 where they are not given.

        Raises
        ------
        DataError
            Lengths differ, a number is out of its range, or watching ends before it begins.
        """
        n = len(x)
        days, happened = np.asarray(duration, dtype=np.float64), np.asarray(event)
        begun = np.zeros(n) if entry is None else np.asarray(entry, dtype=np.float64)
        counts = np.ones(n) if weight is None else np.asarray(weight, dtype=np.float64)
        columns = {"duration": days, "event": happened, "entry": begun, "sample_weight": counts}
        for name, values in columns.items():
            if values.ndim != 1:
                raise DataError(f"{name} must have one number a row, shape ({n},); it has {values.shape}.")
        require_same_length(X=x, **columns)
        for name in ("duration", "entry", "sample_weight"):
            require_at_least(name, columns[name])
        rows = cls(x=x, duration=days, event=_as_bool(happened), entry=begun, weight=counts)
        rows._require_order()
        return rows

    def __len__(self) -> int:
        return len(self.duration)

    @property
    def n_events(self) -> float:
        """Events, by weight."""
        return float(self.weight[self.event].sum())

    def part(self, rows: slice) -> "Durations":
        """Some of the rows, not copied."""
        return Durations(
            x=self.x[rows],
            duration=self.duration[rows],
            event=self.event[rows],
            entry=self.entry[rows],
            weight=self.weight[rows],
        )

    def require_event(self) -> None:
        """Refuse rows of which none tells anything about the hazard.

        Raises
        ------
        DataError
            No row of positive weight has an event.
        """
        if not (self.event & (self.weight > 0)).any():
            raise DataError(f"a hazard needs at least one event; all {len(self)} durations are censored.")

    def _require_order(self) -> None:
        early = self.event & (self.duration <= self.entry)
        if early.any():
            raise DataError(
                f"an event must come later than its entry; {self._first(early)} Count a same-day event as half a day."
            )
        if (back := self.duration < self.entry).any():
            raise DataError(f"watching must not end before it begins; {self._first(back)} Drop these rows.")

    def _first(self, wrong: BoolArray) -> str:
        row = int(np.argmax(wrong))
        return (
            f"row {row} has duration {self.duration[row]:g} and entry {self.entry[row]:g} "
            f"({int(wrong.sum())} of {len(self)} rows affected)."
        )


def feature_matrix(x: Any, n_features: int | None = None) -> FloatArray:
    """Features as the trees see them, in training and in scoring alike: float32, read-only, in C order.

    Parameters
    ----------
    x : array, list of lists or DataFrame of shape (n, n_features)
    n_features : int, optional
        The width that is expected.

    Raises
    ------
    DataError
        It is no table of numbers, or has another width.
    """
    try:
        with np.errstate(over="ignore"):  # what is beyond float32 is infinite: the trees compare, no more
            matrix = np.ascontiguousarray(np.asarray(x), dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"X must hold numbers, NaN where one is missing: {error}. Encode it first."
        ) from error
    if np.ndim(x) != 2 or n_features not in (None, matrix.shape[1]):
        expected = "n_features" if n_features is None else n_features
        raise DataError(f"X must have shape (n, {expected}); it has {np.shape(x)}.")
    return freeze(matrix)


def _as_bool(event: np.ndarray) -> BoolArray:
    if event.dtype == np.bool_:
        return event
    wrong = ~np.isin(event, (0, 1))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"event must be true or false, 1 or 0; row {row} holds {event[row]!r} "
            f"({int(wrong.sum())} of {len(event)} rows affected)."
        )
    return event.astype(np.bool_)
