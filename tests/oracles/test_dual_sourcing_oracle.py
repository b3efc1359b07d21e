"""Dual sourcing against known optima and published gaps."""

import numpy as np
import pytest
from training.published_costs import DUAL_SOURCING_GAPS, DUAL_SOURCING_OPTIMA

from allocast.simulation.textbook.dual_sourcing import gijsbrechts_2022
from allocast.simulation.textbook.dual_sourcing_optimum import solve_dual_sourcing
from allocast.simulation.textbook.dual_sourcing_rules import (
    best_capped_dual_index,
    best_dual_index,
    best_single_index,
    best_tailored_base_surge,
)

RULES = {
    "capped_dual_index": best_capped_dual_index,
    "dual_index": best_dual_index,
    "single_index": best_single_index,
    "tailored_base_surge": best_tailored_base_surge,
}


def test_the_six_optima_are_the_known_ones() -> None:
    found = [solve_dual_sourcing(instance, tolerance=1e-5).cost for instance in gijsbrechts_2022()]
    np.testing.assert_allclose(found, list(DUAL_SOURCING_OPTIMA.values()), atol=6e-5)


@pytest.mark.parametrize("name", RULES)
def test_gaps_of_the_classical_rules_are_the_published_ones(name) -> None:
    for instance in gijsbrechts_2022()[:4]:
        gap = 100 * (RULES[name](instance)[1] / solve_dual_sourcing(instance, tolerance=1e-5).cost - 1)
        published = DUAL_SOURCING_GAPS[instance.lead_time, instance.expedited_cost][name]
        assert gap == pytest.approx(published, abs=0.0125), instance.name
