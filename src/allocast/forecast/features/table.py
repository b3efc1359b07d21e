"""The features of a panel, row by row, from nothing later than each row's origin but what is known ahead.

Everything in units is divided by the series' own scale, so that one model serves series of any size. A row is a
series, an origin and a step: what its features look at is the origin's past, the target's date, and the covariates
known ahead of the target. The statistics of the history are made for some series at a time, in one buffer, so that
no table of all features is ever held.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.errors import UnknownNameError
from allocast.forecast.feature_settings import FeatureSettings
from allocast.forecast.features.background import (
    EVERYBODY,
    Background,
    GroupTotals,
    Members,
    demand_of,
    members_of,
    relative_totals,
    scale_of,
    unit_totals,
)
from allocast.forecast.features.covariates import Ahead, Past, require_covariates
from allocast.forecast.features.groups import group_means, means_at, means_so_far
from allocast.forecast.features.history import Kind, fill, room, statistics
from allocast.forecast.features.labels import labels
from allocast.forecast.features.seasons import Seasons, back_to_season
from allocast.numerics.arrays import BoolArray, DateArray, FloatArray, IntArray

__all__ = ["NOWHERE", "Features"]

NOWHERE = -1  # periods observed of a series if none of its item's were either
ITEM = "item_id"
SHORT, LONG = 4, 13
YEAR_OF_DAYS = 364  # the same weekday a year before
CHUNK_BYTES = 32 * 2**20  # of the buffer that a chunk of series is made in
Sections = dict[str, dict[str, FloatArray]]


class Features:
    """The features of one panel.

    Parameters
    ----------
    panel : DemandPanel
    settings : FeatureSettings
    codes : mapping of static column to a mapping of value to code
        Fixed when a model is trained; values never seen then are missing.
    background : Background, optional
        What is known of all series, where the panel has only some of them.

    Raises
    ------
    UnknownNameError, DataError
        A column or covariate is declared that the panel lacks, or has as another kind.

    Notes
    -----
    ``ahead`` has the covariates known ahead, and can tell whether a forecast has those that it needs.

    Holds demand and scale as float32, series × period, and the means of groups. The rest is made when rows are
    asked for, at their origins alone.
    """

    def __init__(
        self,
        panel: DemandPanel,
        settings: FeatureSettings,
        codes: Mapping[str, Mapping[str, int]],
        background: Background | None = None,
    ) -> None:
        for name in (*settings.statics, *settings.groups, *settings.encodings):
            if name not in panel.series:
                raise UnknownNameError("series attribute", name, panel.series.columns)
        require_covariates(panel, settings)
        self.panel, self.settings, self.codes = panel, settings, codes
        self._values = demand_of(panel)
        members = members_of(panel, settings)
        units = background.units if background else unit_totals(self._values, members)
        self.scale: FloatArray = scale_of(self._values, settings, members, units)
        relative = background.relative if background else None
        relative = relative or relative_totals(self._values, self.scale, settings, members)
        self.group_units, self.group_relative = units, relative
        self._groups = {name: members[name].codes for name in (EVERYBODY, *settings.groups)}
        self._group_means = {
            name: group_means(relative.of(name, members[name].values)) for name in self._groups
        }
        self._item_known = _first_known(units, members[ITEM]) if ITEM in members else np.zeros(1, np.int64)
        everybody = units.of(EVERYBODY, members[EVERYBODY].values)
        self._encodings = {name: members[name].codes for name in settings.encodings}
        self._encoded = {
            name: means_so_far(units.of(name, members[name].values), everybody) for name in settings.encodings
        }
        self._statics = {
            name: labels(panel.series[name]).map(codes[name]).to_numpy(np.float64)
            for name in settings.statics
        }
        self._seasons = Seasons(panel, everybody)
        self._past = Past(panel, settings)
        self.ahead = Ahead(panel, settings, background.known_ahead if background else None)
        self.statistics = statistics(settings)
        self._level = next(k for k, s in enumerate(self.statistics) if s.kind == Kind.LEVEL)
        self._kept: tuple[IntArray, int, int, FloatArray] | None = None
        none = np.zeros(0, dtype=np.int64)
        sections = self._sections(none, none, none, np.zeros((0, len(self.statistics)), dtype=np.float32))
        self.families: dict[str, str] = {
            statistic.name: "age" if statistic.kind == Kind.AGE else "recent demand"
            for statistic in self.statistics
        } | {name: family for family, columns in sections.items() for name in columns}
        self.families |= self.ahead.families()

    def seen(self, origins: IntArray, rows: BoolArray) -> IntArray:
        """How many periods were observed until the origin of each row, shape (n_rows,).

        ``NOWHERE`` where the model looks at items and no series of this one was observed until then.

        Parameters
        ----------
        origins : array of int, shape (n_origins,)
        rows : array of bool, shape (n_series, n_origins)
        """
        seen: IntArray = np.cumsum(~np.isnan(self._values), axis=1, dtype=np.int32)[:, origins]
        return np.where(origins < self._item_known[:, None], NOWHERE, seen)[rows]

    @property
    def names(self) -> list[str]:
        """Names of the features, in the order of the columns of ``matrix``."""
        return [*self.families]

    def target(self, origins: IntArray, step: int) -> FloatArray:
        """Demand ``step`` periods after each origin, shape (n_series, n_origins); NaN where unknown or unobserved."""
        places = origins + step
        inside = places < self._values.shape[1]
        found = self._values[:, np.where(inside, places, 0)].astype(np.float64)
        found[:, ~inside] = np.nan
        return found

    def matrix(self, origins: IntArray, step: int, rows: BoolArray | None = None) -> FloatArray:
        """Features of every series at some origins, for the period ``step`` ahead.

        Parameters
        ----------
        origins : array of int, shape (n_origins,)
            Places of the last known periods.
        step : int, >= 1
        rows : array of bool, shape (n_series, n_origins), optional
            Only these; all by default.

        Returns
        -------
        features : float32 array of shape (n_rows, n_features)
            Series by series, origins within a series.

        Raises
        ------
        DataError
            A known-ahead covariate is missing in a target period.
        """
        shape = (self.panel.n_series, len(origins))
        series, places = np.nonzero(np.ones(shape, dtype=bool) if rows is None else rows)
        return self.rows(series, origins[places], np.full(len(series), step))

    def rows(self, series: IntArray, origins: IntArray, steps: IntArray) -> FloatArray:
        """Features of some rows.

        Parameters
        ----------
        series : array of int, shape (n_rows,), not falling
        origins, steps : arrays of int, shape (n_rows,)

        Returns
        -------
        features : float32 array of shape (n_rows, n_features)
        """
        out = np.empty((len(series), len(self.families)), dtype=np.float32)
        width = len(self.statistics)
        for part, history in self._parts(series, origins):
            out[part, :width] = history
            sections = self._sections(series[part], origins[part], origins[part] + steps[part], history)
            columns = (column for own in sections.values() for column in own.values())
            for place, column in enumerate(columns, start=width):
                out[part, place] = column
        return out

    def blocks(self, series: IntArray, origins: IntArray) -> Iterator[slice]:
        """Rows of some series at a time, whose statistics are made together and kept until others are asked for.

        Parameters
        ----------
        series : array of int, shape (n_rows,), not falling
        origins : array of int, shape (n_rows,)
        """
        if not len(series):
            return
        bytes_each = 4 * int(np.ptp(origins) + 1) * (len(self.statistics) + 4)
        n_chunk = max(CHUNK_BYTES // bytes_each, 1)
        begin = np.append(np.flatnonzero(np.diff(series, prepend=-1)), len(series))
        for start in range(0, len(begin) - 1, n_chunk):
            yield slice(begin[start], begin[min(start + n_chunk, len(begin) - 1)])

    def _parts(self, series: IntArray, origins: IntArray) -> Iterator[tuple[slice, FloatArray]]:
        """Rows of some series at a time, and the statistics of their history."""
        for part in self.blocks(series, origins):
            first, last = int(origins.min()), int(origins.max())
            distinct, places = np.unique(series[part], return_inverse=True)
            yield part, self._block(distinct, first, last)[places, origins[part] - first]

    def _block(self, series: IntArray, first: int, last: int) -> FloatArray:
        """Statistics of some series at the origins from first to last; the block made last is kept."""
        if self._kept is not None:
            kept, kept_first, kept_last, block = self._kept
            if (first, last) == (kept_first, kept_last) and np.array_equal(series, kept):
                return block
        known = slice(0, last + 1)
        block = fill(
            self.statistics,
            np.ascontiguousarray(self._values[series, known]),
            room(len(series), last - first + 1, len(self.statistics)),
            scale=np.ascontiguousarray(self.scale[series, known]),
            season=self._seasons.own[known],
        )
        self._kept = (series, first, last, block)
        return block

    def _sections(
        self, series: IntArray, origins: IntArray, targets: IntArray, history: FloatArray
    ) -> Sections:
        """All columns but the statistics of the history, by family."""
        return {
            "calendar": self._calendar(origins, targets),
            "season": self._season(series, origins, targets, history[:, self._level]),
            "group": self._group(series, origins, targets),
            "price and promotion": self.ahead.columns(series, origins, targets),
            "other signals": self._past.columns(series, origins),
            "product and place": self._place(series, origins),
        }

    @property
    def _yearly(self) -> bool:
        return self.settings.yearly and self.panel.frequency is Frequency.DAILY

    def _calendar(self, origins: IntArray, targets: IntArray) -> dict[str, FloatArray]:
        dates = self._seasons.dates(targets)
        found: dict[str, FloatArray] = {
            "step": (targets - origins).astype(np.float64),
            "week": self._seasons.week(dates).astype(np.float64),
            "weekday": _weekday(dates),
        }
        if self._yearly:
            months = dates.astype("datetime64[M]")
            found["day_of_month"] = (dates - months.astype("datetime64[D]")).astype(np.float64) + 1
            found["month"] = (months.astype(np.int64) % 12 + 1).astype(np.float64)
        return found

    def _season(
        self, series: IntArray, origins: IntArray, targets: IntArray, level: FloatArray
    ) -> dict[str, FloatArray]:
        factor, recent = self._seasons.factor(origins, targets), self._seasons.recent(origins)
        season, scale = self.panel.frequency.season, self.scale[series, origins]
        back = back_to_season(origins, targets, season)
        found: dict[str, FloatArray] = {
            "factor": factor,
            "factor_change": factor / recent,
            "seasonal_level": level * factor,
            "season_ago": _at(self._values, series, back) / scale,
            "two_seasons_ago": _at(self._values, series, back - season) / scale,
        }
        for width in (3, LONG):
            found[f"season_ago_{width}"] = self._around(series, origins, back, width) / scale
        for count in self.settings.seasonal_mean:
            same = np.stack([_at(self._values, series, back - k * season) for k in range(count)])
            found[f"seasonal_mean_{count}"] = _mean_of_known(same) / scale
        if self._yearly:
            year = back_to_season(origins, targets, YEAR_OF_DAYS)
            found["year_ago"] = _at(self._values, series, year) / scale
            for width in (7, 28):
                found[f"year_ago_{width}"] = self._around(series, origins, year, width) / scale
        return found

    def _around(self, series: IntArray, origins: IntArray, middle: IntArray, width: int) -> FloatArray:
        """Mean of the periods around one, none after the origin."""
        return means_at(self._values, series, np.minimum(middle + width // 2, origins), width)

    def _group(self, series: IntArray, origins: IntArray, targets: IntArray) -> dict[str, FloatArray]:
        back = back_to_season(origins, targets, self.panel.frequency.season)
        found = {}
        for name, means in self._group_means.items():
            own = self._groups[name][series]
            found[f"{name}_mean_{SHORT}"] = means_at(means, own, origins, SHORT)
            found[f"{name}_mean_{LONG}"] = means_at(means, own, origins, LONG)
            found[f"{name}_season_ago"] = _at(means, own, back)
            found[f"{name}_season_ago_3"] = means_at(means, own, np.minimum(back + 1, origins), 3)
            if self._yearly:
                year = back_to_season(origins, targets, YEAR_OF_DAYS)
                found[f"{name}_year_ago_7"] = means_at(means, own, np.minimum(year + 3, origins), 7)
        return found

    def _place(self, series: IntArray, origins: IntArray) -> dict[str, FloatArray]:
        scale = self.scale[series, origins]
        encoded = {
            f"{name}_encoded": means[self._encodings[name][series], origins] / scale
            for name, means in self._encoded.items()
        }
        return encoded | {name: values[series] for name, values in self._statics.items()}


def _first_known(units: GroupTotals, members: Members) -> IntArray:
    """The first period in which any series of the same value was observed, shape (n_series,)."""
    observed = units.of(ITEM, members.values)[1] > 0
    first = np.where(observed.any(axis=1), observed.argmax(axis=1), observed.shape[1])
    found: IntArray = first[members.codes]
    return found


def _weekday(dates: DateArray) -> FloatArray:
    """0 is Monday."""
    day: FloatArray = ((dates.astype("datetime64[D]").astype(np.int64) + 3) % 7).astype(np.float64)
    return day


def _at(values: FloatArray, rows: IntArray, places: IntArray) -> FloatArray:
    """The values at some cells; NaN before the first period."""
    found: FloatArray = np.where(places >= 0, values[rows, np.maximum(places, 0)], np.float32(np.nan))
    return found


def _mean_of_known(values: FloatArray) -> FloatArray:
    """Mean over the first axis of what is not NaN."""
    count = (~np.isnan(values)).sum(axis=0)
    mean: FloatArray = np.divide(
        np.nansum(values, axis=0), count, out=np.full(values.shape[1], np.nan, np.float32), where=count > 0
    )
    return mean
