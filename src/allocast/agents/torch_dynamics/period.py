"""The next period and the next order of any number of series, in torch."""

from collections.abc import Sequence

import torch
from torch import Tensor

from allocast.agents.torch_dynamics.numbers import Number, plus, times, total, valued_as
from allocast.agents.torch_dynamics.stock import Ledger, Placed, Rates, Stock
from allocast.agents.torch_dynamics.suppliers import Delivery, Terms, accept, of_supplier, put, split
from allocast.errors import DataError
from allocast.simulation.dynamics.rules import Rules

__all__ = ["advance", "place"]

Period = Tensor | int | None


def advance(
    rules: Rules, stock: Stock, demand: Tensor, rates: Rates, *, period: Period = None
) -> tuple[Stock, Ledger]:
    """Events 1 to 3, as ``simulation.dynamics.advance``.

    Parameters
    ----------
    rules : Rules
    stock : Stock
    demand : tensor of shape (...), in units, >= 0
    rates : Rates
    period : int or tensor of int, shape (...)
        Number of the coming period, from 0; needed where there are seasons.

    Returns
    -------
    stock : Stock
        At the end of the period; its pipeline is a period shorter.
    ledger : Ledger

    Raises
    ------
    DataError
        ``period`` is missing.

    Examples
    --------
    >>> stock = Stock(on_hand=(torch.tensor([3.0]),), backordered=torch.zeros(1), pipeline=(torch.tensor([2.0]),))
    >>> stock, ledger = advance(Rules(), stock, torch.tensor([7.0]), Rates(holding_cost=0.2, shortage_cost=1.0))
    >>> ledger.sold, ledger.missed, ledger.cost
    (tensor([5.]), tensor([2.]), tensor([2.]))
    """
    arrived: Number = stock.pipeline[0] if stock.pipeline else 0.0
    shelf = (*stock.on_hand[:-1], stock.on_hand[-1] + arrived) if stock.pipeline else stock.on_hand
    wanted = demand + stock.backordered if rules.owes else demand
    shelf, unserved = _issue(shelf, wanted, youngest_first=rules.issuing == "lifo")
    wasted: Number = 0.0
    if rules.shelf_life is not None:
        wasted, shelf = shelf[0], (*shelf[1:], torch.zeros_like(demand))
    left = total(shelf if rules.shelf_life in (None, 1) else shelf[:-1])
    owed, lost = _leave(rules, stock.backordered, unserved, demand)
    over = _due(rules.season_periods, "seasons", period, at=-1)
    ledger = Ledger(
        arrived=arrived,
        wanted=wanted,
        missed=unserved,
        lost=lost,
        wasted=wasted,
        salvaged=times(left, over),
        on_hand=left,
        rates=rates,
    )
    if isinstance(over, Tensor) or over:
        shelf = tuple(units * (1 - over) for units in shelf)
    latest = tuple((due - 1).clamp(min=0) for due in stock.latest)
    return Stock(on_hand=shelf, backordered=owed, pipeline=stock.pipeline[1:], latest=latest), ledger


def place(
    rules: Rules,
    stock: Stock,
    order_units: Tensor,
    lead_time: Tensor | int | Sequence[int],
    *,
    terms: Terms | None = None,
    delivery: Delivery | None = None,
    period: Period = None,
) -> tuple[Stock, Placed]:
    """Event 4, as ``simulation.dynamics.place``; the pipeline grows with the lead times.

    Parameters
    ----------
    rules : Rules
    stock : Stock
    order_units : tensor of shape (...), or (..., suppliers) if there are several, in units, >= 0
    lead_time : int, one int a supplier, or tensor of int of the orders' shape, in periods
        Lead times that are known as ints cost the least.
    terms : Terms, optional
        On what terms orders are accepted; any order is, at no cost, by default.
    delivery : Delivery, optional
        What becomes of the orders; all is delivered at once by default.
    period : int or tensor of int, shape (...)
        Number of the coming period, from 0; needed where orders are only taken every ``review_periods``.

    Raises
    ------
    DataError
        ``period`` is missing.
    """
    taken = _due(rules.review_periods, "reviews", period, at=0)
    wanted = order_units.unbind(-1) if rules.suppliers > 1 else (order_units,)
    if isinstance(taken, Tensor) or not taken:
        wanted = tuple(units * taken for units in wanted)
    orders = [_ordered(rules, units, j, terms) for j, units in enumerate(wanted)]
    pipeline, latest = list(stock.pipeline), list(stock.latest)
    sent = []
    for j, (units, _, _) in enumerate(orders):
        due = of_supplier(lead_time, j, rules.suppliers)
        sent.append(_deliver(rules, pipeline, latest, j, units, due, delivery))
    order_cost: Number = 0.0
    purchase_cost: Number = 0.0
    for (units, per_order, per_unit), came in zip(orders, sent, strict=True):
        order_cost = plus(order_cost, times((units.detach() > 0).to(units.dtype), per_order))
        purchase_cost = plus(purchase_cost, times(came, per_unit))
    after = Stock(
        on_hand=stock.on_hand, backordered=stock.backordered, pipeline=tuple(pipeline), latest=tuple(latest)
    )
    return after, Placed(
        ordered=tuple(units for units, _, _ in orders),
        delivered=tuple(sent),
        order_cost=order_cost,
        purchase_cost=purchase_cost,
    )


def _issue(
    shelf: tuple[Tensor, ...], wanted: Tensor, *, youngest_first: bool
) -> tuple[tuple[Tensor, ...], Tensor]:
    """What is left of each remaining life, and what could not be served."""
    left = list(shelf)
    for column in sorted(range(len(left)), reverse=youngest_first):
        gap = left[column] - wanted
        left[column] = gap.relu()
        wanted = left[column] - gap
    return tuple(left), wanted


def _leave(rules: Rules, owed: Tensor, unserved: Tensor, demand: Tensor) -> tuple[Tensor, Number]:
    """What is owed at the end of a period, and what is lost in it."""
    if not rules.owes:
        return owed, unserved
    if rules.waiting_share == 1:
        return unserved, 0.0
    new = torch.minimum(unserved, demand)  # what was owed before is served first
    waits = new * rules.waiting_share
    if rules.whole_units:
        waits = valued_as(waits, torch.floor(waits.detach() + 0.5))
    lost = new - waits
    return unserved - lost, lost


def _ordered(
    rules: Rules, units: Tensor, supplier: int, terms: Terms | None
) -> tuple[Tensor, Number, Number]:
    """What a supplier accepts, its cost per order and per unit."""
    if terms is None:
        return units, 0.0, 0.0
    order_cost, unit_cost, minimum, pack, capacity = (
        of_supplier(value, supplier, rules.suppliers)
        for value in (
            terms.order_cost,
            terms.unit_cost,
            terms.minimum_order_units,
            terms.pack_units,
            terms.capacity_units,
        )
    )
    return accept(units, minimum, pack, capacity), order_cost, unit_cost


def _deliver(
    rules: Rules,
    pipeline: list[Tensor],
    latest: list[Tensor],
    supplier: int,
    units: Tensor,
    due: Tensor | int,
    delivery: Delivery | None,
) -> Tensor:
    """Put an order's parts into the pipeline; what is delivered of it."""
    fate = delivery or Delivery()
    share, first_share, later = (
        of_supplier(value, supplier, rules.suppliers)
        for value in (fate.share, fate.first_share, fate.rest_later)
    )
    sent, first, rest = split(
        units, share, first_share, whole_units=rules.whole_units and delivery is not None
    )
    due = due if rules.crossover else torch.maximum(latest[supplier], torch.as_tensor(due))
    put(pipeline, first, due)
    if rest is not None:
        put(pipeline, rest, due + later)
    if not rules.crossover:
        latest[supplier] = torch.where(sent.detach() > 0, due + later, latest[supplier])
    return sent


def _due(every: int | None, what: str, period: Period, *, at: int) -> Tensor | int:
    """1 where something that comes every so many periods comes in this one, else 0."""
    if every is None or every == 1:
        return int(every == 1)
    if period is None:
        raise DataError(
            f"these rules have {what} of {every} periods: say which period is coming (period=...)."
        )
    due = period % every == at % every
    return due.to(torch.int64) if isinstance(due, Tensor) else int(due)
