"""How large the demo world is, and how hard."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from allocast.demand.calendar import Frequency
from allocast.errors import SettingsError, UnknownNameError
from allocast.numerics.arrays import DateArray, FloatArray

__all__ = ["PATTERNS", "DemoWorldSettings"]

PATTERNS = ("smooth", "intermittent", "erratic", "lumpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoWorldSettings:
    """How large the demo world is, and how hard. The defaults are a small retailer with three years of weeks.

    Parameters
    ----------
    n_items, n_locations, n_suppliers : int, >= 1
        Every item is kept at every location.
    n_periods : int, >= 10
        Periods of history.
    n_future : int, >= 0
        Periods after the history: prices and promotions are known, demand only to the judge.
    frequency : Frequency
    first_day : date
        The first day of the history; a Monday if the frequency is weekly.
    weekly_units : float, > 0
        Median over the items of the demand of one series in a week; sporadic items have less.
    pattern_shares : mapping of pattern to share of the items, summing to 1
        Of ``smooth``, ``intermittent`` (seldom), ``erratic`` (wild amounts) and ``lumpy`` (both).
    new_share : float, in [0, 1]
        Share of the items that are launched during the history.
    promotions_per_year : float, >= 0
        Expected promotions of an item, two weeks each, with a price cut.
    safety_share : float, >= 0
        Safety stock of the planner of the history, as a share of the demand over the contract's lead time
        and one period. Less means more stock-outs, so more censored demand.
    lead_time_drift : float, >= 0
        A third of the suppliers drift: their lead times grow (or, every second one, fall) by this share a
        year. One other supplier takes this share more at once, after two thirds of the history.
    partial_delivery_probability : float, in [0, 1]
        Probability that an order is closed with less than was ordered.
    split_probability, cancellation_probability, over_delivery_probability, new_promise_probability : float, in [0, 1]
        Probabilities that an order comes in two parts, is cancelled, is delivered with more than was ordered, or
        promised anew, if that happens before it is received: of the orders of the history only, so that replays
        need not know of it.
    lanes_per_location : int, >= 0
        To how many of the nearest others stock can be moved from each location.

    Raises
    ------
    SettingsError
        A number is out of its range, the shares do not sum to 1, or a first day of weeks is no Monday.
    UnknownNameError
        A share is given for a pattern that does not exist.
    """

    n_items: int = 120
    n_locations: int = 10
    n_suppliers: int = 6
    n_periods: int = 156
    n_future: int = 26
    frequency: Frequency = Frequency.WEEKLY
    first_day: date = date(2021, 1, 4)
    weekly_units: float = 12.0
    pattern_shares: Mapping[str, float] = field(
        default_factory=lambda: {"smooth": 0.5, "intermittent": 0.2, "erratic": 0.15, "lumpy": 0.15}
    )
    new_share: float = 0.12
    promotions_per_year: float = 3.0
    safety_share: float = 0.5
    lead_time_drift: float = 0.25
    partial_delivery_probability: float = 0.08
    split_probability: float = 0.04
    cancellation_probability: float = 0.05
    over_delivery_probability: float = 0.02
    new_promise_probability: float = 0.1
    lanes_per_location: int = 3

    def __post_init__(self) -> None:
        for name in ("n_items", "n_locations", "n_suppliers", "n_periods"):
            self._require(name, 10 if name == "n_periods" else 1, np.inf)
        for name in (
            "n_future",
            "promotions_per_year",
            "safety_share",
            "lead_time_drift",
            "lanes_per_location",
        ):
            self._require(name, 0, np.inf)
        for name in ("new_share", *(name for name in self.__slots__ if name.endswith("_probability"))):
            self._require(name, 0, 1)
        self._require("weekly_units", 0.01, np.inf)
        self._check_patterns()
        if self.frequency is Frequency.MONTHLY:
            raise SettingsError("frequency must be daily or weekly: the demo world knows no months.")
        if self.frequency is Frequency.WEEKLY and not np.is_busday(self.first_day, weekmask="Mon"):
            raise SettingsError(f"first_day must be a Monday when weekly; {self.first_day} is none.")

    def _require(self, name: str, lowest: float, highest: float) -> None:
        value = getattr(self, name)
        if not lowest <= value <= highest:
            raise SettingsError(f"{name} must lie within {lowest:g} and {highest:g}; it is {value}.")

    def _check_patterns(self) -> None:
        for name in self.pattern_shares:
            if name not in PATTERNS:
                raise UnknownNameError("pattern", name, PATTERNS)
        shares = list(self.pattern_shares.values())
        if min(shares, default=-1) < 0 or abs(sum(shares) - 1) > 1e-9:
            raise SettingsError(f"pattern_shares must be >= 0 and sum to 1; they are {shares}.")

    @property
    def n_series(self) -> int:
        """Items times locations."""
        return self.n_items * self.n_locations

    @property
    def periods(self) -> DateArray:
        """The beginnings of all periods, history and future, shape (n_periods + n_future,)."""
        count = np.arange(self.n_periods + self.n_future)
        return np.datetime64(self.first_day) + count * np.timedelta64(self.frequency.days, "D")

    @property
    def last_days(self) -> DateArray:
        """The last days of all periods, on which orders are placed, shape (n_periods + n_future,)."""
        return self.periods + np.timedelta64(self.frequency.days - 1, "D")

    @property
    def years(self) -> FloatArray:
        """Years since the first day at each period's beginning, shape (n_periods + n_future,)."""
        return np.arange(self.n_periods + self.n_future) * self.frequency.days / 365.25

    def in_periods(self, weeks: float) -> float:
        """So many weeks as periods."""
        return weeks * 7 / self.frequency.days
