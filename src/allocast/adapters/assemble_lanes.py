"""From the table of lanes to the lanes of the core."""

import numpy as np
import pandas as pd

from allocast.adapters.emissions import kg_per_kg
from allocast.adapters.tables import Tables
from allocast.inventory.rebalancing import Lanes
from allocast.numerics.arrays import FloatArray

__all__ = ["lanes_of"]


def lanes_of(tables: Tables) -> Lanes | None:
    """The ways between locations; None without the table. What a lane leaves open costs nothing and takes no time."""
    table = tables.lanes
    if table is None:
        return None

    def numbers(name: str, default: float) -> FloatArray:
        column = table.get(name, pd.Series(default, index=table.index))
        values: FloatArray = column.fillna(default).to_numpy(np.float64)
        return values

    return Lanes(
        from_location_id=table["from_location_id"].to_numpy(object),
        to_location_id=table["to_location_id"].to_numpy(object),
        cost_per_unit=numbers("cost_per_unit", 0.0),
        cost_per_transfer=numbers("cost_per_transfer", 0.0),
        days=numbers("days", 0.0),
        pack_units=numbers("pack_units", 1.0),
        co2e_kg_per_unit=numbers("co2e_kg_per_unit", np.nan),
        co2e_kg_per_kg=kg_per_kg(table, tables),
    )
