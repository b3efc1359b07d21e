"""What is known of each supplier on a day, as features of its orders and as a table with intervals."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri

from allocast.numerics.arrays import FloatArray, IntArray, TextArray
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.orders.shipments import Shipments, share_of_shipment
from allocast.supply.orders.waiting import WaitingTimes, waiting_times
from allocast.supply.suppliers.evidence import Evidence, evidence_of
from allocast.supply.suppliers.pace import FILTERS, paces_on
from allocast.supply.suppliers.usual_days import UsualDays

__all__ = ["EXPECTED", "Asked", "SupplierEffects"]

EXPECTED = "expected_days"
INTERVAL = (0.05, 0.95)


class Asked(NamedTuple):
    """Whose effects are wanted, on which days: arrays of shape (n,), days counted from 1970; a row an order."""

    supplier_id: TextArray
    on: FloatArray
    matrix: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierEffects:
    """How fast each supplier is, against what is usual for its orders: shrunken, and as of any day.

    Parameters
    ----------
    usual : UsualDays
    half_lives_days : tuple of float, in days, > 0
    prior_receipts : float, > 0
    """

    usual: UsualDays
    half_lives_days: tuple[float, ...]
    prior_receipts: float

    @classmethod
    def fit(
        cls,
        matrix: FloatArray,
        waited: WaitingTimes,
        *,
        orders: PurchaseOrders,
        n_numbers: int,
        half_lives_days: tuple[float, ...],
        prior_receipts: float,
    ) -> "SupplierEffects":
        """Learn what is usual from rows of waiting; what was open when the data began is left out.

        Parameters
        ----------
        matrix : array of shape (n_orders, n_columns)
            Of `OrderEncoder`.
        waited : WaitingTimes
        orders : PurchaseOrders of n_orders lines
        n_numbers : int, >= 0
            Columns at the end of ``matrix`` that are numbers, not places.
        """
        rows = (waited.entry == 0) & (waited.days > 0)
        rows = rows if (rows & waited.received).any() else waited.days > 0
        usual = UsualDays.fit(
            matrix,
            n_numbers=n_numbers,
            supplier=pd.factorize(orders.supplier_id)[0],
            ordered_on=day_number(orders.ordered_on),
            line=waited.line[rows],
            days=_middle_of_day(waited)[rows],
            event=waited.received[rows],
            weight=waited.weight[rows],
        )
        return cls(usual=usual, half_lives_days=half_lives_days, prior_receipts=prior_receipts)

    @property
    def names(self) -> list[str]:
        """Column names of `features`."""
        filters = [f"pace_{name}" for name in FILTERS]
        frailties = [f"supplier_effect_{days:g}_days" for days in self.half_lives_days]
        return [
            EXPECTED,
            "pace",
            "spread",
            "late_share",
            *filters,
            *frailties,
        ]

    def features(
        self, asked: Asked, *, history: PurchaseOrders, history_matrix: FloatArray, as_of: np.datetime64
    ) -> FloatArray:
        """What was known of the supplier of each order when the day asked about began, shape (n, n_names).

        The first column is how long the order is expected to take: the usual days times the supplier's pace. How
        many orders a pace rests on is not among them: it grows with the calendar, and trees would tell young
        orders by it, of which no long duration has been seen yet.
        """
        names, place = np.unique(history.supplier_id.astype(str), return_inverse=True)
        evidence = self.evidence(history, place, history_matrix, as_of)
        found = np.searchsorted(names, asked.supplier_id.astype(str))
        known = np.append(names, "")[found] == asked.supplier_id.astype(str)
        paces = self._paces(evidence, np.where(known, found, len(names)), asked.on)
        expected = np.exp(self.usual.log_days(asked.matrix) + paces[:, 0])
        return np.column_stack([expected, paces[:, :1], paces[:, 3:]])

    def pace_table(self, evidence: Evidence, n_suppliers: int, as_of: np.datetime64) -> pd.DataFrame:
        """How fast each supplier is at the end of a day, against the usual for its orders.

        Parameters
        ----------
        evidence : Evidence
            Of suppliers 0 to n_suppliers - 1, as known on the day.
        n_suppliers : int
        as_of : day

        Returns
        -------
        table : DataFrame, one row a supplier
            ``pace``, how many times as long as usual its orders take, shrunken to 1 by as much as its orders leave
            open; ``pace_low`` and ``pace_high``, its 90 % interval; ``pace_orders``, the receipts it rests on, those
            that share their luck counting as fewer.
        """
        on = np.full(n_suppliers, day_number(np.array([as_of]))[0] + 1)
        mean, error, receipts = self._paces(evidence, np.arange(n_suppliers), on)[:, :3].T
        low, high = (np.exp(mean + ndtri(level) * error) for level in INTERVAL)
        return pd.DataFrame(
            {"pace": np.exp(mean), "pace_low": low, "pace_high": high, "pace_orders": receipts}
        )

    def evidence(
        self,
        history: PurchaseOrders,
        supplier: IntArray,
        matrix: FloatArray,
        as_of: np.datetime64,
        *,
        share: FloatArray | None = None,
    ) -> Evidence:
        """What the orders of a book say about their suppliers, these given by number, as known on a day.

        How many lines a shipment has counts as of the day of each piece: what was said of a supplier on a day does not
        change when a line is added to a shipment later.

        ``share``, of shape (n_orders,), is how many independent orders each line is worth beyond its shipment.
        """
        waited = waiting_times(history, as_of)
        line = waited.line
        weight = waited.weight / share_of_shipment(history.shipment_id)[line]
        shipments = Shipments.of(history.shipment_id, history.ordered_on)
        return evidence_of(
            supplier=supplier[line],
            ordered_on=day_number(history.ordered_on)[line],
            log_usual=self.usual.log_days(matrix)[line],
            days=waited.days,
            arrived=waited.received,
            entry=waited.entry,
            weight=weight if share is None else weight * share[line],
            errors=self.usual.errors,
            lines_by=lambda row, day: shipments.lines_by(line[row], day),
        )

    def _paces(self, evidence: Evidence, supplier: IntArray, on: FloatArray) -> FloatArray:
        return paces_on(
            evidence,
            supplier,
            on,
            errors=self.usual.errors,
            supplier_variance=self.usual.supplier_variance,
            half_lives=self.half_lives_days,
            prior_receipts=self.prior_receipts,
        )


def day_number(days: np.ndarray) -> FloatArray:
    """Days since 1970."""
    return days.astype("datetime64[D]").astype(np.float64)


def _middle_of_day(waited: WaitingTimes) -> FloatArray:
    """What was received on a day took, on average, until its middle."""
    received = np.where(waited.days > 1, waited.days - 0.5, 0.5 * waited.days)
    return np.where(waited.received, received, waited.days)
