"""What each order says about its supplier, and on which day it was known: by arriving, or by not having arrived."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from allocast.numerics.arrays import BoolArray, FloatArray, IntArray, freeze
from allocast.supply.suppliers.log_errors import LogErrors

__all__ = ["NOTHING_SAID", "Evidence", "evidence_of"]

# Shares still waiting at which waiting is looked at. From early on and often: of orders placed together the first to
# arrive would else make their supplier fast, and all the others slow, when their turn comes.
CHECKPOINTS = (0.97, 0.94, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.025, 0.01)
NOTHING_SAID = -1e9  # a log error that everything exceeds


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Pieces of waiting, sorted by supplier and day.

    A piece says that a row waited on from one *log error* to another, the log of its days less the log of the days
    usual for such an order, and whether it arrived there. The pieces of a row that is still open say only that it
    has not arrived, and are known before it does.

    Parameters
    ----------
    supplier : array of int, shape (n,)
    known_on : array of shape (n,), in days
        The end of this day is when it was known.
    begun, reached : arrays of shape (n,)
        Log errors, ``begun`` <= ``reached``.
    arrived : array of bool, shape (n,)
    weight : array of shape (n,), > 0
        Orders that the piece is part of: a share where an order came in parts or lines shared a shipment.
    """

    supplier: IntArray
    known_on: FloatArray
    begun: FloatArray
    reached: FloatArray
    arrived: BoolArray
    weight: FloatArray

    def __post_init__(self) -> None:
        for name in ("supplier", "known_on", "begun", "reached", "arrived", "weight"):
            object.__setattr__(self, name, freeze(getattr(self, name)))

    def __len__(self) -> int:
        return len(self.supplier)


def evidence_of(
    *,
    supplier: IntArray,
    ordered_on: FloatArray,
    log_usual: FloatArray,
    days: FloatArray,
    arrived: BoolArray,
    entry: FloatArray,
    weight: FloatArray,
    errors: LogErrors,
    lines_by: Callable[[IntArray, FloatArray], FloatArray] | None = None,
) -> Evidence:
    """The evidence of rows of waiting.

    Parameters
    ----------
    supplier : array of int, shape (n_rows,)
    ordered_on : array of shape (n_rows,), in days
    log_usual : array of shape (n_rows,)
        Log of the days that are usual for such an order.
    days : array of shape (n_rows,), in days, > 0
        Whole days to the arrival (half a day for the same day), or the age of what has not arrived.
    arrived : array of bool, shape (n_rows,)
    entry : array of shape (n_rows,), in days, >= 0
        Age from which a row was watched: what it waited before says nothing.
    weight : array of shape (n_rows,), > 0
    errors : LogErrors
        How durations are spread around what is usual.
    lines_by : function of rows and days, optional
        Lines that share the weight of each row, by the end of a day; by default each has its own.
    """
    levels = errors.quantile(1 - np.array(CHECKPOINTS))
    at = np.ceil(np.exp(log_usual[:, None] + levels))  # days, rising along a row
    # What arrives on the day of a checkpoint has not passed it; what is open at the end of that day has.
    passed = np.where(arrived[:, None], at < days[:, None], at <= days[:, None]).sum(axis=1)
    skipped = np.minimum((at <= entry[:, None]).sum(axis=1), passed)
    count = passed - skipped + arrived
    row = np.repeat(np.arange(len(days)), count)
    k = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + skipped[row]
    last = arrived[row] & (k == passed[row])
    n_levels = len(levels)
    # A whole-day duration ended during its last day: half a day earlier, on average.
    middle = np.where(days > 1, days - 0.5, 0.5 * np.maximum(days, 0.5))
    waited = np.log(at) - log_usual[:, None]  # at the end of the day of each checkpoint
    # Watching began at the entry, not at the checkpoint before it.
    watched = np.where(entry > 0, np.log(np.where(entry > 0, entry, 1.0)) - log_usual, NOTHING_SAID)
    begun = np.where(k > skipped[row], waited[row, np.maximum(k - 1, 0)], watched[row])
    final = np.log(middle) - log_usual
    reached = np.where(last, np.maximum(final[row], begun), waited[row, np.minimum(k, n_levels - 1)])
    known_on = ordered_on[row] + np.where(last, np.ceil(days[row]), at[row, np.minimum(k, n_levels - 1)])
    order = np.lexsort((known_on, supplier[row]))
    row, known_on = row[order], known_on[order]
    return Evidence(
        supplier=supplier[row],
        known_on=known_on,
        begun=begun[order],
        reached=reached[order],
        arrived=last[order],
        weight=weight[row] if lines_by is None else weight[row] / lines_by(row, known_on),
    )
