"""Features of a series at an origin, from nothing later than the origin but what is known ahead.

Everything in units is divided by the series' own scale, so that one model serves series of any size. Features come
in two kinds: of the *history*, one row a series and origin, and of a *step*, for the target period some periods
ahead. A step's features look at the origin's past, the target's date, and the known-ahead covariates.
"""

from collections.abc import Mapping

import numpy as np

from allocast.demand.panel import DemandPanel
from allocast.errors import DataError, UnknownNameError
from allocast.forecast.demand_settings import FeatureSettings
from allocast.forecast.windows import (
    columns,
    exponential_mean,
    group_mean,
    rolling_max,
    rolling_mean,
    rolling_sum,
)
from allocast.numerics.arrays import BoolArray, DateArray, FloatArray, IntArray

__all__ = ["Features"]

SMALLEST_SCALE = 0.25  # below a unit every four periods a series is scaled as if it sold that much
SHORT, LONG = 4, 13


class Features:
    """The features of one panel, computed once for all its origins.

    Parameters
    ----------
    panel : DemandPanel
    settings : FeatureSettings
    codes : mapping of static column to a mapping of value to code
        Fixed when a model is trained; values never seen then are missing.

    Notes
    -----
    Cost and memory are linear in series × periods × features.
    """

    def __init__(
        self, panel: DemandPanel, settings: FeatureSettings, codes: Mapping[str, Mapping[str, int]]
    ) -> None:
        self._check_names(panel, settings)
        self.panel, self.settings = panel, settings
        self.demand = panel.demand
        self._week = panel.frequency.place_in_year(panel.periods)
        mean = rolling_mean(self.demand, settings.scale_window)
        self.scale: FloatArray = np.maximum(np.nan_to_num(mean), SMALLEST_SCALE)
        self._relative = self.demand / self.scale
        everybody = np.zeros(panel.n_series, dtype=np.int64)
        self._groups = {"all": everybody} | {name: _group(panel, name) for name in settings.groups}
        self._group_mean = {name: group_mean(self._relative, group) for name, group in self._groups.items()}
        self._around = {width: rolling_mean(self.demand, width) for width in (3, LONG)}
        self._group_around = {name: rolling_mean(means, 3) for name, means in self._group_mean.items()}
        self._factor = _seasonal_factors(self.demand, self._week)
        self._level = rolling_mean(self._deseasonalised(), LONG)
        self._statics = {
            name: panel.series[name].astype(str).map(codes[name]).to_numpy(np.float64)
            for name in settings.statics
        }
        self._history = self._history_features()

    @staticmethod
    def _check_names(panel: DemandPanel, settings: FeatureSettings) -> None:
        for name in (*settings.statics, *settings.groups):
            if name not in panel.series:
                raise UnknownNameError("series attribute", name, panel.series.columns)
        for name in settings.known_ahead:
            if name not in panel.known_ahead:
                raise UnknownNameError("known-ahead covariate", name, panel.known_ahead)

    @property
    def names(self) -> list[str]:
        """Names of the features, in the order of the columns of ``matrix``."""
        return [*self._history, *self._step_features(np.array([self._last]), 1, check=False), *self._statics]

    @property
    def _last(self) -> int:
        return len(self.panel.periods) - 1

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
        keep = np.ones(shape, dtype=bool) if rows is None else rows
        history = [values[:, origins][keep] for values in self._history.values()]
        ahead = [np.broadcast_to(v, shape)[keep] for v in self._step_features(origins, step).values()]
        static = [np.broadcast_to(v[:, None], shape)[keep] for v in self._statics.values()]
        return np.column_stack([*history, *ahead, *static]).astype(np.float32)

    def target(self, origins: IntArray, step: int) -> FloatArray:
        """Demand ``step`` periods after each origin, shape (n_series, n_origins); NaN where unknown or unobserved."""
        padded = np.pad(self.demand, ((0, 0), (0, step)), constant_values=np.nan)
        return padded[:, origins + step]

    def _deseasonalised(self) -> FloatArray:
        own = self._factor[np.arange(len(self._factor)), self._week]
        return self.demand / np.maximum(own, 0.05)

    def _history_features(self) -> dict[str, FloatArray]:
        demand, scale = self.demand, self.scale
        places = np.arange(demand.shape[1])
        result: dict[str, FloatArray] = {
            f"lag_{lag}": columns(demand, places - lag + 1) / scale for lag in self.settings.lags
        }
        seen = (~np.isnan(demand)).astype(np.float64)
        for window in self.settings.windows:
            mean = rolling_mean(demand, window)
            result[f"mean_{window}"] = mean / scale
            spread = rolling_mean(demand**2, window) - mean**2
            result[f"deviation_{window}"] = np.sqrt(np.maximum(spread, 0.0)) / scale
            result[f"zeros_{window}"] = rolling_mean(np.where(np.isnan(demand), np.nan, demand == 0), window)
        result[f"largest_{LONG}"] = rolling_max(demand, LONG) / scale
        for window in (SHORT, LONG):
            result[f"observed_{window}"] = rolling_sum(seen, window) / np.minimum(places + 1, window)
        result["exponential_mean"] = exponential_mean(demand, 0.85) / scale
        result["scale"] = scale
        result["age"] = np.cumsum(np.cumsum(seen, axis=1) > 0, axis=1).astype(np.float64)
        result["level"] = self._level / scale
        for name, means in self._group_mean.items():
            result[f"{name}_mean_{SHORT}"] = rolling_mean(means, SHORT)
            result[f"{name}_mean_{LONG}"] = rolling_mean(means, LONG)
        return result

    def _step_features(self, origins: IntArray, step: int, *, check: bool = True) -> dict[str, FloatArray]:
        season = self.panel.frequency.season
        back = origins + step - season * -(-step // season)  # the same season, at or before the origin
        scale = self.scale[:, origins]
        dates = self.panel.frequency.shifted(self.panel.periods[origins], step)
        week = self.panel.frequency.place_in_year(dates)
        factor = self._factor[origins, week]
        recent = np.array([self._recent_factor(origin) for origin in origins])
        result = {
            "step": np.array([[float(step)]]),
            "week": week[None, :].astype(np.float64),
            "weekday": _weekday(dates)[None, :],
            "factor": factor[None, :],
            "factor_change": (factor / recent)[None, :],
            "seasonal_level": self._level[:, origins] * factor / scale,
            "season_ago": columns(self.demand, back) / scale,
            "two_seasons_ago": columns(self.demand, back - season) / scale,
        }
        for width, means in self._around.items():
            result[f"season_ago_{width}"] = columns(means, np.minimum(back + width // 2, origins)) / scale
        for name, means in self._group_mean.items():
            result[f"{name}_season_ago"] = columns(means, back)
            result[f"{name}_season_ago_3"] = columns(self._group_around[name], np.minimum(back + 1, origins))
        for name in self.settings.known_ahead:
            result |= self._covariate(name, origins, step, check=check)
        return result

    def _recent_factor(self, origin: int) -> float:
        weeks = self._week[max(0, origin - LONG + 1) : origin + 1]
        return max(float(self._factor[origin, weeks].mean()), 0.05)

    def _covariate(self, name: str, origins: IntArray, step: int, *, check: bool) -> dict[str, FloatArray]:
        values = self.panel.known_ahead[name]
        usual = rolling_mean(values[:, : self._last + 1], LONG)[:, origins]
        values = np.pad(values, ((0, 0), (0, step)), constant_values=np.nan)
        target = origins + step
        asked = target[origins == self._last]  # the forecast itself: what is only judged may lack its future
        if check and np.isnan(values[:, asked]).all(axis=0).any():
            known = int(np.flatnonzero(~np.isnan(values).all(axis=0)).max(initial=-1)) - self._last
            raise DataError(
                f"{name} is declared as known ahead; the forecast reaches {step} periods ahead "
                f"but {name} is known for {known}. Bring its future values, or do not declare it."
            )
        ahead = columns(values, target)
        return {f"{name}_ahead": ahead, f"{name}_change": ahead - usual}


def _group(panel: DemandPanel, name: str) -> IntArray:
    codes: IntArray = panel.series[name].astype(str).factorize()[0]
    return codes


def _weekday(dates: DateArray) -> FloatArray:
    day: FloatArray = ((dates.astype("datetime64[D]").astype(np.int64) + 3) % 7).astype(np.float64)
    return day


def _seasonal_factors(demand: FloatArray, week: IntArray) -> FloatArray:
    """Factor of each week (or month) as known at each period, shape (n_periods, 54); 1 for one never seen."""
    seen = ~np.isnan(demand)
    count = seen.sum(axis=0)
    overall = np.divide(np.nansum(demand, axis=0), count, out=np.zeros(len(week)), where=count > 0)
    one_hot = np.eye(54)[week]
    total = np.cumsum(one_hot * overall[:, None], axis=0)
    dates = np.cumsum(one_hot, axis=0)
    mean = np.divide(total, dates, out=np.full(total.shape, np.nan), where=dates > 0)
    average = np.nansum(mean, axis=1) / (dates > 0).sum(axis=1)
    known = (dates > 0) & (average > 0)[:, None]
    return np.where(known, mean / np.where(average > 0, average, 1.0)[:, None], 1.0)
