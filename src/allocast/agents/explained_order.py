"""What every explanation of an agent's orders can be asked."""

from typing import Protocol

import numpy as np
import pandas as pd

from allocast.errors import DataError

__all__ = ["ExplainedOrder", "row_of"]


class ExplainedOrder(Protocol):
    """Why an agent orders what it does, series by series."""

    @property
    def series(self) -> pd.DataFrame:
        """``item_id`` and ``location_id`` of each row."""
        ...

    def table(self, row: int) -> pd.DataFrame:
        """One series from the usual level to the order, then what is classical: ``what`` and ``units``."""
        ...

    def features(self, row: int) -> pd.DataFrame:
        """What moves the level, most first: ``family``, ``feature``, ``here``, ``usual`` and ``units``."""
        ...


def row_of(explained: ExplainedOrder, item_id: str, location_id: str) -> int:
    """The place of a series.

    Raises
    ------
    DataError
        The agent was not asked about it.
    """
    series = explained.series
    both = (series["item_id"] == item_id) & (series["location_id"] == location_id)
    if not both.any():
        raise DataError(
            f"no order was decided for item {item_id!r} at location {location_id!r}: it needs a history of "
            "demand, a supplier and a stock figure."
        )
    return int(np.flatnonzero(both)[0])
