import numpy as np
import pytest

from allocast.errors import DataError
from allocast.inventory.formulas.fill_rate import fill_rate_of_level
from allocast.inventory.policies import FillRateLevel, OrderUpTo

DEMAND = np.random.default_rng(2).poisson(8, (2, 500, 4)).astype(float)


def test_the_level_is_the_smallest_with_that_fill_rate(make_situation) -> None:
    level = FillRateLevel(fill_rate=0.97).decide(make_situation(DEMAND, lead_time=2)).level
    before, through = DEMAND[:, :, :2].sum(axis=2), DEMAND[:, :, :3].sum(axis=2)
    assert (fill_rate_of_level(before, through, level) >= 0.97).all()
    assert (fill_rate_of_level(before, through, level - 1) < 0.97).all()


def test_without_a_lead_time_nothing_is_asked_for_before(make_situation) -> None:
    demand = np.array([[[2.0], [6.0]]])
    assert FillRateLevel(fill_rate=0.75).decide(make_situation(demand, lead_time=0)).level[0] == 4


def test_steady_demand_needs_less_for_a_fill_rate_than_for_a_service_level(make_situation) -> None:
    situation = make_situation(DEMAND, lead_time=2)
    share, often = (
        policy.decide(situation)
        for policy in (FillRateLevel(fill_rate=0.95), OrderUpTo(cycle_service_level=0.95))
    )
    assert (share.level < often.level).all()


def test_a_fill_rate_is_a_share(make_situation) -> None:
    assert FillRateLevel().name == "fill_rate(0.95)"
    with pytest.raises(DataError, match="fill_rate must lie between 0 and 1"):
        FillRateLevel(fill_rate=95.0).decide(make_situation(DEMAND, lead_time=2))
