import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocast.forecast.calibration.ratio_quantiles import RatioQuantiles, learn_ratios
from allocast.forecast.censored.bounded_sample import BoundedSample

LEVELS = np.array([0.1, 0.5, 0.9])


def test_without_bounds_it_is_the_plain_sample() -> None:
    values = np.random.default_rng(0).gamma(2, 1, 101)
    sample = BoundedSample.of(values, np.zeros(101, dtype=bool))
    np.testing.assert_array_equal(sample.quantiles(LEVELS), np.quantile(values, LEVELS))
    np.testing.assert_array_equal(sample.drawn(), values)


def test_the_weight_of_a_bound_goes_to_the_values_above_it() -> None:
    sample = BoundedSample.of(np.array([1.0, 2.0, 3.0, 5.0]), np.array([False, True, False, False]))
    np.testing.assert_allclose(sample.weights, [1 / 4, 0, 3 / 8, 3 / 8])
    assert sample.drawn()[1] in (3.0, 5.0)


def test_a_bound_may_be_the_value_itself() -> None:
    sample = BoundedSample.of(np.array([2.0, 2.0]), np.array([False, True]))
    np.testing.assert_allclose(sample.drawn(), [2, 2])


def test_bounds_that_nothing_exceeds_lie_beyond_the_last_value() -> None:
    values = np.append(np.arange(1.0, 101.0), 100.0)
    sample = BoundedSample.of(values, np.append(np.zeros(100, dtype=bool), True))
    assert sample.drawn()[-1] >= 100
    beyond = BoundedSample.of(np.append(values[:-1], 120.0), np.append(np.zeros(100, dtype=bool), True))
    assert beyond.drawn()[-1] > 120


def test_a_sample_of_nothing_but_bounds_is_taken_as_it_stands() -> None:
    sample = BoundedSample.of(np.array([1.0, 2.0]), np.ones(2, dtype=bool))
    np.testing.assert_array_equal(sample.drawn(), [1, 2])


@given(st.lists(st.tuples(st.floats(0, 50), st.booleans()), min_size=1, max_size=40))
def test_weights_sum_to_one_and_no_bound_is_undercut(pairs: list[tuple[float, bool]]) -> None:
    values = np.array([value for value, _ in pairs])
    sample = BoundedSample.of(values, np.array([bound for _, bound in pairs]))
    assert sample.weights.sum() == pytest.approx(1)
    assert (sample.drawn() >= values - 1e-9).all()
    assert (np.diff(sample.quantiles(LEVELS)) >= 0).all()


def test_ratios_of_outcomes_cut_by_stock_are_those_of_all_demand() -> None:
    rng = np.random.default_rng(3)
    mean = np.full((20_000, 2), 20.0)
    demand = rng.gamma(2, mean / 2)
    stock = rng.uniform(5, 80, demand.shape)
    bounded = demand > stock
    of_period, of_total = learn_ratios(mean, np.minimum(demand, stock), (0.1, 0.5, 0.9), bounded)
    exact = np.quantile(demand, LEVELS)
    np.testing.assert_allclose(20 * of_period[0].ratios.mean(axis=0), exact, rtol=0.05)  # over 40 bins
    totals = np.quantile(demand.sum(axis=1), LEVELS)
    np.testing.assert_allclose(40 * of_total[1].ratios.mean(axis=0), totals, rtol=0.05)


def test_masking_what_sold_out_would_have_said_too_little() -> None:
    rng = np.random.default_rng(3)
    demand = rng.gamma(2, 10.0, 20_000)
    stock = rng.uniform(5, 80, demand.shape)
    seen = np.where(demand > stock, np.nan, demand)
    median = RatioQuantiles.learn(np.full(20_000, 20.0), seen, LEVELS).units(np.array([20.0]))[0, 1]
    assert median < 0.85 * np.median(demand)
