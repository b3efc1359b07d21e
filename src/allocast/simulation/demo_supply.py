"""Who delivers in the demo world: suppliers with drifting lead times, and their terms for each series."""

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from allocast.errors import UnknownNameError
from allocast.numerics.arrays import DateArray, FloatArray, IntArray, TextArray, freeze
from allocast.numerics.streams import stream
from allocast.simulation.demo_demand import REGIONS, Assortment
from allocast.simulation.demo_fates import OrderFates, part_of
from allocast.simulation.demo_settings import DemoWorldSettings
from allocast.supply.sourcing import Sourcing

__all__ = ["Deliveries", "SupplierTruth", "SupplyLines", "generate_lines", "generate_suppliers"]

MODES = {"road": 1.0, "rail": 1.3}  # lead time relative to the supplier's own
SECOND_SOURCE_SHARE = 0.3  # of the items
_CO2E_KG_PER_KG = {"road": 0.3, "rail": 0.08}


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierTruth:
    """The exact distribution of the suppliers' lead times, by mode of transport and day of the order.

    A lead time is lognormal, rounded up to whole days; with ``late_probability`` it is ``late_factor`` times
    as long. All lines of one shipment (a supplier, a location, a day) take equally long; shipments are
    independent. What befalls a line on the way is independent of that.

    Parameters
    ----------
    supplier_id : array of text, shape (n_suppliers,)
    median_days : array of shape (n_suppliers,), in days
        On the first day, by road, of an order that is not late.
    spread : array of shape (n_suppliers,)
        Standard deviation of the log of the lead time.
    late_probability, late_factor : arrays of shape (n_suppliers,)
    yearly_factor : array of shape (n_suppliers,)
        What the median is multiplied by in each year; 1 does not drift.
    step_factor : array of shape (n_suppliers,)
        What it is multiplied by from ``step_day`` on; 1 has no step.
    partial_probability : array of shape (n_suppliers,)
        Probability that an order is closed with less than was ordered.
    mode : array of text, shape (n_suppliers, n_locations)
        How each supplier's shipments travel to each location: ``road`` or ``rail``.
    first_day, step_day : days
    fates : OrderFates
    """

    supplier_id: TextArray
    median_days: FloatArray
    spread: FloatArray
    late_probability: FloatArray
    late_factor: FloatArray
    yearly_factor: FloatArray
    step_factor: FloatArray
    partial_probability: FloatArray
    mode: TextArray
    first_day: np.datetime64
    step_day: np.datetime64
    fates: OrderFates

    def __post_init__(self) -> None:
        for field in fields(self)[:-3]:
            object.__setattr__(self, field.name, freeze(getattr(self, field.name)))

    def median_on(self, supplier: IntArray, mode: TextArray, ordered_on: DateArray) -> FloatArray:
        """Median of orders that are not late, in days; suppliers are given by their rows."""
        years = (ordered_on - self.first_day).astype(np.float64) / 365.25
        stepped = np.where(ordered_on >= self.step_day, self.step_factor[supplier], 1.0)
        by_mode = pd.Series(mode.ravel()).map(MODES).to_numpy(dtype=np.float64).reshape(mode.shape)
        median: FloatArray = (
            self.median_days[supplier] * self.yearly_factor[supplier] ** years * stepped * by_mode
        )
        return median

    def draw_days(self, ordered_on: DateArray, rng: np.random.Generator) -> IntArray:
        """Lead times of shipments from each supplier to each location on each day.

        Returns
        -------
        days : array of shape (n_suppliers, n_locations, n_days), whole, >= 1
        """
        supplier = np.arange(len(self.supplier_id))[:, None, None]
        median = self.median_on(supplier, self.mode[:, :, None], ordered_on)
        late = rng.random(median.shape) < self.late_probability[supplier]
        factor = np.where(late, self.late_factor[supplier], 1.0)
        days = median * factor * np.exp(self.spread[supplier] * rng.standard_normal(median.shape))
        return np.maximum(np.ceil(days), 1).astype(np.int64)

    def probability_within(
        self, supplier: IntArray, mode: TextArray, ordered_on: DateArray, days: FloatArray
    ) -> FloatArray:
        """Probability that an order takes at most so many days, from the day it is placed.

        Parameters
        ----------
        supplier : array of int
            Rows of the suppliers.
        mode : array of text
            ``road`` or ``rail``.
        ordered_on : array of days
        days : array, in days
            Zero or less has probability 0.
        """
        whole = np.floor(days)
        with np.errstate(divide="ignore"):
            score = np.log(np.maximum(whole, 0) / self.median_on(supplier, mode, ordered_on))
        late, spread = self.late_probability[supplier], self.spread[supplier]
        in_time = ndtr(score / spread)
        if_late = ndtr((score - np.log(self.late_factor[supplier])) / spread)
        probability: FloatArray = (1 - late) * in_time + late * if_late
        return probability

    def probability_received_by(
        self, orders: pd.DataFrame, as_of: np.datetime64, day: np.datetime64
    ) -> FloatArray:
        """Probability that open orders are closed by a receipt until ``day``, given their age.

        What is cancelled first is not received: it is the cumulative incidence of receipts, day by day.

        Parameters
        ----------
        orders : DataFrame of n_orders rows
            Rows of the table ``purchase_orders`` that are open when ``as_of`` is over.
        as_of, day : days

        Returns
        -------
        probability : array of shape (n_orders,)

        Raises
        ------
        UnknownNameError
            An order is with a supplier that does not exist.
        """
        age, waiting = self._waiting(orders, as_of, day)
        return self._first_within(waiting, age)

    def share_received_by(self, orders: pd.DataFrame, as_of: np.datetime64, day: np.datetime64) -> FloatArray:
        """Expected share of what is outstanding of open orders that is received until ``day``, given their age.

        That of which nothing has come may still come in two parts, the first of them before the receipt that
        closes it. Shares are of what comes if nothing is cancelled.

        Parameters
        ----------
        orders : DataFrame of n_orders rows
            As for `probability_received_by`, with ``promised_on``, ``units_ordered`` and ``units_received``.
        as_of, day : days

        Returns
        -------
        share : array of shape (n_orders,)
        """
        age, waiting = self._waiting(orders, as_of, day)
        all_of_it = self._first_within(waiting, age)
        quoted = _days(orders["promised_on"].to_numpy() - orders["ordered_on"].to_numpy())[:, None]
        no_part = self.fates.no_part_by(quoted, age)
        anything = self._first_within(waiting * no_part / np.maximum(no_part[:, :1], 1e-300), age)
        units = orders["units_ordered"].to_numpy(np.float64)
        split = self.fates.split_probability * no_part[:, 0] * (orders["units_received"] == 0).to_numpy()
        split = split / (1 - self.fates.split_probability + np.maximum(split, 1e-300))
        share: FloatArray = all_of_it + split * part_of(units) / units * (anything - all_of_it)
        return share

    def _waiting(
        self, orders: pd.DataFrame, as_of: np.datetime64, day: np.datetime64
    ) -> tuple[FloatArray, FloatArray]:
        """Age and P(not received by then) on ``as_of`` and each day until ``day``, given not before."""
        supplier = pd.Index(self.supplier_id).get_indexer(pd.Index(orders["supplier_id"]))
        if (supplier < 0).any():
            unknown = str(orders["supplier_id"].iloc[int(np.argmin(supplier))])
            raise UnknownNameError("supplier", unknown, self.supplier_id)
        ordered_on = orders["ordered_on"].to_numpy().astype("datetime64[D]")
        more = np.arange(max(int((day - as_of).astype(np.int64)), 0) + 1)
        age = _days(as_of - ordered_on)[:, None] + more
        mode = orders["mode"].to_numpy(dtype=object)[:, None]
        waiting = 1 - self.probability_within(supplier[:, None], mode, ordered_on[:, None], age)
        return age, np.clip(waiting / np.maximum(waiting[:, :1], 1e-300), 0.0, 1.0)

    def _first_within(self, waiting: FloatArray, age: FloatArray) -> FloatArray:
        """P(it happens by the last day, and no later than a cancellation), given neither by the first day."""
        happens = waiting[:, :-1] - waiting[:, 1:]
        kept = self.fates.not_cancelled_before(age[:, 1:])
        probability: FloatArray = (happens * kept).sum(axis=1)
        probability = probability / self.fates.not_cancelled_before(age[:, 0] + 1)
        clipped: FloatArray = np.clip(probability, 0.0, 1.0)
        return clipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """What becomes of an order placed at the end of each period, whoever places it.

    Parameters
    ----------
    days : array of int, shape (n_series, n_all), in days, >= 1
        From the last day of the period to the receipt.
    share : array of shape (n_series, n_all), in (0, 1]
        How much of what was ordered is delivered.
    period_days : int
    """

    days: IntArray
    share: FloatArray
    period_days: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "days", freeze(self.days))
        object.__setattr__(self, "share", freeze(self.share))

    @property
    def lead_time(self) -> IntArray:
        """In periods: available in the first period that begins after the day of receipt; 0 is the next one."""
        return -(-self.days // self.period_days)

    def delivered(self, order_units: FloatArray, period: int) -> FloatArray:
        """Units delivered of orders placed at the end of a period, whole, shape (n_series,)."""
        units: FloatArray = np.ceil(order_units * self.share[:, period] - 1e-9)
        return units


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyLines:
    """One supplier for each series.

    Parameters
    ----------
    terms : Sourcing of n_series rows
    supplier : array of int, shape (n_series,)
        Rows of the suppliers.
    mode : array of text, shape (n_series,)
    deliveries : Deliveries
    """

    terms: Sourcing
    supplier: IntArray
    mode: TextArray
    deliveries: Deliveries

    def table(self) -> pd.DataFrame:
        """The lines as rows of the table ``sourcing``."""
        return pd.DataFrame({field.name: getattr(self.terms, field.name) for field in fields(self.terms)})


def generate_suppliers(settings: DemoWorldSettings, assortment: Assortment, seed: int) -> SupplierTruth:
    """Suppliers from near to far, some drifting, one with a step."""
    n, rng = settings.n_suppliers, stream(seed, "demo_world", "suppliers")
    order = rng.permutation(n)
    drifting = order[: -(-n // 3)]
    yearly = np.ones(n)
    yearly[drifting] = (1 + settings.lead_time_drift) ** np.where(np.arange(len(drifting)) % 2, -1, 1)
    step = np.ones(n)
    step[order[-1]] = 1 + settings.lead_time_drift
    modes = rng.choice(list(MODES), (n, len(REGIONS)), p=[0.65, 0.35]).astype(object)
    return SupplierTruth(
        supplier_id=np.array([f"supplier-{k:02d}" for k in range(1, n + 1)], dtype=object),
        median_days=rng.permutation(np.geomspace(5, 35, n)),
        spread=rng.uniform(0.1, 0.35, n),
        late_probability=rng.uniform(0.03, 0.2, n),
        late_factor=rng.uniform(1.4, 2.2, n),
        yearly_factor=yearly,
        step_factor=step,
        partial_probability=np.minimum(settings.partial_delivery_probability * rng.uniform(0.3, 1.7, n), 1),
        mode=modes[:, pd.Categorical(assortment.locations["region"], REGIONS).codes],
        first_day=settings.periods[0],
        step_day=settings.periods[settings.n_periods * 2 // 3],
        fates=OrderFates(
            split_probability=settings.split_probability,
            cancellation_probability=settings.cancellation_probability,
            over_delivery_probability=settings.over_delivery_probability,
            new_promise_probability=settings.new_promise_probability,
        ),
    )


def generate_lines(
    settings: DemoWorldSettings,
    assortment: Assortment,
    suppliers: SupplierTruth,
    mean_units: FloatArray,
    seed: int,
) -> tuple[SupplyLines, SupplyLines]:
    """A main line for each series, the cheapest, and a second one, which for most items repeats the main line.

    Parameters
    ----------
    mean_units : array of shape (n_series,), in units per period
        Demand that packs, minimum orders and capacities are made for.
    """
    n, rng = settings.n_items, stream(seed, "demo_world", "sourcing")
    item, location = assortment.item_of, assortment.location_of
    weekly = settings.in_periods(1) * mean_units
    weight = assortment.items["weight_kg"].to_numpy()[item]
    pack = _packs(weekly.reshape(n, -1).mean(axis=1), rng)[item]
    minimum = pack * rng.choice([1, 1, 2, 3], n)[item]
    capacity = pack * np.ceil(np.maximum(weekly * rng.uniform(5, 12, len(weekly)), 2 * minimum) / pack)
    order_cost = np.round(rng.uniform(2, 12, settings.n_suppliers), 2)

    ordered_on = settings.last_days
    shipment_days = suppliers.draw_days(ordered_on, stream(seed, "demo_world", "lead_time"))
    fates = stream(seed, "demo_world", "partial_deliveries").random((2, settings.n_series, len(ordered_on)))

    def line(supplier_of_item: IntArray, premium: FloatArray) -> SupplyLines:
        supplier = supplier_of_item[item]
        mode = suppliers.mode[supplier, location]
        terms = Sourcing(
            item_id=assortment.items["item_id"].to_numpy(dtype=object)[item],
            location_id=assortment.locations["location_id"].to_numpy(dtype=object)[location],
            supplier_id=suppliers.supplier_id[supplier],
            unit_cost=np.round(assortment.items["unit_cost"].to_numpy() * premium, 2)[item],
            order_cost=order_cost[supplier],
            minimum_order_units=minimum,
            pack_units=pack,
            lead_time_days=np.ceil(1.15 * suppliers.median_on(supplier, mode, settings.periods[:1])),
            capacity_units=capacity,
            co2e_kg_per_unit=np.round(weight * pd.Series(mode).map(_CO2E_KG_PER_KG).to_numpy(np.float64), 3),
        )
        partial = fates[0] < suppliers.partial_probability[supplier, None]
        return SupplyLines(
            terms=terms,
            supplier=supplier,
            mode=mode,
            deliveries=Deliveries(
                days=shipment_days[supplier, location],
                share=np.where(partial, 0.5 + 0.45 * fates[1], 1.0),
                period_days=settings.frequency.days,
            ),
        )

    main = rng.integers(0, settings.n_suppliers, n)
    other = (main + rng.integers(1, max(settings.n_suppliers, 2), n)) % settings.n_suppliers
    second = np.where(rng.random(n) < SECOND_SOURCE_SHARE, other, main)
    premium = np.where(second == main, 1.0, rng.uniform(1.05, 1.15, n))
    return line(main, np.ones(n)), line(second, premium)


def _packs(weekly_units: FloatArray, rng: np.random.Generator) -> FloatArray:
    """A pack size for each item that does not hold much more than a series needs in two weeks."""
    sizes = np.array([1.0, 2.0, 4.0, 6.0, 12.0, 24.0])
    largest = np.searchsorted(sizes, np.maximum(2 * weekly_units, 1), side="right")
    return sizes[(rng.random(len(weekly_units)) * largest).astype(np.int64)]


def _days(span: NDArray[np.timedelta64]) -> FloatArray:
    return span.astype("timedelta64[D]").astype(np.float64)
