"""Kaplan–Meier: the share still waiting, from durations of which some are censored."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, FloatArray, freeze
from allocast.numerics.checks import require_at_least, require_same_length

__all__ = ["KaplanMeier"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KaplanMeier:
    """A survival curve that steps down where something happened.

    Parameters
    ----------
    times : array of shape (n_steps,), in days, rising
        Where events were seen.
    levels : array of shape (n_steps,), in [0, 1], never rising
        P(duration > time) from each of these times on.
    longest : float, in days
        The longest duration seen, censored or not; the curve says nothing beyond it.
    """

    times: FloatArray
    levels: FloatArray
    longest: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "times", freeze(np.asarray(self.times, dtype=np.float64)))
        object.__setattr__(self, "levels", freeze(np.asarray(self.levels, dtype=np.float64)))

    @classmethod
    def fit(
        cls,
        durations: FloatArray,
        event: BoolArray,
        *,
        entry: FloatArray | None = None,
        weight: FloatArray | None = None,
    ) -> "KaplanMeier":
        """The product-limit estimate.

        Parameters
        ----------
        durations : array of shape (n,), in days, >= 0
        event : array of bool, shape (n,)
            False where the duration is censored: the truth is longer.
        entry : array of shape (n,), in days, optional
            When each began to be watched (left truncation): it is at risk only after that.
        weight : array of shape (n,), >= 0, optional

        Raises
        ------
        DataError
            There is nothing to fit, lengths differ, or a number is out of its range.

        Examples
        --------
        >>> curve = KaplanMeier.fit(np.array([1.0, 2.0, 3.0]), np.array([True, False, True]))
        >>> curve.survival(np.array([0.0, 1.0, 2.9, 3.0]))
        array([1.        , 0.66666667, 0.66666667, 0.        ])
        """
        durations = np.asarray(durations, dtype=np.float64)
        # Watched from before the beginning: what happens at 0 days is seen too.
        entry = np.full(len(durations), -1.0) if entry is None else np.asarray(entry, dtype=np.float64)
        weight = np.ones(len(durations)) if weight is None else np.asarray(weight, dtype=np.float64)
        require_same_length(durations=durations, event=event, entry=entry, weight=weight)
        require_at_least("durations", durations)
        require_at_least("weight", weight)
        if not len(durations):
            raise DataError("a Kaplan–Meier curve needs at least one duration; there is none.")
        times, place = np.unique(durations[event], return_inverse=True)
        happened = np.bincount(place, weights=weight[event], minlength=len(times))
        at_risk = _weight_from(times, durations, weight) - _weight_from(times, entry, weight)
        share = np.divide(happened, at_risk, out=np.zeros(len(times)), where=happened > 0)
        levels = np.cumprod(1 - np.minimum(share, 1.0))
        return cls(times=times, levels=levels, longest=float(durations.max()))

    def survival(self, times: FloatArray, given: FloatArray | float | None = None) -> FloatArray:
        """P(duration > time), or the same among those still waiting at ``given``.

        Parameters
        ----------
        times : array of any shape, in days
        given : number or array that broadcasts with ``times``, in days, optional
            What has already been waited. Whoever waited longer than anyone seen is expected at once.

        Returns
        -------
        probability : array of the broadcast shape, 1 up to ``given``
        """
        joint = self._at(times)
        if given is None:
            return joint
        known = self._at(np.asarray(given))
        later = np.divide(joint, known, out=np.zeros(np.broadcast(joint, known).shape), where=known > 0)
        return np.where(times <= np.asarray(given), 1.0, later)

    def quantile(self, level: float) -> float:
        """The days within which this share is done; NaN where the curve does not fall that far."""
        reached = np.flatnonzero(self.levels <= 1 - level + 1e-12)
        return float(self.times[reached[0]]) if reached.size else float("nan")

    @property
    def mean(self) -> float:
        """Mean days, restricted to the longest duration seen: the area under the curve up to there."""
        knots = np.concatenate([[0.0], self.times, [self.longest]])
        return float(np.diff(knots) @ np.concatenate([[1.0], self.levels]))

    def _at(self, times: FloatArray) -> FloatArray:
        steps = np.concatenate([[1.0], self.levels])
        return steps[np.searchsorted(self.times, times, side="right")]


def _weight_from(times: FloatArray, values: FloatArray, weight: FloatArray) -> FloatArray:
    """Total weight of the values at or after each time, shape of ``times``."""
    order = np.argsort(values, kind="stable")
    remaining = np.append(np.cumsum(weight[order][::-1])[::-1], 0.0)
    return remaining[np.searchsorted(values[order], times, side="left")]
