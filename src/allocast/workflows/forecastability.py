"""How well the demand model has forecast each series, in windows that it had not seen."""

import numpy as np

from allocast.numerics.arrays import FloatArray
from allocast.workflows.folds import train_folds
from allocast.workflows.job import Job

__all__ = ["backtest_error"]


def backtest_error(job: Job) -> FloatArray:
    """Sum of absolute errors ÷ sum of demand over the past windows, shape (n_series,).

    A model is trained before each window of ``backtest``, as ``allocast backtest`` does, and forecasts it from its
    beginning, as far as its horizon. Periods that were not observed do not count. NaN where nothing was sold, or where
    nobody delivers.
    """
    panel = job.panel.take(job.able)
    missed, asked = np.zeros(panel.n_series), np.zeros(panel.n_series)
    for fold in train_folds(job, with_agent=False):
        begin = len(fold.known.periods)
        outcome = panel.demand[:, begin : begin + job.settings.backtest.shape.periods]
        mean = fold.demand.forecast(fold.known).mean[:, : outcome.shape[1]]
        outcome = outcome[:, : mean.shape[1]]
        missed += np.nansum(np.abs(outcome - mean), axis=1)
        asked += np.nansum(outcome, axis=1)
    error = np.full(job.panel.n_series, np.nan)
    error[job.able] = np.divide(missed, asked, out=np.full(len(asked), np.nan), where=asked > 0)
    return error
