"""What a demand model says: quantiles per period and of running totals, and joint sample paths of both."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from allocast.errors import DataError
from allocast.forecast.distribution import lean_towards, means_allowed, probability_within
from allocast.forecast.paths import paths_from_quantiles, remap_totals, whole_steps
from allocast.numerics.arrays import DateArray, FloatArray, IntArray, freeze
from allocast.numerics.checks import require_at_least, require_increasing, require_shape

__all__ = ["DemandForecast", "mean_within"]

BISECTIONS = 40  # of a mixture's quantile: a millionth of a millionth of its range


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandForecast:
    """Predictive distributions of the coming periods of every series.

    Parameters
    ----------
    series : DataFrame of n_series rows
        ``item_id`` and ``location_id``.
    as_of : day
        The last period whose demand was known.
    periods : array of days, shape (horizon,)
    levels : array of shape (n_levels,), in (0, 1), rising
    period_units : array of shape (n_series, n_levels, horizon), in units
        Quantiles of each period's demand.
    total_units : array of shape (n_series, n_levels, horizon), in units
        Quantiles of demand over the first 1, 2, … periods together; they do not fall from one to the next. Of the
        first period they are those of ``period_units``.
    mean : array of shape (n_series, horizon), in units
        Expected demand of each period. Between their quantiles totals are spread so that they have these means, or
        come as near as the quantiles allow (``mean_within``).
    whole : bool
        Whether demand comes in whole units: then quantiles and paths are whole, too.

    Raises
    ------
    DataError
        Shapes disagree, quantiles cross or are negative, or totals fall along the horizon.
    """

    series: pd.DataFrame
    as_of: np.datetime64
    periods: DateArray
    levels: FloatArray
    period_units: FloatArray
    total_units: FloatArray
    mean: FloatArray
    whole: bool = False

    def __post_init__(self) -> None:
        n, q, h = len(self.series), len(self.levels), len(self.periods)
        require_increasing("levels", self.levels)
        for name, shape in {"period_units": (n, q, h), "total_units": (n, q, h), "mean": (n, h)}.items():
            values = np.asarray(getattr(self, name), dtype=np.float64)
            require_shape(name, values, shape)
            require_at_least(name, values)
            object.__setattr__(self, name, freeze(values))
        _require_not_falling("period_units", self.period_units, 1, "level")
        _require_not_falling("total_units", self.total_units, 1, "level")
        _require_not_falling("total_units", self.total_units, 2, "period")

    @property
    def horizon(self) -> int:
        """How many periods ahead this reaches."""
        return len(self.periods)

    def take(self, rows: IntArray) -> "DemandForecast":
        """The chosen series, in the given order."""
        return replace(
            self,
            series=self.series.iloc[rows].reset_index(drop=True),
            period_units=self.period_units[rows],
            total_units=self.total_units[rows],
            mean=self.mean[rows],
        )

    def quantiles(self, step: int) -> FloatArray:
        """Quantiles of the demand of one period, shape (n_series, n_levels), in units.

        Parameters
        ----------
        step : int, in 1 … horizon
            Periods ahead.
        """
        self._require_within("step", step)
        return self._in_its_units(self.period_units[:, :, step - 1])

    def lead_time_quantiles(self, periods: int | FloatArray) -> FloatArray:
        """Quantiles of the demand of the coming periods together, shape (n_series, n_levels), in units.

        Parameters
        ----------
        periods : int in 1 … horizon, or array of shape (n_series, n_periods) or (n_periods,)
            How many; or, where that is random, the probability of 1, 2, … periods, summing to 1.

        Raises
        ------
        DataError
            The periods reach beyond the horizon, or the probabilities are none.

        Examples
        --------
        >>> series = pd.DataFrame({"item_id": ["a"], "location_id": ["x"]})
        >>> each = np.array([[[2.0, 3.0], [4.0, 7.0]]])
        >>> forecast = DemandForecast(
        ...     series=series, as_of=np.datetime64("2024-01-01"), levels=np.array([0.25, 0.75]), period_units=each,
        ...     periods=np.array(["2024-01-08", "2024-01-15"], dtype="datetime64[D]"),
        ...     total_units=np.array([[[2.0, 6.0], [4.0, 10.0]]]), mean=np.array([[3.0, 5.0]]))
        >>> forecast.lead_time_quantiles(2)
        array([[ 6., 10.]])
        >>> forecast.lead_time_quantiles(np.array([0.5, 0.5])).round(3)
        array([[2.29, 8.02]])
        """
        if isinstance(periods, int | np.integer):
            self._require_within("periods", int(periods))
            return self._in_its_units(self.total_units[:, :, int(periods) - 1])
        return self._in_its_units(self._mixture_quantiles(self._probabilities(periods)))

    def sample_paths(self, n_paths: int, rng: np.random.Generator) -> FloatArray:
        """Joint futures, whose running totals follow the forecast quantiles of the totals at every horizon.

        Their mean is ``mean``, but for the few draws of a tail, for whole units, and where no total may fall.

        Parameters
        ----------
        n_paths : int, >= 1
        rng : Generator

        Returns
        -------
        units : array of shape (n_series, n_paths, horizon), >= 0
        """
        paths = paths_from_quantiles(self.period_units, self.levels, n_paths, rng)
        paths = remap_totals(paths, self.total_units, self.levels, self._lean())
        return whole_steps(paths) if self.whole else paths

    def to_frame(self) -> pd.DataFrame:
        """Tidy table: one row a series and period, one column a quantile, ``as_of`` in every row.

        ``q0.5`` is of the period, ``total_q0.5`` of all periods up to it together, before rounding to whole units.
        ``forecast_of_table`` reads it.
        """
        n, h = len(self.series), self.horizon
        frame = pd.DataFrame(
            {
                "item_id": np.repeat(self.series["item_id"].to_numpy(), h),
                "location_id": np.repeat(self.series["location_id"].to_numpy(), h),
                "as_of": self.as_of,
                "date": np.tile(self.periods, n),
                "mean": self.mean.ravel(),
            }
        )
        for level, units in zip(self.levels, np.moveaxis(self.period_units, 1, 0), strict=True):
            frame[f"q{level:g}"] = self._in_its_units(units).ravel()
        for level, units in zip(self.levels, np.moveaxis(self.total_units, 1, 0), strict=True):
            frame[f"total_q{level:g}"] = units.ravel()
        return frame.assign(whole_units=self.whole)

    def _lean(self) -> FloatArray:
        """How the distribution of each total leans so that it has its mean, shape (n_series, horizon)."""
        mean = np.cumsum(self.mean, axis=1)
        leans = [
            lean_towards(self.total_units[:, :, h], self.levels, mean[:, h]) for h in range(self.horizon)
        ]
        return np.stack(leans, axis=1)

    def _in_its_units(self, units: FloatArray) -> FloatArray:
        whole: FloatArray = np.rint(units)
        return whole if self.whole else units

    def _require_within(self, name: str, value: int) -> None:
        if not 1 <= value <= self.horizon:
            raise DataError(f"{name} must lie within 1 and the horizon of {self.horizon}; it is {value}.")

    def _probabilities(self, given: FloatArray) -> FloatArray:
        """Probabilities of each number of periods, shape (n_series, horizon)."""
        chances = np.atleast_2d(np.asarray(given, dtype=np.float64))
        beyond = np.flatnonzero((chances > 0).any(axis=0))
        self._require_within("the longest lead time", int(beyond.max(initial=-1)) + 1)
        require_at_least("lead-time probabilities", chances)
        wrong = np.abs(chances.sum(axis=1) - 1) > 1e-6
        if wrong.any():
            row = int(np.argmax(wrong))
            raise DataError(
                f"lead-time probabilities must sum to 1; in row {row} they sum to {chances[row].sum():g}."
            )
        padded = np.zeros((len(chances), self.horizon))
        width = min(chances.shape[1], self.horizon)
        padded[:, :width] = chances[:, :width]
        each: FloatArray = np.broadcast_to(padded, (len(self.series), self.horizon))
        return each

    def _mixture_quantiles(self, chances: FloatArray) -> FloatArray:
        """Quantiles of totals over a random number of periods, by bisection on their distribution."""
        used = np.flatnonzero((chances > 0).any(axis=0))
        chances, totals, lean = chances[:, used], self.total_units[:, :, used], self._lean()[:, used]
        low, high = totals.min(axis=2), totals.max(axis=2)  # the mixture's quantile lies between the parts'
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            reached = self._probability_within(totals, lean, middle, chances) >= self.levels
            low, high = np.where(reached, low, middle), np.where(reached, middle, high)
        quantiles: FloatArray = high
        return quantiles

    def _probability_within(
        self, totals: FloatArray, lean: FloatArray, units: FloatArray, chances: FloatArray
    ) -> FloatArray:
        """Probability that the total stays at or below some units, shape (n_series, n_levels)."""
        result: FloatArray = np.zeros(units.shape)
        for place in range(totals.shape[2]):
            result = result + chances[:, place, None] * probability_within(
                totals[:, :, place], self.levels, units, lean[:, place]
            )
        return result


def mean_within(mean: FloatArray, total_units: FloatArray, levels: FloatArray) -> FloatArray:
    """Expected demand of each period, moved where quantiles of the totals leave no room for it.

    Parameters
    ----------
    mean : array of shape (n_series, horizon), in units
    total_units : array of shape (n_series, n_levels, horizon), in units
    levels : array of shape (n_levels,)

    Returns
    -------
    mean : array of shape (n_series, horizon), in units
        The nearest whose running totals lie within the smallest and the largest mean that the quantiles allow.
    """
    bounds = [means_allowed(total_units[:, :, h], levels) for h in range(mean.shape[1])]
    low, high = (np.stack(part, axis=1) for part in zip(*bounds, strict=True))
    high = np.minimum.accumulate(high[:, ::-1], axis=1)[:, ::-1]
    total = np.cumsum(mean, axis=1)
    moved = np.diff(np.clip(total, low, high) - total, axis=1, prepend=0.0)
    within: FloatArray = np.maximum(mean + moved, 0.0)
    return within


def _require_not_falling(name: str, values: FloatArray, axis: int, what: str) -> None:
    falls = np.diff(values, axis=axis) < 0
    if falls.any():
        series = int(np.argwhere(falls)[0, 0])
        raise DataError(f"{name} must not fall from one {what} to the next; series {series} does.")
