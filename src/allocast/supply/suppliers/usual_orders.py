"""What is usual for the orders of a book, and how alike the orders are that a supplier gets on one day."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.numerics.arrays import FloatArray, IntArray
from allocast.supply.orders.order_features import OrderEncoder, OrderLines
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.orders.waiting import waiting_times
from allocast.supply.suppliers.effects import SupplierEffects
from allocast.supply.suppliers.evidence import Evidence
from allocast.supply.suppliers.shared_luck import shared_luck

__all__ = ["UsualOrders"]

SEASON_DAYS = (
    91  # within which a supplier's pace counts as one: luck is what the orders of one day share beyond it
)
FEWEST_ORDERS = 20  # of a value, to be told apart


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualOrders:
    """What the orders of suppliers are measured against where no model was trained.

    Parameters
    ----------
    encoder : OrderEncoder
    effects : SupplierEffects
    same_day : float, in [0, 1]
        Correlation of how far from usual what a supplier is ordered on one day arrives, beyond its mean: what such
        orders have in common comes and goes, and is no change.
    """

    encoder: OrderEncoder
    effects: SupplierEffects
    same_day: float

    @classmethod
    def learn(cls, known: PurchaseOrders, as_of: np.datetime64) -> "UsualOrders":
        """From a book as known at the end of a day; something must have been received."""
        lines = OrderLines.of_orders(known)
        encoder = OrderEncoder.fit(lines, minimum_orders=FEWEST_ORDERS)
        matrix = encoder.matrix(lines)
        effects = SupplierEffects.fit(
            matrix,
            waiting_times(known, as_of),
            orders=known,
            n_numbers=len(encoder.numbers),
            half_lives_days=(),
            prior_receipts=1.0,
        )
        return cls(encoder=encoder, effects=effects, same_day=_same_day(known, effects, matrix))

    def evidence(self, known: PurchaseOrders, supplier: IntArray, as_of: np.datetime64) -> Evidence:
        """What orders say about their suppliers, these given by number; those of one day count by their common luck."""
        matrix = self.encoder.matrix(OrderLines.of_orders(known))
        return self.effects.evidence(known, supplier, matrix, as_of, share=self._share(known))

    def _share(self, known: PurchaseOrders) -> FloatArray:
        """How many independent orders each line is worth that was placed with others on its day.

        Lines of one shipment are one order, and share its worth already. Only what is of the same day counts, so that
        nothing placed later changes what a line was worth.
        """
        day = _batch(known)
        of = pd.DataFrame({"day": day, "shipment": known.shipment_id.astype(str)}).drop_duplicates()
        orders = np.bincount(of["day"], minlength=1)[day]
        share: FloatArray = 1.0 / (1.0 + (orders - 1.0) * self.same_day)
        return share


def _batch(known: PurchaseOrders) -> IntArray:
    """Number of the supplier and day of each line, shape (n_orders,)."""
    frame = pd.DataFrame({"supplier": known.supplier_id.astype(str), "on": known.ordered_on})
    number: IntArray = frame.groupby(["supplier", "on"], sort=False).ngroup().to_numpy(np.int64)
    return number


def _same_day(known: PurchaseOrders, effects: SupplierEffects, matrix: FloatArray) -> float:
    """From received lines, one a shipment, by their scores: how far each was from usual."""
    received = np.flatnonzero(known.is_closed)
    rows = received[np.unique(known.shipment_id[received].astype(str), return_index=True)[1]]
    days = (known.received_on - known.ordered_on)[rows].astype(np.float64)
    error = np.log(np.maximum(days - 0.5, 0.5)) - effects.usual.log_days(matrix)[rows]
    score = effects.usual.errors.score(error)
    day = np.unique(_batch(known)[rows], return_inverse=True)[1]
    return shared_luck(score, pd.factorize(known.supplier_id[rows])[0], day)
