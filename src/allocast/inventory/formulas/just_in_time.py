"""Just in time: whether its conditions hold, and the little stock it works with."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import SettingsError
from allocast.numerics.arrays import BoolArray, FloatArray, freeze
from allocast.numerics.checks import require_at_least, require_same_length

__all__ = ["Conditions", "Evidence", "just_in_time_level"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What decides whether a series can be supplied just in time.

    Parameters
    ----------
    lead_time_p50, lead_time_p90 : arrays of shape (n_series,), in periods
    variation : array of shape (n_series,), >= 0
        Standard deviation of a period's demand ÷ its mean.
    batch_periods : array of shape (n_series,), in periods
        How long the economic order quantity lasts: long where ordering is costly.

    Raises
    ------
    DataError
        Lengths differ, or a number is negative.
    """

    lead_time_p50: FloatArray
    lead_time_p90: FloatArray
    variation: FloatArray
    batch_periods: FloatArray

    def __post_init__(self) -> None:
        names = ("lead_time_p50", "lead_time_p90", "variation", "batch_periods")
        require_same_length(**{name: getattr(self, name) for name in names})
        for name in names:
            values = np.asarray(getattr(self, name), dtype=np.float64)
            require_at_least(name, values)
            object.__setattr__(self, name, freeze(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What it takes: short and reliable lead times, smooth demand, orders that cost little.

    Parameters
    ----------
    longest_lead_time : float, in periods, >= 0
        P90 of the lead time at the most.
    largest_delay : float, in periods, >= 0
        P90 − P50 at the most.
    largest_variation : float, > 0
        Of demand from period to period, as a share of its mean.
    longest_batch : float, in periods, > 0
        What the economic order quantity may last: beyond, ordering every period costs too much.

    Raises
    ------
    SettingsError
        A number is out of its range.

    References
    ----------
    Monden (1983), *Toyota Production System*, chapters 1 to 4: levelled demand, small lots, short and certain lead
    times; Silver, Pyke and Thomas, *Inventory and Production Management in Supply Chains*, 4th ed., chapter 15. The
    limits themselves are Allocast's.
    """

    longest_lead_time: float = 1.0
    largest_delay: float = 0.0
    largest_variation: float = 0.5
    longest_batch: float = 2.0

    def __post_init__(self) -> None:
        at_least_0 = min(self.longest_lead_time, self.largest_delay) >= 0
        if not (at_least_0 and min(self.largest_variation, self.longest_batch) > 0):
            raise SettingsError(
                f"conditions of just in time must be >= 0, and > 0 for variation and batch; they are {self}."
            )

    def unmet(self, evidence: Evidence) -> BoolArray:
        """Which conditions fail, shape (n_series, 4): lead time, delay, variation, batch.

        Examples
        --------
        >>> near = Evidence(lead_time_p50=np.zeros(1), lead_time_p90=np.ones(1), variation=np.array([0.2]),
        ...                 batch_periods=np.ones(1))
        >>> Conditions().unmet(near)
        array([[False,  True, False, False]])
        """
        pairs = (
            (evidence.lead_time_p90, self.longest_lead_time),
            (evidence.lead_time_p90 - evidence.lead_time_p50, self.largest_delay),
            (evidence.variation, self.largest_variation),
            (evidence.batch_periods, self.longest_batch),
        )
        return np.column_stack([found > most + 1e-9 for found, most in pairs])

    def reasons(self, evidence: Evidence, *, unit: str = "period") -> tuple[str, ...]:
        """What does not hold for each series, in words; empty where all does.

        Parameters
        ----------
        evidence : Evidence
        unit : str
            What a period is called.

        Examples
        --------
        >>> far = Evidence(lead_time_p50=np.array([2.0]), lead_time_p90=np.array([4.0]), variation=np.array([0.2]),
        ...                batch_periods=np.ones(1))
        >>> Conditions().reasons(far, unit="week")
        ('one lead time in ten is 4 weeks or more (at most 1), it may be 2 weeks later than usual (at most 0)',)
        """
        sentences = []
        for row, wrong in enumerate(self.unmet(evidence)):
            late = evidence.lead_time_p90[row] - evidence.lead_time_p50[row]
            parts = (
                f"one lead time in ten is {evidence.lead_time_p90[row]:g} {unit}s or more (at most "
                f"{self.longest_lead_time:g})",
                f"it may be {late:g} {unit}s later than usual (at most {self.largest_delay:g})",
                f"demand varies by {evidence.variation[row]:.0%} of its mean (at most {self.largest_variation:.0%})",
                f"an economic batch lasts {evidence.batch_periods[row]:.1f} {unit}s (at most {self.longest_batch:g})",
            )
            sentences.append(", ".join(part for part, is_wrong in zip(parts, wrong, strict=True) if is_wrong))
        return tuple(sentences)


def just_in_time_level(
    demand: FloatArray, interval: FloatArray, *, allowance_share: float = 0.1
) -> FloatArray:
    """Stock that circulates: demand of the protection interval and an allowance, shape (n_series,), in whole units.

    In cards of a kanban system with containers of one unit: d L (1 + α).

    Parameters
    ----------
    demand : array of shape (n_series,), units per period
    interval : array of shape (n_series,), in periods
    allowance_share : float, >= 0
        α, for what is not quite level after all.

    References
    ----------
    Monden (1983), *Toyota Production System*, appendix 2, the number of kanban.

    Examples
    --------
    >>> just_in_time_level(np.array([20.0]), np.array([1.5]))
    array([33.])
    """
    if allowance_share < 0:
        raise SettingsError(f"allowance_share must be >= 0; it is {allowance_share:g}.")
    return np.asarray(np.ceil(np.asarray(demand) * interval * (1 + allowance_share) - 1e-9))
