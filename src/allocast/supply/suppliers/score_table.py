"""Standard normal scores of log errors, read from a table without searching."""

from typing import Any

import numpy as np

from allocast.numerics.arrays import FloatArray
from allocast.numerics.compiled import compiled
from allocast.supply.suppliers.log_errors import LogErrors

__all__ = ["score_at", "score_table"]

N_SCORES = 512
LEAST_SCORE = -8.0  # of waiting that has only begun


def score_table(errors: LogErrors) -> tuple[float, float, FloatArray, float]:
    """First log error, step, the scores of evenly spaced log errors, and the spread: what `score_at` reads."""
    low, high = errors.knots[0], errors.knots[-1]
    step = max((high - low) / (N_SCORES - 1), 1e-9)
    return float(low), float(step), errors.score(low + step * np.arange(N_SCORES)), errors.spread


@compiled
def score_at(error: float, table: Any) -> float:
    """The score of a log error: below the table as in a normal distribution, beyond it the last one."""
    low, step, scores, spread = table
    place = (error - low) / step
    if place <= 0:
        below: float = max(scores[0] + (error - low) / spread, LEAST_SCORE)
        return below
    k = min(int(place), len(scores) - 2)
    share = min(place - k, 1.0)
    between: float = scores[k] + share * (scores[k + 1] - scores[k])
    return between
