"""The next period and the next order of any number of series."""

import numpy as np
from numpy.typing import ArrayLike

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.simulation.dynamics.kernels import (
    PeriodStructure,
    PlaceStructure,
    period_kernel,
    place_kernel,
)
from allocast.simulation.dynamics.order_rows import OrderRows
from allocast.simulation.dynamics.rates import Delivery, Rates, Terms
from allocast.simulation.dynamics.rules import Rules
from allocast.simulation.dynamics.shapes import rows
from allocast.simulation.dynamics.stock import Ledger, Placed, Stock, empty_book
from allocast.simulation.dynamics.stock_rows import StockRows

__all__ = ["advance", "place"]

_NEVER, _ALWAYS = np.zeros(1, dtype=np.bool_), np.ones(1, dtype=np.bool_)


def advance(
    rules: Rules, stock: Stock, demand: FloatArray, rates: Rates, *, period: IntArray | int | None = None
) -> tuple[Stock, Ledger]:
    """Events 1 to 3: arrivals, demand, waste and costs, and at the end of a season what is left is sold off.

    Parameters
    ----------
    rules : Rules
    stock : Stock
    demand : array of shape (...), in units, >= 0
    rates : Rates
    period : int or array of int, shape (...)
        Number of the coming period, from 0; needed where there are seasons.

    Returns
    -------
    stock : Stock
        At the end of the period; the last column of the pipeline is free again.
    ledger : Ledger

    Raises
    ------
    DataError
        Demand is negative or not a number, shapes do not fit, or ``period`` is missing.

    Examples
    --------
    >>> stock = Stock(on_hand=np.array([3.0]), backordered=np.zeros(1), pipeline=np.array([[2.0, 4.0]]))
    >>> rates = Rates(holding_cost=0.2, shortage_cost=1.0)
    >>> stock, ledger = advance(Rules(), stock, np.array([7.0]), rates)
    >>> ledger.sold, ledger.missed, ledger.cost, stock.pipeline
    (array([5.]), array([2.]), array([2.]), array([[4., 0.]]))
    """
    shape = stock.backordered.shape
    own = StockRows.of(rules, stock)
    arrived = own.let_a_period_pass()
    asked, book = rows("demand", demand, shape), empty_book(len(arrived))
    over = _due(rules.season_periods, "seasons", period, shape, at=-1)
    bad = period_kernel(PeriodStructure.of(rules))(
        own.shelf, own.owed, arrived, own.latest, asked, rows("rates", rates.table, shape, (5,)), over,
        rules.waiting_share, book,
    )  # fmt: skip
    if bad >= 0:
        raise DataError(f"demand must be >= 0; that of series {bad} is {asked[bad % len(asked)]}.")
    return own.put_back(rules, stock), Ledger.of(book, shape)


def place(
    rules: Rules,
    stock: Stock,
    order_units: ArrayLike,
    lead_time: ArrayLike,
    *,
    terms: Terms | None = None,
    delivery: Delivery | None = None,
    period: IntArray | int | None = None,
) -> tuple[Stock, Placed]:
    """Event 4: orders enter the pipeline.

    Parameters
    ----------
    rules : Rules
    stock : Stock
    order_units : array of shape (...), or (..., suppliers) if there are several, in units, >= 0
    lead_time : array of int of the same shape, or int, in periods, below the length of the pipeline
        0 is available at the start of the next period.
    terms : Terms, optional
        On what terms orders are accepted; any order is, at no cost, by default.
    delivery : Delivery, optional
        What becomes of the orders; all is delivered at once by default.
    period : int or array of int, shape (...)
        Number of the coming period, from 0; needed where orders are only taken every ``review_periods``.

    Returns
    -------
    stock : Stock
    placed : Placed

    Raises
    ------
    DataError
        An order is negative, or would arrive after the last column of the pipeline; shapes do not fit; or
        ``period`` is missing.

    Examples
    --------
    >>> stock = Stock.empty(Rules(), (2,), longest_lead_time=1)
    >>> terms = Terms(order_cost=10.0, unit_cost=2.0, minimum_order_units=5.0, pack_units=4.0)
    >>> stock, placed = place(Rules(), stock, np.array([3.0, 9.0]), np.array([0, 1]), terms=terms)
    >>> placed.ordered, placed.cost, stock.pipeline.tolist()
    (array([ 8., 12.]), array([26., 34.]), [[8.0, 0.0], [0.0, 12.0]])
    """
    shape, own = stock.backordered.shape, StockRows.of(rules, stock)
    orders = OrderRows.of(rules, shape, order_units, lead_time, terms, delivery)
    taken = _due(rules.review_periods, "reviews", period, shape, at=0)
    ordered, delivered = np.empty((2, stock.backordered.size, rules.suppliers))
    money = np.zeros((2, len(ordered)))
    structure = PlaceStructure.of(rules, on_terms=terms is not None, uncertain=delivery is not None)
    bad, supplier = place_kernel(structure)(
        own.pipeline,
        own.latest,
        orders.units,
        orders.lead_time,
        orders.terms,
        orders.fate,
        taken,
        ordered,
        delivered,
        money,
    )
    if bad >= 0:
        units, takes = (each[bad % len(each), supplier] for each in (orders.units, orders.lead_time))
        raise DataError(
            f"an order must be >= 0 units and arrive within the {own.pipeline.shape[1]} periods of the pipeline; that "
            f"of series {bad} with supplier {supplier} is {units:g} units with a lead time of {takes}, and what comes "
            "in parts comes later still."
        )
    return own.put_back(rules, stock), Placed.of(rules, ordered, delivered, money, shape)


def _due(
    every: int | None, what: str, period: IntArray | int | None, shape: tuple[int, ...], *, at: int
) -> BoolArray:
    """Whether something that comes every so many periods comes in this one, in rows."""
    if every is None:
        return _NEVER
    if every == 1:
        return _ALWAYS
    if period is None:
        raise DataError(
            f"these rules have {what} of {every} periods: say which period is coming (period=...)."
        )
    now = rows("period", period, shape, dtype=np.int64)
    due: BoolArray = now % every == at % every
    return due
