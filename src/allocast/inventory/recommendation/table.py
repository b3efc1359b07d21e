"""The table of recommendations: a row a series and supplier, with fields of one meaning each."""

from dataclasses import dataclass, field, fields, replace

import numpy as np
import pandas as pd

from allocast.errors import DataError
from allocast.inventory.basket import Cut
from allocast.inventory.rebalancing import no_transfers
from allocast.inventory.recommendation.lineage import Lineage

__all__ = ["COLUMNS", "OWN_FIELDS", "Recommendation", "Recommendations"]

NOT_KNOWN = np.datetime64("NaT", "D")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation(Lineage):
    """Advice for one series and supplier, with its reasons; its fields are the columns of the table of recommendations.

    Parameters
    ----------
    item_id, location_id, supplier_id : str
    order_units : int, >= 0
        Whole units, in packs, at least the minimum order.
    status : Status
    reason : str
        One sentence with the numbers that decided.
    binding_constraint : str
        What changed the wanted units: ``minimum_order``, ``packs``, ``capacity``, a shared limit or nothing.
    on_hand, on_order, backordered, position : float, in units
    approved_units, late_units : float, in units
        Of ``on_order``: approved and not placed yet; and what probably comes after the protection interval, too late to
        serve what an order placed now is for.
    trigger, level : float, in units
        The policy orders where ``position`` without ``late_units`` is below the trigger, to reach the level.
    next_arrival : day or NaT
        Beginning of the first period in which something on order may arrive; ``next_arrival_units`` are
        expected then.
    lead_time_p50, lead_time_p90 : float, in periods
        Of an order placed now.
    demand_p10, demand_p50, demand_p90 : float, in units
        Demand over the protection interval.
    demand_reason : str
        Why so much demand is expected, in a sentence; empty where nobody explained it.
    transfer_units : float, in units
        That come from other locations; below 0 where they go there. ``on_hand`` and ``on_order`` are after that.
    order_value : float, in money
    cost_at_stake : float, in money
        Expected shortage cost, in the periods this order serves, that placing it avoids.
    co2e_grams : float, in grams
        Of the ordered units, by the figure of the sourcing line; NaN where that is not known. In no cost.
    cost_of_waiting : float, in money
        ``cost_at_stake`` less the holding cost saved by placing it at the next review instead; below 0 where waiting is
        cheaper.
    deadline : day or NaT
        The last day of a review on which an order comes early enough to keep the series' service level (its target, or
        its critical ratio); today at the earliest. NaT where the scenarios do not reach so far.
    stockout_probability : float
        P(demand is missed before an order placed now can be there).
    first_shortage : day or NaT
        Beginning of the period by whose end demand has probably been missed if nothing more is ordered.
    confidence : float
        Share of the scenarios in which following this row turns out no dearer than not doing so: placing the order
        against waiting for the next review; without an order, that none was needed.
    warning : str
        What no order can prevent, what on order does not count, and on how little forecast or lead time rest; mostly
        empty.
    """

    item_id: str
    location_id: str
    supplier_id: str = ""
    order_units: int = 0
    status: str
    reason: str
    binding_constraint: str = ""
    on_hand: float = np.nan
    on_order: float = np.nan
    backordered: float = np.nan
    position: float = np.nan
    approved_units: float = np.nan
    late_units: float = np.nan
    trigger: float = np.nan
    level: float = np.nan
    next_arrival: np.datetime64 = NOT_KNOWN
    next_arrival_units: float = np.nan
    lead_time_p50: float = np.nan
    lead_time_p90: float = np.nan
    demand_p10: float = np.nan
    demand_p50: float = np.nan
    demand_p90: float = np.nan
    demand_reason: str = ""
    transfer_units: float = 0.0
    order_value: float = 0.0
    cost_at_stake: float = 0.0
    co2e_grams: float = np.nan
    cost_of_waiting: float = 0.0
    deadline: np.datetime64 = NOT_KNOWN
    stockout_probability: float = np.nan
    first_shortage: np.datetime64 = NOT_KNOWN
    confidence: float = np.nan
    warning: str = ""


OWN_FIELDS = fields(Recommendation)[len(fields(Lineage)) :]
COLUMNS = [field.name for field in (*OWN_FIELDS, *fields(Lineage))]
KEY = ["item_id", "location_id", "supplier_id"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recommendations:
    """A row for every series and supplier that it is ordered from; or why there is no order.

    Parameters
    ----------
    table : DataFrame
        Columns as the fields of ``Recommendation``, at least one row a series.
    transfers : DataFrame, columns ``TRANSFERS``, optional
        What is moved between locations before anything is bought; by default nothing is.
    cut : Cut, optional
        The ranked basket and what shared limits left of it, where there were any.

    Raises
    ------
    DataError
        A column is missing, a series appears twice with the same supplier, or a row has no reason.
    """

    table: pd.DataFrame
    transfers: pd.DataFrame = field(default_factory=no_transfers)
    cut: Cut | None = None

    def __post_init__(self) -> None:
        if list(self.table.columns) != COLUMNS:
            different = sorted(set(COLUMNS) ^ set(self.table.columns))
            raise DataError(f"recommendations must have the columns {COLUMNS}; different are {different}.")
        twice = self.table.duplicated(KEY)
        if twice.any():
            first = self.table.loc[twice, KEY].iloc[0].tolist()
            raise DataError(
                f"a series may have one recommendation a supplier; {first} has more ({int(twice.sum())} rows too many)."
            )
        if (self.table["reason"].str.len() == 0).any():
            raise DataError(
                f"every row must say why; {int((self.table['reason'].str.len() == 0).sum())} do not."
            )

    def __len__(self) -> int:
        return len(self.table)

    @property
    def orders(self) -> pd.DataFrame:
        """The rows with something to order, what costs most to leave undone first."""
        some = self.table[self.table["order_units"] > 0]
        return some.sort_values("cost_at_stake", ascending=False, kind="stable")

    def with_demand_reasons(self, reasons: "pd.Series[str]") -> "Recommendations":
        """The same advice, with sentences on the demand that is expected.

        Parameters
        ----------
        reasons : Series of str
            By labels of ``table``'s index; rows without one stay as they are.
        """
        told = reasons.reindex(self.table.index)
        reason = told.fillna(self.table["demand_reason"]).astype(object)
        return replace(self, table=self.table.assign(demand_reason=reason))

    def of(self, item_id: str, location_id: str) -> Recommendation:
        """The recommendation of one series; the largest where it is ordered from several suppliers.

        Raises
        ------
        DataError
            There is no such series.
        """
        row = self.table[(self.table["item_id"] == item_id) & (self.table["location_id"] == location_id)]
        if row.empty:
            raise DataError(f"no series has item {item_id!r} at location {location_id!r}.")
        largest = row.sort_values("order_units", ascending=False, kind="stable").iloc[0]
        return Recommendation(**largest.to_dict())
