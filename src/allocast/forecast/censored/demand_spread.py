"""The demand behind sales that were cut short by stock-outs: what to expect, given what was sold."""

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, gammaln

from allocast.forecast.censored.outcomes import Outcomes
from allocast.numerics.arrays import FloatArray

__all__ = ["DemandSpread"]

SHAPES = np.geomspace(0.25, 32, 8)
OCCURRENCES = np.array([1.0, 0.7, 0.5, 0.35, 0.25, 0.15])
BORROWED = 20.0  # outcomes of the average series that each series' own are joined with
LEARNED_FROM = 40_000  # outcomes at most
LEAST_PROBABLE = 1e-200


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandSpread:
    """How the demand of each series scatters around its mean: nothing at times, else negative binomial.

    Parameters
    ----------
    occurrence : array of shape (n_series,), in (0, 1]
        Probability that anything may be asked for.
    shape : array of shape (n_series,), > 0
        When it may, the variance is unit × mean + mean² / shape.
    unit : float, > 0
        The smallest amount that is sold.

    Notes
    -----
    The negative binomial is a Poisson demand whose rate is gamma distributed, so what was sold before stock ran out
    tells something of the rate: demand that ends the stock early was high. Whether sales end because the stock does is
    no matter, since when they end depends on nothing but the sales (the likelihood does not see a stopping rule).

    Examples
    --------
    >>> spread = DemandSpread(occurrence=np.ones(1), shape=np.array([1e9]), unit=1.0)
    >>> sold = Outcomes(series=np.zeros(3, int), units=np.array([4.0, 4.0, 0.0]), exposure=np.array([1, 0.5, np.nan]))
    >>> spread.expected(sold, np.full(3, 6.0)).round(6)
    array([4., 7., 6.])
    """

    occurrence: FloatArray
    shape: FloatArray
    unit: float

    @classmethod
    def learn(cls, outcomes: Outcomes, mean: FloatArray, *, n_series: int) -> "DemandSpread":
        """The likeliest spread of each series on a grid, joined with a little of the average series.

        Parameters
        ----------
        outcomes : Outcomes
        mean : array of shape (n,), in units, > 0
            What was to be expected of each.
        n_series : int
        """
        unit = _smallest_sale(outcomes.units)
        thinned = slice(None, None, -(-len(mean) // LEARNED_FROM))
        outcomes, mean = outcomes[thinned], mean[thinned]
        candidates = [(p, k) for p in OCCURRENCES for k in SHAPES]
        fit = np.stack(
            [
                np.bincount(outcomes.series, _log_likelihood(outcomes, mean, p, k, unit), n_series)
                for p, k in candidates
            ],
            axis=1,
        )
        best = (fit + BORROWED / len(mean) * fit.sum(axis=0)).argmax(axis=1)
        occurrence, shape = np.array(candidates)[best].T
        return cls(occurrence=occurrence, shape=shape, unit=unit)

    def expected(self, outcomes: Outcomes, mean: FloatArray) -> FloatArray:
        """Demand to expect given what was sold, shape (n,), in units.

        It is the demand itself where that was seen, and ``mean`` where nothing is known.

        Parameters
        ----------
        outcomes : Outcomes
        mean : array of shape (n,), in units, > 0
            What was to be expected before anything was sold.
        """
        units, mean = outcomes.units / self.unit, mean / self.unit
        occurrence, shape = self.occurrence[outcomes.series], self.shape[outcomes.series]
        result = units.copy()
        bound, part = outcomes.bounded, ~outcomes.bounded & ~outcomes.complete
        result[bound] = _above(units[bound], mean[bound], occurrence[bound], shape[bound])
        seen = outcomes.exposure[part]
        result[part] += _unseen(units[part], mean[part], seen, occurrence[part], shape[part])
        expected: FloatArray = result * self.unit
        return expected


def _smallest_sale(units: FloatArray) -> float:
    """What most likely is one piece: the smallest amounts that were sold."""
    sold = units[units > 0]
    return float(np.quantile(sold, 0.001, method="lower")) if len(sold) else 1.0


def _log_likelihood(
    outcomes: Outcomes, mean: FloatArray, occurrence: float, shape: float, unit: float
) -> FloatArray:
    """Of each outcome, up to what depends on neither occurrence nor shape."""
    units, bound = outcomes.units / unit, outcomes.bounded
    size = mean / unit / occurrence * np.where(bound, 1.0, outcomes.exposure)
    success = size / (shape + size)
    nothing = shape * np.log1p(-success)
    result: FloatArray = (
        np.log(occurrence) + nothing + units * np.log(success) + gammaln(units + shape) - gammaln(shape)
    )
    result -= gammaln(units + 1)
    none = (units == 0) & ~bound
    asleep = np.log(max(1 - occurrence, LEAST_PROBABLE))
    result[none] = np.logaddexp(asleep, np.log(occurrence) + nothing[none])
    tail = betainc(units[bound], shape, success[bound])
    result[bound] = np.log(occurrence * np.maximum(tail, LEAST_PROBABLE))
    return result


def _above(units: FloatArray, mean: FloatArray, occurrence: FloatArray, shape: FloatArray) -> FloatArray:
    """E[D | D >= units], in pieces; the mean where units is 0."""
    size = mean / occurrence
    success = size / (shape + size)
    probable = betainc(np.maximum(units, LEAST_PROBABLE), shape, success)
    more = np.where(units > 1, betainc(np.maximum(units - 1, LEAST_PROBABLE), shape + 1, success), 1.0)
    far = probable < LEAST_PROBABLE
    expected = np.where(far, units + 1 / (1 - success), size * more / np.where(far, 1.0, probable))
    above: FloatArray = np.where(units > 0, np.maximum(expected, units), mean)
    return above


def _unseen(
    units: FloatArray, mean: FloatArray, exposure: FloatArray, occurrence: FloatArray, shape: FloatArray
) -> FloatArray:
    """Demand to expect in the rest of a period of which a share was seen, in pieces."""
    size = mean / occurrence
    nothing = (shape / (shape + exposure * size)) ** shape
    awake = np.where(units > 0, 1.0, occurrence * nothing / (1 - occurrence + occurrence * nothing))
    rest: FloatArray = awake * (1 - exposure) * size * (shape + units) / (shape + exposure * size)
    return rest
