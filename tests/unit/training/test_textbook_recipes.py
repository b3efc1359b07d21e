"""Recipes of the textbook systems on a few quick instances."""

from types import ModuleType

import numpy as np
import pytest
from training import dual_sourcing, lost_sales, optimality_gaps, perishables

from allocast.simulation.textbook.dual_sourcing import gijsbrechts_2022
from allocast.simulation.textbook.dual_sourcing_optimum import solve_dual_sourcing
from allocast.simulation.textbook.lost_sales import zipkin_2008
from allocast.simulation.textbook.lost_sales_optimum import solve_lost_sales
from allocast.simulation.textbook.perishables import de_moor_2022
from allocast.simulation.textbook.perishables_optimum import solve_perishable

CASES = [
    (lost_sales, zipkin_2008()[:2], solve_lost_sales),
    (dual_sourcing, gijsbrechts_2022()[:1], solve_dual_sourcing),
    (perishables, de_moor_2022()[:2], solve_perishable),
]


@pytest.fixture(autouse=True)
def no_ppo(monkeypatch):
    monkeypatch.setattr(lost_sales, "learned_by_ppo", lambda *_: ())


@pytest.mark.parametrize(("recipe", "instances"), [case[:2] for case in CASES])
def test_what_is_solved_is_as_published_and_nothing_learned_is_claimed(
    recipe, instances, monkeypatch
) -> None:
    monkeypatch.setattr(recipe, "learned", lambda *_: ())
    found = recipe.measured_on(instances)
    assert found.targets
    assert all(target.verdict == "ok" for target in found.targets)
    assert not any("learned" in value.name for value in (*found.targets, *found.references))


@pytest.mark.parametrize(("recipe", "instances", "solve"), CASES)
def test_a_learned_policy_that_is_optimal_has_no_gap(
    recipe: ModuleType, instances, solve, monkeypatch
) -> None:
    optimal = [solve(instance).policy for instance in instances]
    monkeypatch.setattr(recipe, "learned", lambda *_: optimal)
    targets = {target.name: target for target in recipe.measured_on(instances).targets}
    worst = targets["learned.worst_gap_percent"]
    assert (worst.value, worst.verdict) == (pytest.approx(0, abs=1e-6), "ok")


def test_an_optimum_that_is_not_the_published_one_is_counted(monkeypatch) -> None:
    monkeypatch.setattr(lost_sales, "optimal_costs", lambda *_: [4.04, 4.41])
    monkeypatch.setattr(lost_sales, "learned", lambda *_: ())
    target = lost_sales.measured_on(zipkin_2008()[:2]).targets[0]
    assert (target.value, target.verdict) == (1, "short")


def test_the_targets_of_a_learned_policy_hold_for_its_worst_seed() -> None:
    gaps = {1: np.array([0.0, 0.02]), 2: np.array([0.04, 0.2])}
    targets, references = optimality_gaps.learned_values(gaps, mean=0.15, worst=0.1)
    assert [(each.value, each.verdict) for each in targets] == [(pytest.approx(0.12), "ok"), (0.2, "short")]
    assert len(references) == 4
    assert optimality_gaps.learned_values(gaps, worst=0.3, name="ppo")[0][0].name == "ppo.worst_gap_percent"
    assert optimality_gaps.learned_values({}, worst=0.1) == ((), ())
