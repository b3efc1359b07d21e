"""How much of each series was seen: buckets of observed periods, the young told apart as the demand model does."""

from itertools import pairwise

import numpy as np

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.numerics.arrays import TextArray

__all__ = ["AGE_NAMES", "YOUNG", "age_buckets"]

YOUNG = (0, 4, 12)
"""Observed periods at most: nothing, next to nothing and little is known of a series."""
GROWN = {Frequency.DAILY: (28, 91, 364), Frequency.WEEKLY: (26, 52), Frequency.MONTHLY: (24,)}


def _names(frequency: Frequency) -> tuple[str, ...]:
    """Names of the buckets of one frequency, the youngest first."""
    ends, unit = (*YOUNG, *GROWN[frequency]), f"{frequency.unit}s"
    between = [f"{before + 1} to {end} {unit}" for before, end in pairwise(ends)]
    return ("none", *between, f"over {ends[-1]} {unit}")


AGE_NAMES = tuple(dict.fromkeys(name for frequency in Frequency for name in _names(frequency)))
"""Names of all buckets, in an order that is right within each frequency."""


def age_buckets(panel: DemandPanel) -> TextArray:
    """How many periods of each series were observed until the panel's end: the name of a bucket, shape (n_series,).

    Weeks are told apart at 0, 4, 12, 26 and 52; days at 0, 4, 12, 28, 91 and 364; months at 0, 4, 12 and 24. A period
    without stock is not observed, however long the series is listed. Of ``none`` nothing was.

    Examples
    --------
    >>> import pandas as pd
    >>> seen = np.arange(3)[:, None] > np.array([2, 1, 1, 1, 1])
    >>> panel = DemandPanel(series=pd.DataFrame(index=range(3)), frequency=Frequency.WEEKLY, observed=seen,
    ...                     periods=Frequency.WEEKLY.shifted(np.datetime64("2024-01-01"), np.arange(5)),
    ...                     units=np.ones((3, 5)))
    >>> age_buckets(panel).tolist()
    ['none', 'none', '1 to 4 weeks']
    """
    limits = (*YOUNG, *GROWN[panel.frequency])
    bucket: TextArray = np.array(_names(panel.frequency))[np.searchsorted(limits, panel.observed.sum(axis=1))]
    return bucket
