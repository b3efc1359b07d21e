"""What an ensemble of trees promises, on a text small enough to follow by hand."""

import pickle

import numpy as np
import pytest

from allocast.errors import DataError, UnknownNameError
from allocast.numerics.trees import TreeEnsemble

HEADER = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=1\nfeature_names=a b\n"
SPLIT = (
    "\nTree=0\nnum_leaves=3\nnum_cat=0\nsplit_feature=0 1\nthreshold=0.5 2\ndecision_type=2 8\n"
    "left_child=-1 -2\nright_child=1 -3\nleaf_value=1 2 4\nis_linear=0\n"
)
CONSTANT = "\nTree=1\nnum_leaves=1\nnum_cat=0\nsplit_feature=\nthreshold=\nleaf_value=10\nis_linear=0\n"
END = "\nend of trees\n"
ROWS = np.array([[0.5, 9.0], [0.6, 2.0], [0.6, 2.1], [np.nan, 9.0], [1.0, np.nan]])


def a_text(*, objective: str = "regression", trees: str = SPLIT + CONSTANT, header: str = HEADER) -> str:
    return header + f"objective={objective}\n" + trees + END


def test_a_row_adds_one_leaf_of_each_tree():
    ensemble = TreeEnsemble.from_text(a_text())
    # NaN of a split that knows no missing values is 0, and goes left here; of one that does, to the right
    assert ensemble.raw_scores(ROWS).tolist() == [11, 12, 14, 11, 14]
    assert ensemble.feature_names == ("a", "b")


def test_trees_of_one_leaf_give_a_constant():
    ensemble = TreeEnsemble.from_text(a_text(trees=CONSTANT))
    assert ensemble.raw_scores(ROWS).tolist() == [10] * 5


def test_a_split_of_the_missing_from_all_else_keeps_infinity_left():
    text = a_text(trees=SPLIT.replace("0.5 2", "inf inf").replace("=2 8", "=8 8"))
    rows = np.array([[np.inf, 0.0], [np.nan, np.inf], [np.nan, np.nan]])
    assert TreeEnsemble.from_text(text).raw_scores(rows).tolist() == [1, 2, 4]


@pytest.mark.parametrize("threads", [1, 2, 3, 0])
@pytest.mark.parametrize("n_rows", [0, 1, 7, 8, 63, 64, 65, 200])
def test_scores_depend_neither_on_threads_nor_on_the_rows_beside(threads, n_rows):
    x = np.resize(ROWS, (n_rows, 2))
    ensemble = TreeEnsemble.from_text(a_text(objective="tweedie"))
    alone = [ensemble.predict(row[None])[0] for row in x]
    assert ensemble.predict(x, threads=threads).tolist() == alone


@pytest.mark.parametrize(
    "form", [np.asfortranarray, lambda x: np.repeat(x, 2, axis=0)[::2], lambda x: x.astype(np.float32)]
)
def test_the_form_of_the_array_does_not_matter(form):
    ensemble = TreeEnsemble.from_text(a_text())
    x = form(ROWS)
    x.flags.writeable = False
    assert ensemble.raw_scores(x).tolist() == [11, 12, 14, 11, 14]


def test_an_average_is_taken_before_the_link_and_not_of_raw_scores():
    ensemble = TreeEnsemble.from_text(a_text(objective="poisson", header=HEADER + "average_output\n"))
    assert ensemble.raw_scores(ROWS[:1]).tolist() == [11]
    assert ensemble.predict(ROWS[:1]).tolist() == [pytest.approx(np.exp(5.5))]


def test_a_sigmoid_has_its_own_slope():
    ensemble = TreeEnsemble.from_text(a_text(objective="binary sigmoid:0.1"))
    assert ensemble.predict(ROWS[:1]).tolist() == [pytest.approx(1 / (1 + np.exp(-1.1)))]


@pytest.mark.parametrize("objective", ["mape", "", "regression sqrt", "cross_entropy"])
def test_an_objective_without_a_known_link_is_refused_but_has_scores(objective):
    ensemble = TreeEnsemble.from_text(a_text(objective=objective))
    assert ensemble.raw_scores(ROWS[:1]).tolist() == [11]
    with pytest.raises(UnknownNameError, match=r"objective to predict with .* valid are .*tweedie"):
        ensemble.predict(ROWS)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.zeros((3, 1)), r"must have 2 features; .* \(3, 1\)"),
        (np.zeros(2), r"must have 2 features; .* \(2,\)"),
        (np.zeros((3, 2), dtype=int), "must be float32 or float64; they are int64"),
    ],
)
def test_rows_that_are_not_a_table_of_these_features_are_refused(rows, message):
    with pytest.raises(DataError, match=message):
        TreeEnsemble.from_text(a_text()).raw_scores(rows)


def test_an_ensemble_travels_between_processes_and_cannot_be_written_to():
    ensemble = pickle.loads(pickle.dumps(TreeEnsemble.from_text(a_text())))
    assert ensemble.raw_scores(ROWS).tolist() == [11, 12, 14, 11, 14]
    with pytest.raises(ValueError, match="read-only"):
        TreeEnsemble.from_text(a_text()).value[0] = 1.0
