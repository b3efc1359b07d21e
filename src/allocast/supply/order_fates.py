"""What would become of orders that may be placed: lead times and delivered shares, with common random numbers."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from allocast.numerics.arrays import FloatArray, IntArray, TextArray
from allocast.numerics.keyed_uniforms import keyed_uniforms
from allocast.supply.arrivals import ShareReceived
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.orders.order_features import OrderLines

__all__ = ["sample_lead_times", "sample_shares", "series_keys"]


def series_keys(series: pd.DataFrame) -> TextArray:
    """What a series is called wherever it stands: its item and its location, shape (n_series,)."""
    pairs = zip(series["item_id"], series["location_id"], strict=True)
    return np.array([f"{item} @ {location}" for item, location in pairs], dtype=object)


def sample_lead_times(
    suppliers: Sequence[LeadTimeDistribution], keys: TextArray, *, n_paths: int, n_periods: int, seed: int
) -> IntArray:
    """The lead time of an order placed just before each period, with each supplier.

    By inversion at uniforms that belong to a series: it keeps its luck whatever other series, suppliers or models it
    is compared with. They are spread evenly over all paths and periods of a series, so that what is rare is there as
    often as it should be.

    Parameters
    ----------
    suppliers : sequence of LeadTimeDistribution
        One a supplier, of a row a series.
    keys : array of text, shape (n_series,)
    n_paths, n_periods : int
    seed : int, >= 0

    Returns
    -------
    periods : array of int, shape (n_series, n_paths, n_periods, n_suppliers)

    Examples
    --------
    >>> two_weeks = LeadTimeDistribution.certain(np.array([14.0]), period_days=7)
    >>> sample_lead_times([two_weeks], np.array(["a"], dtype=object), n_paths=1, n_periods=3, seed=1)[..., 0]
    array([[[2, 2, 2]]])
    """
    each = [
        supplier.periods.at(_spread(keys, n_paths * n_periods, seed + place))
        for place, supplier in enumerate(suppliers)
    ]
    return np.stack(each, axis=-1).reshape(len(keys), n_paths, n_periods, len(each))


def sample_shares(
    model: ShareReceived,
    suppliers: Sequence[OrderLines],
    keys: TextArray,
    *,
    n_paths: int,
    n_periods: int,
    seed: int,
) -> FloatArray:
    """The share that is delivered of an order placed just before each period, with each supplier; drawn as lead times.

    Parameters
    ----------
    model : ShareReceived
        ``YieldModel`` is one.
    suppliers : sequence of OrderLines
        One a supplier: the order that would be placed for each series now.
    keys : array of text, shape (n_series,)
    n_paths, n_periods : int
    seed : int, >= 0
        Not that of the lead times: whether late orders are also short is not known to the models.

    Returns
    -------
    share : array of shape (n_series, n_paths, n_periods, n_suppliers), >= 0
    """
    nothing = np.zeros(len(keys))
    each = [
        model.at(lines, _spread(keys, n_paths * n_periods, seed + place), nothing)
        for place, lines in enumerate(suppliers)
    ]
    return np.stack(each, axis=-1).reshape(len(keys), n_paths, n_periods, len(each))


def _spread(keys: TextArray, count: int, seed: int) -> FloatArray:
    """Uniforms at equal steps from a random one, in a random order, all of it the key's own; shape (n, count)."""
    uniforms = keyed_uniforms(keys, count + 1, seed)
    rank = np.argsort(np.argsort(uniforms[:, 1:], axis=1), axis=1)
    return np.asarray((rank + uniforms[:, :1]) / count)
