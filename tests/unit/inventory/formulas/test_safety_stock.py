import numpy as np
import pytest

from allocast.errors import DataError
from allocast.inventory.formulas.compound_demand import Moments, demand_over, moments_over
from allocast.inventory.formulas.safety_stock import (
    cycle_service_reached,
    normal_safety_stock,
    normal_safety_stock_for_fill_rate,
    safety_stock,
)
from allocast.inventory.lead_time_demand import LeadTimeDemand
from allocast.numerics.discrete import DiscreteDistribution
from allocast.numerics.discrete_laws import poisson

WEEKLY = poisson(np.array([20.0]))
LEVEL = np.array([0.95])


def periods(**share):
    """Whole periods with their probabilities: p3=0.9, p9=0.1."""
    law = np.zeros((1, 16))
    for name, value in share.items():
        law[0, int(name[1:])] = value
    return DiscreteDistribution(probability=law)


def service_of_the_sigma_formula(over: DiscreteDistribution) -> float:
    moments = Moments.of(over)
    return float(cycle_service_reached(over, moments.mean + normal_safety_stock(moments, LEVEL))[0])


def test_the_moments_of_the_whole_distribution_are_those_of_the_formula() -> None:
    interval = periods(p3=0.8, p5=0.15, p12=0.05)
    over, short = (
        Moments.of(demand_over(WEEKLY, interval)),
        moments_over(Moments.of(WEEKLY), Moments.of(interval)),
    )
    np.testing.assert_allclose(over.mean, short.mean)
    np.testing.assert_allclose(over.deviation, short.deviation)


def test_demand_over_a_random_interval_is_what_a_simulation_gives() -> None:
    rng, interval = np.random.default_rng(5), periods(p1=0.5, p3=0.5)
    drawn = rng.poisson(20 * rng.choice([1, 3], size=200_000))
    law = demand_over(WEEKLY, interval)
    for level in (15, 30, 60, 75):
        assert cycle_service_reached(law, np.array([level]))[0] == pytest.approx(
            (drawn <= level).mean(), abs=0.005
        )


def test_a_certain_lead_time_leaves_the_sigma_formula_close() -> None:
    assert service_of_the_sigma_formula(demand_over(WEEKLY, periods(p4=1.0))) == pytest.approx(0.95, abs=0.01)


def test_a_skewed_lead_time_makes_the_sigma_formula_miss_by_points() -> None:
    """One order in ten takes nine weeks instead of three: 95 % promised, about 90 % kept."""
    over = demand_over(WEEKLY, periods(p3=0.9, p9=0.1))
    assert service_of_the_sigma_formula(over) == pytest.approx(0.90, abs=0.005)
    exact = over.mean + safety_stock(over, LEVEL)
    assert cycle_service_reached(over, exact)[0] >= 0.95
    assert cycle_service_reached(over, exact - 1)[0] < 0.95


def test_it_may_also_keep_too_much() -> None:
    """One order in a hundred takes ten weeks more: σ swells, but 95 % of orders never feel it."""
    over = demand_over(WEEKLY, periods(p3=0.99, p13=0.01))
    assert service_of_the_sigma_formula(over) > 0.985


def test_samples_and_their_distribution_ask_for_the_same() -> None:
    draws = np.random.default_rng(2).poisson(60, (1, 200_000)).astype(float)
    sampled = safety_stock(LeadTimeDemand(units=draws), LEVEL)
    assert sampled[0] == pytest.approx(safety_stock(poisson(np.array([60.0])), LEVEL)[0], abs=0.6)


def test_a_level_below_nothing_covers_nothing() -> None:
    samples = LeadTimeDemand(units=np.array([[0.0, 4.0]]))
    assert cycle_service_reached(poisson(np.array([1.0])), np.array([-1.0]))[0] == 0
    assert cycle_service_reached(samples, np.array([2.0]))[0] == 0.5


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0, np.nan])
def test_a_service_level_in_percent_is_refused(level) -> None:
    with pytest.raises(DataError, match=r"cycle_service_level must lie between 0 and 1.*95 % is 0.95"):
        safety_stock(WEEKLY, np.array([level]))


def test_a_fill_rate_without_a_batch_is_refused() -> None:
    over = Moments(mean=np.array([40.0]), deviation=np.array([10.0]))
    with pytest.raises(DataError, match="batch and deviation must be > 0"):
        normal_safety_stock_for_fill_rate(over, LEVEL, batch=np.array([0.0]))


def test_a_negative_deviation_has_no_moments() -> None:
    with pytest.raises(DataError, match="deviation must be finite and >= 0"):
        Moments(mean=np.array([40.0]), deviation=np.array([-1.0]))
