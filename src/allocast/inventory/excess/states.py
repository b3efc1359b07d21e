"""The state of each series' stock, by few rules in plain words."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from allocast.errors import SettingsError
from allocast.inventory.excess.stock_view import StockView
from allocast.inventory.lead_time_demand import sample_quantile
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray, TextArray

__all__ = [
    "STATES",
    "StateText",
    "StockRules",
    "StockState",
    "needed_units",
    "stock_out_probability",
    "stock_states",
]


class StockState(StrEnum):
    """How a series stands; where several hold, the first of them."""

    STOCKED_OUT = "stocked_out"
    POTENTIAL_STOCK_OUT = "potential_stock_out"
    DEAD = "dead"
    SLOW = "slow"
    EXCESS = "excess"
    SURPLUS_ORDERS = "surplus_orders"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class StateText:
    """How a state is computed, and what to aim for.

    Examples
    --------
    >>> STATES[StockState.SURPLUS_ORDERS].goal
    'none: postpone or cancel orders'
    """

    how: str
    goal: str


STATES = {
    StockState.STOCKED_OUT: StateText(
        "nothing on hand, and demand is expected",
        "none: expedite, transfer, or order now",
    ),
    StockState.POTENTIAL_STOCK_OUT: StateText(
        "may run out before an order placed now could be there, with at least the set probability",
        "few: what is on order is late or too little",
    ),
    StockState.DEAD: StateText(
        "on hand, in stock and not sold at all for the set days",
        "none: find a way out, the first loss is the least",
    ),
    StockState.SLOW: StateText(
        "on hand, and what the set days sell is at most the set share of it",
        "few: sell it elsewhere or cheaper",
    ),
    StockState.EXCESS: StateText(
        "more on hand than nearly any demand until the next order can come, and the cover on top",
        "none: do not order, move it, or find a way out",
    ),
    StockState.SURPLUS_ORDERS: StateText(
        "on hand is needed, but not all that is on order", "none: postpone or cancel orders"
    ),
    StockState.OK: StateText("none of the others", "all of them"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRules:
    """When stock is too little, too much, slow or dead.

    Parameters
    ----------
    excess_quantile : float, in (0, 1)
        Of demand until the next order can come: what is above is too much.
    cover_days : float, in days, >= 0
        Further demand that may lie on the shelf, as orders are placed for more than one review.
    stock_out_probability : float, in (0, 1)
        From which a coming stock-out is told.
    slow_days, dead_days : float, in days, > 0
        Since when sales are looked at.
    slow_share : float, in [0, 1]
        Of what is on hand, sold at the most in ``slow_days`` by what is slow.

    Raises
    ------
    SettingsError
        A number is out of its range, or stock would be dead before it is slow.
    """

    excess_quantile: float = 0.95
    cover_days: float = 28.0
    stock_out_probability: float = 0.2
    slow_days: float = 91.0
    dead_days: float = 364.0
    slow_share: float = 0.1

    def __post_init__(self) -> None:
        for name in ("excess_quantile", "stock_out_probability"):
            if not 0 < getattr(self, name) < 1:
                raise SettingsError(f"{name} must lie between 0 and 1; it is {getattr(self, name)}.")
        if not (self.cover_days >= 0 and 0 <= self.slow_share <= 1):
            raise SettingsError(
                "cover_days must be >= 0 and slow_share within 0 and 1; they are "
                f"{self.cover_days} and {self.slow_share}."
            )
        if not 0 < self.slow_days <= self.dead_days:
            raise SettingsError(
                "slow_days must be > 0 and dead_days no less; they are "
                f"{self.slow_days} and {self.dead_days}."
            )


def needed_units(view: StockView, rules: StockRules) -> FloatArray:
    """What nearly any demand asks for until the next order can come and the cover after it, shape (n_series,).

    No further than the shelf life, after which nothing can be sold, and no further than the horizon.
    """
    cover = int(np.ceil(rules.cover_days / view.panel.frequency.days))
    end = view.lead_time + view.review_periods + cover
    end = np.minimum(end, np.minimum(view.shelf_life, view.demand.shape[2])[:, None]).astype(np.int64)
    total = np.cumsum(view.demand, axis=2)
    asked = np.take_along_axis(total, np.maximum(end - 1, 0)[:, :, None], axis=2)[:, :, 0]
    level = np.full(len(end), rules.excess_quantile)
    return sample_quantile(np.where(end > 0, asked, 0.0), level)


def stock_out_probability(view: StockView) -> FloatArray:
    """Probability that demand is missed before an order placed now could be there, shape (n_series,)."""
    stock = view.position.on_hand - view.position.backordered
    lacking = np.cumsum(view.demand - view.arrivals, axis=2) - stock[:, None, None]
    in_time = np.arange(view.demand.shape[2]) < view.lead_time[:, :, None]
    chance: FloatArray = ((lacking > 1e-9) & in_time).any(axis=2).mean(axis=1)
    return chance


def stock_states(view: StockView, rules: StockRules, *, needed: FloatArray, chance: FloatArray) -> TextArray:
    """The state of each series, shape (n_series,).

    Parameters
    ----------
    view : StockView
    rules : StockRules
    needed : array of shape (n_series,), in units
        As `needed_units` gives it.
    chance : array of shape (n_series,)
        As `stock_out_probability` gives it.
    """
    on_hand, position = view.position.on_hand, view.position.units
    sold_slow, known_slow = _sold(view, rules.slow_days)
    sold_dead, known_dead = _sold(view, rules.dead_days)
    there = on_hand > 0
    asked = view.demand.mean(axis=(1, 2)) * view.demand.shape[2] >= 0.5
    return np.select(
        [
            ~there & asked,
            there & (chance >= rules.stock_out_probability),
            there & known_dead & (sold_dead == 0),
            there & known_slow & (sold_slow <= rules.slow_share * on_hand),
            there & (on_hand - view.position.backordered >= needed + 1),
            position >= np.maximum(needed, on_hand) + 1,
        ],
        [str(state) for state in list(StockState)[:-1]],
        str(StockState.OK),
    ).astype(object)


def last_sale(view: StockView) -> IntArray:
    """Periods since something was sold last, 0 for the period just ended; −1 where never, shape (n_series,)."""
    some = np.nan_to_num(view.panel.units[:, ::-1]) > 0
    return np.where(some.any(axis=1), some.argmax(axis=1), -1)


def _sold(view: StockView, days: float) -> tuple[FloatArray, BoolArray]:
    """Units that so many days sell while in stock, and whether the history reaches back so far and was in stock."""
    window = max(int(np.ceil(days / view.panel.frequency.days)), 1)
    units, observed = view.panel.units[:, -window:], view.panel.observed[:, -window:]
    long_enough = ~np.isnan(units[:, 0]) if units.shape[1] == window else np.zeros(len(units), dtype=bool)
    in_stock = observed.sum(axis=1)
    sold = np.nansum(units, axis=1) * window / np.maximum(in_stock, 1)
    return sold, long_enough & (in_stock > 0)
