import numpy as np
import pytest

from allocast.errors import DataError
from allocast.inventory.lead_time_demand import (
    LeadTimeDemand,
    lead_time_demand,
    projected_need,
    sample_quantile,
)


def need_of(demand, arrivals, on_hand, lead_time, *, owed=0.0, backorders=False, review_periods=1) -> float:
    """The need on a single path of a single series."""
    need = projected_need(
        np.array([[demand]], dtype=np.float64),
        np.array([[arrivals]], dtype=np.float64),
        np.array([on_hand], dtype=np.float64),
        np.array([[lead_time]]),
        backordered=np.array([owed], dtype=np.float64),
        backorders=backorders,
        review_periods=review_periods,
    )
    return float(need[0, 0])


def test_the_interval_is_the_review_period_and_the_lead_time_of_each_path() -> None:
    demand = np.array([[[1.0, 2, 4, 8], [10, 20, 40, 80]]])
    np.testing.assert_array_equal(lead_time_demand(demand, np.array([[0, 2]])).units, [[1, 70]])
    later = lead_time_demand(demand, np.array([[0, 2]]), review_periods=2)
    np.testing.assert_array_equal(later.units, [[3, 150]])


def test_paths_shorter_than_the_interval_are_refused() -> None:
    demand = np.ones((1, 1, 3))
    assert lead_time_demand(demand, np.array([[2]])).units[0, 0] == 3
    with pytest.raises(DataError, match=r"interval of 4 periods; they have 3\. Forecast further"):
        lead_time_demand(demand, np.array([[3]]))
    with pytest.raises(DataError, match="interval of 4 periods"):
        need_of([1, 1, 1], [0, 0, 0], 0, 2, review_periods=2)


@pytest.mark.parametrize(
    ("level", "covers"), [(0.0, 10), (1 / 6, 10), (0.17, 20), (4 / 6, 40), (0.8, 50), (0.9, 50), (1.0, 50)]
)
def test_a_quantile_is_the_smallest_sample_that_covers_so_many_places_of_six(
    level: float, covers: float
) -> None:
    samples = np.array([[30.0, 10, 50, 20, 40]])
    np.testing.assert_array_equal(sample_quantile(samples, np.array([level])), [covers])


def test_a_hair_above_a_share_is_rounding_and_takes_no_further_sample() -> None:
    assert 0.28 * 100 > 28
    assert sample_quantile(np.arange(1.0, 100)[None, :], np.array([0.28]))[0] == 28


def test_every_row_has_its_own_level() -> None:
    samples = np.array([[1.0, 2, 3, 4], [1, 2, 3, 4]])
    np.testing.assert_array_equal(LeadTimeDemand(units=samples).quantile(np.array([0.2, 0.6])), [1, 3])


def test_mean_and_expected_shortage_beyond_a_level() -> None:
    demand = LeadTimeDemand(units=np.array([[4.0, 6, 8, 10]]))
    np.testing.assert_array_equal(demand.mean, [7])
    np.testing.assert_array_equal(demand.expected_shortage(np.array([7.0])), [1])  # (1 + 3) / 4
    np.testing.assert_array_equal(demand.expected_shortage(np.array([10.0])), [0])


@pytest.mark.parametrize("units", [np.zeros(3), np.zeros((2, 0)), np.zeros((1, 2, 3))])
def test_samples_of_another_shape_are_refused(units: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"shape \(n_series, n_paths\)"):
        LeadTimeDemand(units=units)


@pytest.mark.parametrize("wrong", [np.nan, -1.0, np.inf])
def test_demand_that_is_no_number_of_units_is_refused_with_its_place(wrong: float) -> None:
    with pytest.raises(DataError, match=r"lead-time demand must be finite and >= 0; at \(1, 2\)"):
        LeadTimeDemand(units=np.array([[1.0, 2, 3], [4, 5, wrong]]))


def test_the_need_is_demand_while_the_order_serves_less_the_stock_that_is_left() -> None:
    assert need_of([3, 4, 5], [0, 0, 0], on_hand=9, lead_time=2) == 3  # 9 - 3 - 4 = 2 are left for the 5
    assert need_of([3, 4, 5], [0, 0, 0], on_hand=20, lead_time=2) == -8


def test_what_is_lost_before_the_order_arrives_needs_no_replacement_what_is_owed_does() -> None:
    demand, nothing = [6, 6, 5], [0, 0, 0]
    assert need_of(demand, nothing, on_hand=4, lead_time=2) == 5
    assert need_of(demand, nothing, on_hand=4, lead_time=2, backorders=True) == 13
    assert need_of(demand, nothing, on_hand=4, lead_time=2, owed=3, backorders=True) == 16


def test_an_open_order_serves_from_its_own_arrival_on() -> None:
    demand = [4, 4, 4]
    assert need_of(demand, [4, 4, 0], on_hand=0, lead_time=2) == 4
    assert (
        need_of(demand, [0, 0, 8], on_hand=0, lead_time=2) == -4
    )  # too late for two periods, there for the third
    assert need_of(demand, [0, 0, 0], on_hand=0, lead_time=2) == 4


def test_with_a_longer_review_the_order_serves_all_periods_until_the_next() -> None:
    assert need_of([1, 2, 4, 8], [0, 0, 0, 3], on_hand=1, lead_time=1, review_periods=3) == 11
