"""Many periods of any number of series in one compiled loop."""

import numpy as np
from numpy.typing import ArrayLike

from allocast.errors import DataError
from allocast.simulation.dynamics.kernels import PeriodStructure, PlaceStructure
from allocast.simulation.dynamics.order_rows import OrderRows
from allocast.simulation.dynamics.rates import Delivery, Rates, Terms
from allocast.simulation.dynamics.rules import Rules
from allocast.simulation.dynamics.run_kernel import RunStructure, run_kernel
from allocast.simulation.dynamics.shapes import rows
from allocast.simulation.dynamics.stock import Ledger, Placed, Stock, empty_book
from allocast.simulation.dynamics.stock_rows import StockRows

__all__ = ["run"]


def run(
    rules: Rules,
    stock: Stock,
    demand: ArrayLike,
    rates: Rates,
    lead_time: ArrayLike,
    *,
    order_units: ArrayLike | None = None,
    order_up_to: ArrayLike | None = None,
    reorder_point: ArrayLike = np.inf,
    terms: Terms | None = None,
    delivery: Delivery | None = None,
) -> tuple[Stock, Ledger, Placed]:
    """``place`` and ``advance`` before and in each of many periods, with orders or levels that are given.

    Parameters
    ----------
    rules : Rules
        Reviews and seasons are counted from the first period of the run.
    stock : Stock
    demand : array of shape (..., n_periods), in units, >= 0
    rates : Rates
    lead_time : array of int that fits (..., n_periods), or (..., n_periods, suppliers), in periods
    order_units : array of the same shape, in units
        What to order before each period.
    order_up_to : array of the same shape, in units
        Instead of ``order_units``: the level that an order raises the position to. With several suppliers each in
        turn counts what those before it deliver. With a capacity in ``terms`` it is a capped base stock.
    reorder_point : array of the same shape, in units
        With ``order_up_to``: order only where the position is at or below it, an (s, S) policy.
    terms : Terms, optional
    delivery : Delivery, optional
        Both as for ``place``, with an axis for the periods before that of the suppliers.

    Returns
    -------
    stock : Stock
        At the end of the last period.
    ledger : Ledger
        All periods added up; on hand as of the last.
    placed : Placed
        All periods added up.

    Raises
    ------
    DataError
        Demand or an order is negative, an order arrives after the last column of the pipeline, shapes do not fit, or
        not exactly one of ``order_units`` and ``order_up_to`` is given.

    Examples
    --------
    A base stock of 5 with a lead time of one period, and demand of 3 in each of ten periods:

    >>> rules = Rules(waiting_share=1.0)
    >>> stock, rates = Stock.empty(rules, (), longest_lead_time=1), Rates(holding_cost=1.0, shortage_cost=4.0)
    >>> stock, ledger, placed = run(rules, stock, np.full(10, 3.0), rates, 1, order_up_to=5)
    >>> ledger.sold, ledger.missed, placed.ordered
    (array(29.), array(12.), array(32.))
    """
    asked = np.ascontiguousarray(demand, dtype=np.float64)
    shape, n_periods = stock.backordered.shape, asked.shape[-1] if asked.ndim else 0
    plan = order_units if order_up_to is None else order_up_to
    if plan is None or (order_units is not None and order_up_to is not None):
        raise DataError("a run needs either order_units or order_up_to, not both and not neither.")
    if asked.shape != (*shape, n_periods) or n_periods == 0:
        raise DataError(
            f"demand must have shape {(*shape, 'n_periods')}, at least one; it has {asked.shape}."
        )
    own = StockRows.of(rules, stock)
    orders = OrderRows.of(
        rules, shape, plan, lead_time, terms, delivery, trigger=reorder_point, n_periods=n_periods
    )
    structure = RunStructure(
        period=PeriodStructure.of(rules),
        place=PlaceStructure.of(rules, on_terms=terms is not None, uncertain=delivery is not None),
        up_to=order_up_to is not None,
        triggered=bool(np.isfinite(orders.trigger).any()),
        one_supplier=rules.suppliers == 1,
    )
    n = stock.backordered.size
    book, money = empty_book(n), np.zeros((2, n))
    ordered, delivered = np.zeros((2, n, rules.suppliers))
    bad, when = run_kernel(structure)(
        *own, asked.reshape(n, n_periods), rows("rates", rates.table, shape, (5,)), *orders,
        rules.review_periods, rules.season_periods or 0, rules.waiting_share, book, ordered, delivered, money,
    )  # fmt: skip
    if bad >= 0:
        raise DataError(
            f"demand and orders must be >= 0 units and arrive within the {own.pipeline.shape[1]} periods of the "
            f"pipeline; those of series {bad} in period {when} do not."
        )
    placed = Placed.of(rules, ordered, delivered, money, shape)
    return own.put_back(rules, stock), Ledger.of(book, shape), placed
