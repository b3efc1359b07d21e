"""What has been ordered already, as far as it uses money, room and suppliers' capacity of today."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.demand.panel import DemandPanel
from allocast.inventory.basket import Every, calendar_period
from allocast.numerics.arrays import FloatArray
from allocast.planning.situate import Stock
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.sourcing import Sourcing
from allocast.supply.supplier_terms import SupplierTerms

__all__ = ["Commitments"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitments:
    """The whole panel with its stock, its suppliers and all that was ordered before.

    Parameters
    ----------
    panel : DemandPanel
    stock : Stock
    orders : PurchaseOrders
    sourcing : Sourcing
        All lines, for prices of orders that do not say their own.
    """

    panel: DemandPanel
    stock: Stock
    orders: PurchaseOrders
    sourcing: Sourcing

    @property
    def today(self) -> np.datetime64:
        """The day of the decision."""
        return self.panel.frequency.end_of(self.panel.as_of)

    def payments(self, terms: SupplierTerms, every: Every) -> pd.DataFrame:
        """What was ordered before and is not cancelled, by when it is to be paid.

        A closed line is paid for what came, an open one for what was ordered; at its own ``unit_price``, else at that
        of its sourcing line. What has no price counts nothing.

        Returns
        -------
        payments : DataFrame of n_orders rows
            item_id, period (by name), money.
        """
        orders = self.orders
        units = np.where(
            orders.is_open, np.maximum(orders.units_ordered, orders.units_received), orders.units_received
        )
        days = terms.payment_days(orders.supplier_id).astype(np.int64)
        due, place = np.unique(orders.ordered_on + days, return_inverse=True)
        return pd.DataFrame(
            {
                "item_id": orders.item_id,
                "period": calendar_period(due, every)[place],
                "money": units * self._price(),
            }
        )

    def space_taken(self, volume: FloatArray) -> FloatArray:
        """Volume of what is on hand and on order of each series of the panel, shape (n_series,).

        Parameters
        ----------
        volume : array of shape (n_series,), per unit
            Nothing is counted of series whose volume or stock is not known.
        """
        orders, series = self.orders, self.panel.series
        place = pd.MultiIndex.from_frame(series[["item_id", "location_id"]]).get_indexer(
            pd.MultiIndex.from_arrays([orders.item_id, orders.location_id])
        )
        coming = np.maximum(orders.units_ordered - orders.units_received, 0.0) * orders.is_open
        known = place >= 0
        units = np.nan_to_num(self.stock.on_hand) + np.bincount(
            place[known], coming[known], minlength=len(series)
        )
        return units * np.nan_to_num(volume)

    def ordered_this_round(self) -> "pd.Series[float]":
        """Units ordered from each supplier within the period that has just ended, in which one round falls."""
        orders = self.orders
        recent = (orders.ordered_on >= self.panel.as_of) & np.isnat(orders.cancelled_on)
        return pd.Series(orders.units_ordered[recent]).groupby(orders.supplier_id[recent]).sum()

    def _price(self) -> FloatArray:
        """Money per unit of each order; 0 where it is not known."""
        orders, lines = self.orders, self.sourcing
        agreed = np.full(len(orders), np.nan)
        if "unit_price" in orders.attributes:
            agreed = orders.attributes["unit_price"].to_numpy(np.float64)
        place = pd.MultiIndex.from_arrays([lines.item_id, lines.location_id, lines.supplier_id]).get_indexer(
            pd.MultiIndex.from_arrays([orders.item_id, orders.location_id, orders.supplier_id])
        )
        listed = np.append(lines.unit_cost, np.nan)[place]
        price: FloatArray = np.nan_to_num(np.where(np.isnan(agreed), listed, agreed))
        return price
