from dataclasses import replace

import numpy as np
import pytest

from allocast.errors import DataError
from allocast.numerics.discrete import DiscreteDistribution
from allocast.simulation.one_warehouse.base_stock import best_base_stock
from allocast.simulation.one_warehouse.kaynov_2024 import kaynov_2024
from allocast.simulation.one_warehouse.optimum import optimal_cost_bounds
from allocast.simulation.one_warehouse.scenarios import Scenarios
from allocast.simulation.textbook.demand_laws import poisson


def test_no_base_stock_is_cheaper_than_the_optimum_and_the_best_is_near_it():
    """Instance 6: the optimum is 1327.8 a hundred periods, 1.3 % below the best base stock."""
    system = kaynov_2024(6)
    low, high = optimal_cost_bounds(system, tolerance=2e-3)
    assert 13.275 <= low <= high <= 13.281
    futures = Scenarios.draw(system, 1000, 160, np.random.default_rng(1))
    _, cost = best_base_stock(system, futures, rule="proportional", warm_up=60)
    assert 1.005 * high <= cost / 100 <= 1.02 * high


def test_sure_demand_is_met_without_stock_or_shortage():
    """Each location is sent in each period what it sells in the next."""
    sure = DiscreteDistribution.certain(np.full(3, 2))
    low, high = optimal_cost_bounds(
        replace(kaynov_2024(6), demand=sure), largest_stock=4, largest_centre=8, largest_shipment=3
    )
    assert low == pytest.approx(0.0, abs=1e-4) and high == pytest.approx(0.0, abs=1e-4)


def test_other_systems_are_refused():
    with pytest.raises(DataError, match="only three locations, lead times of 1 and lost sales can be solved"):
        optimal_cost_bounds(kaynov_2024(7))
    unlike = DiscreteDistribution.stack([poisson(3.0), poisson(3.0), poisson(2.0)])
    with pytest.raises(DataError, match="only locations that are alike"):
        optimal_cost_bounds(replace(kaynov_2024(6), demand=unlike))
