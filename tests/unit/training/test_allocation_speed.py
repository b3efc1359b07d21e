"""The recipe's linear programs, stated anew there, against the bounds that prices give."""

import pytest
from training.allocation_speed import budget_and_capacities, highs_value, items

from allocast.inventory.allocation import allocate


@pytest.mark.parametrize("problem", [items(6, 1), items(4, 5), budget_and_capacities(200, 4)])
def test_the_bound_of_prices_is_the_optimum_of_the_linear_program(problem):
    found, linear = allocate(problem, exact=False), highs_value(problem)[0]
    assert found.bound == pytest.approx(linear, rel=1e-6)
    assert 0.99 * linear <= found.value <= linear * (1 + 1e-9)
    for limit in problem.limits:
        assert (found.prices[limit.name] >= 0).all()
