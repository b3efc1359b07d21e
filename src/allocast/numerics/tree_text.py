"""Reader of LightGBM's model text, which refuses what cannot be scored exactly."""

from collections.abc import Mapping

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray

__all__ = ["Fields", "integers", "numbers", "read_model"]

Fields = Mapping[str, str]

WHERE = "Give the text that LightGBM's Booster.model_to_string() wrote."


def read_model(text: str) -> tuple[Fields, list[Fields]]:
    """Fields of the header, and of each tree.

    Parameters
    ----------
    text : str
        As ``Booster.model_to_string()`` or ``Booster.save_model()`` write it, versions 3 and 4.

    Raises
    ------
    DataError
        It is no such text or was cut short, or it holds several classes, categorical splits or linear leaves.

    Examples
    --------
    >>> read_model("nonsense")
    Traceback (most recent call last):
    allocast.errors.DataError: model text must begin with 'tree'; it begins with 'nonsense'. ...
    """
    if not text.startswith("tree\n"):
        raise DataError(f"model text must begin with 'tree'; it begins with {text[:20]!r}. {WHERE}")
    body, end, _ = text.partition("\nend of trees")
    if not end:
        raise DataError(
            f"model text must hold the line 'end of trees'; it has none in {len(text)} characters: "
            f"it was cut short. {WHERE}"
        )
    header, *trees = (_fields(block) for block in body.split("\nTree="))
    _check_header(header)
    if not trees:
        raise DataError(f"model text must hold one tree or more; it holds no trees. {WHERE}")
    for place, tree in enumerate(trees):
        _check_tree(tree, place)
    return header, trees


def integers(fields: Fields, name: str) -> IntArray:
    """A field of integers; empty where the tree does not have it, as a tree of one leaf has no splits."""
    return np.array(fields.get(name, "").split(), dtype=np.int64)


def numbers(fields: Fields, name: str) -> FloatArray:
    """A field of numbers; empty where the tree does not have it."""
    return np.array(fields.get(name, "").split(), dtype=np.float64)


def _fields(block: str) -> Fields:
    """Lines ``name=value``; a line of its own, as ``average_output``, is a name without value."""
    pairs = (line.partition("=") for line in block.splitlines() if line)
    return {name: value for name, _, value in pairs}


def _check_header(header: Fields) -> None:
    outputs = header.get("num_class", "1"), header.get("num_tree_per_iteration", "1")
    if outputs != ("1", "1"):
        raise DataError(
            f"trees must give one score a row; this model has {outputs[0]} classes and {outputs[1]} trees an "
            "iteration. Predict with LightGBM itself."
        )
    if not header.get("max_feature_idx", "").isdigit():
        raise DataError(f"model text must say max_feature_idx before its first tree; it does not. {WHERE}")


def _check_tree(tree: Fields, place: int) -> None:
    if tree.get("num_cat", "0") != "0":
        raise DataError(
            f"splits must be numerical; tree {place} has {tree['num_cat']} categorical ones. Train without "
            "categorical_feature, or predict with LightGBM itself."
        )
    if tree.get("is_linear", "0") != "0":
        raise DataError(
            f"leaves must be constants; tree {place} has linear ones. Train without linear_tree, or predict "
            "with LightGBM itself."
        )
    leaves = len(numbers(tree, "leaf_value"))
    lengths = {
        name: len(integers(tree, name))
        for name in ("split_feature", "left_child", "right_child", "decision_type")
    } | {"threshold": len(numbers(tree, "threshold"))}
    if leaves == 0 or any(length != leaves - 1 for length in lengths.values()):
        found = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise DataError(
            f"a tree of n leaves must have n - 1 splits; tree {place} has {leaves} leaf values and {found}. {WHERE}"
        )
