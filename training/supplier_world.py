"""Generated order books of many suppliers whose exact lead times are known: few orders, drift, newcomers.

A few suppliers have most of the orders and most have few (Zipf). Lead times are lognormal with a share of late
ones, depend on what is ordered, from which country, by which mode, in which month and how much, and on the
supplier: by an effect of its own that the quoted lead time only half knows, by its own spread and lateness, and
for some by a drift. The effect of a supplier either stretches time or raises and lowers the hazard, so that
neither kind of model is flattered.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import ndtr

from allocast.numerics.arrays import BoolArray, DateArray, FloatArray, IntArray, TextArray
from allocast.numerics.streams import stream
from allocast.supply.orders.purchase_orders import PurchaseOrders

__all__ = [
    "LeadTimeTruth",
    "SupplierTraits",
    "SupplierWorld",
    "WorldSettings",
    "draw_suppliers",
    "generate_supplier_world",
    "lead_time_truth",
]

FIRST_DAY = np.datetime64("2021-01-01")
NEVER = np.datetime64("NaT", "D")
COUNTRIES, CATEGORIES, MODES = 8, 12, ("air", "road", "sea")
MODE_EFFECT = np.array([-0.5, 0.0, 0.45])
QUOTE_SPREAD = 0.1  # of the log of the quotes of one supplier for alike orders
HAZARD_POWER = 3.0  # log hazard per log time: makes both mechanisms about equally strong


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldSettings:
    """How large a world is and how its suppliers differ.

    Parameters
    ----------
    mechanism : str
        ``time``: an effect multiplies lead times. ``hazard``: survival is raised to the power exp(-3 x effect).
    n_orders, n_suppliers, n_days : int, >= 1
        Orders placed in the history, by this many suppliers, over this many days.
    n_after : int, >= 0
        Orders placed in ``days_after`` days after the history, by the same suppliers.
    effect, country_effect : float, >= 0
        Standard deviations of log lead time among the suppliers of a country and among countries.
    quote_knows : float, in [0, 1]
        Share of a supplier's effect that its quotes contain.
    quote_bias : float, >= 0
        Standard deviation among suppliers of what their quotes are too long or too short by, on a log scale.
    drifting_share : float, in [0, 1]
        Suppliers that drift, by a step of ``step`` or by ``trend`` a year, up or down.
    trending_share, rising_share : float, in [0, 1]
        Of those that drift: which have a trend, not a step, and which become slower.
    step_between : two numbers, in [0, 1]
        Part of the history in which steps are.
    new_suppliers : int, >= 0
        Suppliers, beside the others, that nobody ordered from before the history ended.
    batch_orders : int, >= 1
        Orders that a supplier gets on one day, on average; batches are evenly spaced.
    batch_luck : float, in [0, 1]
        Correlation of the normal scores of the lead times of a batch.
    """

    mechanism: Literal["time", "hazard"] = "time"
    n_orders: int = 20_000
    n_suppliers: int = 300
    n_days: int = 1096
    n_after: int = 4000
    days_after: int = 60
    effect: float = 0.15
    country_effect: float = 0.08
    quote_knows: float = 0.5
    quote_bias: float = 0.05
    drifting_share: float = 0.12
    trending_share: float = 0.5
    rising_share: float = 0.65
    step_between: tuple[float, float] = (0.2, 1.0)
    step: float = 0.3
    trend: float = 0.2
    new_suppliers: int = 15
    batch_orders: int = 1
    batch_luck: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadTimeTruth:
    """The exact distribution of each line's lead time: lognormal, with a share of late ones, to a power.

    Parameters
    ----------
    center, spread : arrays of shape (n,)
        Mean and standard deviation of the log of the days, of what is not late.
    late, late_factor : arrays of shape (n,)
        Probability of being late, and how many times as long it takes then.
    power : array of shape (n,)
        What survival is raised to: the hazard times so much.
    """

    center: FloatArray
    spread: FloatArray
    late: FloatArray
    late_factor: FloatArray
    power: FloatArray

    def survival(self, rows: IntArray, days: FloatArray) -> FloatArray:
        """P(lead time > days) of lines, shape (n_rows, n_days), for whole days: lead times are rounded up."""
        with np.errstate(divide="ignore"):
            score = (np.log(days) - self.center[rows, None]) / self.spread[rows, None]
        delay = (np.log(self.late_factor) / self.spread)[rows, None]
        late = self.late[rows, None]
        waiting = (1 - late) * ndtr(-score) + late * ndtr(delay - score)
        alive: FloatArray = waiting ** self.power[rows, None]
        return alive

    def draw(self, rng: np.random.Generator, level: FloatArray | None = None) -> IntArray:
        """Whole days of each line, >= 1, by bisection on the exact curve; ``level`` is its survival then, if given."""
        n = len(self.center)
        rows, level = np.arange(n), 1 - rng.random(n) if level is None else level
        low, high = np.zeros(n), np.full(n, 2.0**14)
        while (high - low > 1).any():
            middle = np.floor((low + high) / 2)
            waiting = self.survival(rows, middle[:, None])[:, 0] > level
            low, high = np.where(waiting, middle, low), np.where(waiting, high, middle)
        return high.astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierWorld:
    """An order book with everything that will happen, and the truth about each line.

    Parameters
    ----------
    orders : PurchaseOrders of n lines
        All lines, also those after the history; each received on its day, which may be long after it.
    as_of : day
        The last day of the history.
    supplier : array of int, shape (n,)
    drifting : array of bool, shape (n_suppliers,)
        Whether a supplier drifts; newcomers are the last rows.
    step_day : array of days, shape (n_suppliers,)
        From which on a supplier with a step has it; NaT where there is none.
    effect : array of shape (n,)
        What is the supplier's own on the day of the order: log lead time, or for the mechanism ``hazard`` log
        hazard / -3.
    usual : array of shape (n,)
        Log of the days that are usual for what is ordered, whoever delivers.
    country_effect : array of shape (n_suppliers,)
        What each supplier has in common with those of its country, part of its effect.
    truth : LeadTimeTruth of n lines
    """

    orders: PurchaseOrders
    as_of: np.datetime64
    supplier: IntArray
    drifting: BoolArray
    step_day: DateArray
    effect: FloatArray
    usual: FloatArray
    country_effect: FloatArray
    truth: LeadTimeTruth

    @property
    def past(self) -> BoolArray:
        """Lines placed in the history, shape (n,)."""
        return self.orders.ordered_on <= self.as_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierTraits:
    """What each supplier is like, arrays of shape (n_suppliers,)."""

    country: IntArray
    categories: IntArray  # (n_suppliers, 3), some of them alike
    main_mode: IntArray
    country_effect: FloatArray
    effect: FloatArray  # the country's included
    quoted: FloatArray
    spread: FloatArray
    late: FloatArray
    late_factor: FloatArray
    first_day: FloatArray
    step: FloatArray
    step_day: FloatArray
    yearly: FloatArray

    def effect_on(self, supplier: IntArray, day: FloatArray) -> FloatArray:
        """Log lead time of orders of a day, relative to what is ordered and how."""
        stepped = self.step[supplier] * (day >= self.step_day[supplier])
        trended = self.yearly[supplier] * day / 365.25
        effect: FloatArray = self.effect[supplier] + stepped + trended
        return effect


def generate_supplier_world(settings: WorldSettings, seed: int) -> SupplierWorld:
    """A world of this kind; another seed is another one."""
    suppliers = draw_suppliers(settings, stream(seed, "supplier world", "suppliers"))
    rng = stream(seed, "supplier world", "orders")
    supplier, day = _placed(settings, suppliers, rng)
    n = len(supplier)
    category = suppliers.categories[supplier, rng.integers(0, 3, n)]
    other = rng.random(n) < 0.25
    mode = np.where(other, rng.integers(0, 3, n), suppliers.main_mode[supplier])
    units = np.ceil(rng.lognormal(4.0, 1.0, n))
    usual = _usual_log_days(category, mode, FIRST_DAY + day.astype(np.int64), units, seed)
    now, said = suppliers.effect_on(supplier, day), suppliers.quoted[supplier]
    quoted = np.maximum(np.rint(np.exp(usual + said + QUOTE_SPREAD * rng.standard_normal(n))), 1)
    truth = lead_time_truth(settings, suppliers, supplier, usual, now)
    attributes = {
        "category": _named("category", category),
        "mode": np.array(MODES, dtype=object)[mode],
        "country": _named("country", suppliers.country[supplier]),
    }
    level = _common_levels(supplier, day, settings.batch_luck, rng) if settings.batch_luck else None
    days = np.column_stack([day, quoted, truth.draw(rng, level)]).astype(np.int64)
    return SupplierWorld(
        orders=_orders(supplier, days, units, pd.DataFrame(attributes)),
        as_of=FIRST_DAY + settings.n_days - 1,
        supplier=supplier,
        drifting=(suppliers.step != 0) | (suppliers.yearly != 0),
        step_day=np.where(
            suppliers.step != 0, FIRST_DAY + np.ceil(suppliers.step_day).astype(np.int64), NEVER
        ),
        effect=now,
        usual=usual,
        country_effect=suppliers.country_effect,
        truth=truth,
    )


def lead_time_truth(
    settings: WorldSettings, suppliers: SupplierTraits, supplier: IntArray, usual: FloatArray, now: FloatArray
) -> LeadTimeTruth:
    """Lead times of orders of these suppliers, by the log of the usual days and their effect on the day of order."""
    in_time = settings.mechanism == "time"
    return LeadTimeTruth(
        center=usual + now if in_time else usual,
        spread=suppliers.spread[supplier],
        late=suppliers.late[supplier],
        late_factor=suppliers.late_factor[supplier],
        power=np.ones(len(now)) if in_time else np.exp(-HAZARD_POWER * now),
    )


def draw_suppliers(settings: WorldSettings, rng: np.random.Generator) -> SupplierTraits:
    """Suppliers as worlds have them; newcomers are the last."""
    n = settings.n_suppliers + settings.new_suppliers
    country = rng.integers(0, COUNTRIES, n)
    drifts = (rng.random(n) < settings.drifting_share) & (np.arange(n) < settings.n_suppliers)
    by_step = rng.random(n) < 1 - settings.trending_share
    sign = rng.choice([-1.0, 1.0], n, p=[1 - settings.rising_share, settings.rising_share])
    of_country = settings.country_effect * rng.standard_normal(COUNTRIES)
    effect = of_country[country] + settings.effect * rng.standard_normal(n)
    late_start = rng.random(n) < 0.3
    return SupplierTraits(
        country=country,
        categories=rng.integers(0, CATEGORIES, (n, 3)),
        main_mode=rng.integers(0, len(MODES), n),
        country_effect=of_country[country],
        effect=effect,
        quoted=0.1 + settings.quote_knows * effect + settings.quote_bias * rng.standard_normal(n),
        spread=rng.uniform(0.15, 0.35, n),
        late=rng.beta(1.5, 12, n),
        late_factor=rng.uniform(1.4, 2.2, n),
        first_day=np.where(late_start, rng.uniform(0, 0.9 * settings.n_days, n), 0.0),
        step=np.where(drifts & by_step, sign * settings.step, 0.0),
        step_day=rng.uniform(*settings.step_between, n) * settings.n_days,
        yearly=np.where(drifts & ~by_step, sign * settings.trend, 0.0),
    )


def _placed(
    settings: WorldSettings, suppliers: SupplierTraits, rng: np.random.Generator
) -> tuple[IntArray, FloatArray]:
    """Supplier and day of each order, by day."""
    share = 1.0 / np.arange(1, settings.n_suppliers + 1)
    rng.shuffle(share)
    share /= share.sum()
    before = rng.choice(settings.n_suppliers, settings.n_orders, p=share)
    after = rng.choice(settings.n_suppliers, settings.n_after, p=share)
    fresh = settings.n_suppliers + np.repeat(np.arange(settings.new_suppliers), 20)
    first = suppliers.first_day[before]
    days_before = np.floor(first + rng.random(len(before)) * (settings.n_days - first))
    if settings.batch_orders > 1:
        count = np.bincount(before, minlength=settings.n_suppliers)[before]
        apart = (settings.n_days - first) * np.minimum(settings.batch_orders / count, 1.0)
        days_before = np.floor(first + np.floor((days_before - first).clip(0) / apart) * apart)
    later = np.concatenate([after, fresh])
    days_later = settings.n_days + np.floor(rng.random(len(later)) * settings.days_after)
    supplier, day = np.concatenate([before, later]), np.concatenate([days_before, days_later])
    by_day = np.argsort(day, kind="stable")
    return supplier[by_day], day[by_day]


def _common_levels(supplier: IntArray, day: FloatArray, luck: float, rng: np.random.Generator) -> FloatArray:
    """Uniform levels whose normal scores are correlated where supplier and day are the same."""
    batch = np.unique(np.column_stack([supplier, day]), axis=0, return_inverse=True)[1].ravel()
    common, own = rng.standard_normal(batch.max() + 1)[batch], rng.standard_normal(len(batch))
    levels: FloatArray = ndtr(np.sqrt(luck) * common + np.sqrt(1 - luck) * own)
    return levels


def _usual_log_days(
    category: IntArray, mode: IntArray, ordered_on: DateArray, units: FloatArray, seed: int
) -> FloatArray:
    """Log of the usual lead time of what is ordered, whoever delivers."""
    rng = stream(seed, "supplier world", "items")
    of_category = np.log(24.0) + 0.3 * rng.standard_normal(CATEGORIES)
    of_both = 0.08 * rng.standard_normal((CATEGORIES, len(MODES)))
    month = ordered_on.astype("datetime64[M]").astype(np.int64) % 12
    season = 0.12 * np.cos(2 * np.pi * (month - rng.integers(0, 12)) / 12)
    rough_sea = 0.1 * (mode == 2) * (month >= 9)
    large = 0.04 * (np.log(units) - 4.0)
    what: FloatArray = of_category[category] + MODE_EFFECT[mode] + of_both[category, mode]
    log_days: FloatArray = what + season + rough_sea + large
    return log_days


def _orders(
    supplier: IntArray, days: IntArray, units: FloatArray, attributes: pd.DataFrame
) -> PurchaseOrders:
    """Lines with their days of order, quoted days and lead times, shape (n, 3); each is a shipment by itself."""
    n = len(supplier)
    day, quoted, taken = days.T
    category = pd.factorize(attributes["category"], sort=True)[0]
    return PurchaseOrders(
        order_line_id=_named("line", np.arange(n)),
        supplier_id=_named("supplier", supplier),
        item_id=_named("item", category * 10 + np.arange(n) % 10),
        location_id=_named("location", np.arange(n) % 4),
        ordered_on=FIRST_DAY + day,
        promised_on=FIRST_DAY + day + quoted,
        received_on=FIRST_DAY + day + taken,
        units_ordered=units,
        units_received=units,
        shipment_id=_named("shipment", np.arange(n)),
        attributes=attributes,
    )


def _named(what: str, numbers: IntArray) -> TextArray:
    names = np.array([f"{what}-{k}" for k in range(int(numbers.max()) + 1)], dtype=object)
    chosen: TextArray = names[numbers]
    return chosen
