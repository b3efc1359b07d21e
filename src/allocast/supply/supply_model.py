"""What planning asks of supply, and the answers of anything that has a curve for each order."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from allocast.errors import DataError
from allocast.numerics.arrays import DateArray, FloatArray
from allocast.numerics.discrete import DiscreteDistribution
from allocast.supply.lead_time import LeadTimeDistribution, PeriodDays, period_ends, periods_from_survival
from allocast.supply.orders.order_features import OrderLines
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.sourcing import Sourcing

__all__ = ["ContractLeadTimes", "CurveModel", "SupplyModel", "waiting_for_what_comes"]

LARGEST_NEVER = 0.999  # where hardly anything comes, nothing can be said of when


class SupplyModel(Protocol):
    """When orders arrive: those that may be placed today, and those already open.

    ``history`` is the order book; only what was known of it at the end of ``as_of`` is used.
    """

    def lead_times(
        self,
        sourcing: Sourcing,
        *,
        history: PurchaseOrders,
        as_of: np.datetime64,
        period_days: PeriodDays,
        n_periods: int,
    ) -> LeadTimeDistribution:
        """Lead time of an order placed at the end of ``as_of``, given that it comes at all, a row per sourcing line.

        Columns are 0 … ``n_periods`` whole periods, the last holding all that is longer. Periods may differ in
        length: ``period_days`` then has the days of each coming one.
        """

    def arrivals(
        self,
        open_orders: PurchaseOrders,
        *,
        history: PurchaseOrders,
        as_of: np.datetime64,
        period_days: PeriodDays,
        n_periods: int,
    ) -> DiscreteDistribution:
        """When each open order can be used, given its age, a row per order.

        Column ``k``: it can be used from the start of the k-th coming period, the one that begins right
        after ``as_of`` being 0. The last column, ``n_periods``, holds all that is later, or never.
        """

    def probability_never(
        self, open_orders: PurchaseOrders, *, history: PurchaseOrders, as_of: np.datetime64
    ) -> FloatArray:
        """P(what is still to come of each open order never does, given its age), shape (n_orders,)."""

    def probability_received_by(
        self,
        open_orders: PurchaseOrders,
        *,
        history: PurchaseOrders,
        as_of: np.datetime64,
        day: np.datetime64 | DateArray,
    ) -> FloatArray:
        """P(received on or before a day) of each open order given its age, shape (n_orders,).

        ``day`` is one day or one an order; 0 for days not after ``as_of``, NaN for NaT.
        """


class CurveModel(ABC):
    """A supply model that knows one survival curve per order; the rest is arithmetic."""

    __slots__ = ()

    @abstractmethod
    def survival(
        self,
        lines: OrderLines,
        *,
        days: FloatArray,
        given: FloatArray,
        history: PurchaseOrders,
        as_of: np.datetime64,
    ) -> FloatArray:
        """P(not received within days | still open after ``given`` days): what is never to come counts too.

        Parameters
        ----------
        lines : OrderLines of n lines
        days : array of shape (n, n_days), in days since the order
        given : array of shape (n,), in days since the order
        history : PurchaseOrders
            As known at the end of ``as_of``: nothing later is in it.
        as_of : day

        Returns
        -------
        probability : array of shape (n, n_days), never rising along a row
        """

    def never(
        self,
        lines: OrderLines,
        *,
        given: FloatArray,  # noqa: ARG002 - here and below: for models that know of cancellations
        history: PurchaseOrders,  # noqa: ARG002
        as_of: np.datetime64,  # noqa: ARG002
    ) -> FloatArray:
        """P(never received | still open after ``given`` days), shape (n,): 0 unless a model says otherwise."""
        return np.zeros(len(lines))

    def lead_times(
        self,
        sourcing: Sourcing,
        *,
        history: PurchaseOrders,
        as_of: np.datetime64,
        period_days: PeriodDays,
        n_periods: int,
    ) -> LeadTimeDistribution:
        """See `SupplyModel`. What will be cancelled takes no time: it is missing units, to be ordered again."""
        lines = OrderLines.of_sourcing(sourcing, as_of)
        age = np.zeros(len(lines))
        days = _period_ends(age, period_days, n_periods)
        asked: dict[str, Any] = {"given": age, "history": history.known_at(as_of), "as_of": as_of}
        waiting, never = self.survival(lines, days=days, **asked), self.never(lines, **asked)
        return LeadTimeDistribution.from_survival(
            waiting_for_what_comes(waiting, never), period_days=period_days
        )

    def probability_new_order_by(
        self,
        sourcing: Sourcing,
        *,
        history: PurchaseOrders,
        as_of: np.datetime64,
        day: np.datetime64 | DateArray,
    ) -> FloatArray:
        """P(an order placed at the end of ``as_of`` is received on or before a day), shape (n_lines,).

        Parameters
        ----------
        sourcing : Sourcing
        history : PurchaseOrders
            The order book; only what was known of it at the end of ``as_of`` is used.
        as_of : day
        day : day, or array of days of shape (n_lines,)
            0 for days not after ``as_of``, NaN for NaT.
        """
        until = np.broadcast_to(np.asarray(day, dtype="datetime64[D]"), len(sourcing))
        asked = ~np.isnat(until)
        days = np.where(asked, (until - as_of).astype(np.float64), 0.0)
        lines, known = OrderLines.of_sourcing(sourcing, as_of), history.known_at(as_of)
        new = np.zeros(len(sourcing))
        waiting = self.survival(lines, days=days[:, None], given=new, history=known, as_of=as_of)
        return np.where(asked, np.where(days > 0, 1 - waiting[:, 0], 0.0), np.nan)

    def arrivals(
        self,
        open_orders: PurchaseOrders,
        *,
        history: PurchaseOrders,
        as_of: np.datetime64,
        period_days: PeriodDays,
        n_periods: int,
    ) -> DiscreteDistribution:
        """See `SupplyModel`."""
        age = _ages(open_orders, as_of)
        days = _period_ends(age, period_days, n_periods)
        lines, known = OrderLines.of_orders(open_orders), history.known_at(as_of)
        return periods_from_survival(self.survival(lines, days=days, given=age, history=known, as_of=as_of))

    def probability_never(
        self, open_orders: PurchaseOrders, *, history: PurchaseOrders, as_of: np.datetime64
    ) -> FloatArray:
        """See `SupplyModel`."""
        lines, age = OrderLines.of_orders(open_orders), _ages(open_orders, as_of)
        return self.never(lines, given=age, history=history.known_at(as_of), as_of=as_of)

    def probability_received_by(
        self,
        open_orders: PurchaseOrders,
        *,
        history: PurchaseOrders,
        as_of: np.datetime64,
        day: np.datetime64 | DateArray,
    ) -> FloatArray:
        """See `SupplyModel`."""
        age = _ages(open_orders, as_of)
        until = np.broadcast_to(np.asarray(day, dtype="datetime64[D]"), len(open_orders))
        asked = ~np.isnat(until)
        days = np.where(asked, (until - open_orders.ordered_on).astype(np.float64), 0.0)
        lines, known = OrderLines.of_orders(open_orders), history.known_at(as_of)
        waiting = self.survival(lines, days=days[:, None], given=age, history=known, as_of=as_of)
        return np.where(asked, np.where(days > age, 1 - waiting[:, 0], 0.0), np.nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractLeadTimes(CurveModel):
    """Every order takes exactly what was announced: by its own promise, else by the contract.

    An open order that is due or overdue is expected at once: it can be used from the coming period on.

    Parameters
    ----------
    sourcing : Sourcing
        The contracts; orders are matched by supplier, item and location.
    """

    sourcing: Sourcing

    def survival(
        self,
        lines: OrderLines,
        *,
        days: FloatArray,
        given: FloatArray,  # noqa: ARG002 - what is overdue is expected at once, however long it has waited
        history: PurchaseOrders,  # noqa: ARG002 - a contract does not learn
        as_of: np.datetime64,  # noqa: ARG002
    ) -> FloatArray:
        """1 before the announced day, 0 from it on; see `CurveModel.survival`.

        Raises
        ------
        DataError
            A line has neither a promise nor a contract lead time.
        """
        announced = np.where(np.isnan(lines.quoted_days), self._contract_days(lines), lines.quoted_days)
        nothing = np.isnan(announced)
        if nothing.any():
            row = int(np.argmax(nothing))
            raise DataError(
                "without a trained supply model every line needs a promise or a contract lead time; "
                f"supplier {lines.supplier_id[row]}, item {lines.item_id[row]}, location "
                f"{lines.location_id[row]} has neither ({int(nothing.sum())} of {len(lines)} lines affected)."
            )
        return (days < announced[:, None]).astype(np.float64)

    def _contract_days(self, lines: OrderLines) -> FloatArray:
        contracts, wanted = (
            pd.MultiIndex.from_arrays([source.supplier_id, source.item_id, source.location_id])
            for source in (self.sourcing, lines)
        )
        if not contracts.is_unique:
            raise DataError(
                "each supplier may have one sourcing line per item and location; "
                f"{contracts[contracts.duplicated()][0]} has several ({int(contracts.duplicated().sum())} too many)."
            )
        place = contracts.get_indexer(wanted)
        days: FloatArray = np.append(self.sourcing.lead_time_days, np.nan)[place]  # not found is -1: the last
        return days


def waiting_for_what_comes(waiting: FloatArray, never: FloatArray) -> FloatArray:
    """P(still waiting), of that which comes in the end, from that of what may never come.

    Parameters
    ----------
    waiting : array of shape (n, n_days), in [0, 1]
        P(not there by then): what never comes counts too.
    never : array of shape (n,), in [0, 1]

    Examples
    --------
    >>> waiting_for_what_comes(np.array([[1.0, 0.6, 0.2]]), np.array([0.2]))
    array([[1. , 0.5, 0. ]])
    """
    never = np.minimum(never, LARGEST_NEVER)[:, None]
    return np.clip((waiting - never) / (1 - never), 0.0, 1.0)


def _ages(open_orders: PurchaseOrders, as_of: np.datetime64) -> FloatArray:
    """Days that open orders have waited, shape (n_orders,)."""
    age = (as_of - open_orders.ordered_on).astype(np.float64)
    wrong = ~open_orders.is_open | (age < 0)
    if wrong.any():
        raise DataError(
            f"open orders must be placed by {as_of} and not received; order line "
            f"{open_orders.order_line_id[np.argmax(wrong)]} is not so ({int(wrong.sum())} of {len(age)} lines "
            "affected). Take known_at(as_of) and its open lines first."
        )
    return age


def _period_ends(age: FloatArray, period_days: PeriodDays, n_periods: int) -> FloatArray:
    """Days since the order after 0, 1, …, n_periods − 1 more periods, shape (n, n_periods)."""
    return age[:, None] + period_ends(period_days, n_periods)
