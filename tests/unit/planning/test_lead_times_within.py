import numpy as np
import pytest

from allocast.errors import DataError
from allocast.numerics.discrete import DiscreteDistribution
from allocast.planning.lead_times import lead_times_within
from allocast.supply.lead_time import LeadTimeDistribution

TODAY = np.datetime64("2024-03-10")


class Believed:
    """A supply model that gives one row of probabilities for 0, 1, … periods, the last holding the tail."""

    def __init__(self, probability):
        self.probability = np.array([probability])

    def lead_times(self, sourcing, **window):
        periods = DiscreteDistribution(probability=np.repeat(self.probability, len(sourcing), axis=0))
        return LeadTimeDistribution(period_days=window["period_days"], periods=periods)


def within(horizon, probability, make_lines, make_book):
    return lead_times_within(
        horizon, Believed(probability), make_lines("a"), history=make_book(), as_of=TODAY, period_days=7
    )


def test_a_small_tail_beyond_the_horizon_becomes_the_longest_lead_time_within(make_lines, make_book):
    lead_time = within(3, [0.0, 0.5, 0.4, 0.1], make_lines, make_book)
    np.testing.assert_allclose(lead_time.periods.probability, [[0.0, 0.5, 0.5]])


def test_a_lead_time_beyond_the_horizon_is_refused_with_what_to_do(make_lines, make_book):
    with pytest.raises(DataError, match=r"a forecast of 3 periods is too short .* Set demand.horizon higher"):
        within(3, [0.0, 0.3, 0.3, 0.4], make_lines, make_book)
