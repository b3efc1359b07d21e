"""What the orders that are open now will bring, and when: expected, and in joint scenarios."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray, TextArray, freeze
from allocast.numerics.checks import require_same_length
from allocast.numerics.discrete import DiscreteDistribution
from allocast.numerics.keyed_uniforms import keyed_uniforms
from allocast.supply.lead_time import PeriodDays, periods_from_survival
from allocast.supply.orders.order_features import OrderLines
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.supply_model import SupplyModel, waiting_for_what_comes

__all__ = ["OpenOrderArrivals", "ShareReceived", "shipment_keys"]

QUANTILES = 200  # of what a line receives, for the mean of what is left of it


class ShareReceived(Protocol):
    """Which share of what was ordered has been received when a line is closed; `YieldModel` is one."""

    def expected(self, lines: OrderLines) -> FloatArray:
        """Mean share of each line, shape (n_lines,)."""

    def at(self, lines: OrderLines, uniforms: FloatArray, received: FloatArray) -> FloatArray:
        """Shares at given uniforms, by inversion, none below what is received: shape (n_lines, n_scenarios)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrderArrivals:
    """When each open order can be used, given how long it has waited, and how many units of it.

    Every shipment has its own curve, so that a later order may well come before an earlier one (order crossover):
    nothing is assumed about their sequence. What may never come, because it is cancelled, is in the last column with
    what comes later.

    The lines of one shipment arrive on one day, though each has a curve of its own, by its day of order and what it
    is: the shipment has the mean of them. So of all its lines as many are expected in each period as by their own
    curves, whether shipments leave when their last line is there or wait for no one; the curve of the youngest line,
    or of the oldest, would be right for one of these two only.

    Parameters
    ----------
    orders : PurchaseOrders
        Open lines only.
    arrival : DiscreteDistribution
        A row an order: column ``k`` is P(it can be used from the start of the k-th coming period), the first one
        being 0; the last column holds what is later, or never. Lines of one shipment get the mean of theirs.
    share : ShareReceived, optional
        By default all that is outstanding comes.
    never : array of shape (n_orders,), in [0, 1], optional
        P(never comes), which is part of the last column; 0 by default.

    Raises
    ------
    DataError
        Lengths differ, a line is not open, or a number of ``never`` is no probability.
    """

    orders: PurchaseOrders
    arrival: DiscreteDistribution
    share: ShareReceived | None = None
    never: FloatArray | None = None

    def __post_init__(self) -> None:
        if self.never is None:
            object.__setattr__(self, "never", np.zeros(len(self.orders)))
        never = np.asarray(self.never, dtype=np.float64)
        require_same_length(orders=self.orders.ordered_on, arrival=self.arrival.probability, never=never)
        wrong = ~((never >= 0) & (never <= 1))  # so written, NaN is wrong too
        if wrong.any():
            raise DataError(
                f"never must be within 0 and 1; that of order line {self.orders.order_line_id[np.argmax(wrong)]} is "
                f"{never[np.argmax(wrong)]} ({int(wrong.sum())} of {len(wrong)} lines affected)."
            )
        done = ~self.orders.is_open
        if done.any():
            raise DataError(
                f"only open orders can still arrive; order line {self.orders.order_line_id[np.argmax(done)]} is "
                f"not open ({int(done.sum())} of {len(done)} lines affected). Take the open ones first."
            )
        shipment = shipment_keys(self.orders)
        arrival = DiscreteDistribution(probability=_mean_of_each(self.arrival.probability, shipment))
        object.__setattr__(self, "arrival", arrival)
        object.__setattr__(self, "never", freeze(_mean_of_each(never[:, None], shipment)[:, 0]))

    @classmethod
    def predict(
        cls,
        model: SupplyModel,
        orders: PurchaseOrders,
        *,
        as_of: np.datetime64,
        period_days: PeriodDays,
        n_periods: int,
        share: ShareReceived | None = None,
        only: PurchaseOrders | None = None,
    ) -> "OpenOrderArrivals":
        """The arrivals of the orders of a book that are open at the end of a day.

        Parameters
        ----------
        model : SupplyModel
        orders : PurchaseOrders
            The whole book: what is known of it at ``as_of`` is also what the model learns suppliers' effects from.
        as_of : day
        period_days, n_periods
            Of the coming periods, the first of which begins after ``as_of``.
        share : ShareReceived, optional
        only : PurchaseOrders, optional
            The open lines that are asked for; by default all of the book.
        """
        known = orders.known_at(as_of)
        waiting = known.take(known.is_open) if only is None else only
        arrival = model.arrivals(
            waiting, history=known, as_of=as_of, period_days=period_days, n_periods=n_periods
        )
        never = model.probability_never(waiting, history=known, as_of=as_of)
        return cls(orders=waiting, arrival=arrival, share=share, never=never)

    def __len__(self) -> int:
        return len(self.orders)

    def take(self, rows: IntArray) -> "OpenOrderArrivals":
        """The chosen orders, in the given order; each keeps its scenarios."""
        return OpenOrderArrivals(
            orders=self.orders.take(rows),
            arrival=self.arrival.take(rows),
            share=self.share,
            never=self._never[rows],
        )

    @property
    def _never(self) -> FloatArray:
        return np.asarray(self.never)

    @property
    def n_periods(self) -> int:
        """Coming periods that are told apart; what comes later is one more column."""
        return int(self.arrival.probability.shape[1]) - 1

    @property
    def expected_units(self) -> FloatArray:
        """Units of each order that are expected if it is not cancelled, shape (n_orders,)."""
        if self.share is None:
            return self.orders.outstanding_units
        expected = self.orders.units_ordered * self.share.expected(OrderLines.of_orders(self.orders))
        begun = np.flatnonzero(self.orders.units_received > 0)
        if len(begun):
            middles = np.broadcast_to((np.arange(QUANTILES) + 0.5) / QUANTILES, (len(begun), QUANTILES))
            expected[begun] = self._still_to_come(self.orders.take(begun), middles).mean(axis=1)
        return expected

    @property
    def expected_in_the_end(self) -> FloatArray:
        """Units of each order that are expected to come at all, shape (n_orders,): fewer where it may be cancelled."""
        return self.expected_units * (1 - self._never)

    @property
    def arrival_of_what_comes(self) -> DiscreteDistribution:
        """When each order can be used, given that it comes; the last column holds only what is later."""
        waiting = np.maximum(1 - self.arrival.cumulative[:, :-1], 0.0)
        return periods_from_survival(waiting_for_what_comes(waiting, self._never))

    def expected_inflow(self, row: IntArray, n_rows: int) -> FloatArray:
        """Expected units a series and coming period, shape (n_rows, n_periods).

        Parameters
        ----------
        row : array of int, shape (n_orders,)
            Which series each order is for; below 0 for none of them.
        n_rows : int
        """
        _require_rows(row, len(self), n_rows)
        inflow = np.zeros((n_rows, self.n_periods))
        ours = np.flatnonzero(row >= 0)
        units = self.expected_units[ours, None] * self.arrival.probability[ours, :-1]
        np.add.at(inflow, row[ours], units)
        return inflow

    def sample_periods(self, n_scenarios: int, seed: int) -> IntArray:
        """In which coming period each order can first be used, shape (n_orders, n_scenarios).

        By inversion of its curve at uniforms that belong to its shipment: lines that travel together come in the same
        period, and an order keeps its luck whichever others are open (common random numbers). ``n_periods`` stands
        for later or never.
        """
        return self.arrival.at(keyed_uniforms(shipment_keys(self.orders), n_scenarios, seed))

    def sample_units(self, n_scenarios: int, seed: int) -> FloatArray:
        """How many units of each order still come in the end, shape (n_orders, n_scenarios)."""
        if self.share is None:
            return np.broadcast_to(self.orders.outstanding_units[:, None], (len(self), n_scenarios))
        uniforms = keyed_uniforms(self.orders.order_line_id, n_scenarios, seed + 1)
        return self._still_to_come(self.orders, uniforms)

    def _still_to_come(self, orders: PurchaseOrders, uniforms: FloatArray) -> FloatArray:
        """What a line receives in all, less what it has; it is not closed with less than that."""
        if self.share is None:
            raise DataError("without a share that is received, what is outstanding comes.")
        ordered, received = orders.units_ordered, orders.units_received
        begun = np.divide(received, ordered, out=np.zeros(len(orders)), where=ordered > 0)
        total = ordered[:, None] * self.share.at(OrderLines.of_orders(orders), uniforms, begun)
        return np.maximum(total - received[:, None], 0.0)

    def sample_inflow(self, row: IntArray, n_rows: int, n_scenarios: int, seed: int) -> FloatArray:
        """Joint scenarios of what arrives when, in units, shape (n_rows, n_scenarios, n_periods).

        Parameters
        ----------
        row : array of int, shape (n_orders,)
            Which series each order is for; below 0 for none of them.
        n_rows, n_scenarios : int
        seed : int, >= 0
            Equal seeds give equal luck to equal shipments, also under another model or on another day.
        """
        _require_rows(row, len(self), n_rows)
        period, units = self.sample_periods(n_scenarios, seed), self.sample_units(n_scenarios, seed)
        order, scenario = np.nonzero((period < self.n_periods) & (row >= 0)[:, None])
        place = np.ravel_multi_index(
            (row[order], scenario, period[order, scenario]), (n_rows, n_scenarios, self.n_periods)
        )
        inflow = np.zeros((n_rows, n_scenarios, self.n_periods))
        np.add.at(inflow.reshape(-1), place, units[order, scenario])
        return inflow


def shipment_keys(orders: PurchaseOrders) -> TextArray:
    """What each line travels with: its shipment, or itself where none is named, shape (n_orders,)."""
    alone = np.array([not name for name in orders.shipment_id], dtype=bool)
    keys: TextArray = np.where(alone, orders.order_line_id, orders.shipment_id)
    return freeze(keys)


def _mean_of_each(values: FloatArray, group: TextArray) -> FloatArray:
    """The mean of the rows of its group in the place of each row, shape (n, n_columns)."""
    place, names = pd.factorize(group)
    if len(names) == len(values):
        return values
    total = np.zeros((len(names), values.shape[1]))
    np.add.at(total, place, values)
    mean: FloatArray = (total / np.bincount(place, minlength=len(names))[:, None])[place]
    return mean


def _require_rows(row: IntArray, n_orders: int, n_rows: int) -> None:
    if row.shape != (n_orders,) or row.max(initial=-1) >= n_rows:
        raise DataError(
            f"row must name one of {n_rows} series, or none by -1, for each of {n_orders} open orders; it has shape "
            f"{row.shape} and reaches {row.max(initial=-1)}."
        )
