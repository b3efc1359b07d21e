"""What a unit of each order line costs, from the best place that says it."""

import numpy as np
import pandas as pd

from allocast.adapters.tables import Tables
from allocast.numerics.arrays import FloatArray
from allocast.supply.orders.purchase_orders import PurchaseOrders

__all__ = ["unit_costs"]


def unit_costs(orders: PurchaseOrders, tables: Tables) -> FloatArray:
    """Money per unit of each line, shape (n_orders,): what was agreed, else the contract's, else the item's.

    That is ``unit_price`` of the order line, ``unit_cost`` of its sourcing line, ``unit_cost`` of its item; NaN where
    none of them is known.
    """
    agreed = orders.attributes.get("unit_price")
    cost = np.full(len(orders), np.nan) if agreed is None else agreed.to_numpy(np.float64)
    for table, keys in (
        (tables.sourcing, ("supplier_id", "item_id", "location_id")),
        (tables.items, ("item_id",)),
    ):
        if table is not None and "unit_cost" in table:
            known = table.drop_duplicates(list(keys)).set_index(list(keys))["unit_cost"]
            wanted = pd.MultiIndex.from_arrays([getattr(orders, key) for key in keys])
            if len(keys) == 1:
                wanted = wanted.get_level_values(0)
            cost = np.where(np.isnan(cost), known.reindex(wanted).to_numpy(np.float64), cost)
    return cost
