"""The recipe of one network for all lost-sales instances, on a few quick ones."""

import pytest
from training import lost_sales_one_network as recipe
from training.pathwise_rules import Learning

from allocast.simulation.textbook.lost_sales import LostSales, zipkin_2008


def test_nothing_that_is_judged_was_taught() -> None:
    judged = {(one.demand, one.mean, one.shortage_cost) for one in (*zipkin_2008(), *recipe.beyond())}
    for seed in recipe.SEEDS:
        taught = recipe.taught(seed)
        assert not judged & {(one.demand, one.mean, one.shortage_cost) for one in taught}
        assert all(3 <= one.mean <= 8 and not 4.5 <= one.mean <= 5.5 for one in taught)
        assert recipe.BETWEEN not in {one.lead_time for one in taught}


def test_gaps_of_a_network_that_learned_little_are_large_and_of_every_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    further = LostSales(demand="poisson", mean=5.0, shortage_cost=100.0, lead_time=2)
    monkeypatch.setattr(recipe, "beyond", lambda: (further,))
    judged = [LostSales(demand="poisson", mean=5.0, shortage_cost=9.0, lead_time=k) for k in (1, 3)]
    found = recipe.measured_on(
        judged, Learning(n_updates=60, n_paths=512, hidden=(16,), n_judged_paths=256), seeds=(1,)
    )
    values = {each.name: each.value for each in (*found.targets, *found.references)}
    assert 0.0 < values["unseen.mean_gap_percent"] < 50.0
    assert values["beyond_seed_1.mean_gap_percent"] > 0.0
    assert values["lead_time_between_seed_1.mean_gap_percent"] <= values["unseen_seed_1.worst_gap_percent"]
