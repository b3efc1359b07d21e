"""What the demo world's customers ask for: items, locations, prices, and the true distribution of demand."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri
from scipy.stats import nbinom

from allocast.numerics.arrays import BoolArray, DateArray, FloatArray, IntArray, freeze
from allocast.numerics.streams import stream
from allocast.simulation.demo_settings import PATTERNS, DemoWorldSettings

__all__ = ["Assortment", "DemandTruth", "event_flags", "generate_assortment", "generate_demand"]

# First and last day as month * 100 + day; none crosses a new year.
EVENTS = {
    "new_year": (101, 103),
    "valentines_day": (208, 214),
    "summer_sale": (624, 630),
    "black_friday": (1123, 1129),
    "christmas": (1211, 1224),
}
CATEGORIES = ("beverages", "snacks", "household", "garden", "toys", "care")
PERISHABLE = ("beverages", "snacks")
REGIONS = ("north", "south", "east", "west")
FORMATS = {"supermarket": 1.0, "hypermarket": 0.97, "express": 1.06}  # price relative to the list price
WEEKDAYS = np.log([0.85, 0.85, 0.9, 1.0, 1.25, 1.4, 0.75])

SHOCK_SHARE = 0.25  # of the variance of the normal scores
SHOCK_PERSISTENCE = 0.85  # from week to week
DISCONTINUED_SHARE = 0.04
RAMP_WEEKS, FADE_WEEKS = 6.0, 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assortment:
    """Items and locations as the user's tables have them, and the period in which each item is launched.

    Series are every item at every location: series ``i`` is item ``i // n_locations`` at location
    ``i % n_locations``.

    Parameters
    ----------
    items, locations : DataFrames of n_items and n_locations rows
    launch : array of int, shape (n_items,)
        The first period of each item.
    discount : array of shape (n_items, n_all), in [0, 1)
        Price cut in each period, 0 without a promotion.
    """

    items: pd.DataFrame
    locations: pd.DataFrame
    launch: IntArray
    discount: FloatArray

    @property
    def item_of(self) -> IntArray:
        """Row in ``items`` of each series, shape (n_series,)."""
        return np.repeat(np.arange(len(self.items)), len(self.locations))

    @property
    def location_of(self) -> IntArray:
        """Row in ``locations`` of each series, shape (n_series,)."""
        return np.tile(np.arange(len(self.locations)), len(self.items))

    @property
    def sold_since(self) -> BoolArray:
        """Whether each series has been launched, shape (n_series, n_all)."""
        launched: BoolArray = np.arange(self.discount.shape[1]) >= self.launch[self.item_of, None]
        return launched

    @property
    def price(self) -> FloatArray:
        """Price of each series in each period, in money per unit, shape (n_series, n_all)."""
        level = self.locations["format"].map(FORMATS).to_numpy(dtype=np.float64)[self.location_of]
        listed = self.items["price"].to_numpy()[self.item_of] * level
        price: FloatArray = np.round(listed[:, None] * (1 - self.discount[self.item_of]), 2)
        return price


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandTruth:
    """What was and will be asked for, and the exact distribution it came from.

    Demand is zero with probability ``1 - occurrence``, else negative binomial. Cells are joined by a Gaussian
    copula: a shock common to a category in a region, autoregressive over the periods, is a share of each
    cell's normal score. So each cell's distribution is known exactly, with or without knowledge of the past.

    Parameters
    ----------
    units, expected : arrays of shape (n_series, n_all), in units
        Demand that happened, whole, and its mean. Zero before the launch.
    occurrence : array of shape (n_series,), in (0, 1]
    dispersion : array of shape (n_series,), > 0
        The size parameter of the negative binomial: its variance is mean + mean² / dispersion.
    shock : array of shape (n_series, n_all)
        The common shock, standard normal.
    persistence : float, in [0, 1)
        Autocorrelation of the shock from one period to the next.
    """

    units: FloatArray
    expected: FloatArray
    occurrence: FloatArray
    dispersion: FloatArray
    shock: FloatArray
    persistence: float

    def __post_init__(self) -> None:
        for name in ("units", "expected", "occurrence", "dispersion", "shock"):
            object.__setattr__(self, name, freeze(np.asarray(getattr(self, name), dtype=np.float64)))

    def quantile(self, level: float, *, known: int = 0) -> FloatArray:
        """The smallest demand that is not exceeded with this probability: the best that a forecast can say.

        Parameters
        ----------
        level : float, in (0, 1)
        known : int, in [0, n_all]
            How many periods are over: the shock of the last one sharpens the distribution of the next ones.
            0 gives the distribution of one who knows no past.

        Returns
        -------
        units : array of shape (n_series, n_all - known)
        """
        ahead = np.arange(1, self.units.shape[1] - known + 1)
        decay = self.persistence**ahead
        if known == 0:
            probability = np.full(self.units.shape, level)
        else:
            centre = np.sqrt(SHOCK_SHARE) * decay * self.shock[:, known - 1, None]
            probability = ndtr(centre + np.sqrt(1 - SHOCK_SHARE * decay**2) * ndtri(level))
        return demand_at(probability, self.expected[:, known:], self.occurrence, self.dispersion)


def demand_at(
    probability: FloatArray, expected: FloatArray, occurrence: FloatArray, dispersion: FloatArray
) -> FloatArray:
    """Demand by inversion of the zero-inflated negative binomial.

    Parameters
    ----------
    probability, expected : arrays of shape (n_series, n_periods)
    occurrence, dispersion : arrays of shape (n_series,)

    Returns
    -------
    units : array of shape (n_series, n_periods), whole

    Examples
    --------
    >>> demand_at(np.array([[0.4, 0.6, 0.99]]), np.full((1, 3), 2.0), np.array([0.5]), np.array([1e6]))
    array([[0., 2., 9.]])
    """
    occurrence, dispersion = occurrence[:, None], dispersion[:, None]
    within = (probability - (1 - occurrence)) / occurrence
    success = dispersion / (dispersion + expected / occurrence)
    units = np.zeros(probability.shape)
    asked = (within > 0) & (expected > 0)
    units[asked] = nbinom.ppf(within[asked], np.broadcast_to(dispersion, asked.shape)[asked], success[asked])
    return np.maximum(units, 0.0)


def event_flags(days: DateArray, period_days: int) -> dict[str, IntArray]:
    """For each event, 1 in the periods that hold one of its days, arrays of shape (n_periods,).

    Examples
    --------
    >>> event_flags(np.array(["2021-12-20", "2021-12-27"], dtype="datetime64[D]"), 7)["christmas"]
    array([1, 0])
    """
    each_day = days[:, None] + np.arange(period_days)
    month_start = each_day.astype("datetime64[M]")
    month = month_start.astype(np.int64) % 12 + 1
    month_day = month * 100 + (each_day - month_start).astype(np.int64) + 1
    return {
        name: ((month_day >= first) & (month_day <= last)).any(axis=1).astype(np.int64)
        for name, (first, last) in EVENTS.items()
    }


def generate_assortment(settings: DemoWorldSettings, seed: int) -> Assortment:
    """Items, locations, launches and promotions."""
    return Assortment(
        items=_items(settings.n_items, stream(seed, "demo_world", "items")),
        locations=_locations(settings.n_locations, stream(seed, "demo_world", "locations")),
        launch=_launches(settings, stream(seed, "demo_world", "launches")),
        discount=_discounts(settings, stream(seed, "demo_world", "promotions")),
    )


def _items(n: int, rng: np.random.Generator) -> pd.DataFrame:
    category = rng.permutation(np.arange(n) % len(CATEGORIES))
    unit_cost = np.round(rng.lognormal(np.log(5), 0.7, n) + 0.2, 2)
    shelf_life = rng.choice([30.0, 60.0, 120.0], n)
    names = np.array(CATEGORIES)[category]
    return pd.DataFrame(
        {
            "item_id": [f"item-{k:04d}" for k in range(1, n + 1)],
            "category": names,
            "brand": [f"{name}-{k}" for name, k in zip(names, rng.integers(1, 5, n), strict=True)],
            "criticality": rng.choice(["A", "B", "C"], n, p=[0.2, 0.3, 0.5]),
            "unit_cost": unit_cost,
            "price": np.round(unit_cost * rng.uniform(1.35, 2.2, n), 2),
            "shelf_life_days": np.where(np.isin(names, PERISHABLE), shelf_life, np.nan),
            "volume": np.round(rng.lognormal(np.log(2), 0.8, n), 2),
            "weight_kg": np.round(rng.lognormal(np.log(0.8), 0.7, n), 2),
        }
    )


def _locations(n: int, rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "location_id": [f"store-{k:03d}" for k in range(1, n + 1)],
            "region": np.array(REGIONS)[rng.permutation(np.arange(n) % len(REGIONS))],
            "format": rng.choice(list(FORMATS), n, p=[0.5, 0.2, 0.3]),
        }
    )


def _launches(settings: DemoWorldSettings, rng: np.random.Generator) -> IntArray:
    new = rng.permutation(settings.n_items) < round(settings.new_share * settings.n_items)
    when = rng.integers(
        settings.n_periods // 4, max(1, settings.n_periods * 9 // 10), settings.n_items, endpoint=True
    )
    return np.where(new, when, 0)


def _discounts(settings: DemoWorldSettings, rng: np.random.Generator) -> FloatArray:
    shape = (settings.n_items, len(settings.periods))
    starts = rng.random(shape) < settings.promotions_per_year * settings.frequency.days / 365.25
    offered = rng.choice([0.1, 0.15, 0.2, 0.25, 0.3], shape)
    discount = np.zeros(shape)
    for age in reversed(range(round(settings.in_periods(2)))):  # the youngest promotion wins
        begun = np.roll(starts, age, axis=1)
        begun[:, :age] = False
        discount = np.where(begun, np.roll(offered, age, axis=1), discount)
    return discount


def generate_demand(settings: DemoWorldSettings, assortment: Assortment, seed: int) -> DemandTruth:
    """Demand of every series in history and future, and its distribution."""
    rng = stream(seed, "demo_world", "demand")
    pattern = _patterns(settings, rng)
    sporadic, wild = np.isin(pattern, ("intermittent", "lumpy")), np.isin(pattern, ("erratic", "lumpy"))
    occurrence = np.where(sporadic, rng.uniform(0.15, 0.5, settings.n_items), 1.0)
    dispersion = np.where(wild, rng.uniform(0.6, 1.2, settings.n_items), rng.uniform(8, 30, settings.n_items))
    level = settings.weekly_units * rng.lognormal(0, 0.7, settings.n_items) * np.where(sporadic, 0.2, 1.0)
    by_item = np.log(level / settings.in_periods(1))[:, None] + _life(settings, assortment, rng)
    by_item -= rng.uniform(1.5, 3.5, (settings.n_items, 1)) * np.log1p(-assortment.discount)
    by_item += _seasons(settings, rng)[pd.Categorical(assortment.items["category"], CATEGORIES).codes]
    size = rng.normal(0, 0.4, settings.n_locations)[assortment.location_of]
    size = size + rng.normal(0, 0.25, settings.n_series)
    item = assortment.item_of
    expected = np.where(assortment.sold_since, np.exp(by_item[item] + size[:, None]), 0.0)
    persistence = SHOCK_PERSISTENCE ** (1 / settings.in_periods(1))
    shock = _shock(assortment, persistence, stream(seed, "demo_world", "shock"))
    noise = stream(seed, "demo_world", "demand_noise").standard_normal(shock.shape)
    score = np.sqrt(SHOCK_SHARE) * shock + np.sqrt(1 - SHOCK_SHARE) * noise
    return DemandTruth(
        units=demand_at(ndtr(score), expected, occurrence[item], dispersion[item]),
        expected=expected,
        occurrence=occurrence[item],
        dispersion=dispersion[item],
        shock=shock,
        persistence=persistence,
    )


def _patterns(settings: DemoWorldSettings, rng: np.random.Generator) -> FloatArray:
    """The pattern of each item, in the settings' shares as exactly as whole items allow."""
    shares = np.cumsum([settings.pattern_shares.get(name, 0.0) for name in PATTERNS])
    place = (rng.permutation(settings.n_items) + 0.5) / settings.n_items
    return np.array(PATTERNS)[np.minimum(np.searchsorted(shares, place), len(PATTERNS) - 1)]


def _life(settings: DemoWorldSettings, assortment: Assortment, rng: np.random.Generator) -> FloatArray:
    """Log factors of trend, launch and fading out, shape (n_items, n_all)."""
    n, now = settings.n_items, np.arange(len(settings.periods))
    trend = rng.normal(0, 0.08, (n, 1)) * (settings.years - settings.years[settings.n_periods - 1] / 2)
    age = np.maximum(now - assortment.launch[:, None], 0) / settings.in_periods(RAMP_WEEKS)
    ramp = np.where(assortment.launch[:, None] > 0, np.log1p(-0.8 * np.exp(-age)), 0.0)
    last = rng.integers(settings.n_periods // 2, settings.n_periods, (n, 1), endpoint=True)
    ends = (rng.random((n, 1)) < DISCONTINUED_SHARE) & (assortment.launch[:, None] == 0)
    fade = np.where(ends, np.maximum(now - last, 0) / settings.in_periods(FADE_WEEKS), 0.0)
    life: FloatArray = trend + ramp - fade
    return life


def _seasons(settings: DemoWorldSettings, rng: np.random.Generator) -> FloatArray:
    """Log factors of the year, the week and the events, shape (n_categories, n_all)."""
    n, days = len(CATEGORIES), settings.frequency.days
    middle = settings.periods + days // 2
    year = (middle - middle.astype("datetime64[Y]")).astype(np.int64) / 365.25
    height, phase = rng.uniform(0.1, 0.4, (2, n, 1)), rng.random((2, n, 1))
    season = height[0] * np.cos(2 * np.pi * (year - phase[0]))
    season = season + height[1] / 3 * np.cos(4 * np.pi * (year - phase[1]))
    strength = rng.uniform(0.5, 1.3, (n, 1))
    if days == 1:
        season = season + strength * WEEKDAYS[(settings.periods.astype(np.int64) + 3) % 7]
    uplift = np.maximum(rng.normal(0.15, 0.25, (n, len(EVENTS))), 0.0)
    flags = event_flags(settings.periods, days)
    seasons: FloatArray = season + uplift @ np.stack([flags[name] for name in EVENTS])
    return seasons


def _shock(assortment: Assortment, persistence: float, rng: np.random.Generator) -> FloatArray:
    """A stationary AR(1) of unit variance for each category in each region, shape (n_series, n_all)."""
    category = pd.factorize(assortment.items["category"])[0][assortment.item_of]
    region = pd.factorize(assortment.locations["region"])[0][assortment.location_of]
    draws = rng.standard_normal((len(CATEGORIES) * len(REGIONS), assortment.discount.shape[1]))
    for period in range(1, draws.shape[1]):
        draws[:, period] = persistence * draws[:, period - 1] + np.sqrt(1 - persistence**2) * draws[:, period]
    shock: FloatArray = draws[category * len(REGIONS) + region]
    return shock
