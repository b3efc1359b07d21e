"""The service level that cost least in past windows, from a smooth curve, drawn a little to the textbook's."""

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray

__all__ = ["learn_level"]


def learn_level(
    levels: FloatArray, costs: FloatArray, *, critical_ratio: float, evidence: float, prior: float = 1.0
) -> float:
    """The lowest point of a parabola through the total costs of several levels, over their logits.

    Costs of single levels are noisy, and the curve is flat around its lowest point: the parabola takes part of the
    noise away. Where it has no lowest point within the levels, the nearer end is taken. The critical ratio, which is
    right where forecasts are, counts as much as ``prior`` windows of evidence.

    Parameters
    ----------
    levels : array of shape (n_levels,), in (0, 1), ascending
        Three or more.
    costs : array of shape (n_levels,), money, > 0
        Of all past windows together.
    critical_ratio : float, in (0, 1)
    evidence : float, >= 0
        Windows in the costs; overlapping ones count for as many as would lie side by side.
    prior : float, >= 0

    Raises
    ------
    DataError
        There are fewer than three levels, they do not rise, or a number is out of its range.

    Examples
    --------
    >>> levels = np.array([0.6, 0.7, 0.8])
    >>> logit = np.log(levels / (1 - levels))
    >>> round(learn_level(levels, 100 + (logit - logit[1]) ** 2, critical_ratio=0.9, evidence=5, prior=0), 3)
    0.7
    """
    levels, costs = (np.asarray(x, dtype=np.float64) for x in (levels, costs))
    rises = len(levels) >= 3 and bool((np.diff(levels) > 0).all()) and 0 < levels[0] < levels[-1] < 1
    if not rises or len(costs) != len(levels) or not (costs > 0).all() or not 0 < critical_ratio < 1:
        raise DataError(
            "a level is learned from three or more rising levels in (0, 1), each with a cost > 0, and a critical "
            f"ratio in (0, 1); they are {levels.tolist()}, {costs.tolist()} and {critical_ratio}."
        )
    if not evidence >= 0 or not prior >= 0 or evidence + prior == 0:
        raise DataError(f"evidence and prior must be >= 0 and not both 0; they are {evidence} and {prior}.")
    best = _lowest(_logit(levels), costs / costs.mean())
    usual = float(_logit(np.array([critical_ratio]))[0])
    drawn = (evidence * best + prior * usual) / (evidence + prior)
    return float(1 / (1 + np.exp(-drawn)))


def _logit(level: FloatArray) -> FloatArray:
    return np.asarray(np.log(level / (1 - level)))


def _lowest(at: FloatArray, costs: FloatArray) -> float:
    """Where the parabola is lowest within the range of the levels."""
    curve = np.polynomial.Polynomial.fit(at, costs, deg=2).convert()
    slope, bend = (*curve.coef, 0.0, 0.0)[1:3]
    if bend <= 0:
        return float(at[0] if curve(at[0]) <= curve(at[-1]) else at[-1])
    return float(np.clip(-slope / (2 * bend), at[0], at[-1]))
