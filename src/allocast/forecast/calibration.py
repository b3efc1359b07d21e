"""Quantiles around a mean, learned from what the mean missed on origins that the model had not seen."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray

__all__ = ["SMALLEST_MEAN", "RatioQuantiles", "each_step", "learn_ratios", "running_totals"]

FEWEST = 10  # outcomes; fewer say nothing of a tail
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
    mean_ratios : array of shape (n_bins,)
        Mean actual ÷ mean predicted: corrects a level that the mean gets wrong.

    References
    ----------
    Hasson, Wang, Januschowski and Gasthaus, *Probabilistic forecasting: a level-set approach*, NeurIPS 2021.
    """

    levels: FloatArray
    log_means: FloatArray
    ratios: FloatArray
    mean_ratios: FloatArray

    @classmethod
    def learn(
        cls, mean: FloatArray, actual: FloatArray, levels: FloatArray, *, bin_size: int = 400
    ) -> "RatioQuantiles":
        """Learn from predictions and what came of them.

        Parameters
        ----------
        mean, actual : arrays of shape (n,), in units, mean > 0
            NaN in ``actual`` is passed over.
        levels : array of shape (n_levels,), in (0, 1)
        bin_size : int
            Predictions in a bin, at least; up to 40 bins.

        Raises
        ------
        DataError
            Fewer than 10 outcomes are known.
        """
        known = ~np.isnan(actual)
        if known.sum() < FEWEST:
            raise DataError(
                f"calibration needs at least {FEWEST} known outcomes; there are {int(known.sum())}. "
                "Bring a longer history, or calibrate on more periods."
            )
        mean, actual = mean[known], actual[known]
        order = np.argsort(mean, kind="stable")
        n_bins = int(np.clip(len(mean) // bin_size, 1, 40))
        bins = np.array_split(order, n_bins)
        return cls(
            levels=levels,
            log_means=np.array([np.log(mean[members]).mean() for members in bins]),
            ratios=np.stack([np.quantile(actual[members] / mean[members], levels) for members in bins]),
            mean_ratios=np.array([actual[members].mean() / mean[members].mean() for members in bins]),
        )

    def units(self, mean: FloatArray) -> FloatArray:
        """Quantiles around predicted means.

        Parameters
        ----------
        mean : array of shape (n,), in units, > 0

        Returns
        -------
        quantiles : array of shape (n, n_levels), in units
        """
        return self._interpolated(mean, self.ratios)

    def mean(self, mean: FloatArray) -> FloatArray:
        """Predicted means with their level corrected, shape (n,), in units."""
        return self._interpolated(mean, self.mean_ratios[:, None])[:, 0]

    def _interpolated(self, mean: FloatArray, ratios: FloatArray) -> FloatArray:
        """Units that ratios, shape (n_bins, k), mean for predicted means.

        Not the ratios are interpolated but their units: near a series that never sells ratios know no bound.
        """
        middle = np.exp(self.log_means)
        inside = np.clip(mean, middle[0], middle[-1])
        place = np.interp(inside, middle, np.arange(len(middle)))
        low = np.floor(place).astype(np.int64)
        high = np.minimum(low + 1, len(middle) - 1)
        share = (place - low)[:, None]
        by_bin = ratios * middle[:, None]
        units: FloatArray = (by_bin[low] * (1 - share) + by_bin[high] * share) * (mean / inside)[:, None]
        return units


def learn_ratios(
    mean: FloatArray, actual: FloatArray, levels: tuple[float, ...]
) -> tuple[tuple[RatioQuantiles, ...], tuple[RatioQuantiles, ...]]:
    """Ratios of each step, and of the running total until each step.

    Parameters
    ----------
    mean, actual : arrays of shape (n, horizon), in units
        NaN in ``actual`` is passed over.
    levels : tuple of float, in (0, 1)

    Notes
    -----
    A total is known where each of its periods is. Where too few of a long total are, it takes the ratios of the
    total before.
    """
    grid, horizon = np.array(levels), mean.shape[1]
    mean_total, actual_total = np.cumsum(mean, axis=1), np.cumsum(actual, axis=1)
    of_period = tuple(RatioQuantiles.learn(mean[:, h], actual[:, h], grid) for h in range(horizon))
    of_total = [of_period[0]]
    for h in range(1, horizon):
        enough = (~np.isnan(actual_total[:, h])).sum() >= FEWEST
        of_total.append(
            RatioQuantiles.learn(mean_total[:, h], actual_total[:, h], grid) if enough else of_total[-1]
        )
    return of_period, tuple(of_total)


def each_step(ratios: tuple[RatioQuantiles, ...], mean: FloatArray) -> FloatArray:
    """Quantiles of each step, shape (n_series, n_levels, horizon), for means of shape (n_series, horizon)."""
    return np.stack([q.units(mean[:, step]) for step, q in enumerate(ratios)], axis=2)


def running_totals(ratios: tuple[RatioQuantiles, ...], mean: FloatArray) -> FloatArray:
    """Quantiles of running totals, shape (n_series, n_levels, horizon); no total is below the one before."""
    return np.maximum.accumulate(each_step(ratios, np.cumsum(mean, axis=1)), axis=2)
