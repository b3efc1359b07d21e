"""Ways out of excess stock, and what a unit is worth on each of them."""

from dataclasses import dataclass, fields

import numpy as np

from allocast.errors import SettingsError
from allocast.inventory.excess.stock_view import StockView
from allocast.numerics.arrays import FloatArray

__all__ = ["WAYS", "WaysOut", "way_values"]

WAYS = ("keep", "return", "refurbish", "markdown", "dispose")
_POINTS = 20  # units of the excess that are looked at, from the first to the last that would be sold


@dataclass(frozen=True, slots=True, kw_only=True)
class WaysOut:
    """What each way out brings and costs; a way without its share is not open.

    Parameters
    ----------
    return_share : float, in [0, 1], optional
        Of the unit cost that the supplier gives back.
    refurbish_price_share : float, in [0, 1], optional
        Of the price that a unit brings once it has been worked over.
    refurbish_cost_share : float, >= 0
        Of the unit cost, spent on that.
    markdown_share : float, in (0, 1), optional
        Of the price, taken off the whole shelf until the excess is sold.
    markdown_uplift : float, >= 1
        What demand is multiplied by then.
    disposal_cost_share : float, >= 0, optional
        Of the unit cost, to get rid of a unit.
    longest_days : float, in days, > 0
        What is not sold by then brings nothing.

    Raises
    ------
    SettingsError
        A number is out of its range.

    Examples
    --------
    >>> WaysOut(return_share=1.2)
    Traceback (most recent call last):
    allocast.errors.SettingsError: return_share must lie within 0 and 1; it is 1.2.
    """

    return_share: float | None = None
    refurbish_price_share: float | None = None
    refurbish_cost_share: float = 0.0
    markdown_share: float | None = None
    markdown_uplift: float = 1.5
    disposal_cost_share: float | None = None
    longest_days: float = 728.0

    def __post_init__(self) -> None:
        lowest = {"markdown_uplift": 1.0}
        highest = dict.fromkeys(("return_share", "refurbish_price_share", "markdown_share"), 1.0)
        for field in fields(self):
            value = getattr(self, field.name)
            low, high = lowest.get(field.name, 0.0), highest.get(field.name, np.inf)
            if value is not None and not low <= value <= high:
                raise SettingsError(f"{field.name} must lie within {low:g} and {high:g}; it is {value}.")


def way_values(view: StockView, ways: WaysOut, *, on_hand: FloatArray, excess: FloatArray) -> FloatArray:
    """Expected money of a unit of the excess on each way, shape (n_series, 5), in the order of ``WAYS``.

    What was paid for it is paid, whatever happens. The excess is what is sold last: kept, it brings its price when the
    stock before it is sold, at the expected demand, and is held until then; nothing, if that is after its shelf life or
    the longest time. Marked down, it is sold sooner for less, and so is what lies before it.

    Parameters
    ----------
    view : StockView
    ways : WaysOut
    on_hand, excess : arrays of shape (n_series,), in units
        What is left to decide about.

    Returns
    -------
    values : array of shape (n_series, 5), money per unit
        NaN where a way is not open, or cost or price is not known.
    """
    rank = np.linspace(0.0, 1.0, _POINTS)
    place = on_hand[:, None] - np.maximum(excess - 1, 0)[:, None] * rank  # its place in the queue of units
    periods = view.periods_of_supply(np.maximum(place, 0.0))
    nothing = np.full(len(on_hand), np.nan)
    cost, price, kept = view.unit_cost, view.price, on_hand - excess
    marked, share = nothing, ways.markdown_share
    if share is not None:
        lost = share * price * kept / np.maximum(excess, 1)
        marked = _sold_for(view, ways, price * (1 - share), periods / ways.markdown_uplift) - lost
    again = ways.refurbish_price_share
    return np.column_stack(
        [
            _sold_for(view, ways, price, periods),
            nothing if ways.return_share is None else ways.return_share * cost,
            nothing if again is None else again * price - ways.refurbish_cost_share * cost,
            marked,
            nothing if ways.disposal_cost_share is None else -ways.disposal_cost_share * cost,
        ]
    )


def _sold_for(view: StockView, ways: WaysOut, price: FloatArray, periods: FloatArray) -> FloatArray:
    """Mean over the excess of the price, if it is sold in time, less holding it until then."""
    last = np.minimum(view.shelf_life, ways.longest_days / view.panel.frequency.days)[:, None]
    held = view.holding_cost[:, None] * np.minimum(periods, last)
    value: FloatArray = (np.where(periods <= last, price[:, None], 0.0 * price[:, None]) - held).mean(axis=1)
    return value
