"""Open orders as a buyer needs them: how old, how late, when they will come, and what they are worth."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.supply.arrivals import OpenOrderArrivals, ShareReceived
from allocast.supply.lead_time import PeriodDays
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.orders.waiting import first_day_of_data
from allocast.supply.suppliers.line_verdicts import ScorecardRules
from allocast.supply.supply_model import SupplyModel

__all__ = [
    "WITHIN_DAYS",
    "arrival_table",
    "by_suppliers",
    "open_order_table",
    "wanted_lines",
    "with_data_begin",
]

WITHIN_DAYS = (7, 14, 28)
LOOK_AHEAD_DAYS = 364
EXPECTED = (0.5, 0.9)
BLOCK_LINES = 20_000  # so many lines × days are held at a time
BLOCK_KEYS = 2_000  # so many items at locations × scenarios × periods
QUANTITIES = ("expected_units", "p10", "p50", "p90", "probability_of_any")


def wanted_lines(
    known: PurchaseOrders, *, as_of: np.datetime64, rules: ScorecardRules, every: bool
) -> BoolArray:
    """Open lines: every one, or those past promise and grace at the end of a day, shape (n_orders,)."""
    until = rules.promised(known) + np.timedelta64(rules.late_days, "D")
    wanted: BoolArray = known.is_open & (every | (until <= as_of))
    return wanted


def with_data_begin(book: PurchaseOrders, as_of: np.datetime64) -> PurchaseOrders:
    """The same book, which says from which day it has receipts: a part of it cannot find that any more."""
    known = not np.isnat(book.data_from)
    return book if known else replace(book, data_from=first_day_of_data(book, as_of))


def by_suppliers(
    lines: PurchaseOrders, history: PurchaseOrders, n_lines: int
) -> Iterator[tuple[IntArray, PurchaseOrders]]:
    """Rows of at most so many lines, by supplier, each with the orders of its own suppliers.

    What is known of a supplier is in its own orders and in the day from which the book has receipts, so that each
    supplier is looked at once, not again for every block of the others' lines.

    Parameters
    ----------
    lines, history : PurchaseOrders
        What is asked about, and the book `with_data_begin`, as known on a day.
    n_lines : int, >= 1
    """
    order = np.argsort(lines.supplier_id.astype(str), kind="stable")
    for start in range(0, len(order), n_lines):
        rows = order[start : start + n_lines]
        yield (
            rows,
            history.take(np.isin(history.supplier_id.astype(str), lines.supplier_id[rows].astype(str))),
        )


def open_order_table(
    model: SupplyModel,
    orders: PurchaseOrders,
    *,
    history: PurchaseOrders,
    as_of: np.datetime64,
    rules: ScorecardRules,
    unit_cost: FloatArray,
) -> pd.DataFrame:
    """Every open line with its chances, given how long it has waited.

    Parameters
    ----------
    model : SupplyModel
    orders : PurchaseOrders
        Open lines as known at ``as_of``.
    history : PurchaseOrders
        The order book as known then, of these lines' suppliers at least; of a part of a book, with its ``data_from``.
    as_of : day
    rules : ScorecardRules
        Which promise counts, and how many days of grace there are.
    unit_cost : array of shape (n_orders,), money per unit
        NaN where it is not known.

    Returns
    -------
    table : DataFrame, in the order of ``orders``
        Who, what and where; ``ordered_on``, ``promised_on`` (the one that counts), ``age_days``, ``late_days`` past
        promise and grace (below 0: still to go; 0: late at the end of that day; missing without a promise),
        ``units_outstanding``, ``money``; ``probability_within_7_days`` and so on; ``expected_on_p50`` and
        ``expected_on_p90``, the days by which it is there with these probabilities (missing if more than a year ahead).
    """
    promised = rules.promised(orders)
    late = (as_of - promised).astype("timedelta64[D]").astype(np.float64) - rules.late_days
    table = pd.DataFrame(
        {
            "order_line_id": orders.order_line_id,
            "supplier_id": orders.supplier_id,
            "item_id": orders.item_id,
            "location_id": orders.location_id,
            "ordered_on": orders.ordered_on.astype("datetime64[s]"),
            "promised_on": promised.astype("datetime64[s]"),
            "age_days": (as_of - orders.ordered_on).astype(np.int64),
            "late_days": np.where(np.isnat(promised), np.nan, late),
            "units_outstanding": orders.outstanding_units,
            "money": orders.outstanding_units * unit_cost,
        }
    )
    within, days = _chances(model, orders, with_data_begin(history, as_of), as_of)
    for place, ahead in enumerate(WITHIN_DAYS):
        table[f"probability_within_{ahead}_days"] = within[:, place]
    for place, level in enumerate(EXPECTED):
        beyond = days[:, place] >= LOOK_AHEAD_DAYS
        expected = np.where(beyond, np.datetime64("NaT", "D"), as_of + days[:, place])
        table[f"expected_on_p{100 * level:.0f}"] = expected.astype("datetime64[s]")
    return table


def _chances(
    model: SupplyModel, orders: PurchaseOrders, history: PurchaseOrders, as_of: np.datetime64
) -> tuple[FloatArray, IntArray]:
    """P(there within some days), shape (n, 3), and days until it is there with some probabilities, (n, 2)."""
    within = np.empty((len(orders), len(WITHIN_DAYS)))
    days = np.empty((len(orders), len(EXPECTED)), dtype=np.int64)
    for rows, own in by_suppliers(orders, history, BLOCK_LINES):
        arrival = model.arrivals(
            orders.take(rows), history=own, as_of=as_of, period_days=1, n_periods=LOOK_AHEAD_DAYS
        )
        within[rows] = arrival.cumulative[:, WITHIN_DAYS]
        days[rows] = np.column_stack([arrival.quantile(level) for level in EXPECTED])
    return within, days


@dataclass(frozen=True, slots=True, kw_only=True)
class _Keys:
    """Items at locations that something is on order for, and which of them each open line is for."""

    names: pd.DataFrame
    row: IntArray

    @classmethod
    def of(cls, orders: PurchaseOrders) -> "_Keys":
        keys = pd.DataFrame({"item_id": orders.item_id, "location_id": orders.location_id}, dtype=object)
        grouped = keys.groupby(["item_id", "location_id"], sort=True)
        names = pd.DataFrame(list(grouped.groups), columns=["item_id", "location_id"], dtype=object)
        return cls(names=names, row=grouped.ngroup().to_numpy(np.int64))


def arrival_table(
    model: SupplyModel,
    orders: PurchaseOrders,
    *,
    as_of: np.datetime64,
    period_days: PeriodDays,
    starts: np.ndarray,
    n_scenarios: int,
    seed: int,
    share: ShareReceived | None = None,
) -> pd.DataFrame:
    """What the open orders will bring, a row an item, location and coming period.

    Parameters
    ----------
    model : SupplyModel
    orders : PurchaseOrders
        The whole book.
    as_of : day
    period_days : int, or tuple of ints
    starts : array of days, shape (n_periods,)
        Beginnings of the coming periods, the first on the day after ``as_of``.
    n_scenarios : int, >= 1
    seed : int, >= 0
    share : ShareReceived, optional
        How much of an order comes in the end; by default all of it.

    Returns
    -------
    table : DataFrame
        ``item_id``, ``location_id``, ``period``; ``expected_units``; ``p10``, ``p50`` and ``p90`` of the units over the
        scenarios; ``probability_of_any``: that anything comes. What comes within a period can be used from its end on
        at the latest.

    Raises
    ------
    DataError
        There are no periods, or fewer than one scenario.
    """
    if not len(starts) or n_scenarios < 1:
        raise DataError(
            f"there must be >= 1 periods and scenarios; they are {len(starts)} and {n_scenarios}."
        )
    book = OpenOrderArrivals.predict(
        model, orders, as_of=as_of, period_days=period_days, n_periods=len(starts) + 1, share=share
    )
    keys = _Keys.of(book.orders)
    blocks = [
        _quantities(
            book, keys.row, np.arange(first, min(first + BLOCK_KEYS, len(keys.names))), n_scenarios, seed
        )
        for first in range(0, len(keys.names), BLOCK_KEYS)
    ]
    table = keys.names.loc[np.repeat(np.arange(len(keys.names)), len(starts))].reset_index(drop=True)
    table["period"] = np.tile(starts.astype("datetime64[s]"), len(keys.names))
    for place, name in enumerate(QUANTITIES):
        parts = [block[place].reshape(-1) for block in blocks]
        table[name] = np.concatenate(parts) if parts else np.zeros(0)
    return table


def _quantities(
    book: OpenOrderArrivals, row: IntArray, keys: IntArray, n_scenarios: int, seed: int
) -> list[FloatArray]:
    """What `QUANTITIES` names, of some keys by period, shape (n_keys, n_periods) each."""
    own = np.flatnonzero((row >= keys[0]) & (row <= keys[-1]))
    some, place = book.take(own), row[own] - keys[0]
    expected = _within(some.expected_inflow(place, len(keys)))
    drawn = _within(some.sample_inflow(place, len(keys), n_scenarios, seed))
    quantiles = [np.quantile(drawn, level, axis=1, method="inverted_cdf") for level in (0.1, 0.5, 0.9)]
    return [expected, *quantiles, (drawn > 0).mean(axis=1)]


def _within(inflow: FloatArray) -> FloatArray:
    """From "can be used from the start of a period on" to "comes within a period": what is due comes in the first."""
    later = inflow[..., 1:].copy()
    later[..., 0] += inflow[..., 0]
    return later
