"""Survival curves whose hazard is constant within each period: asked for probabilities, quantiles, means and draws."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, freeze
from allocast.numerics.checks import require_at_least, require_increasing

__all__ = ["PiecewiseExponential"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PiecewiseExponential:
    """Curves of n rows over common periods; the hazard of the last period goes on for ever.

    The cumulative hazard is linear within a period and never falls, so a curve starts at 1, never rises, and what it
    says of those still waiting at an age is the ratio of two of its own values: nothing has to be repaired afterwards.

    Parameters
    ----------
    edges : array of shape (n_periods + 1,), in days, rising from 0
        Where periods begin and end; a period holds its end, not its start.
    rates : array of shape (n, n_periods), per day, >= 0
        Hazards: events per day at risk.

    Raises
    ------
    DataError
        Edges do not rise from 0, rates have another width, or a rate is negative or not finite.

    Examples
    --------
    >>> curves = PiecewiseExponential(edges=np.array([0.0, 2.0, 4.0]), rates=np.array([[0.0, 1.0]]))
    >>> curves.survival(np.array([2.0, 3.0])).round(3)
    array([[1.   , 0.368]])
    >>> curves.quantile(0.5).round(3)
    array([2.693])
    """

    edges: FloatArray
    rates: FloatArray

    def __post_init__(self) -> None:
        for name in ("edges", "rates"):
            array = np.ascontiguousarray(getattr(self, name), dtype=np.float64)
            object.__setattr__(self, name, freeze(array))
        require_increasing("edges", self.edges)
        if len(self.edges) < 2 or self.edges[0] != 0:
            raise DataError(f"edges must be 0 and one or more later days; they are {self.edges}.")
        if self.rates.ndim != 2 or self.rates.shape[1] != len(self.edges) - 1:
            raise DataError(
                f"rates must have shape (n, {len(self.edges) - 1}); they have {self.rates.shape}."
            )
        require_at_least("rates", self.rates)

    def __len__(self) -> int:
        return len(self.rates)

    def hazard(self, times: FloatArray) -> FloatArray:
        """Events per day at risk at times of shape (n_times,) or (n, n_times), shape (n, n_times)."""
        period = self._period(self._times(times))
        return np.take_along_axis(self.rates, period, axis=1)

    def cumulative(self, times: FloatArray, given: FloatArray | float | None = None) -> FloatArray:
        """Hazard gathered from ``given`` to each time, shape (n, n_times); 0 up to ``given``.

        Parameters
        ----------
        times : array of shape (n_times,) or (n, n_times), in days
        given : number or array of shape (n,), in days, >= 0, optional
            What has already been waited.

        Raises
        ------
        DataError
            A time is not finite, an age is negative, or shapes do not fit.
        """
        at_edges = self._at_edges()
        asked = self._times(times)
        gathered = self._cumulative(at_edges, asked)
        if given is not None:  # it never falls with time: what is before the age comes out below 0
            gathered -= self._cumulative(at_edges, self._waited(given))
            np.maximum(gathered, 0.0, out=gathered)
        return gathered

    def survival(self, times: FloatArray, given: FloatArray | float | None = None) -> FloatArray:
        """P(duration > time), or the same among those still waiting at ``given``.

        Parameters
        ----------
        times : array of shape (n_times,) or (n, n_times), in days
        given : number or array of shape (n,), in days, >= 0, optional
            What has already been waited.

        Returns
        -------
        probability : array of shape (n, n_times)
            Exactly 1 up to ``given``; equal to S(time) ÷ S(given) beyond.
        """
        more = self.cumulative(times, given)
        return np.exp(np.negative(more, out=more), out=more)

    def quantile(self, level: FloatArray | float, given: FloatArray | float | None = None) -> FloatArray:
        """Days within which a share is done, counted from 0, among those still waiting at ``given``.

        Parameters
        ----------
        level : number or array of shape (n_levels,), in [0, 1)
        given : number or array of shape (n,), in days, >= 0, optional

        Returns
        -------
        days : array of shape (n,) for one level, else (n, n_levels), >= ``given``
            Infinite where the curve never falls that far.

        Raises
        ------
        DataError
            A level is outside [0, 1).
        """
        levels = np.atleast_1d(np.asarray(level, dtype=np.float64))
        if levels.ndim != 1 or not ((levels >= 0) & (levels < 1)).all():
            raise DataError(f"levels must be one number or a row of numbers in [0, 1); they are {level}.")
        days = self._days_to(np.broadcast_to(-np.log1p(-levels), (len(self), len(levels))), given)
        return days[:, 0] if np.ndim(level) == 0 else days

    def mean(self, horizon: FloatArray | float, given: FloatArray | float | None = None) -> FloatArray:
        """Mean days, where whatever takes longer than a horizon is counted as the horizon (restricted mean).

        Parameters
        ----------
        horizon : number or array of shape (n,), in days, >= 0
        given : number or array of shape (n,), in days, >= 0, optional

        Returns
        -------
        days : array of shape (n,)
            E[min(duration, horizon) | duration > given]: the area under the curve up to the horizon.

        Examples
        --------
        >>> half_a_day = PiecewiseExponential(edges=np.array([0.0, 9.0]), rates=np.array([[2.0]]))
        >>> half_a_day.mean(1000.0)
        array([0.5])
        """
        until, waited = self._waited(horizon), self._waited(0.0 if given is None else given)
        starts = np.clip(self.edges[:-1], waited, np.maximum(until, waited))
        ends = np.clip(np.append(self.edges[1:-1], np.inf), waited, np.maximum(until, waited))
        gathered = self.rates * (ends - starts)
        shrink = np.divide(-np.expm1(-gathered), gathered, out=np.ones(gathered.shape), where=gathered > 0)
        area = np.exp(gathered - np.cumsum(gathered, axis=1)) * (ends - starts) * shrink
        days: FloatArray = np.minimum(waited, until)[:, 0] + area.sum(axis=1)
        return days

    def sample(self, n: int, rng: np.random.Generator, given: FloatArray | float | None = None) -> FloatArray:
        """Draws from the curves, by inverting each at a uniform level.

        Parameters
        ----------
        n : int, >= 1
            Draws of each row.
        rng : Generator
        given : number or array of shape (n_rows,), in days, >= 0, optional

        Returns
        -------
        days : array of shape (n_rows, n), counted from 0, >= ``given``
        """
        return self._days_to(rng.standard_exponential((len(self), n)), given)

    def _days_to(self, more: FloatArray, given: FloatArray | float | None) -> FloatArray:
        """When each row, from ``given`` on, has gathered this much more hazard; shape of ``more``, (n, n_values)."""
        at_edges = self._at_edges()
        waited = self._waited(0.0 if given is None else given)
        wanted = self._cumulative(at_edges, waited) + more
        period = np.zeros(wanted.shape, dtype=np.int64)
        for column in at_edges.T[1:-1]:
            period += column[:, None] <= wanted
        rest = wanted - np.take_along_axis(at_edges, period, axis=1)
        rate = np.take_along_axis(self.rates, period, axis=1)
        never = np.where(rest > 0, np.inf, 0.0)  # the last hazard may be 0
        days = self.edges[period] + np.divide(rest, rate, out=never, where=rate > 0)
        return np.maximum(days, waited)

    def _at_edges(self) -> FloatArray:
        """Cumulative hazard at each edge but the last, and at the last, shape (n, n_periods + 1)."""
        gathered = np.zeros((len(self), len(self.edges)))
        np.cumsum(self.rates * np.diff(self.edges), axis=1, out=gathered[:, 1:])
        return gathered

    def _cumulative(self, at_edges: FloatArray, times: FloatArray) -> FloatArray:
        period = self._period(times)
        if len(times) == 1 != len(self):  # the same times for all rows: whole columns are taken
            begun, rate = at_edges[:, period[0]], self.rates[:, period[0]]
        else:
            begun = np.take_along_axis(at_edges, period, axis=1)
            rate = np.take_along_axis(self.rates, period, axis=1)
        gathered: FloatArray = begun + rate * (times - self.edges[period])
        return gathered

    def _period(self, times: FloatArray) -> np.ndarray:
        return np.searchsorted(self.edges[1:-1], times, side="left")

    def _times(self, times: FloatArray) -> FloatArray:
        """Times of shape (1, n_times) or (n, n_times); nothing has happened before 0."""
        asked = np.maximum(np.atleast_2d(np.asarray(times, dtype=np.float64)), 0.0)
        if asked.ndim != 2 or len(asked) not in (1, len(self)):
            raise DataError(
                f"times must have shape (n_times,) or ({len(self)}, n_times); they have {np.shape(times)}."
            )
        require_at_least("times", asked)
        return asked

    def _waited(self, days: FloatArray | float) -> FloatArray:
        """One number of days a row, shape (n, 1)."""
        each = np.asarray(days, dtype=np.float64)
        if each.shape not in ((), (len(self),)):
            raise DataError(
                f"days of each row must be a number or {len(self)} of them; they have {each.shape}."
            )
        require_at_least("days", np.atleast_1d(each))
        return np.broadcast_to(each, len(self))[:, None]
