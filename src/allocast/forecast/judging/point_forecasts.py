"""One path instead of a distribution: the one that a measure of errors asks for."""

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray

__all__ = ["median_path"]

NEAREST = 1e-6  # units; a path at the centre itself would weigh without bound
ITERATIONS = 60


def median_path(paths: FloatArray) -> FloatArray:
    """The path with the smallest mean distance to the sample paths of each series (their spatial median).

    A root mean squared error of each series, averaged over series (RMSSE), is smallest for this path, not for the
    mean: where most futures have no sale at all it lies near zero. It is a forecast for that measure alone: its
    total is far below the expected demand, so do not order by it.

    Parameters
    ----------
    paths : array of shape (n_series, n_paths, horizon)

    Returns
    -------
    path : array of shape (n_series, horizon)

    Raises
    ------
    DataError
        There are no paths.

    References
    ----------
    Weiszfeld and Plastria, *On the point for which the sum of the distances to n given points is minimum*, Annals of
    Operations Research 167 (2009). Kolassa, *Why the best point forecast depends on the error or accuracy measure*,
    IJF 36 (2020).

    Examples
    --------
    >>> median_path(np.array([[[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [4.0, 9.0]]])).round(3)
    array([[0., 0.]])
    """
    if not paths.shape[1]:
        raise DataError("a median path needs sample paths; there are none. Draw some.")
    centre: FloatArray = paths.mean(axis=1)
    for _ in range(ITERATIONS):
        distance = np.sqrt(((paths - centre[:, None]) ** 2).sum(axis=2))
        weight = 1 / np.maximum(distance, NEAREST)
        centre = (paths * weight[:, :, None]).sum(axis=1) / weight.sum(axis=1)[:, None]
    return centre
