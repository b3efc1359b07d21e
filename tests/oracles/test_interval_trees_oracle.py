"""Hazards of all periods at once beside LightGBM's own prediction, a row for each period."""

import lightgbm
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocast.errors import DataError
from allocast.numerics.tree_text import integers, numbers, read_model
from allocast.supply.survival.clocks import Clocks
from allocast.supply.survival.interval_trees import IntervalTrees

ODD = (0.0, -0.0, 1e-36, -1e-36, 1e-35, 1.1e-35, np.nan, np.inf, -np.inf, 1e30, 1e-45, 0.25, 0.5)
QUOTED = 0
WHOLE_DAYS = np.array([0.0, 1, 2, 3, 5, 7, 8, 10, 14, 15, 20, 21, 28, 30, 42, 56, 60])


def a_model(seed: int, *, announced: int | None = QUOTED, edges=WHOLE_DAYS, rounds: int = 12, **parameters):
    """A model of hazards that peak when what was quoted falls due; features with ties, zeros and holes."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(250, 5))
    x[:, QUOTED] = rng.choice([0, 5, 7, 10, 14, 28, np.nan], 250)
    x[:, 1] = rng.integers(-2, 3, 250)
    x[:, 2] = np.where(rng.random(250) < 0.3, np.nan, x[:, 2])
    x[:, 3] = np.where(rng.random(250) < 0.4, 0.0, x[:, 3])
    x, clocks = x.astype(np.float32), Clocks(edges=np.asarray(edges, dtype=np.float64), announced=announced)
    row, period = np.repeat(np.arange(250), clocks.n_periods), np.tile(np.arange(clocks.n_periods), 250)
    matrix = clocks.beside(x, row, period)
    due = np.nan_to_num(np.abs(clocks.edges[1:][period] - x[row, QUOTED]), nan=9.0) < 2
    target = rng.poisson(0.1 + due + 0.3 * (x[row, 1] > 0) + 0.3 * (x[row, 3] == 0)) / 2
    given = {
        "objective": "poisson",
        "num_leaves": 15,
        "min_data_in_leaf": 3,
        "verbosity": -1,
        "num_threads": 1,
    }
    booster = lightgbm.train(given | {"seed": seed} | parameters, lightgbm.Dataset(matrix, target), rounds)
    return booster, clocks, x


def slow_log_rates(booster, clocks: Clocks, x: np.ndarray) -> np.ndarray:
    row, period = np.repeat(np.arange(len(x)), clocks.n_periods), np.tile(np.arange(clocks.n_periods), len(x))
    return booster.predict(clocks.beside(x, row, period), raw_score=True).reshape(len(x), clocks.n_periods)


def awkward_rows(booster, clocks: Clocks, seed: int) -> np.ndarray:
    """Features at the thresholds themselves and next to them, odd values, and quotes that tie a clock's turn."""
    _, trees = read_model(booster.model_to_string())
    at = np.concatenate([numbers(tree, "threshold") for tree in trees] + [[1.0]]).astype(np.float32)
    beside = [np.nextafter(at, np.float32(side)) for side in (np.inf, -np.inf)]
    values = np.concatenate([at, *beside, np.repeat(np.float32(ODD), 9)])
    rng = np.random.default_rng(seed)
    x = rng.choice(values, (600, 5))
    turns = numbers(trees[0], "threshold")[integers(trees[0], "split_feature") == 6]
    tied = (clocks.edges[1:, None] / np.exp(np.append(turns, 0.0))).ravel()
    x[:300, QUOTED] = rng.choice(tied, 300).astype(np.float32)
    return x


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"use_missing": False},
        {"announced": None},
        {"num_leaves": 40},
        {"num_leaves": 64, "min_data_in_leaf": 1},
        {"num_leaves": 2},
        {"edges": [0.0, 9.0]},
        {"edges": np.append(0.0, np.cumsum(np.random.default_rng(0).exponential(2.0, 40)))},
        {"rounds": 160},
        {"min_data_in_leaf": 10**6},
    ],
    ids=str,
)
def test_log_hazards_are_lightgbms_with_ties_and_missing_values(how) -> None:
    for seed in range(3):
        booster, clocks, x = a_model(seed, **how)
        rows = np.concatenate([x, awkward_rows(booster, clocks, seed)])
        ours = IntervalTrees.from_text(booster.model_to_string(), clocks).log_rates(rows)
        np.testing.assert_allclose(ours, slow_log_rates(booster, clocks, rows), rtol=0, atol=1e-12)


def test_periods_that_end_at_a_threshold_go_left_as_lightgbm_says() -> None:
    booster, _, x = a_model(2, announced=None)
    _, trees = read_model(booster.model_to_string())
    turns = np.concatenate(
        [numbers(tree, "threshold")[integers(tree, "split_feature") == 5] for tree in trees]
    )
    near = np.unique(turns.astype(np.float32))
    ends = np.unique(np.concatenate([near, np.nextafter(near, np.float32(np.inf))]))
    clocks = Clocks(edges=np.append(0.0, ends.astype(np.float64)))
    ours = IntervalTrees.from_text(booster.model_to_string(), clocks).log_rates(x)
    np.testing.assert_allclose(ours, slow_log_rates(booster, clocks, x), rtol=0, atol=1e-12)


def test_rows_that_have_waited_get_the_same_from_their_period_on() -> None:
    booster, clocks, x = a_model(4)
    trees = IntervalTrees.from_text(booster.model_to_string(), clocks)
    first = np.random.default_rng(0).integers(0, clocks.n_periods, len(x))
    asked = np.arange(clocks.n_periods) >= first[:, None]
    aged, whole = trees.log_rates(x, first), trees.log_rates(x)
    np.testing.assert_allclose(aged[asked], whole[asked], rtol=0, atol=1e-12)
    assert (aged[~asked] == -np.inf).all()


def test_a_row_depends_on_nothing_but_itself() -> None:
    booster, clocks, x = a_model(5)
    trees = IntervalTrees.from_text(booster.model_to_string(), clocks)
    alone = np.concatenate([trees.log_rates(x[k : k + 1]) for k in range(0, 250, 7)])
    np.testing.assert_array_equal(trees.log_rates(x)[::7], alone)
    assert trees.log_rates(x[:0]).shape == (0, clocks.n_periods)


MODELS = [a_model(seed, **how) for seed, how in enumerate([{}, {"use_missing": False}, {"announced": None}])]
TREES = [IntervalTrees.from_text(booster.model_to_string(), clocks) for booster, clocks, _ in MODELS]
NUMBERS = st.one_of(st.floats(width=32), st.sampled_from(ODD).map(np.float32), st.integers(-3, 60).map(float))


@given(
    which=st.integers(0, 2), rows=st.lists(st.lists(NUMBERS, min_size=5, max_size=5), min_size=1, max_size=6)
)
def test_any_rows_have_lightgbms_hazards(which: int, rows) -> None:
    booster, clocks, _ = MODELS[which]
    x = np.array(rows, dtype=np.float32)
    ours = TREES[which].log_rates(x)
    np.testing.assert_allclose(ours, slow_log_rates(booster, clocks, x), rtol=0, atol=1e-12)


def test_what_cannot_be_scored_exactly_is_refused() -> None:
    booster, clocks, x = a_model(1, num_leaves=80, min_data_in_leaf=1)
    with pytest.raises(DataError, match="64 leaves"):
        IntervalTrees.from_text(booster.model_to_string(), clocks)
    booster, clocks, _ = a_model(1, zero_as_missing=True)
    with pytest.raises(DataError, match="zeros of a clock"):
        IntervalTrees.from_text(booster.model_to_string(), clocks)
    with pytest.raises(DataError, match="float32 of shape"):
        TREES[0].log_rates(x.astype(np.float64))
    with pytest.raises(DataError, match="must rise strictly"):
        Clocks(edges=np.array([0.0, 1.0, 1.0 + 1e-12]))
