"""Scores beside LightGBM's own, and beside a walk that follows LightGBM's documented decision, node by node."""

import lightgbm
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocast.numerics.tree_text import integers, numbers, read_model
from allocast.numerics.trees import TreeEnsemble

ODD = (0.0, -0.0, 1e-36, -1e-36, 1e-35, 1.1e-35, 1e-300, np.nan, np.inf, -np.inf, 1e300, 1e-45)
NEXT_TO_ZERO = 1.0000000180025095e-35  # LightGBM's kZeroThreshold, 1e-35f as a double
MISSING = ({}, {"use_missing": False}, {"zero_as_missing": True})


def a_model(seed: int, *, rows: int = 400, features: int = 5, rounds: int = 12, **parameters):
    """A model of features with ties, zeros, holes, a constant and an infinite value."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, features))
    x[:, 0] = rng.integers(-2, 3, rows)
    x[:, 1] = np.where(rng.random(rows) < 0.4, 0.0, x[:, 1])
    x[:, 2] = np.where(rng.random(rows) < 0.3, np.nan, x[:, 2])
    x[:, 3] = 7.0
    x[0, 4] = np.inf
    y = rng.poisson(np.exp(np.nan_to_num(x[:, 2]) + (x[:, 1] == 0) + np.isnan(x[:, 2]))) + 0.5
    defaults = {"num_leaves": 15, "min_data_in_leaf": 3, "verbosity": -1, "num_threads": 1, "seed": seed}
    given = defaults | parameters
    if given.get("objective") == "binary":
        y = y > 1
    return lightgbm.train(given, lightgbm.Dataset(x, y), rounds), x


def awkward_rows(booster, seed: int) -> np.ndarray:
    """Rows drawn from the thresholds themselves, their neighbours on both sides, and odd values."""
    _, trees = read_model(booster.model_to_string())
    at = np.concatenate([numbers(tree, "threshold") for tree in trees] + [[1.0]])
    values = np.concatenate([at, np.nextafter(at, np.inf), np.nextafter(at, -np.inf), np.repeat(ODD, 9)])
    return np.random.default_rng(seed).choice(values, (1500, booster.num_feature()))


def slow_score(text: str, row: np.ndarray) -> float:
    """One row, one tree after the other, as LightGBM's ``Tree::NumericalDecision`` decides."""
    total = 0.0
    for tree in read_model(text)[1]:
        node = 0 if len(integers(tree, "split_feature")) else -1
        while node >= 0:
            value = float(row[integers(tree, "split_feature")[node]])
            kind = int(integers(tree, "decision_type")[node])
            missing = ["none", "zero", "nan"][kind >> 2]
            value = 0.0 if (np.isnan(value) and missing != "nan") or abs(value) <= NEXT_TO_ZERO else value
            lost = np.isnan(value) if missing == "nan" else missing == "zero" and value == 0
            left = kind & 2 if lost else value <= numbers(tree, "threshold")[node]
            node = int(integers(tree, "left_child" if left else "right_child")[node])
        total += numbers(tree, "leaf_value")[~node]
    return total


@pytest.mark.parametrize("missing", MISSING, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_are_lightgbms_to_the_last_bit_at_thresholds_and_odd_values(missing, dtype):
    for seed in range(4):
        booster, x = a_model(seed, **missing)
        with np.errstate(over="ignore"):  # 1e300 is infinite in float32
            rows = np.concatenate([x, awkward_rows(booster, seed)]).astype(dtype)
        ours = TreeEnsemble.from_text(booster.model_to_string()).raw_scores(rows)
        np.testing.assert_array_equal(ours, booster.predict(rows, raw_score=True))


@pytest.mark.parametrize(
    "parameters",
    [{"objective": name} for name in ("tweedie", "poisson", "gamma", "regression", "quantile", "binary")]
    + [{"objective": "binary", "sigmoid": 0.7}, {"objective": "quantile", "alpha": 0.9}]
    + [
        {"objective": "poisson", "boosting": "rf", "bagging_fraction": 0.6, "bagging_freq": 1},
        {"objective": "tweedie", "boosting": "dart", "boost_from_average": False},
    ],
    ids=str,
)
def test_predictions_pass_the_link_of_the_objective(parameters):
    booster, x = a_model(1, **parameters)
    rows = np.concatenate([x, awkward_rows(booster, 1)])
    ours = TreeEnsemble.from_text(booster.model_to_string()).predict(rows)
    np.testing.assert_allclose(ours, booster.predict(rows), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("rows", [1, 2, 5, 12, 30])
def test_models_of_few_rows_and_trees_of_one_leaf_score_as_lightgbm(rows):
    booster, x = a_model(rows, rows=rows, rounds=3)
    ours = TreeEnsemble.from_text(booster.model_to_string()).raw_scores(x)
    np.testing.assert_array_equal(ours, booster.predict(x, raw_score=True))


def test_scores_follow_the_decisions_node_by_node():
    for parameters in MISSING:
        booster, _ = a_model(3, rounds=4, **parameters)
        text, rows = booster.model_to_string(), awkward_rows(booster, 3)[:60]
        slow = [slow_score(text, row) for row in rows]
        np.testing.assert_array_equal(TreeEnsemble.from_text(text).raw_scores(rows), slow)


BOOSTERS = [a_model(seed, **MISSING[seed % 3])[0] for seed in range(3)]
ENSEMBLES = [TreeEnsemble.from_text(booster.model_to_string()) for booster in BOOSTERS]
VALUES = st.one_of(st.floats(), st.floats(width=32), st.sampled_from(ODD), st.integers(-3, 3).map(float))


@given(
    which=st.integers(0, 2), rows=st.lists(st.lists(VALUES, min_size=5, max_size=5), min_size=1, max_size=20)
)
def test_any_rows_score_as_lightgbm(which, rows):
    x = np.array(rows)
    np.testing.assert_array_equal(ENSEMBLES[which].raw_scores(x), BOOSTERS[which].predict(x, raw_score=True))
