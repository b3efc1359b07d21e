import numpy as np
import pytest
from scipy.stats import nbinom

from allocast.forecast.censored.demand_spread import DemandSpread
from allocast.forecast.censored.outcomes import Outcomes


def sold(units, exposure, series=None) -> Outcomes:
    units = np.asarray(units, dtype=np.float64)
    series = np.zeros(len(units), dtype=np.int64) if series is None else series
    return Outcomes(series=series, units=units, exposure=np.broadcast_to(np.float64(exposure), units.shape))


def spread(occurrence: float = 1.0, shape: float = 2.0) -> DemandSpread:
    return DemandSpread(occurrence=np.array([occurrence]), shape=np.array([shape]), unit=1.0)


@pytest.mark.parametrize(("occurrence", "shape", "mean"), [(1, 0.7, 2.0), (0.3, 4.0, 5.0), (1, 30, 40.0)])
@pytest.mark.parametrize("bound", [1, 3, 25])
def test_demand_of_at_least_a_bound_is_the_mean_of_the_distribution_above_it(
    occurrence: float, shape: float, mean: float, bound: int
) -> None:
    units = np.arange(20_000)
    size = mean / occurrence
    probability = occurrence * nbinom.pmf(units, shape, shape / (shape + size))
    above = units >= bound
    exact = (units * probability)[above].sum() / probability[above].sum()
    told = spread(occurrence, shape).expected(sold([bound], np.nan), np.array([mean]))
    np.testing.assert_allclose(told, exact, rtol=1e-6)


def test_demand_that_was_seen_is_what_was_sold() -> None:
    np.testing.assert_array_equal(spread().expected(sold([0, 3, 90], 1.0), np.full(3, 7.0)), [0, 3, 90])


@pytest.mark.parametrize("exposure", [np.nan, 0.0])
def test_a_period_that_says_nothing_leaves_the_mean(exposure: float) -> None:
    np.testing.assert_allclose(spread(0.4).expected(sold([0.0], exposure), np.array([7.0])), 7)


def test_a_poisson_demand_goes_on_as_expected_after_the_stock_ran_out() -> None:
    steady = spread(shape=1e9)
    np.testing.assert_allclose(steady.expected(sold([9.0], 0.25), np.array([8.0])), 9 + 0.75 * 8, rtol=1e-6)


def test_the_more_was_sold_in_half_a_day_the_more_is_expected_of_the_rest() -> None:
    whole = spread().expected(sold([0, 2, 20], 0.5), np.full(3, 8.0))
    rest = whole - [0, 2, 20]
    assert rest[0] < 2 < rest[1] < 4 < rest[2]


def test_bounds_far_beyond_all_that_is_probable_stay_finite() -> None:
    told = spread(shape=32.0).expected(sold([1e5], np.nan), np.array([0.01]))
    assert 1e5 <= told[0] < 1.1e5


def test_the_spread_of_each_series_is_found_from_outcomes_of_which_some_are_bounds() -> None:
    rng = np.random.default_rng(0)
    mean, n = 10.0, 3000
    steady = nbinom.rvs(8, 8 / (8 + mean), size=n, random_state=rng)
    seldom = (rng.random(n) < 0.25) * nbinom.rvs(8, 8 / (8 + mean / 0.25), size=n, random_state=rng)
    demand, stock = np.concatenate([steady, seldom]), rng.integers(1, 60, 2 * n)
    out = Outcomes(
        series=np.repeat([0, 1], n),
        units=np.minimum(demand, stock).astype(np.float64),
        exposure=np.where(demand >= stock, np.nan, 1.0),
    )
    learned = DemandSpread.learn(out, np.full(2 * n, mean), n_series=2)
    assert learned.occurrence.tolist() == [1.0, 0.25]
    assert set(np.rint(learned.shape)) <= {4.0, 8.0, 16.0}


def test_amounts_in_other_units_have_the_same_spread() -> None:
    rng = np.random.default_rng(1)
    demand = rng.poisson(rng.gamma(2, 5, 2000)).astype(np.float64)
    whole, tenths = (
        DemandSpread.learn(sold(demand * unit, 1.0), np.full(2000, 10 * unit), n_series=1)
        for unit in (1, 0.1)
    )
    assert (tenths.unit, whole.unit) == (0.1, 1.0)
    assert tenths.shape == whole.shape


def test_means_by_expectation_maximisation_are_those_of_demand_and_not_of_days_in_stock() -> None:
    """Stock runs out when demand was high: days in stock sell less than is demanded, sales ÷ exposure too."""
    rng = np.random.default_rng(2)
    n, hours, mean, shape = 40_000, 16, 12.0, 2.0
    asked = rng.poisson(rng.gamma(shape, mean / shape / hours, (n, 1)), (n, hours))
    stock = rng.integers(5, 40, n)[:, None]
    open_hours = (np.cumsum(asked, axis=1) < stock).sum(axis=1)
    seen = np.minimum(open_hours + 1, hours)  # the hour in which it ran out had stock at its beginning
    units = np.minimum(asked.sum(axis=1), stock[:, 0]).astype(np.float64)
    out = sold(units, 1.0)
    out = Outcomes(series=out.series, units=units, exposure=seen / hours)
    estimate = units.mean()
    for _ in range(200):
        estimate = spread(shape=shape).expected(out, np.full(n, estimate)).mean()
    assert abs(estimate / mean - 1) < 0.04
    assert units[seen == hours].mean() / mean < 0.85
    assert units.sum() / (seen / hours).sum() / mean < 0.99
