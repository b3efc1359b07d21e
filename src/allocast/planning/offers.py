"""What all suppliers of the series that can be ordered offer, as far as a forecast reaches."""

import numpy as np
import pandas as pd

from allocast.inventory.offers.offers import Offers
from allocast.numerics.arrays import BoolArray, IntArray
from allocast.numerics.discrete import DiscreteDistribution
from allocast.planning.lead_times import LARGEST_TAIL, too_short
from allocast.supply.arrivals import ShareReceived
from allocast.supply.lead_time import LeadTimeDistribution, PeriodDays
from allocast.supply.orders.order_features import OrderLines as LinesAsPlaced
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.sourcing import Sourcing
from allocast.supply.supply_model import ContractLeadTimes, SupplyModel

__all__ = ["offers_within", "sourcing_rows"]


def sourcing_rows(series: pd.DataFrame, sourcing: Sourcing) -> tuple[IntArray, IntArray]:
    """All lines of some series: rows of the lines, and of the series, sorted by series, cheapest first.

    Lines without a price come after all that have one; equal ones stay in the order of the table. Of two lines of one
    supplier for one series the first counts.
    """
    place = {key: row for row, key in enumerate(zip(series["item_id"], series["location_id"], strict=True))}
    keys = zip(sourcing.item_id, sourcing.location_id, strict=True)
    own = np.array([place.get(key, -1) for key in keys], dtype=np.int64)
    rows = np.flatnonzero(own >= 0)
    order = np.lexsort((rows, sourcing.unit_cost[rows], own[rows]))  # NaN is sorted last
    rows = rows[order]
    twice = pd.DataFrame({"series": own[rows], "supplier": sourcing.supplier_id[rows]}).duplicated()
    rows = rows[~twice.to_numpy()]
    return rows, own[rows]


def offers_within(
    horizon: int,
    series: pd.DataFrame,
    sourcing: Sourcing,
    *,
    supply: SupplyModel,
    history: PurchaseOrders,
    as_of: np.datetime64,
    period_days: PeriodDays,
    share: ShareReceived | None = None,
) -> Offers:
    """All lines of some series that can be there within a forecast horizon.

    A line that is too slow for the forecast, or of which no lead time is known, is left out, and a note says so, as
    long as its series has another; the last one is refused as by `lead_times_within`.

    Parameters
    ----------
    horizon : int, in periods
    series : DataFrame
        ``item_id`` and ``location_id``, each with a line.
    sourcing : Sourcing
    supply : SupplyModel
    history : PurchaseOrders
    as_of : day
    period_days : int, or tuple of ints
    share : ShareReceived, optional
        How much of an order comes in the end; by default all of it.

    Raises
    ------
    DataError
        A series has no line that is fast enough.
    """
    rows, own = sourcing_rows(series, sourcing)
    known = _announced(supply, sourcing, rows) | ~_has_other(own, _announced(supply, sourcing, rows))
    silent = _told(sourcing, rows, own, ~known, "no lead time of it is known")
    rows, own = rows[known], own[known]
    lines = sourcing.take(rows)
    believed = supply.lead_times(
        lines, history=history, as_of=as_of, period_days=period_days, n_periods=horizon
    )
    probability = believed.periods.probability.copy()
    tail = probability[:, horizon:].sum(axis=1)
    slow = tail > LARGEST_TAIL
    hopeless = slow & ~_has_other(own, ~slow)
    if hopeless.any():
        raise too_short(horizon, lines, tail, hopeless)
    late = _told(sourcing, rows, own, slow, f"it may well need {horizon} periods or more")
    kept = np.flatnonzero(~slow)
    probability[:, horizon - 1] += tail
    periods = DiscreteDistribution(probability=probability[kept, :horizon])
    chosen, notes = lines.take(kept), {**silent}
    for place, told in late.items():
        notes[place] = f"{notes.get(place, '')} {told}".lstrip()
    placed = LinesAsPlaced.of_sourcing(chosen, as_of)
    return Offers(
        series=own[kept],
        sourcing=chosen,
        lead_time=LeadTimeDistribution(period_days=period_days, periods=periods),
        delivered_share=np.ones(len(kept)) if share is None else share.expected(placed),
        notes=tuple(notes.get(place, "") for place in range(len(series))) if notes else (),
    )


def _announced(supply: SupplyModel, sourcing: Sourcing, rows: IntArray) -> BoolArray:
    """Whether a lead time can be told of a line: contracts know only what they say."""
    if not isinstance(supply, ContractLeadTimes):
        return np.ones(len(rows), dtype=bool)
    known: BoolArray = ~np.isnan(sourcing.lead_time_days[rows])
    return known


def _has_other(series: IntArray, usable: BoolArray) -> BoolArray:
    """Whether the series of each line has a line that can be used."""
    some = np.bincount(series, weights=usable, minlength=int(series.max(initial=-1)) + 1) > 0
    has: BoolArray = some[series]
    return has


def _told(sourcing: Sourcing, rows: IntArray, series: IntArray, out: BoolArray, why: str) -> dict[int, str]:
    """A sentence for each series with lines that are left out."""
    told: dict[int, str] = {}
    for place in np.flatnonzero(out):
        name = sourcing.supplier_id[rows[place]]
        own = int(series[place])
        told[own] = f"{told.get(own, '')} {name} is left out: {why}.".lstrip()
    return told
