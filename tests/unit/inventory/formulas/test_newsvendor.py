import numpy as np
import pytest

from allocast.errors import DataError
from allocast.inventory.formulas.losses import level_costs
from allocast.inventory.formulas.newsvendor import (
    newsvendor_discrete,
    newsvendor_normal,
    newsvendor_poisson,
    newsvendor_samples,
)
from allocast.numerics.discrete import DiscreteDistribution
from allocast.numerics.discrete_laws import poisson, rounded_normal

RATES = {"holding_cost": np.array([0.18]), "shortage_cost": np.array([0.70])}


def test_no_other_whole_level_costs_less() -> None:
    odd = DiscreteDistribution(probability=np.array([[0.4, 0, 0.1, 0, 0, 0.3, 0.2]]))
    best = newsvendor_discrete(odd, **RATES)
    cost = level_costs(odd, np.arange(9)[None, :], **RATES)[0]
    assert best.units[0] == np.argmin(cost)
    assert best.cost[0] == pytest.approx(cost.min())


def test_rounded_normal_demand_asks_for_about_the_normal_level() -> None:
    mean, deviation = np.array([500.0]), np.array([80.0])
    normal = newsvendor_normal(mean, deviation, **RATES)
    whole = newsvendor_discrete(rounded_normal(mean, deviation), **RATES)
    assert abs(whole.units[0] - normal.units[0]) <= 1
    assert whole.cost[0] == pytest.approx(normal.cost[0], rel=1e-3)


def test_samples_lead_to_the_level_of_the_distribution_they_come_from() -> None:
    rates = {"holding_cost": np.array([1.0]), "shortage_cost": np.array([4.0])}
    samples = np.random.default_rng(1).poisson(6, (1, 100_000)).astype(float)
    learned, true = newsvendor_samples(samples, **rates), newsvendor_poisson(np.array([6.0]), **rates)
    assert learned.units[0] == true.units[0]
    assert learned.cost[0] == pytest.approx(true.cost[0], rel=0.01)


def test_each_series_has_costs_of_its_own() -> None:
    shortage = np.array([1.0, 4.0, 19.0])
    best = newsvendor_poisson(np.full(3, 6.0), holding_cost=np.ones(3), shortage_cost=shortage)
    np.testing.assert_array_equal(best.units, [6, 8, 10])


def test_the_short_way_for_poisson_demand_is_the_long_one() -> None:
    rng = np.random.default_rng(3)
    mean, shortage = rng.uniform(0.01, 60, 500), rng.uniform(0.02, 80, 500)
    rates = {"holding_cost": np.ones(500), "shortage_cost": shortage}
    short, long = newsvendor_poisson(mean, **rates), newsvendor_discrete(poisson(mean), **rates)
    np.testing.assert_array_equal(short.units, long.units)
    np.testing.assert_allclose(short.cost, long.cost, rtol=1e-8)


def test_a_large_mean_is_nearly_normal() -> None:
    rates = {"holding_cost": np.ones(1), "shortage_cost": np.array([9.0])}
    large = newsvendor_poisson(np.array([1e6]), **rates)
    assert large.units[0] == pytest.approx(
        newsvendor_normal(np.array([1e6]), np.array([1e3]), **rates).units[0], abs=2
    )


def test_a_shortage_that_costs_nothing_has_no_newsvendor() -> None:
    with pytest.raises(DataError, match="shortage_cost must be 1 finite numbers > 0"):
        newsvendor_poisson(np.array([6.0]), holding_cost=np.ones(1), shortage_cost=np.zeros(1))


def test_a_negative_deviation_is_refused() -> None:
    with pytest.raises(DataError, match="deviation"):
        newsvendor_normal(np.array([6.0]), np.array([-1.0]), **RATES)
