"""Quantiles around a mean, learned from what the mean missed on origins that the model had not seen."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.forecast.censored.bounded_sample import BoundedSample
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray

__all__ = ["SMALLEST_MEAN", "RatioQuantiles", "each_step", "learn_ratios", "running_totals"]

FEWEST = 10  # outcomes; fewer say nothing of a tail
BIN_SIZE = 400  # predictions
SMALLEST_MEAN = 1e-3  # units; predictions are never below, so that ratios to them exist


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioQuantiles:
    """Quantiles of actual ÷ predicted mean, as a function of the predicted mean.

    Predictions are put into bins of equal size by their mean (a level-set forecaster): what happened to similar
    predictions is the distribution. Between the middles of two bins the quantiles are interpolated in units, beyond
    the outer ones the ratios stay. Quantiles cannot cross or be negative, and on data like those they were
    learned from they are calibrated by construction.

    Parameters
    ----------
    levels : array of shape (n_levels,)
    log_means : array of shape (n_bins,), rising
    ratios : array of shape (n_bins, n_levels), not falling along the levels

    References
    ----------
    Hasson, Wang, Januschowski and Gasthaus, *Probabilistic forecasting: a level-set approach*, NeurIPS 2021.
    """

    levels: FloatArray
    log_means: FloatArray
    ratios: FloatArray

    @classmethod
    def learn(
        cls,
        mean: FloatArray,
        actual: FloatArray,
        levels: FloatArray,
        *,
        bounded: BoolArray | None = None,
        bin_size: int = BIN_SIZE,
    ) -> "RatioQuantiles":
        """Learn from predictions and what came of them.

        Parameters
        ----------
        mean, actual : arrays of shape (n,), in units, mean > 0
            NaN in ``actual`` is passed over.
        levels : array of shape (n_levels,), in (0, 1)
        bounded : array of bool, shape (n,), optional
            Where ``actual`` is only a lower bound; nowhere by default.
        bin_size : int
            Predictions in a bin, at least; up to 40 bins.

        Raises
        ------
        DataError
            Fewer than 10 outcomes are known.
        """
        bounded = np.zeros(actual.shape, dtype=bool) if bounded is None else bounded
        seen = int((~np.isnan(actual) & ~bounded).sum())
        if seen < FEWEST:
            raise DataError(
                f"calibration needs at least {FEWEST} known outcomes; there are {seen}. "
                "Bring a longer history, or calibrate on more periods."
            )
        bins = _bins(mean, actual, bin_size)
        samples = [BoundedSample.of(actual[k] / mean[k], bounded[k]) for k in bins]
        return cls(
            levels=levels,
            log_means=np.array([np.log(mean[k]).mean() for k in bins]),
            ratios=np.stack([sample.quantiles(levels) for sample in samples]),
        )

    def units(self, mean: FloatArray) -> FloatArray:
        """Quantiles around predicted means.

        Not the ratios are interpolated but their units: near a series that never sells ratios know no bound.

        Parameters
        ----------
        mean : array of shape (n,), in units, > 0

        Returns
        -------
        quantiles : array of shape (n, n_levels), in units
        """
        middle = np.exp(self.log_means)
        inside = np.clip(mean, middle[0], middle[-1])
        place = np.interp(inside, middle, np.arange(len(middle)))
        low = np.floor(place).astype(np.int64)
        high = np.minimum(low + 1, len(middle) - 1)
        share = (place - low)[:, None]
        by_bin = self.ratios * middle[:, None]
        units: FloatArray = (by_bin[low] * (1 - share) + by_bin[high] * share) * (mean / inside)[:, None]
        return units


def learn_ratios(
    mean: FloatArray, actual: FloatArray, levels: tuple[float, ...], bounded: BoolArray | None = None
) -> tuple[tuple[RatioQuantiles, ...], tuple[RatioQuantiles, ...]]:
    """Ratios of each step, and of the running total until each step.

    Parameters
    ----------
    mean, actual : arrays of shape (n, horizon), in units
        NaN in ``actual`` is passed over.
    levels : tuple of float, in (0, 1)
    bounded : array of bool, shape (n, horizon), optional
        Where ``actual`` is only a lower bound; nowhere by default.

    Notes
    -----
    A total is known where each of its periods is; a period that is only bounded counts with a value drawn from what
    happened above that bound. Where too few of a long total are known, it takes the ratios of the total before.
    """
    grid, horizon = np.array(levels), mean.shape[1]
    bounded = np.zeros(actual.shape, dtype=bool) if bounded is None else bounded
    of_period = tuple(
        RatioQuantiles.learn(mean[:, h], actual[:, h], grid, bounded=bounded[:, h]) for h in range(horizon)
    )
    drawn = np.stack([_drawn(mean[:, h], actual[:, h], bounded[:, h]) for h in range(horizon)], axis=1)
    mean_total, actual_total = np.cumsum(mean, axis=1), np.cumsum(drawn, axis=1)
    of_total = [of_period[0]]
    for h in range(1, horizon):
        enough = (~np.isnan(actual_total[:, h])).sum() >= FEWEST
        of_total.append(
            RatioQuantiles.learn(mean_total[:, h], actual_total[:, h], grid) if enough else of_total[-1]
        )
    return of_period, tuple(of_total)


def _bins(mean: FloatArray, actual: FloatArray, bin_size: int) -> list[IntArray]:
    """Places of the known outcomes, in bins of equal size by their predicted mean."""
    known = np.flatnonzero(~np.isnan(actual))
    order = known[np.argsort(mean[known], kind="stable")]
    return np.array_split(order, int(np.clip(len(order) // bin_size, 1, 40)))


def _drawn(mean: FloatArray, actual: FloatArray, bounded: BoolArray) -> FloatArray:
    """Outcomes, each bound replaced by a value above it as it happened to similar predictions."""
    result = actual.copy()
    if bounded.any():
        for k in _bins(mean, actual, BIN_SIZE):
            drawn = BoundedSample.of(actual[k] / mean[k], bounded[k]).drawn() * mean[k]
            result[k] = np.where(bounded[k], drawn, actual[k])
    return result


def each_step(ratios: tuple[RatioQuantiles, ...], mean: FloatArray) -> FloatArray:
    """Quantiles of each step, shape (n_series, n_levels, horizon), for means of shape (n_series, horizon)."""
    return np.stack([q.units(mean[:, step]) for step, q in enumerate(ratios)], axis=2)


def running_totals(ratios: tuple[RatioQuantiles, ...], mean: FloatArray) -> FloatArray:
    """Quantiles of running totals, shape (n_series, n_levels, horizon); no total is below the one before."""
    return np.maximum.accumulate(each_step(ratios, np.cumsum(mean, axis=1)), axis=2)
