"""The next period and the next order of any number of series."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.simulation.dynamics.kernels import (
    FLOWS,
    PeriodStructure,
    PlaceStructure,
    period_kernel,
    place_kernel,
)
from allocast.simulation.dynamics.rates import Delivery, Rates, Terms
from allocast.simulation.dynamics.rules import Rules
from allocast.simulation.dynamics.shapes import copied_rows, rows
from allocast.simulation.dynamics.stock import Ledger, Placed, Stock

__all__ = ["advance", "place"]

_NEVER, _ALWAYS = np.zeros(1, dtype=np.bool_), np.ones(1, dtype=np.bool_)
_NO_DEBT = np.zeros(0)
_NO_LATEST = np.zeros((1, 0), dtype=np.int64)
_NO_TERMS, _NO_FATE = np.zeros((1, 1, 5)), np.zeros((1, 1, 3))


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
    stock.check(rules)
    shelf = _in_rows(stock.on_hand, rules.shelf_life or 1)
    owed = _in_rows(stock.backordered, 1)[:, 0] if rules.owes else _NO_DEBT
    pipeline = np.ascontiguousarray(stock.pipeline, dtype=np.float64).reshape(len(shelf), -1)
    latest = _latest(rules, stock)
    asked = copied_rows("demand", demand, shape)
    after, book = np.empty(pipeline.shape), np.empty((len(FLOWS), len(asked)))
    bad = period_kernel(PeriodStructure.of(rules))(
        shelf, owed, pipeline, latest, asked, rows("rates", rates.table, shape, (5,)),
        _due(rules.season_periods, "seasons", period, shape, at=-1), rules.waiting_share, after, book,
    )  # fmt: skip
    if bad >= 0:
        raise DataError(f"demand must be >= 0; that of series {bad} is {asked[bad]}.")
    book = book.reshape(len(FLOWS), *shape)
    ledger = Ledger(**{name: book[row, ...] for row, name in enumerate(FLOWS)})
    changed = {"on_hand": shelf, "pipeline": after}
    if rules.owes:
        changed["backordered"] = owed
    if not rules.crossover:
        changed["latest"] = latest
    return _changed(stock, **changed), ledger


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
    shape, one = stock.backordered.shape, (rules.suppliers,)
    each = () if rules.suppliers == 1 else one
    stock.check(rules)
    pipeline, latest = _in_rows(stock.pipeline, stock.pipeline.shape[-1]), _latest(rules, stock)
    units = copied_rows("order_units", order_units, shape, each).reshape(-1, *one)
    takes = rows("lead_time", lead_time, shape, each, np.int64).reshape(-1, *one)
    on = _NO_TERMS if terms is None else rows("terms", terms.table, shape, (*each, 5)).reshape(-1, *one, 5)
    fate = (
        _NO_FATE
        if delivery is None
        else rows("delivery", delivery.table, shape, (*each, 3)).reshape(-1, *one, 3)
    )
    delivered, money = np.empty(units.shape), np.zeros((2, *shape))
    structure = PlaceStructure.of(rules, on_terms=terms is not None, uncertain=delivery is not None)
    bad, supplier = place_kernel(structure)(
        pipeline, latest, units, takes, on, fate, _due(rules.review_periods, "reviews", period, shape, at=0),
        delivered, money.reshape(2, -1),
    )  # fmt: skip
    if bad >= 0:
        raise DataError(
            f"an order must be >= 0 units and arrive within the {pipeline.shape[1]} periods of the pipeline; that of "
            f"series {bad} with supplier {supplier} is {units[bad, supplier]} units with lead time "
            f"{takes[bad % len(takes), supplier]}, its last part later still if it comes in parts."
        )
    placed = Placed(
        ordered=units.reshape((*shape, *each)),
        delivered=delivered.reshape((*shape, *each)),
        order_cost=money[0, ...],
        purchase_cost=money[1, ...],
    )
    changed = {"pipeline": pipeline} if rules.crossover else {"pipeline": pipeline, "latest": latest}
    return _changed(stock, **changed), placed


def _in_rows(array: NDArray[Any], tail: int, dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """A copy in rows of so many numbers."""
    return np.array(array, dtype=dtype, order="C").reshape(-1, tail)


def _latest(rules: Rules, stock: Stock) -> IntArray:
    return _NO_LATEST if rules.crossover else _in_rows(stock.latest, rules.suppliers, np.int64)


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


def _changed(stock: Stock, **rows_of: NDArray[Any]) -> Stock:
    """The stock with some of its arrays given anew, in rows."""
    shaped = {name: rows.reshape(getattr(stock, name).shape) for name, rows in rows_of.items()}
    return replace(stock, **shaped)
