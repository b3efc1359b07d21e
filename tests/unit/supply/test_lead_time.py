import numpy as np
import pytest

from allocast.demand.calendar import Frequency
from allocast.errors import DataError
from allocast.numerics.discrete import DiscreteDistribution
from allocast.supply.lead_time import LeadTimeDistribution, period_ends, periods_from_survival


def test_fourteen_days_are_two_whole_weeks() -> None:
    lead_time = LeadTimeDistribution.certain(np.array([14.0, 15.0, 0.0]), period_days=7)
    np.testing.assert_array_equal(lead_time.mean, [2, 3, 0])
    assert (lead_time.period_days, len(lead_time)) == (7, 3)


def test_the_whole_tail_is_in_the_last_column() -> None:
    lead_time = LeadTimeDistribution.from_survival(np.array([[1.0, 0.6, 0.2]]), period_days=7)
    np.testing.assert_allclose(lead_time.periods.probability, [[0, 0.4, 0.4, 0.2]])
    assert (lead_time.quantile(0.5)[0], lead_time.quantile(0.9)[0]) == (2, 3)


def test_rows_can_be_taken_in_any_order() -> None:
    lead_time = LeadTimeDistribution.certain(np.array([7.0, 14.0]), period_days=7)
    np.testing.assert_array_equal(lead_time.take(np.array([1, 0, 1])).mean, [2, 1, 2])


def test_what_remains_is_the_rest_of_the_distribution_and_an_overdue_order_is_expected_at_once() -> None:
    lead_time = LeadTimeDistribution.certain(np.array([7.0, 21.0]), period_days=7)
    np.testing.assert_array_equal(lead_time.remaining(0).mean, [1, 3])
    np.testing.assert_array_equal(lead_time.remaining(2).mean, [0, 1])
    np.testing.assert_array_equal(lead_time.remaining(9).mean, [0, 0])


@pytest.mark.parametrize("survival", [[[0.5, 0.6]], [[1.2, 0.5]], [[0.5, -0.1]], [[1.0, np.nan]]])
def test_curves_that_rise_or_leave_the_unit_interval_are_refused(survival: list[list[float]]) -> None:
    with pytest.raises(DataError, match="must fall"):
        periods_from_survival(np.array(survival))


def test_periods_below_a_day_and_negative_days_are_refused() -> None:
    with pytest.raises(DataError, match="period_days"):
        LeadTimeDistribution(period_days=0, periods=DiscreteDistribution.certain(np.array([1])))
    with pytest.raises(DataError, match="days must be"):
        LeadTimeDistribution.certain(np.array([-1.0]), period_days=7)


def test_months_count_by_their_own_days() -> None:
    after_january = Frequency.MONTHLY.days_ahead(np.datetime64("2023-01-31"), 3)
    lead_time = LeadTimeDistribution.certain(np.array([28.0, 29.0, 59.0, 60.0]), period_days=after_january)
    np.testing.assert_array_equal(lead_time.mean, [1, 2, 2, 3])


def test_period_ends_are_the_sums_of_the_days_of_the_periods() -> None:
    np.testing.assert_array_equal(period_ends((28, 31, 30), 4), [0, 28, 59, 89])
    np.testing.assert_array_equal(period_ends(7, 4), [0, 7, 14, 21])


def test_more_periods_than_have_lengths_are_refused() -> None:
    assert len(period_ends((28, 31), 3)) == 3
    with pytest.raises(DataError, match="days of 3 coming periods; it has 2"):
        period_ends((28, 31), 4)
    with pytest.raises(DataError, match="n_periods"):
        period_ends(7, 0)
