"""What each feature adds to a forecast: exact TreeSHAP values of the trees of the mean."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np

from allocast.forecast.calibration.ratio_quantiles import SMALLEST_MEAN
from allocast.forecast.features import Features
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.checks import require_shape

__all__ = ["Contributions", "contributions"]

SAME = 1e-9  # forecasts whose logarithms differ by less are the same


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contributions:
    """What each feature adds to the logarithm of one step's forecast.

    Parameters
    ----------
    names : tuple of str
        Of the features.
    values : array of shape (n_series, n_features), in logarithms of units
    usual : array of shape (n_series,), in units
        The forecast if no feature said anything: that of an average period of a series of this size.
    expected : array of shape (n_series,), in units
        The forecast.
    """

    names: tuple[str, ...]
    values: FloatArray
    usual: FloatArray
    expected: FloatArray

    def __post_init__(self) -> None:
        n_series = len(self.expected)
        require_shape("values", self.values, (n_series, len(self.names)))
        require_shape("usual", self.usual, (n_series,))

    def in_units(self) -> FloatArray:
        """The difference between expected and usual shared among the features, shape (n_series, n_features).

        Each feature's share is in proportion to its part of the logarithm, so the order of the features does not
        matter and nothing is left over: with ``usual``, the shares add up to ``expected``.

        References
        ----------
        Ang, *The LMDI approach to decomposition analysis: a practical guide*, Energy Policy 33 (2005): the
        additive form, whose weight is the logarithmic mean of the two numbers.

        Examples
        --------
        >>> doubled_and_halved_twice = np.log([[2.0, 0.25]])
        >>> Contributions(
        ...     names=("season", "price"), values=doubled_and_halved_twice, usual=np.array([8.0]),
        ...     expected=np.array([4.0])).in_units()
        array([[ 4., -8.]])
        """
        total = self.values.sum(axis=1)
        moved = np.abs(total) > SAME
        weight = np.divide(self.expected - self.usual, total, out=self.usual.copy(), where=moved)
        units: FloatArray = self.values * weight[:, None]
        return units


def contributions(
    text: str, features: Features, asked: Sequence[tuple[IntArray, FloatArray]], *, threads: int
) -> Iterator[Contributions]:
    """Contributions of step 1, 2, … ahead of the last period.

    Parameters
    ----------
    text : str
        LightGBM's own text form of the trees of the mean.
    features : Features
    asked : sequence of (places of series, expected units), both of shape (n_series,)
        One for each step.
    threads : int
    """
    booster = lightgbm.Booster(model_str=text)
    origin = len(features.panel.periods) - 1
    for step, (rows, expected) in enumerate(asked, start=1):
        order = np.argsort(rows)
        x = np.empty((len(rows), len(features.names)), dtype=np.float32)
        x[order] = features.rows(rows[order], np.full(len(rows), origin), np.full(len(rows), step))
        scale = features.scale[rows, origin]
        values = booster.predict(x, pred_contrib=True, num_threads=threads)
        mean = np.maximum(booster.predict(x, num_threads=threads) * scale, SMALLEST_MEAN)
        yield Contributions(
            names=tuple(features.names),
            values=values[:, :-1],
            usual=scale * np.exp(values[:, -1]) * expected / mean,
            expected=expected,
        )
