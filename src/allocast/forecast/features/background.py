"""What all series together say of each: sums over groups, which can be taken part by part and put together.

A table too large for memory is read in parts, but a series' features look at means over its store, its category and
everybody. Those are sums, and sums of parts can be added. They are kept exact: each number is rounded to a fixed
grain before it is added, so that no sum depends on the order, and a series forecast from its part alone gets the
same number, to the last bit, as from the whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.forecast.feature_settings import FeatureSettings
from allocast.forecast.features.groups import relative_sums, shrunk_scale, unit_sums
from allocast.forecast.features.labels import labels
from allocast.numerics.arrays import FloatArray, IntArray

__all__ = [
    "EVERYBODY", "Background", "GroupTotals", "Members", "demand_of", "members_of", "relative_of",
    "relative_totals", "scale_of", "unit_totals", "units_of", "values_of",
]  # fmt: skip

EVERYBODY = "all"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Members:
    """Which series belong to which value of a column.

    Parameters
    ----------
    codes : array of int, shape (n_series,)
        Place of each series' value in ``values``.
    values : tuple of str
    """

    codes: IntArray
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupTotals:
    """Sums over the series of each group, period by period, and how many were observed.

    Parameters
    ----------
    values : mapping of column to tuple of str
        The values of each column that have sums.
    sums : mapping of column to array of shape (2, n_values, n_periods)
        First the sum, then the number of series observed.
    """

    values: Mapping[str, tuple[str, ...]]
    sums: Mapping[str, FloatArray]

    def __add__(self, other: "GroupTotals") -> "GroupTotals":
        """The sums over the series of both; the same whichever comes first."""
        columns = sorted({*self.values, *other.values})
        values = {
            name: tuple(sorted({*self.values.get(name, ()), *other.values.get(name, ())})) for name in columns
        }
        sums = {}
        for name in columns:
            parts = [part for part in (self, other) if name in part.values]
            both = np.zeros((2, len(values[name]), parts[0].sums[name].shape[2]))
            for part in parts:
                both[:, pd.Index(values[name]).get_indexer(part.values[name])] += part.sums[name]
            sums[name] = both
        return GroupTotals(values=values, sums=sums)

    def exchanged(self, gone: "GroupTotals", come: "GroupTotals") -> "GroupTotals":
        """These sums had some of their series been others: exactly those of the series themselves."""
        return self + replace(gone, sums={name: -sums for name, sums in gone.sums.items()}) + come

    def of(self, column: str, values: Sequence[str]) -> FloatArray:
        """The sums of some values of a column, shape (2, n_values, n_periods).

        Raises
        ------
        DataError
            A value was not summed.
        """
        own = self.values.get(column, ())
        if own == tuple(values):
            return self.sums[column]
        places = pd.Index(own, dtype=object).get_indexer(pd.Index(values, dtype=object))
        if (places < 0).any():
            missing = values[int(np.argmax(places < 0))]
            raise DataError(
                f"the background has no sums of {column} {missing!r} (there are {len(own)} values of {column}). "
                "Sum over all parts before any is forecast."
            )
        return self.sums[column][:, places]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Background:
    """What is known of all series, for a panel that has only some of them.

    Parameters
    ----------
    units : GroupTotals
        Of units.
    relative : GroupTotals, optional
        Of units ÷ scale; not yet known while they are summed.
    known_ahead : mapping of covariate to tuple of int
        The steps after the last period for which any series knows it.
    whole_units : bool
        Whether everything that was ever sold was sold in whole units.
    """

    units: GroupTotals
    relative: GroupTotals | None
    known_ahead: Mapping[str, tuple[int, ...]]
    whole_units: bool


def demand_of(panel: DemandPanel) -> FloatArray:
    """Demand as float32, NaN where not observed, shape (n_series, n_periods)."""
    values = panel.units.astype(np.float32)
    values[~panel.observed] = np.nan
    return values


def members_of(panel: DemandPanel, settings: FeatureSettings) -> dict[str, Members]:
    """The members of every column that is a group or an encoding, and of everybody; without a value are one group."""
    found = {EVERYBODY: Members(codes=np.zeros(panel.n_series, dtype=np.int64), values=("",))}
    for name in dict.fromkeys((*settings.groups, *settings.encodings)):
        codes, values = labels(panel.series[name]).fillna("").factorize()
        found[name] = Members(codes=codes.astype(np.int64), values=tuple(map(str, values)))
    return found


def values_of(panel: DemandPanel, settings: FeatureSettings) -> list[str]:
    """All values of all columns that have members, each once: those whose sums this panel looks at."""
    members = members_of(panel, settings)
    return sorted({value for own in members.values() for value in own.values})


def unit_totals(values: FloatArray, members: Mapping[str, Members]) -> GroupTotals:
    """Units of the members of each value of each column.

    Parameters
    ----------
    values : float32 array of shape (n_series, n_periods)
    members : mapping of column to Members
    """
    sums = {name: unit_sums(values, own.codes, len(own.values)) for name, own in members.items()}
    return GroupTotals(values={name: own.values for name, own in members.items()}, sums=sums)


def scale_of(
    values: FloatArray, settings: FeatureSettings, members: Mapping[str, Members], units: GroupTotals
) -> FloatArray:
    """Scale of each series at each period: its own mean, its groups' standing in for what was not observed."""
    lenders = [
        (members[name].codes, units.of(name, members[name].values)) for name in (*settings.groups, EVERYBODY)
    ]
    return shrunk_scale(values, settings.scale_window, lenders)


def relative_totals(
    values: FloatArray, scale: FloatArray, settings: FeatureSettings, members: Mapping[str, Members]
) -> GroupTotals:
    """Units ÷ scale of the members of each value of each group, and of everybody."""
    groups = {name: members[name] for name in (EVERYBODY, *settings.groups)}
    sums = {name: relative_sums(values, scale, own.codes, len(own.values)) for name, own in groups.items()}
    return GroupTotals(values={name: own.values for name, own in groups.items()}, sums=sums)


def units_of(panel: DemandPanel, settings: FeatureSettings) -> GroupTotals:
    """Units of each group of a panel."""
    return unit_totals(demand_of(panel), members_of(panel, settings))


def relative_of(panel: DemandPanel, settings: FeatureSettings, units: GroupTotals) -> GroupTotals:
    """Units ÷ scale of each group of a panel, the units of all lending to the scales."""
    values, members = demand_of(panel), members_of(panel, settings)
    return relative_totals(values, scale_of(values, settings, members, units), settings, members)
