"""Orders whose outcome is known by now, and what a model said of them on an earlier day."""

from dataclasses import dataclass

import numpy as np

from allocast.numerics.arrays import BoolArray, FloatArray
from allocast.supply.orders.order_features import OrderLines
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.orders.shipments import share_of_shipment
from allocast.supply.supply_model import CurveModel
from allocast.supply.survival.judging.brier import administrative_crps
from allocast.supply.survival.judging.calibration import d_calibration

__all__ = ["JudgedOrders"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedOrders:
    """Orders placed after a day, or open at it, beside what a model that knew nothing later said of them.

    Parameters
    ----------
    orders : PurchaseOrders
        As known at the end of ``known_until``. One that was cancelled is never received.
    model : CurveModel
    history : PurchaseOrders
        As known at the end of ``as_of``.
    as_of, known_until : days
    """

    orders: PurchaseOrders
    model: CurveModel
    history: PurchaseOrders
    as_of: np.datetime64
    known_until: np.datetime64

    def __len__(self) -> int:
        return len(self.orders)

    @property
    def age(self) -> FloatArray:
        """Days that each had waited at ``as_of``; 0 for those placed later."""
        return np.maximum(_days(self.as_of - self.orders.ordered_on), 0.0)

    @property
    def watched(self) -> FloatArray:
        """Days from each order to ``known_until``."""
        return _days(self.known_until - self.orders.ordered_on)

    @property
    def duration(self) -> FloatArray:
        """Days to the receipt; a day more than were watched where there was none."""
        received = self.orders.durations(self.known_until).days
        return np.where(self.orders.is_closed, received, self.watched + 1)

    @property
    def weight(self) -> FloatArray:
        """How much each line counts: the lines of one shipment arrive together, so they count as one."""
        return share_of_shipment(self.orders.shipment_id)

    def crps_days(self, longest_days: int) -> float:
        """The administrative CRPS of the whole lead times, of orders placed later."""
        times = np.arange(longest_days + 1, dtype=np.float64)
        survival = self._survival(np.broadcast_to(times, (len(self), len(times))))
        return administrative_crps(survival, times, self.duration, self.watched, weight=self.weight)

    def uneven_tenths(self) -> float:
        """Share of the orders that ended in another tenth of their own distribution than they should have.

        Half the sum of the distances of the ten shares of `d_calibration` from one tenth.
        """
        ended = np.minimum(self.duration, self.watched)
        shares = d_calibration(self._survival(ended[:, None])[:, 0], self.orders.is_closed).shares
        return float(np.abs(shares - 1 / len(shares)).sum() / 2)

    def within(self, days: int) -> tuple[FloatArray, FloatArray]:
        """P(received within so many days after ``as_of``), and the share of each that was, shape (n_orders,)."""
        by = self.as_of + np.timedelta64(days, "D")
        return self._received_by(_days(by - self.orders.ordered_on)), self._share_received(by)

    def _share_received(self, by: np.datetime64) -> FloatArray:
        """Share of what was outstanding at ``as_of``: all of it once the line is closed, though it be short."""
        receipts, n = self.orders.receipts, len(self)
        then = receipts.where(receipts.received_on <= self.as_of).units_of(n)
        came = receipts.where(receipts.received_on <= by).units_of(n) - then
        outstanding = np.maximum(self.orders.units_ordered - then, came)
        part = np.divide(came, outstanding, out=np.zeros(n), where=outstanding > 0)
        return np.where(self.orders.received_on <= by, 1.0, part)

    @property
    def due(self) -> BoolArray:
        """Which are due after ``as_of`` and by ``known_until``: none where nothing was promised."""
        promised = self.orders.promised_on
        due: BoolArray = (promised > self.as_of) & (promised <= self.known_until)
        return due

    def on_due_day(self) -> tuple[FloatArray, BoolArray]:
        """P(received by the day first promised), and whether each was, of the orders that are ``due``."""
        promised, asked = self.orders.promised_on, self.due
        days = np.where(asked, _days(promised - self.orders.ordered_on), 0.0)
        came = self.orders.received_on <= promised
        return self._received_by(days)[asked], came[asked]

    def _received_by(self, days: FloatArray) -> FloatArray:
        probability: FloatArray = 1 - self._survival(days[:, None])[:, 0]
        return np.clip(probability, 0.0, 1.0)

    def _survival(self, days: FloatArray) -> FloatArray:
        lines = OrderLines.of_orders(self.orders)
        return self.model.survival(lines, days=days, given=self.age, history=self.history, as_of=self.as_of)


def _days(span: np.ndarray) -> FloatArray:
    return span.astype("timedelta64[D]").astype(np.float64)
