"""Orders in steps: what each saves, how large it is, and when it is worth placing at all."""

from dataclasses import replace

import numpy as np
import pytest

from allocast.inventory.basket import Steps, worth_of_next_packs
from allocast.inventory.basket.steps import MOST_STEPS
from allocast.inventory.order_lines import OrderLines
from allocast.inventory.situation import OrderDecision

TERMS = {"order_cost": 3.0, "minimum_order_units": 4.0, "pack_units": 2.0}


def lines_of(situation, wanted) -> OrderLines:
    wanted = np.asarray(wanted, dtype=np.float64)
    return OrderLines.of(situation, OrderDecision(wanted_units=wanted, trigger=wanted, level=wanted))


def random_situation(make_situation, **terms):
    demand = np.random.default_rng(1).integers(0, 6, (2, 30, 4))
    return make_situation(demand, [1.0, 3.0], lead_time=2, **terms)


def test_a_step_saves_what_replaying_all_paths_says(make_situation) -> None:
    situation = random_situation(make_situation, **TERMS)
    steps = worth_of_next_packs(situation, lines_of(situation, [9.0, 7.0]))
    need = np.maximum(situation.projected_need(), 0.0)
    for line, most in enumerate((10.0, 8.0)):
        ordered = np.array([0.0, *np.arange(4.0, most + 1, 2.0)])
        short, over = (
            np.maximum(need[line] - ordered[:, None], 0),
            np.maximum(ordered[:, None] - need[line], 0),
        )
        cost = (4.0 * short + 1.0 * over).mean(axis=1) + 3.0 * (ordered > 0)
        own = slice(steps.begin[line], steps.begin[line + 1])
        np.testing.assert_array_equal(steps.units[own], np.diff(ordered))
        np.testing.assert_allclose(steps.saving[own], -np.diff(cost), atol=1e-12)


def test_lines_of_one_series_share_its_need_the_cheaper_first(make_situation) -> None:
    situation = random_situation(make_situation)
    whole = lines_of(situation, [8.0, 0.0])
    both = np.array([0, 0])
    terms = replace(
        whole.sourcing.take(both),
        supplier_id=np.array(["dear", "cheap"], dtype=object),
        unit_cost=np.array([9.0, 1.0]),
    )
    split = OrderLines(
        series=both, sourcing=terms, lead_time=whole.lead_time.take(both), wanted_units=np.array([5.0, 3.0]),
        units=np.array([5.0, 3.0]), binding=np.array(["", ""], dtype=object),
    )  # fmt: skip
    one, two = (worth_of_next_packs(situation, lines) for lines in (whole, split))
    np.testing.assert_allclose(np.concatenate([two.saving[5:], two.saving[:5]]), one.saving)


def test_a_large_order_goes_in_few_steps_and_none_has_none(make_situation) -> None:
    situation = random_situation(make_situation, pack_units=3.0)
    steps = worth_of_next_packs(situation, lines_of(situation, [5_000.0, 0.0]))
    assert len(steps) <= MOST_STEPS
    assert steps.units_of(np.diff(steps.begin)).tolist() == [5_001.0, 0.0]
    assert np.unique(steps.units).tolist() == [3.0, 27.0]


def test_units_that_only_caution_asks_for_save_nothing_and_cost_nothing_in_the_ranking(
    make_situation,
) -> None:
    situation = random_situation(make_situation)
    steps = worth_of_next_packs(situation, lines_of(situation, [60.0, 60.0]))
    assert steps.saving[59] < 0.0 == steps.value[59]
    assert (steps.value >= 0).all()


def test_what_must_be_ordered_is_a_step_of_its_own(make_situation) -> None:
    situation = random_situation(make_situation, **TERMS)
    steps = worth_of_next_packs(situation, lines_of(situation, [10.0, 8.0]), np.array([7.0, 0.0]))
    assert steps.forced_units.tolist() == [8.0, 0.0]
    assert steps.free.begin.tolist() == [0, 1, 4]
    assert steps.free.units.tolist() == [2.0, 4.0, 2.0, 2.0]


@pytest.mark.parametrize("seed", range(5))
def test_pooled_steps_are_the_concave_hull(seed) -> None:
    rng = np.random.default_rng(seed)
    value, units = rng.uniform(0, 5, 12), rng.integers(1, 5, 12) * 1.0
    hull = Steps(
        begin=np.array([0, 12]), units=units, value=value, saving=value, must=np.array([False])
    ).pooled()
    at, total = np.cumsum(units), np.cumsum(value)
    on_hull = np.interp(at, [0.0, *np.cumsum(hull.units)], [0.0, *np.cumsum(hull.value)])
    assert (on_hull >= total - 1e-9).all()
    assert np.isin(np.cumsum(hull.units), at).all()
    assert (np.diff(hull.value / hull.units) <= 1e-12).all()
