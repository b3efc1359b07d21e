"""The clocks that trees on the hazard can split on: a period's end, and its end over a duration that was announced."""

from dataclasses import dataclass

import numpy as np

from allocast.numerics.arrays import FloatArray, IntArray, freeze
from allocast.numerics.checks import require_increasing

__all__ = ["Clocks"]

SHORTEST = 0.5  # an announced duration of 0 days would make the ratio infinite; half a day is as good as 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clocks:
    """What the trees see of time, in training and in scoring alike: float32 columns, to the last bit the same.

    The announced clock is log(period end ÷ announced): 0 when what was announced falls due, and LightGBM gives 0 a bin
    of its own, so that a tree can always split just before and just after the due date.

    Parameters
    ----------
    edges : array of shape (n_periods + 1,), in days, rising from 0
    announced : int, optional
        Column of the features that holds the announced duration, in days; without it there is one clock.

    Raises
    ------
    DataError
        Edges do not rise, or not by enough to be told apart in float32.
    """

    edges: FloatArray
    announced: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "edges", freeze(np.ascontiguousarray(self.edges, dtype=np.float64)))
        require_increasing("edges, as float32,", self.edges.astype(np.float32))

    @property
    def n_periods(self) -> int:
        """Periods between the edges."""
        return len(self.edges) - 1

    @property
    def ends(self) -> FloatArray:
        """End of each period as the trees see it, float32 of shape (n_periods,)."""
        return self.edges[1:].astype(np.float32)

    def names(self) -> list[str]:
        """One a column that `beside` adds."""
        return ["period_end"] if self.announced is None else ["period_end", "log_end_over_announced"]

    def beside(self, x: FloatArray, row: IntArray, period: IntArray) -> FloatArray:
        """Features and clocks of person-periods.

        Parameters
        ----------
        x : float32 array of shape (n_rows, n_features)
        row, period : arrays of shape (n,)

        Returns
        -------
        matrix : float32 array of shape (n, n_features + n_clocks), in C order
        """
        width = x.shape[1]
        matrix = np.empty((len(row), width + len(self.names())), dtype=np.float32)
        matrix[:, width] = self.ends[period]
        if self.announced is not None:
            matrix[:, width + 1] = self._log_ratio(self.edges[1:][period], x[:, self.announced][row])
        for start in range(0, len(row), 65_536):  # a block at a time: no second matrix is held
            part = slice(start, start + 65_536)
            matrix[part, :width] = x[row[part]]
        return matrix

    def announced_table(self, x: FloatArray) -> FloatArray:
        """The announced clock at the end of each period, float32 of shape (n, n_periods).

        NaN where nothing was announced; no periods where there is no such clock.
        """
        if self.announced is None:
            return np.empty((len(x), 0), dtype=np.float32)
        ends, days = np.broadcast_arrays(self.edges[1:], x[:, self.announced, None])
        return self._log_ratio(ends, days)

    @staticmethod
    def _log_ratio(end: FloatArray, announced: FloatArray) -> FloatArray:
        """In float64 and in C order, whatever the shape: a logarithm may depend on how numbers lie in memory."""
        ratio = np.ascontiguousarray(end / np.maximum(announced.astype(np.float64), SHORTEST))
        with np.errstate(divide="ignore"):  # what was announced may be infinite
            return np.log(ratio).astype(np.float32)
