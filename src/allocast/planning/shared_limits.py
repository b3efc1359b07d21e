"""Limits as groups of a basket's lines: money by payment period, categories, room, suppliers' capacity."""

import numpy as np
import pandas as pd

from allocast.errors import DataError, UnknownNameError
from allocast.inventory.allocation import Limit
from allocast.inventory.basket import Basket, Limits, calendar_period
from allocast.numerics.arrays import BoolArray, FloatArray, TextArray
from allocast.planning.commitments import Commitments

__all__ = ["shared_limits"]


def shared_limits(
    limits: Limits, basket: Basket, series: pd.DataFrame, known: Commitments
) -> tuple[Limit, ...]:
    """The limits that touch any line, less what was used of them before.

    Parameters
    ----------
    limits : Limits
    basket : Basket
    series : DataFrame of n_lines rows
        Attributes of the series of each line of the basket.
    known : Commitments

    Returns
    -------
    limits : tuple of Limit of n_lines claims
        ``budget``, ``category``, ``storage`` and ``capacity``.

    Raises
    ------
    DataError
        A price, a volume or a category that a limit goes by is not known.
    UnknownNameError
        A budget is for a category that no item has.
    """
    found: list[Limit] = []
    if limits.has_budget or limits.category_budget:
        found += _budgets(limits, basket, series, known)
    if limits.storage:
        found += _storage(basket, series, known)
    found += _capacity(limits, basket, known)
    return tuple(found)


def _budgets(limits: Limits, basket: Basket, series: pd.DataFrame, known: Commitments) -> list[Limit]:
    """Money of each period in which the orders are to be paid, in all and for each category."""
    _require_prices(basket)
    days = limits.suppliers.payment_days(basket.supplier_id).astype(np.int64)
    due, place = np.unique(known.today + days, return_inverse=True)
    period = calendar_period(due, limits.every)[place]
    paid = known.payments(limits.suppliers, limits.every)
    found = []
    if limits.has_budget:
        before = paid.groupby("period")["money"].sum()
        budget = {
            name: limits.budget_of(name) - before.get(name, 0.0) for name in np.unique(period.astype(str))
        }
        found.append(_limit("budget", period, budget, basket.unit_cost))
    if limits.category_budget:
        category = _category(limits, series, known)
        of_item = dict(
            zip(known.panel.series["item_id"], known.panel.series[limits.category_column], strict=True)
        )
        before = (
            paid.assign(category=paid["item_id"].map(of_item)).groupby(["category", "period"])["money"].sum()
        )
        label = np.array([f"{c} {p}" for c, p in zip(category, period, strict=True)], dtype=object)
        money = {
            f"{c} {p}": limits.category_budget[c] - before.get((c, p), 0.0)
            for c, p in set(zip(category, period, strict=True))
            if c in limits.category_budget
        }
        found.append(_limit("category", label, money, basket.unit_cost))
    return found


def _storage(basket: Basket, series: pd.DataFrame, known: Commitments) -> list[Limit]:
    """Volume of each location that stock and open orders leave."""
    whole = known.panel.series
    for name, table in (("capacity", "locations"), ("volume", "items")):
        if name not in whole:
            raise DataError(f"limits.storage needs the column {name} of the table {table}; bring it.")
    volume = series["volume"].to_numpy(np.float64)
    limited = series["capacity"].notna().to_numpy()
    _require(~np.isnan(volume) | ~limited, basket, "volume", "in the table items")
    taken = pd.Series(known.space_taken(whole["volume"].to_numpy(np.float64))).groupby(
        whole["location_id"].to_numpy(object)
    )
    room = whole.groupby("location_id")["capacity"].first() - taken.sum()
    return [_limit("storage", basket.location_id, room.dropna().to_dict(), np.nan_to_num(volume))]


def _capacity(limits: Limits, basket: Basket, known: Commitments) -> list[Limit]:
    """Units that each supplier can still deliver of this round's orders."""
    terms = limits.suppliers
    before = known.ordered_this_round()
    units = {
        name: float(most - before.get(name, 0.0))
        for name, most in zip(terms.supplier_id, terms.capacity_units, strict=True)
        if np.isfinite(most)
    }
    return [_limit("capacity", basket.supplier_id, units, np.ones(len(basket)))] if units else []


def _limit(name: str, label: TextArray, available: dict[str, float], use: FloatArray) -> Limit:
    """A limit whose groups are labels, in their order; lines with another label are not touched."""
    labels = tuple(sorted(set(label) & set(available))) or tuple(sorted(available))[:1]
    place = {one: group for group, one in enumerate(labels)}
    return Limit(
        name=name,
        available=np.array([max(available[one], 0.0) for one in labels]),
        group=np.array([place.get(one, -1) for one in label], dtype=np.int64),
        use=use,
        labels=labels,
    )


def _category(limits: Limits, series: pd.DataFrame, known: Commitments) -> TextArray:
    column, whole = limits.category_column, known.panel.series
    if column not in whole:
        raise UnknownNameError("column of items for budgets by category", column, map(str, whole.columns))
    there = set(whole[column].dropna())
    for name in limits.category_budget:
        if name not in there:
            raise UnknownNameError(f"{column} with a budget", name, map(str, sorted(there)))
    values: TextArray = series[column].to_numpy(object)
    return values


def _require_prices(basket: Basket) -> None:
    _require(basket.unit_cost > 0, basket, "unit_cost", "in the table sourcing or items")


def _require(known: BoolArray, basket: Basket, what: str, where: str) -> None:
    if not known.all():
        line = int(np.argmin(known))
        raise DataError(
            f"a limit goes by {what}, which is not known of item {basket.item_id[line]} at location "
            f"{basket.location_id[line]} from supplier {basket.supplier_id[line]} "
            f"({int((~known).sum())} of {len(known)} orders affected). Bring it {where}, or set no such limit."
        )
