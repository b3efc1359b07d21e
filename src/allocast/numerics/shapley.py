"""Shares of several causes in one outcome: Shapley values, exact."""

from collections.abc import Callable
from math import factorial

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray

__all__ = ["members", "owen_values", "shapley_values"]


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


def owen_values(outcome: Callable[[FloatArray], FloatArray], groups: FloatArray) -> FloatArray:
    """Shapley values of causes that come in groups: no group is interrupted by another.

    The shares of a group add up to the Shapley value that the group has as one cause. Exact, at a cost that doubles
    with every cause of the largest group, not with every cause.

    Parameters
    ----------
    outcome : function of sets, shape (n_sets, n_causes), 1 or 0, to outcomes, shape (n_sets,)
    groups : array of shape (n_groups, n_causes), 1 where a cause belongs to a group; each to one

    Returns
    -------
    shares : array of shape (n_causes,)

    References
    ----------
    Owen (1977), Values of games with a priori unions.

    Examples
    --------
    >>> owen_values(lambda sets: sets @ np.array([1.0, 2.0, 3.0]), np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]))
    array([1., 2., 3.])
    """
    n, shares = len(groups), np.zeros(groups.shape[1])
    for place, group in enumerate(groups):
        own, others = np.flatnonzero(group), np.delete(groups, place, axis=0)
        for there in members(n - 1):
            sets = np.tile(there @ others, (2 ** len(own), 1))
            sets[:, own] = members(len(own))
            size = int(there.sum())
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            shares[own] += weight * shapley_values(outcome(sets))
    return shares
