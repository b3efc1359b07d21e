"""What the reader of model texts takes, and every refusal; the same text without the fault is read."""

import pytest

from allocast.errors import DataError
from allocast.numerics.tree_text import integers, read_model

TEXT = (
    "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=0\naverage_output\n"
    "\nTree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nthreshold=0.5\ndecision_type=2\n"
    "left_child=-1\nright_child=-2\nleaf_value=1 2\nis_linear=0\n\nend of trees\n"
)


def test_a_text_is_a_header_and_its_trees():
    header, trees = read_model(TEXT)
    assert header["max_feature_idx"] == "0"
    assert "average_output" in header
    assert [integers(tree, "right_child").tolist() for tree in trees] == [[-2]]


@pytest.mark.parametrize(
    ("part", "fault", "message"),
    [
        ("tree\n", "forest\n", "must begin with 'tree'"),
        ("\nend of trees\n", "", "cut short"),
        ("num_class=1", "num_class=3", "3 classes"),
        ("per_iteration=1", "per_iteration=3", "3 trees an iteration"),
        ("max_feature_idx=0\n", "", "max_feature_idx"),
        ("num_cat=0", "num_cat=2", "tree 0 has 2 categorical"),
        ("is_linear=0", "is_linear=1", "tree 0 has linear"),
        ("leaf_value=1 2", "leaf_value=1 2 3", "tree 0 has 3 leaf values and split_feature 1"),
        ("decision_type=2\n", "", "decision_type 0"),
        ("leaf_value=1 2\n", "", "tree 0 has 0 leaf values"),
    ],
)
def test_what_cannot_be_scored_exactly_is_refused(part, fault, message):
    assert part in TEXT
    with pytest.raises(DataError, match=message):
        read_model(TEXT.replace(part, fault))


def test_a_model_without_trees_is_refused():
    start, _, rest = TEXT.partition("\nTree=0")
    with pytest.raises(DataError, match="holds no trees"):
        read_model(start + "\nend of trees" + rest.partition("end of trees")[2])
