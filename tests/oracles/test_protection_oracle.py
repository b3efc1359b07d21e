"""Protected stock against Littlewood's closed form and the dynamic program of nested classes, lowest class first."""

import numpy as np
import pytest
from scipy import stats

from allocast.errors import DataError
from allocast.inventory.allocation import (
    AllocationProblem,
    Claims,
    Limit,
    allocate,
    littlewood,
    protection_levels,
)
from allocast.numerics.discrete import DiscreteDistribution

TOP = 60


def poisson(means):
    return DiscreteDistribution(
        probability=(p := stats.poisson.pmf(np.arange(TOP + 1), np.asarray(means)[:, None]))
        / p.sum(axis=1, keepdims=True)
    )


def expected_revenue(demand, revenue, supply, protected=None):
    """Of classes that ask one after the other, the last first; the best there is, or with protection levels given.

    V(j, x) = E max over u <= min(D, x) of revenue u + V(j - 1, x - u), or with u what the levels allow.
    """
    value = np.zeros(supply + 1)
    for j, (row, earned) in enumerate(zip(demand.probability, revenue, strict=True)):
        now = np.zeros(supply + 1)
        for left in range(supply + 1):
            options = [earned * u + value[left - u] for u in range(left + 1)]
            for asked, chance in enumerate(row):
                most = min(asked, left)
                if protected is None:
                    now[left] += chance * max(options[: most + 1])
                else:
                    held = 0 if j == 0 else protected[j - 1]
                    now[left] += chance * options[min(most, max(left - held, 0))]
        value = now
    return value[supply]


@pytest.mark.parametrize("ratio", [0.05, 0.3, 0.5, 0.9, 1.0])
def test_littlewoods_rule_is_the_quantile_of_the_upper_class(ratio):
    demand = poisson([3.0, 12.0, 25.0])
    closed = stats.poisson.ppf(1 - ratio, [3.0, 12.0, 25.0]) if ratio < 1 else np.zeros(3)
    np.testing.assert_array_equal(littlewood(demand, 10.0, 10.0 * ratio), closed)


@pytest.mark.parametrize("seed", range(5))
def test_for_two_classes_protection_is_littlewoods_and_optimal(seed):
    rng = np.random.default_rng(seed)
    demand, revenue = poisson(rng.uniform(3, 12, 2)), np.array([10.0, rng.uniform(1, 10)])
    levels = protection_levels(demand, revenue, supply=30)
    np.testing.assert_array_equal(levels, littlewood(demand.take(np.array([0])), *revenue))
    best = expected_revenue(demand, revenue, 15)
    assert expected_revenue(demand, revenue, 15, levels) == pytest.approx(best, rel=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_emsr_b_earns_within_one_percent_of_the_dynamic_program(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 6))
    demand, revenue = poisson(rng.uniform(2, 9, n)), np.sort(rng.uniform(1, 10, n))[::-1]
    supply = int(rng.integers(8, 26))
    levels = protection_levels(demand, revenue, supply=supply)
    best = expected_revenue(demand, revenue, supply)
    earned = expected_revenue(demand, revenue, supply, levels)
    assert 0.99 * best <= earned <= best + 1e-9
    assert (np.diff(levels) >= 0).all()


def test_the_rule_nested_gives_each_class_what_is_protected_for_it():
    demand, revenue = poisson([6.0, 9.0, 20.0]), np.array([9.0, 5.0, 2.0])
    order = np.array([2, 0, 1])  # whatever the order of rows
    claims = Claims.from_distribution(demand.take(order), shortage_cost=revenue[order])
    problem = AllocationProblem(claims=claims, limits=(Limit(name="seats", available=np.array([30.0])),))
    first, both = protection_levels(demand, revenue, supply=30)
    np.testing.assert_array_equal(allocate(problem, "nested").units, [30 - both, first, both - first])


def test_classes_must_be_given_from_the_best_paying_on():
    with pytest.raises(DataError, match="not rise"):
        protection_levels(poisson([3.0, 4.0]), [1.0, 2.0], supply=5)


def test_nesting_refuses_rules_that_it_does_not_know():
    claims = Claims.from_distribution(poisson([3.0, 4.0]), shortage_cost=[2.0, 1.0], pack_units=2)
    problem = AllocationProblem(claims=claims, limits=(Limit(name="seats", available=np.array([9.0])),))
    with pytest.raises(DataError, match="knows neither packs"):
        allocate(problem, "nested")
