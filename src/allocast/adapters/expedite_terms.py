"""What suppliers ask for hurrying an order, from the table of sourcing lines."""

import numpy as np
import pandas as pd

from allocast.adapters.tables import Tables
from allocast.numerics.arrays import FloatArray
from allocast.supply.orders.purchase_orders import PurchaseOrders

__all__ = ["expedite_terms"]

COLUMNS = ("expedite_cost_per_unit", "expedited_lead_time_days")
KEY = ["supplier_id", "item_id", "location_id"]


def expedite_terms(tables: Tables, orders: PurchaseOrders) -> tuple[FloatArray, FloatArray]:
    """Money a unit, and days until it is there, if each order is expedited, shape (n_orders,).

    NaN where the table ``sourcing`` does not say it of the order's supplier, item and location.
    """
    wanted = pd.DataFrame({name: getattr(orders, name) for name in KEY}, dtype=object)
    table = tables.sourcing
    if table is None or not any(name in table for name in COLUMNS):
        return np.full(len(orders), np.nan), np.full(len(orders), np.nan)
    known = table.reindex(columns=[*KEY, *COLUMNS]).drop_duplicates(KEY)
    found = wanted.merge(known.astype(dict.fromkeys(KEY, object)), on=KEY, how="left")
    cost, days = (found[name].to_numpy(np.float64) for name in COLUMNS)
    return cost, days
