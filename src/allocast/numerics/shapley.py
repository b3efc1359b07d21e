"""Shares of several causes in one outcome: Shapley values, exact."""

from math import factorial

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray

__all__ = ["members", "shapley_values"]


def members(n: int) -> FloatArray:
    """Which of n causes belong to each of their 2^n sets, shape (2^n, n), 1 or 0; the first set is empty.

    Examples
    --------
    >>> members(2)
    array([[0., 0.],
           [1., 0.],
           [0., 1.],
           [1., 1.]])
    """
    bits = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    return bits.astype(np.float64)


def shapley_values(outcomes: FloatArray) -> FloatArray:
    """What each cause adds, averaged over all orders in which the causes can come about.

    Parameters
    ----------
    outcomes : array of shape (2^n, …)
        The outcome when the causes of each set are at work, in the order of ``members``.

    Returns
    -------
    shares : array of shape (n, …)
        Together the outcome of all causes less the outcome of none.

    Raises
    ------
    DataError
        There are not 2^n outcomes.

    References
    ----------
    Shapley (1953), A value for n-person games.

    Examples
    --------
    >>> shapley_values(np.array([0.0, 2.0, 1.0, 5.0]))  # together they bring 2 more than each alone
    array([3., 2.])
    """
    n = len(outcomes).bit_length() - 1
    if len(outcomes) != 2**n:
        raise DataError(f"there must be 2^n outcomes, one a set of causes; there are {len(outcomes)}.")
    weight = np.array([factorial(size) * factorial(n - size - 1) / factorial(n) for size in range(n)])
    belongs = members(n) > 0
    size = belongs.sum(axis=1)
    shares = np.zeros((n, *outcomes.shape[1:]))
    for cause in range(n):
        without = np.flatnonzero(~belongs[:, cause])
        added = outcomes[without + 2**cause] - outcomes[without]
        shares[cause] = np.tensordot(weight[size[without]], added, axes=1)
    return shares
