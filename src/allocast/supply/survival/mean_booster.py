"""Several boosters as one, whose raw prediction is the mean of theirs."""

import re
from collections.abc import Sequence

import lightgbm as lgb
import numpy as np

__all__ = ["mean_booster"]

VALUES = re.compile(r"^(leaf_value|internal_value)=(.*)$", re.MULTILINE)


def mean_booster(boosters: Sequence[lgb.Booster], *, shift: float = 0.0) -> lgb.Booster:
    """One booster with the trees of all, so that whatever walks or writes trees needs to know of one only.

    Parameters
    ----------
    boosters : sequence of Booster, one or more
        Of the same features and objective, with trees whose leaves are numbers.
    shift : float
        Added to the raw prediction: for a log link, the logarithm of a factor.

    Returns
    -------
    booster : Booster
        Raw prediction: the mean of theirs + ``shift``, to rounding.
    """
    share = 1 / len(boosters)
    trees: list[str] = []
    for booster in boosters:
        head, *own = booster.model_to_string().partition("\nend of trees")[0].split("\nTree=")
        for tree in own:
            body = tree.partition("\n")[2].rstrip("\n")
            added = 0.0 if trees else shift  # once: in the first tree of all
            trees.append(f"Tree={len(trees)}\n{_changed(body, share, added)}\n\n\n")
    header = re.sub(
        r"^tree_sizes=.*$", f"tree_sizes={' '.join(str(len(tree)) for tree in trees)}", head, flags=re.M
    )
    return lgb.Booster(model_str=f"{header.rstrip()}\n\n{''.join(trees)}end of trees\n")


def _changed(tree: str, share: float, added: float) -> str:
    """The text of a tree, its values multiplied by a share and raised."""

    def values(found: re.Match[str]) -> str:
        numbers = np.array(found[2].split(), dtype=np.float64) * share + added
        return f"{found[1]}={' '.join(repr(float(number)) for number in numbers)}"

    return VALUES.sub(values, tree)
