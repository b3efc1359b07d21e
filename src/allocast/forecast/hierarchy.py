"""Sums of series by their attributes: named levels, whose forecasts add up by construction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from allocast.errors import DataError, UnknownNameError
from allocast.numerics.arrays import BoolArray, FloatArray

__all__ = ["SERIES_LEVEL", "Hierarchy"]

SERIES_LEVEL = "series"
"""Name of the lowest level, which every hierarchy has and which comes last: the series themselves."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hierarchy:
    """Which series each sum is made of; make one with ``Hierarchy.of``.

    Groupings need not be nested: a sum by state and one by category can stand side by side.

    Parameters
    ----------
    nodes : DataFrame of n_nodes rows
        ``level`` and ``name`` of each sum, level by level; the last n_series rows are the series themselves.
    summing : sparse array of shape (n_nodes, n_series)
        1 where a series belongs to a sum, otherwise nothing is stored.
    """

    nodes: pd.DataFrame
    summing: sparse.csr_array

    @classmethod
    def of(cls, series: pd.DataFrame, groupings: Mapping[str, Sequence[str]]) -> "Hierarchy":
        """The hierarchy of some groupings.

        Parameters
        ----------
        series : DataFrame of n_series rows
            ``item_id``, ``location_id`` and static attributes, as of a demand panel.
        groupings : mapping of a level's name to columns of ``series``
            Series that agree in all the columns are summed; no column sums all of them.

        Raises
        ------
        UnknownNameError
            A column is not there.
        DataError
            A level is called ``series``, which is the name of the lowest.

        Examples
        --------
        >>> pairs = [("milk", "north"), ("milk", "south"), ("tea", "north")]
        >>> series = pd.DataFrame(pairs, columns=["item_id", "location_id"])
        >>> made = Hierarchy.of(series, {"total": [], "item": ["item_id"]})
        >>> made.aggregate(np.array([1, 2, 4]))
        array([7., 3., 4., 1., 2., 4.])
        """
        if SERIES_LEVEL in groupings:
            raise DataError(
                f"{SERIES_LEVEL!r} is the lowest level, the series themselves; name this one otherwise."
            )
        levels = {name: _names(series, columns) for name, columns in groupings.items()}
        levels[SERIES_LEVEL] = _names(series, ["item_id", "location_id"])
        parts, nodes = zip(*(_level(name, names) for name, names in levels.items()), strict=True)
        return cls(nodes=pd.concat(nodes, ignore_index=True), summing=sparse.csr_array(sparse.vstack(parts)))

    @property
    def n_series(self) -> int:
        """How many series are summed."""
        return int(self.summing.shape[1])

    @property
    def levels(self) -> tuple[str, ...]:
        """Names of the levels, in their order; the last is ``series``."""
        return tuple(dict.fromkeys(self.nodes["level"]))

    def of_level(self, level: str) -> BoolArray:
        """Which nodes belong to a level, shape (n_nodes,).

        Raises
        ------
        UnknownNameError
            There is no such level.
        """
        if level not in self.levels:
            raise UnknownNameError("level", level, self.levels)
        found: BoolArray = (self.nodes["level"] == level).to_numpy(dtype=bool)
        return found

    def aggregate(self, units: FloatArray) -> FloatArray:
        """Sums of units at every node.

        Sample paths may be summed as they are: each sum is one of the very same futures, so the levels agree
        path by path, to the last bit when units are whole. Quantiles and other things that do not add must not be.

        Parameters
        ----------
        units : array of shape (n_series, …)
            Paths, actuals or means.

        Returns
        -------
        sums : array of shape (n_nodes, …)

        Raises
        ------
        DataError
            There are not as many series as the hierarchy sums.
        """
        units = np.asarray(units, dtype=np.float64)
        if units.shape[:1] != (self.n_series,):
            raise DataError(f"the hierarchy sums {self.n_series} series; units have shape {units.shape}.")
        sums: FloatArray = self.summing @ units.reshape(self.n_series, -1)
        return sums.reshape(-1, *units.shape[1:])


def _names(series: pd.DataFrame, columns: Sequence[str]) -> "pd.Series[str]":
    """The name of the group that each series belongs to."""
    for column in columns:
        if column not in series:
            raise UnknownNameError("series attribute", column, series.columns)
    if not columns:
        return pd.Series("all", index=series.index)
    return series[list(columns)].astype(str).agg(" / ".join, axis=1)


def _level(level: str, names: "pd.Series[str]") -> tuple[sparse.csr_array, pd.DataFrame]:
    """Summing matrix and nodes of one level; groups come in the order of their first series."""
    groups = np.arange(len(names)) if level == SERIES_LEVEL else names.factorize()[0]
    ones, places = np.ones(len(names)), np.arange(len(names))
    summing = sparse.csr_array((ones, (groups, places)))
    unique = names if level == SERIES_LEVEL else names.drop_duplicates()
    return summing, pd.DataFrame({"level": level, "name": unique.to_numpy()})
