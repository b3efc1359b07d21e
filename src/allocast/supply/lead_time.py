"""Lead times in whole periods: when an order placed now can be used."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.checks import require_at_least
from allocast.numerics.discrete import DiscreteDistribution

__all__ = ["LeadTimeDistribution", "PeriodDays", "period_ends", "periods_from_survival", "whole_periods"]

PeriodDays = int | tuple[int, ...]
"""Days of a period, or of each coming one where they differ, as calendar months do."""


def period_ends(period_days: PeriodDays, n_periods: int) -> FloatArray:
    """Days that have passed after 0, 1, …, n_periods − 1 coming periods, shape (n_periods,).

    Parameters
    ----------
    period_days : int, or tuple of at least n_periods − 1 ints, >= 1
    n_periods : int, >= 1

    Raises
    ------
    DataError
        A number is out of its range, or too few periods have lengths.

    Examples
    --------
    >>> period_ends(7, 3)
    array([ 0.,  7., 14.])
    >>> period_ends((29, 31, 30), 3)
    array([ 0., 29., 60.])
    """
    if n_periods < 1:
        raise DataError(f"n_periods must be >= 1; it is {n_periods}.")
    _require_period_days(period_days)
    if isinstance(period_days, int):
        return period_days * np.arange(n_periods, dtype=np.float64)
    if len(period_days) < n_periods - 1:
        raise DataError(
            f"period_days must hold the days of {n_periods - 1} coming periods; it has {len(period_days)}."
        )
    return np.append(0.0, np.cumsum(period_days, dtype=np.float64))[:n_periods]


def whole_periods(days: FloatArray, period_days: PeriodDays) -> IntArray:
    """Full periods that pass before what takes this many days can be used.

    Parameters
    ----------
    days : array, in days
        What is due already (0 or less) can be used in the next period: 0.
    period_days : int, or tuple of ints, >= 1
        Where periods differ, what takes longer than all that are given needs one more than these.

    Examples
    --------
    >>> whole_periods(np.array([-3.0, 0.0, 1.0, 14.0, 15.0]), 7)
    array([0, 0, 1, 2, 3])
    >>> whole_periods(np.array([29.0, 30.0, 60.0, 61.0]), (29, 31))
    array([1, 2, 2, 3])
    """
    if isinstance(period_days, int):
        return np.maximum(np.ceil(np.asarray(days) / period_days - 1e-9), 0).astype(np.int64)
    ends = period_ends(period_days, len(period_days) + 1)
    return np.searchsorted(ends, np.asarray(days) - 1e-9, side="left").astype(np.int64)


def _require_period_days(period_days: PeriodDays) -> None:
    lengths = (period_days,) if isinstance(period_days, int) else period_days
    if not lengths or min(lengths) < 1:
        raise DataError(f"period_days must be >= 1; it is {period_days}.")


def periods_from_survival(survival: FloatArray) -> DiscreteDistribution:
    """Whole periods to wait, from the chance of still waiting after 0, 1, …, K − 1 periods.

    Parameters
    ----------
    survival : array of shape (n, K), in [0, 1], never rising along a row
        Column ``k``: P(still waiting when ``k`` periods have passed).

    Returns
    -------
    periods : DiscreteDistribution of n rows on 0 … K
        The last column, K, holds all that is left: "K periods or more".

    Raises
    ------
    DataError
        A number is outside [0, 1], or a row rises.

    Examples
    --------
    >>> periods_from_survival(np.array([[1.0, 0.4, 0.1]])).probability.round(6)
    array([[0. , 0.6, 0.3, 0.1]])
    """
    survival = np.asarray(survival, dtype=np.float64)
    ends = np.ones((len(survival), 1))
    probability = np.hstack([ends, survival]) - np.hstack([survival, 0 * ends])
    wrong = ~(probability >= 0).all(axis=1)  # so written, NaN is wrong too
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"survival must fall from at most 1 to at least 0 along each row; row {row} is {survival[row]} "
            f"({int(wrong.sum())} of {len(survival)} rows affected)."
        )
    return DiscreteDistribution(probability=probability)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadTimeDistribution:
    """How many whole periods an order placed now takes, one distribution a sourcing line.

    A sourcing line is a supplier for an item at a location. Periods are of any length: a number of days, or calendar
    months, whose own days count.

    An order placed at the end of period ``t`` with lead time ``k`` can be used from the start of period
    ``t + 1 + k``: ``k`` full periods pass in between, k = days ÷ period rounded up. So 14 days are 2 weeks,
    and the protection interval of an order is its review period (1) plus its lead time.

    Parameters
    ----------
    period_days : int, or tuple of ints, >= 1
        Of a period; where periods differ, of each coming one.
    periods : DiscreteDistribution
        A row per sourcing line; column ``k`` is P(lead time = k periods). Where it comes from a survival
        curve, the last column holds the whole tail.

    Raises
    ------
    DataError
        ``period_days`` is below 1.

    Examples
    --------
    >>> lead_time = LeadTimeDistribution.certain(np.array([14.0, 0.0]), period_days=7)
    >>> lead_time.mean
    array([2., 0.])
    """

    period_days: PeriodDays
    periods: DiscreteDistribution

    def __post_init__(self) -> None:
        _require_period_days(self.period_days)

    def __len__(self) -> int:
        return len(self.periods)

    @classmethod
    def certain(cls, days: FloatArray, *, period_days: PeriodDays) -> "LeadTimeDistribution":
        """Lead times that never vary, from their days, shape (n,), >= 0."""
        require_at_least("days", np.asarray(days, dtype=np.float64))
        periods = DiscreteDistribution.certain(whole_periods(days, period_days))
        return cls(period_days=period_days, periods=periods)

    @classmethod
    def from_survival(cls, survival: FloatArray, *, period_days: PeriodDays) -> "LeadTimeDistribution":
        """From P(not received after 0, 1, …, K − 1 periods), shape (n, K); column K takes the whole tail."""
        return cls(period_days=period_days, periods=periods_from_survival(survival))

    @property
    def mean(self) -> FloatArray:
        """Expected whole periods, shape (n,); too small where the last column holds a tail."""
        return self.periods.mean

    def quantile(self, level: float) -> IntArray:
        """Smallest number of periods within which the order is there with this probability, shape (n,)."""
        return self.periods.quantile(level)

    def take(self, rows: IntArray) -> "LeadTimeDistribution":
        """The chosen rows, in the given order."""
        return LeadTimeDistribution(period_days=self.period_days, periods=self.periods.take(rows))

    def remaining(self, passed: int) -> DiscreteDistribution:
        """Whole periods still to wait, a row per line, for orders not there when this many had passed.

        Parameters
        ----------
        passed : int, in periods, >= 0
            The order was placed at the end of period ``t``; it was not there yet in period ``t + passed``.

        Returns
        -------
        periods : DiscreteDistribution
            Column ``k``: it can be used from the start of period ``t + passed + 1 + k``. An order that should
            be there already is expected at once: 0.

        Examples
        --------
        >>> periods = DiscreteDistribution(probability=np.array([[0.0, 0.5, 0.3, 0.2]]))
        >>> lead_time = LeadTimeDistribution(period_days=7, periods=periods)
        >>> lead_time.remaining(2).probability
        array([[0.6, 0.4, 0. , 0. ]])
        """
        probability = np.zeros_like(self.periods.probability)
        left = self.periods.probability[:, passed:]
        probability[:, : left.shape[1]] = left
        share = probability.sum(axis=1, keepdims=True)
        overdue = share[:, 0] <= 0
        probability[overdue, 0] = 1.0
        return DiscreteDistribution(probability=probability / np.where(overdue[:, None], 1.0, share))
