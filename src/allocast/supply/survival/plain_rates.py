"""Hazards by LightGBM's own prediction, a row for each period: the reference that faster scoring must equal."""

import lightgbm as lgb
import numpy as np

from allocast.numerics.arrays import FloatArray
from allocast.supply.survival.clocks import Clocks

__all__ = ["plain_rates"]

BLOCK_ROWS = 400_000  # person-periods predicted at once: bounds memory


def plain_rates(booster: lgb.Booster, x: FloatArray, clocks: Clocks, *, num_threads: int = 1) -> FloatArray:
    """Events per day at risk in each period.

    Parameters
    ----------
    booster : Booster
        Of the features, with the columns of ``clocks`` beside them.
    x : float32 array of shape (n, n_features)
    clocks : Clocks

    Returns
    -------
    rates : array of shape (n, n_periods), > 0
    """
    rates = np.empty((len(x), clocks.n_periods))
    rows = max(1, BLOCK_ROWS // clocks.n_periods)
    for start in range(0, len(x), rows):
        block = x[start : start + rows]
        row = np.repeat(np.arange(len(block)), clocks.n_periods)
        period = np.tile(np.arange(clocks.n_periods), len(block))
        predicted = booster.predict(clocks.beside(block, row, period), num_threads=num_threads)
        rates[start : start + rows] = predicted.reshape(len(block), clocks.n_periods)
    return rates
