"""The distribution of a sample of which some values are only lower bounds."""

from dataclasses import dataclass

import numpy as np

from allocast.numerics.arrays import BoolArray, FloatArray, IntArray

__all__ = ["BoundedSample"]

GOLDEN = (5**0.5 - 1) / 2  # whose multiples spread most evenly between whole numbers
SMALLEST = 1e-300
TAIL_SHARE = (
    0.2  # of the sample, the largest: what lies beyond it exceeds the last value seen as these exceed theirs
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundedSample:
    """The Kaplan-Meier distribution of a sample; make one with ``BoundedSample.of``.

    Parameters
    ----------
    values : array of shape (n,), rising
    weights : array of shape (n,), summing to 1
        0 for a lower bound: its weight went to the values at or above it.
    order : array of int, shape (n,)
        Place of each value in the sample as it was given.
    bounded : array of bool, shape (n,)
        Which values are bounds with others above them.

    References
    ----------
    Kaplan and Meier, *Nonparametric estimation from incomplete observations*, JASA 53 (1958); redistribution to the
    right: Efron, *The two sample problem with censored data*, Fifth Berkeley Symposium 4 (1967).
    """

    values: FloatArray
    weights: FloatArray
    order: IntArray
    bounded: BoolArray

    @classmethod
    def of(cls, values: FloatArray, bounded: BoolArray) -> "BoundedSample":
        """The distribution of values of which the bounded ones are at least so large.

        Bounds above all other values, of which nothing tells how far they are exceeded, are taken to be exceeded by
        the mean excess of the upper fifth, as in an exponential tail.

        Parameters
        ----------
        values : array of shape (n,)
        bounded : array of bool, shape (n,)
            Where all are, they are taken as they stand.

        Examples
        --------
        >>> sample = BoundedSample.of(np.array([1.0, 2.0, 3.0, 4.0]), np.array([False, True, False, False]))
        >>> sample.weights.round(3)
        array([0.25 , 0.   , 0.375, 0.375])
        """
        order = np.lexsort((~bounded, values))  # a bound before its equals, which it may be one of
        values, bounded = values[order].astype(np.float64), bounded[order].copy()
        bounded &= ~bounded.all()
        beyond = np.flatnonzero(~bounded)[-1] + 1
        values[beyond:] += _mean_excess(values, bounded)
        bounded[beyond:] = False
        at_risk = np.arange(len(values), 0, -1)
        hazard = np.where(bounded, 0.0, 1.0 / at_risk)
        surviving = np.cumprod(np.append(1.0, 1.0 - hazard))[:-1]
        return cls(values=values, weights=hazard * surviving, order=order, bounded=bounded)

    def quantiles(self, levels: FloatArray) -> FloatArray:
        """Quantiles, shape (n_levels,); numpy's own where nothing is a bound."""
        if not self.bounded.any():
            return np.asarray(np.quantile(self.values, levels))
        seen = ~self.bounded
        weights = self.weights[seen]
        before = np.cumsum(weights) - weights
        place = before / max(before[-1], SMALLEST)
        return np.interp(levels, place, self.values[seen])

    def drawn(self) -> FloatArray:
        """The sample as it was given, each bound replaced by a value drawn evenly from what lies above it."""
        seen = ~self.bounded
        reached = np.cumsum(self.weights)
        spread = np.arange(1, self.bounded.sum() + 1) * GOLDEN % 1
        before = reached[self.bounded]
        place = np.searchsorted(reached[seen], before + spread * (1 - before))
        result = np.empty(len(self.values))
        values = self.values.copy()
        values[self.bounded] = self.values[seen][np.minimum(place, seen.sum() - 1)]
        result[self.order] = values
        return result


def _mean_excess(values: FloatArray, bounded: BoolArray) -> float:
    """Mean excess over the threshold of the upper fifth, of an exponential tail of which some values are bounds."""
    seen = values[~bounded]
    threshold = np.quantile(seen, 1 - TAIL_SHARE)
    upper = values > threshold
    return float((values[upper] - threshold).sum() / max(int((upper & ~bounded).sum()), 1))
