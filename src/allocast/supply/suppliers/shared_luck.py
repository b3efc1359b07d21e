"""How many independent observations lines are worth that share their luck: what intervals rest on."""

import numpy as np

from allocast.numerics.arrays import FloatArray, IntArray

__all__ = ["effective_number", "shared_luck"]

PRIOR_GROUPS = 5.0  # that share all their luck: believed of lines that come together until they say otherwise


def shared_luck(values: FloatArray, owner: IntArray, group: IntArray) -> float:
    """Correlation of the lines of one group, from how much less they differ than lines of other groups.

    One for all owners. Where all that is known is a few groups of a few lines it is near 1, on the safe side.

    Parameters
    ----------
    values : array of shape (n,)
        What came of each line: 0 or 1, a share, the log of its days.
    owner : array of int, shape (n,), >= 0
        Whose line it is; lines of different owners are not compared.
    group : array of int, shape (n,), >= 0
        What it came with; a group has one owner.

    Returns
    -------
    correlation : float, in [0, 1]

    Examples
    --------
    >>> pairs = np.repeat(np.arange(500), 2)
    >>> alike = (pairs % 2).astype(float)
    >>> shared_luck(alike, np.zeros(1000, dtype=int), pairs)
    1.0
    """
    if not len(values):
        return 1.0
    lines, inside = _size_and_squares(values, group)
    whose = np.zeros(len(lines), dtype=np.int64)
    whose[group] = owner
    total, around = _size_and_squares(values, owner)
    # Of all pairs of an owner's lines those of different groups; an owner counts as its lines, not as their pairs.
    shared = np.bincount(whose, lines * inside, minlength=len(total))
    pairs = total - np.divide(np.bincount(whose, lines**2, minlength=len(total)), np.maximum(total, 1.0))
    apart = (around - shared / np.maximum(total, 1.0)).sum() / max(pairs.sum(), 1e-12)
    together = inside.sum() / max(np.maximum(lines - 1, 0.0).sum(), 1.0)
    found = np.clip(1 - together / apart, 0.0, 1.0) if apart > 1e-12 else 1.0
    compared = np.maximum(np.bincount(whose, lines > 1, minlength=len(total)) - 1, 0.0).sum()
    return float((compared * found + PRIOR_GROUPS) / (compared + PRIOR_GROUPS))


def effective_number(
    owner: IntArray, group: IntArray, n_owners: int, correlation: float, weight: FloatArray | None = None
) -> FloatArray:
    """Independent lines that would say as much about each owner as its own do, shape (n_owners,).

    The square of the sum of the weights over the variance of a weighted sum (Kish), where lines of a group
    are correlated: as many as there are lines if they share no luck, as many as groups of equal size if all.

    Parameters
    ----------
    owner, group : arrays of int, shape (n,), >= 0
    n_owners : int
    correlation : float, in [0, 1]
    weight : array of shape (n,), >= 0, optional
        By default a line is a line.

    References
    ----------
    Kish, L. (1965), Survey Sampling, sections 5.4 and 11.7.
    """
    weight = np.ones(len(owner)) if weight is None else weight
    total, squares = (np.bincount(owner, w, minlength=n_owners) for w in (weight, weight**2))
    sums = np.bincount(group, weight)
    whose = np.zeros(len(sums), dtype=np.int64)
    whose[group] = owner
    variance = (1 - correlation) * squares + correlation * np.bincount(whose, sums**2, minlength=n_owners)
    number: FloatArray = np.divide(total**2, variance, out=np.zeros(n_owners), where=variance > 0)
    return number


def _size_and_squares(values: FloatArray, group: IntArray) -> tuple[FloatArray, FloatArray]:
    """Lines of each group, and the sum of their squared distances from its mean."""
    lines = np.bincount(group).astype(np.float64)
    mean = np.bincount(group, values) / np.maximum(lines, 1.0)
    return lines, np.bincount(group, (values - mean[group]) ** 2).astype(np.float64)
