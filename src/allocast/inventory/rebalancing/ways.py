"""Ways: each item on each lane that leads from stock to where some may be used up."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.inventory.rebalancing.lanes import Lanes
from allocast.numerics.arrays import IntArray

__all__ = ["Ways", "ways_between"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """One item on one lane a row, in the order of item, origin and destination.

    Parameters
    ----------
    giver, receiver : arrays of int, shape (n_ways,)
        Rows of the series.
    lane : array of int, shape (n_ways,)
    """

    giver: IntArray
    receiver: IntArray
    lane: IntArray

    def __len__(self) -> int:
        return len(self.lane)

    def take(self, rows: IntArray) -> "Ways":
        """The chosen ways, in the given order."""
        return Ways(giver=self.giver[rows], receiver=self.receiver[rows], lane=self.lane[rows])


def ways_between(series: pd.DataFrame, lanes: Lanes) -> Ways:
    """All ways that the lanes open to the items, whatever the order of series and lanes.

    Parameters
    ----------
    series : DataFrame with item_id and location_id
    lanes : Lanes
    """
    kept = pd.DataFrame(
        {
            "item": series["item_id"].to_numpy(),
            "at": series["location_id"].to_numpy(),
            "row": np.arange(len(series)),
        }
    )
    ends = pd.DataFrame(
        {"origin": lanes.from_location_id, "to": lanes.to_location_id, "lane": np.arange(len(lanes))}
    )
    from_stock = kept.merge(ends, left_on="at", right_on="origin").rename(columns={"row": "giver"})
    ways = from_stock[["item", "origin", "to", "giver", "lane"]].merge(
        kept.rename(columns={"at": "to", "row": "receiver"}), on=["item", "to"]
    )
    ways = ways.sort_values(["item", "origin", "to"], ignore_index=True)
    return Ways(
        giver=ways["giver"].to_numpy(np.int64),
        receiver=ways["receiver"].to_numpy(np.int64),
        lane=ways["lane"].to_numpy(np.int64),
    )
