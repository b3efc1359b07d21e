"""The demand panel: what was asked for, series by period, and where that was really seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from allocast.demand.calendar import Frequency, next_periods
from allocast.errors import DataError, UnknownNameError
from allocast.numerics.arrays import BoolArray, DateArray, FloatArray, IntArray, freeze
from allocast.numerics.checks import require_at_least, require_shape

__all__ = ["DemandPanel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandPanel:
    """Units demanded, series × period, with a mask of what was observed.

    Sales are demand only while there was stock. Where there was none, ``observed`` is False and the
    number in ``units`` (what was sold) is only a lower bound: nobody may read it as demand.

    Parameters
    ----------
    series : DataFrame of n_series rows
        ``item_id``, ``location_id`` and the static attributes of each series.
    periods : array of days, shape (n_periods,)
        The beginnings of consecutive periods.
    frequency : Frequency
    units : array of shape (n_series, n_periods), in units, >= 0
        NaN where nothing is known.
    observed : array of bool, shape (n_series, n_periods)
        True where ``units`` is the demand. Unknown or censored cells, and those before a series was
        launched, are False.
    availability : array of shape (n_series, n_periods), in [0, 1], optional
        The share of the period in which there was stock; NaN where that is not known. By default 1 where
        observed, NaN elsewhere. Where it is below 1 or unknown, ``units`` is a lower bound of the demand.
    known_ahead : mapping of name to array of shape (n_series, >= n_periods)
        Covariates that are known before the period begins (price, promotion): they may reach further
        than ``periods``, with the same first period.
    past_only : mapping of name to array of shape (n_series, n_periods)
        Covariates that are known only once a period is over (visits, temperature); NaN where unknown.

    Raises
    ------
    DataError
        Shapes disagree, a covariate is of both kinds, periods are not consecutive, or observed units are missing
        or negative.
    """

    series: pd.DataFrame
    periods: DateArray
    frequency: Frequency
    units: FloatArray
    observed: BoolArray
    availability: FloatArray | None = None
    known_ahead: Mapping[str, FloatArray] = field(default_factory=dict)
    past_only: Mapping[str, FloatArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = (len(self.series), len(self.periods))
        periods = self.periods.astype("datetime64[D]")
        astray = periods != self.frequency.shifted(periods[:1], np.arange(len(periods)))
        if astray.any():
            place = int(np.argmax(astray)) - 1
            raise DataError(
                f"periods must follow each other {self.frequency}; after {periods[place]} comes {periods[place + 1]}."
            )
        units = np.asarray(self.units, dtype=np.float64)
        require_shape("units", units, shape)
        require_shape("observed", self.observed, shape)
        require_at_least("units", units, missing=True)
        if np.isnan(units[self.observed]).any():
            row, column = np.argwhere(self.observed & np.isnan(units))[0]
            raise DataError(
                f"units must be known where observed; series {row}, {periods[column]} is missing."
            )
        self._check_availability(shape)
        self._check_covariates(shape)
        object.__setattr__(self, "periods", freeze(periods))
        object.__setattr__(self, "units", freeze(units))
        object.__setattr__(self, "observed", freeze(self.observed))

    def _check_covariates(self, shape: tuple[int, int]) -> None:
        for name, values in self.known_ahead.items():
            if values.shape[0] != shape[0] or values.shape[1] < shape[1]:
                raise DataError(
                    f"{name} must cover all series and periods {shape}; it has shape {values.shape}."
                )
        for name, values in self.past_only.items():
            require_shape(name, values, shape)
            if name in self.known_ahead:
                raise DataError(f"{name} is both known ahead and past only; bring it as one of the two.")

    def _check_availability(self, shape: tuple[int, int]) -> None:
        if self.availability is None:
            return
        share = np.asarray(self.availability, dtype=np.float32)
        require_shape("availability", share, shape)
        require_at_least("availability", share, missing=True)
        wrong = (share > 1) | (self.observed & (share != 1))
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise DataError(
                f"availability must lie within 0 and 1, and be 1 where demand was observed; series {row}, "
                f"{self.periods[column]} is {share[row, column]:g}."
            )
        object.__setattr__(self, "availability", freeze(share))

    @property
    def n_series(self) -> int:
        """How many series there are."""
        return len(self.series)

    @property
    def as_of(self) -> np.datetime64:
        """The last known period."""
        return np.datetime64(self.periods[-1])

    @property
    def demand(self) -> FloatArray:
        """Units where they were observed, NaN elsewhere, shape (n_series, n_periods)."""
        return np.where(self.observed, self.units, np.nan)

    @property
    def censored(self) -> BoolArray:
        """Where ``units`` is only a lower bound of the demand, shape (n_series, n_periods)."""
        return ~self.observed & ~np.isnan(self.units)

    @property
    def exposure(self) -> FloatArray:
        """The share of each period in which demand could show, in [0, 1]; NaN where it is not known."""
        if self.availability is None:
            return np.where(self.observed, 1.0, np.nan)
        return np.asarray(self.availability, dtype=np.float64)

    @property
    def whole_units(self) -> bool:
        """Whether everything that was ever sold was sold in whole units."""
        known = self.units[~np.isnan(self.units)]
        return bool((known == np.rint(known)).all())

    def until(self, as_of: np.datetime64) -> "DemandPanel":
        """The panel as it was known at the end of a period; what is known ahead stays.

        Raises
        ------
        DataError
            The period lies outside the panel, or is not the beginning of a period.
        """
        last = self.frequency.periods_between(self.periods[0], as_of)
        if not 0 <= last < len(self.periods):
            raise DataError(f"as_of must lie within {self.periods[0]} and {self.periods[-1]}; it is {as_of}.")
        keep = slice(0, last + 1)
        return replace(
            self,
            periods=self.periods[keep],
            units=self.units[:, keep],
            observed=self.observed[:, keep],
            availability=None if self.availability is None else self.availability[:, keep],
            past_only={name: values[:, keep] for name, values in self.past_only.items()},
        )

    def take(self, rows: IntArray | BoolArray) -> "DemandPanel":
        """The chosen series, in the given order."""
        return replace(
            self,
            series=self.series.loc[self.series.index[rows]].reset_index(drop=True),
            units=self.units[rows],
            observed=self.observed[rows],
            availability=None if self.availability is None else self.availability[rows],
            known_ahead={name: values[rows] for name, values in self.known_ahead.items()},
            past_only={name: values[rows] for name, values in self.past_only.items()},
        )

    def extended(
        self, units: FloatArray, observed: BoolArray, past_only: Mapping[str, FloatArray] | None = None
    ) -> "DemandPanel":
        """The panel with further periods revealed: arrays of shape (n_series, n_new).

        Of new periods that were not observed, no more than that is known; past-only covariates that are not
        brought are unknown.

        Raises
        ------
        UnknownNameError
            ``past_only`` names a covariate that the panel does not have.
        DataError
            An array of it has another shape.
        """
        revealed = dict.fromkeys(self.past_only, np.full(units.shape, np.nan)) | dict(past_only or {})
        for name, values in revealed.items():
            if name not in self.past_only:
                raise UnknownNameError("past-only covariate", name, self.past_only)
            require_shape(name, values, units.shape)
        new = next_periods(self.as_of, units.shape[1], self.frequency)
        return replace(
            self,
            periods=np.concatenate([self.periods, new]),
            units=np.hstack([self.units, units]),
            observed=np.hstack([self.observed, observed]),
            availability=None
            if self.availability is None
            else np.hstack([self.availability, np.where(observed, 1.0, np.nan)]),
            past_only={name: np.hstack([old, revealed[name]]) for name, old in self.past_only.items()},
        )
