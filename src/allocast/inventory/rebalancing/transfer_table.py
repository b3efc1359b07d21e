"""Transfers as people and other systems read them: a row an item on a lane."""

import numpy as np
import pandas as pd

from allocast.inventory.rebalancing.lanes import Lanes
from allocast.inventory.rebalancing.transfers import Transfers
from allocast.inventory.situation import Situation

__all__ = ["TRANSFERS", "no_transfers", "transfer_table"]

TRANSFERS = [
    "item_id", "from_location_id", "to_location_id", "units", "usable_from", "transfer_cost", "expected_gain",
    "co2e_grams",
]  # fmt: skip


def no_transfers() -> pd.DataFrame:
    """The table without a row."""
    return pd.DataFrame({name: [] for name in TRANSFERS})


def transfer_table(situation: Situation, lanes: Lanes, transfers: Transfers) -> pd.DataFrame:
    """Each transfer with its ends, its day, its money and what it emits; what saves most first.

    Parameters
    ----------
    situation : Situation
        As it was when the transfers were decided.
    lanes : Lanes
    transfers : Transfers

    Returns
    -------
    table : DataFrame, columns ``TRANSFERS``
        ``usable_from``, first day of the period; ``expected_gain``, money saved with ``transfer_cost`` taken off;
        ``co2e_grams`` by the lane's figure for a unit, else by its figure for a kg and the item's weight; empty where
        not known, and in no cost.
    """
    panel, giver = situation.panel, transfers.giver
    series = panel.series
    weight = pd.to_numeric(series["weight_kg"]).to_numpy(np.float64) if "weight_kg" in series else np.nan
    by_weight = lanes.co2e_kg_per_kg[transfers.lane] * np.broadcast_to(weight, len(series))[giver]
    own = lanes.co2e_kg_per_unit[transfers.lane]
    table = pd.DataFrame(
        {
            "item_id": series["item_id"].to_numpy()[giver],
            "from_location_id": series["location_id"].to_numpy()[giver],
            "to_location_id": series["location_id"].to_numpy()[transfers.receiver],
            "units": transfers.units,
            "usable_from": panel.frequency.shifted(panel.as_of, transfers.delay + 1),
            "transfer_cost": transfers.cost,
            "expected_gain": transfers.gain,
            "co2e_grams": 1000 * transfers.units * np.where(np.isnan(own), by_weight, own),
        }
    )
    return table.sort_values("expected_gain", ascending=False, kind="stable", ignore_index=True)
