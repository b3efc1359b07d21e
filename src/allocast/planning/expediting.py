"""The open orders of the series that can be ordered, with their scenarios, ready to be hurried."""

import numpy as np

from allocast.inventory.offers import OpenOrders
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.keyed_uniforms import keyed_uniforms
from allocast.supply.arrivals import OpenOrderArrivals, shipment_keys
from allocast.supply.lead_time import PeriodDays, whole_periods

__all__ = ["orders_to_hurry"]


def orders_to_hurry(
    coming: OpenOrderArrivals,
    row: IntArray,
    *,
    expedited_days: FloatArray,
    cost_per_unit: FloatArray,
    period_days: PeriodDays,
    n_paths: int,
    seed: int,
) -> OpenOrders:
    """Open orders path by path, and when each could be there if it were expedited today.

    Parameters
    ----------
    coming : OpenOrderArrivals
    row : array of int, shape (n_orders,)
        Row in the situation of each order's series.
    expedited_days : array of shape (n_orders,), in days
        From today until it is there, if expedited; NaN counts as at once: in the coming period.
    cost_per_unit : array of shape (n_orders,), money per outstanding unit
        Of expediting; NaN where it is not known.
    period_days : int, or tuple of ints
    n_paths, seed : int
    """
    periods, never = coming.sample_periods(n_paths, seed), np.asarray(coming.never, dtype=np.float64)
    cancelled = keyed_uniforms(shipment_keys(coming.orders), n_paths, seed) >= 1 - never[:, None]
    units = np.where(cancelled, 0.0, coming.sample_units(n_paths, seed))
    return OpenOrders(
        order_line_id=coming.orders.order_line_id,
        supplier_id=coming.orders.supplier_id,
        series=row,
        outstanding_units=coming.orders.outstanding_units,
        periods=periods,
        units=units,
        expedited_period=whole_periods(np.nan_to_num(expedited_days), period_days),
        cost_per_unit=cost_per_unit,
    )
