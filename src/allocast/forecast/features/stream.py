"""Rows to learn from, made a chunk at a time as they are read, so that no wide table is ever held."""

from typing import ClassVar

import numpy as np

from allocast.forecast.features.table import Features
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray

__all__ = ["FeatureRows"]

READ_AHEAD = 8192  # rows made together


class FeatureRows:
    """The features of chosen rows, as a sequence whose items are made when they are asked for.

    It has what LightGBM asks of a ``lightgbm.Sequence``. LightGBM reads it twice, both times in rising order: a
    sample of rows one by one to find its bins, then all rows in batches. Rows are made a chunk at a time and the
    chunk made last is kept, so each chunk is made once a reading.

    Parameters
    ----------
    features : Features
    series, origins, steps : arrays of int, shape (n_rows,)
        Sorted by series.
    """

    batch_size: ClassVar[int] = READ_AHEAD

    def __init__(self, features: Features, series: IntArray, origins: IntArray, steps: IntArray) -> None:
        self._features = features
        self.series, self.origins, self.steps = series, origins, steps
        self._start, self._chunk = 0, np.empty((0, len(features.names)), dtype=np.float32)

    @classmethod
    def drawn(
        cls,
        features: Features,
        origins: IntArray,
        horizon: int,
        last: int,
        largest: int,
        rng: np.random.Generator,
        *,
        among: BoolArray | None = None,
        told: BoolArray | None = None,
    ) -> "FeatureRows":
        """Rows whose target is told by the period ``last``, each step thinned to its part of a largest number.

        Parameters
        ----------
        features : Features
        origins : array of int, shape (n_origins,)
        horizon : int
        last : int
        largest : int
            Rows of all steps together, about.
        rng : Generator
        among : array of bool, shape (n_series,), optional
            Only of these series.
        told : array of bool, shape (n_series, n_periods), optional
            Cells that can be targets; by default those that were observed.
        """
        told = features.panel.observed if told is None else told
        parts = []
        for step in range(1, horizon + 1):
            able = origins[origins + step <= last]
            known = told[:, able + step]
            known = known if among is None else known & among[:, None]
            parts.append(_draw(known, able, step, largest / horizon, rng))
        series, places, steps = (np.concatenate(part) for part in zip(*parts, strict=True))
        order = np.lexsort((steps, places, series))
        return cls(features, series[order], places[order], steps[order])

    @property
    def scale(self) -> FloatArray:
        """Scale of each row's series at its origin, in units."""
        scale: FloatArray = self._features.scale[self.series, self.origins].astype(np.float64)
        return scale

    def __len__(self) -> int:
        return len(self.series)

    def __getitem__(self, place: int | slice | list[int]) -> FloatArray:
        """A row, or rows; in rising order each is made once."""
        if isinstance(place, slice):
            return self._between(*place.indices(len(self))[:2])
        if isinstance(place, list):
            return np.stack([self[one] for one in place])
        if not self._start <= place < self._start + len(self._chunk):
            self._make(place)
        row: FloatArray = self._chunk[place - self._start].astype(np.float64)  # LightGBM samples doubles
        return row

    def _between(self, start: int, stop: int) -> FloatArray:
        chosen = slice(start, stop)
        return self._features.rows(self.series[chosen], self.origins[chosen], self.steps[chosen])

    def _make(self, start: int) -> None:
        self._start, self._chunk = start, self._between(start, min(start + READ_AHEAD, len(self)))


def _draw(
    known: BoolArray, origins: IntArray, step: int, quota: float, rng: np.random.Generator
) -> tuple[IntArray, IntArray, IntArray]:
    """Series, origins and steps of about ``quota`` known cells, or of all where there are no more."""
    n_known = int(known.sum())
    if n_known <= quota:
        cells = np.flatnonzero(known)
    else:
        size = round(quota * known.size / n_known)
        cells = rng.choice(known.size, size, replace=False, shuffle=False)
        cells = cells[known.reshape(-1)[cells]]
    series, places = np.divmod(cells, len(origins)) if len(origins) else (cells, cells)
    return series, origins[places], np.full(len(cells), step)
