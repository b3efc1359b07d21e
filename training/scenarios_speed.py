"""How long it takes to play scenarios side by side for 10,000 series, forecasts given.

Weekly demand of each series is negative binomial with a season, of 501 kinds, its forecast the true distribution of 16
weeks; 40 suppliers deliver after log-normal times, every series has two of them and half of the series an open order.
Timed is all from forecasts to the table: paths, arrivals and lead times drawn and main suppliers chosen, the plan and
five changes of it (demand × 1.2, 2 weeks later, a supplier lost, a budget of 80 %, a service target of .9) played
through 12 weeks on 200 paths by the policy ``projected_need``, with two workers. Machine code is made before, in a
small world.

``seconds`` is of the clock, other programs on the machine included; ``processor_seconds`` is the work itself, on all
cores together. ``growth`` is the time of 10,000 series over that of 2,500: 4 would be in proportion.
"""

import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr
from scipy.stats import nbinom

from allocast.demand.calendar import Frequency, next_periods
from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_forecast import DemandForecast
from allocast.inventory.costs import Costs
from allocast.inventory.policies import ProjectedNeed
from allocast.inventory.situation import Situation
from allocast.numerics.arrays import FloatArray, IntArray, TextArray
from allocast.numerics.streams import stream
from allocast.planning.fallback import Fallback
from allocast.planning.situate import Stock, situate
from allocast.simulation.what_if import Change, SideBySide, what_if
from allocast.supply.orders.order_features import OrderLines
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.sourcing import Sourcing
from allocast.supply.supply_model import CurveModel
from training.figures import Measured, Reference, Target

__all__ = ["CHANGES", "Case", "case", "measure", "played"]

SEED, N_SERIES, N_PATHS, HORIZON, PLAYED, WORKERS, SUPPLIERS, KINDS = 6, 10_000, 200, 16, 12, 2, 40, 501
LEVELS = np.array([0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99])
AS_OF = np.datetime64("2024-01-01")
CHANGES = (
    Change(name="demand × 1.2", demand_factor=1.2),
    Change(name="2 weeks later", lead_time_added_periods=2),
    Change(name="supplier 0 lost", lost_suppliers=("supplier-0",)),
    Change(name="budget 80 %", budget_factor=0.8),
    Change(name="service .9", service_target=0.9),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogNormalTimes(CurveModel):
    """Log-normal lead times with a median for each supplier, and a deviation of .4."""

    median_days: dict[str, float]

    def survival(
        self,
        lines: OrderLines,
        *,
        days: FloatArray,
        given: FloatArray,
        history: PurchaseOrders,  # noqa: ARG002 - the truth does not learn
        as_of: np.datetime64,  # noqa: ARG002
    ) -> FloatArray:
        """See `CurveModel.survival`."""
        median = np.array([self.median_days[name] for name in lines.supplier_id])[:, None]

        def beyond(waited: FloatArray) -> FloatArray:
            tail: FloatArray = ndtr(-np.log(np.maximum(waited, 1e-9) / median) / 0.4)
            return tail

        return np.asarray(beyond(days) / beyond(given[:, None]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that scenarios start from."""

    panel: DemandPanel
    forecast: DemandForecast
    fallback: Fallback
    stock: Stock
    costs: Costs


def measure() -> Measured:
    """Seconds for 10,000 series, and what they are made of."""
    played(case(60))
    small = _timed(case(N_SERIES // 4))
    large = _timed(case(N_SERIES))
    n_played = len(CHANGES) + 1
    return Measured(
        targets=(Target(name="seconds", value=large["seconds"], op="<=", target=60.0),),
        references=(
            Reference(name="processor_seconds", value=large["processor"]),
            Reference(name="situation_seconds", value=large["situation"]),
            Reference(name="seconds_a_scenario", value=(large["seconds"] - large["situation"]) / n_played),
            Reference(name="scenarios", value=n_played),
            Reference(name="paths", value=N_PATHS),
            Reference(name="periods", value=PLAYED),
            Reference(name="seconds_2500_series", value=small["seconds"]),
            Reference(name="growth", value=large["seconds"] / small["seconds"]),
            Reference(name="processor_growth", value=large["processor"] / small["processor"]),
        ),
        seeds=(SEED,),
    )


def played(given: Case, workers: int = WORKERS) -> SideBySide:
    """All scenarios of a case."""
    return _played(situation_of(given), given, workers)


def situation_of(given: Case) -> Situation:
    """What is looked at today, as ``recommend`` builds it."""
    return situate(
        given.panel,
        np.arange(given.panel.n_series),
        given.fallback.sourcing,
        orders=given.fallback.orders,
        stock=given.stock,
        costs=given.costs,
        predicted=given.forecast,
        supply=given.fallback.supply,
        share=None,
        n_paths=N_PATHS,
        rng=stream(SEED, "situation"),
    ).situation


def case(n_series: int) -> Case:
    """A made-up assortment of so many series."""
    rng = stream(SEED, "case", str(n_series))
    kinds, season = min(n_series, KINDS), 1 + 0.3 * np.sin(np.arange(HORIZON) / 52 * 2 * np.pi)
    usual, size, kind = (
        rng.lognormal(1.5, 1.0, kinds),
        rng.uniform(0.5, 4.0, kinds),
        np.arange(n_series) % kinds,
    )
    mean = usual[kind]
    panel = _panel(mean, rng)
    unit_cost = np.round(rng.lognormal(2.0, 0.8, n_series), 2)
    first = np.arange(n_series) % SUPPLIERS
    other = (first + rng.integers(1, SUPPLIERS, n_series)) % SUPPLIERS
    main = _lines(panel, first, unit_cost, mean, rng)
    second = _lines(panel, other, unit_cost * 1.1, mean, rng)
    times = LogNormalTimes(
        median_days={f"supplier-{k}": 7.0 + 14.0 * k / SUPPLIERS for k in range(SUPPLIERS)}
    )
    return Case(
        panel=panel,
        forecast=_forecast(panel, usual[:, None] * season, size, kind),
        fallback=Fallback(sourcing=_both(main, second), orders=_orders(main, mean, rng), supply=times),
        stock=Stock(on_hand=rng.poisson(3 * mean).astype(np.float64), backordered=np.zeros(n_series)),
        costs=Costs(
            holding_cost=0.3 / 52 * unit_cost,
            shortage_cost=0.3 * unit_cost,
            order_cost=main.order_cost,
            unit_cost=unit_cost,
        ),
    )


def _timed(given: Case) -> dict[str, float]:
    clock, processor = time.perf_counter(), time.process_time()
    situation = situation_of(given)
    built = time.perf_counter() - clock
    _played(situation, given, WORKERS).table()
    return {
        "seconds": time.perf_counter() - clock,
        "processor": time.process_time() - processor,
        "situation": built,
    }


def _played(situation: Situation, given: Case, workers: int) -> SideBySide:
    return what_if(
        situation,
        ProjectedNeed(),
        CHANGES,
        n_periods=PLAYED,
        rng=stream(SEED, "luck"),
        without=given.fallback.without,
        workers=workers,
    )


def _panel(mean: FloatArray, rng: np.random.Generator) -> DemandPanel:
    n = len(mean)
    return DemandPanel(
        series=pd.DataFrame(
            {"item_id": _names("item", np.arange(n)), "location_id": _names("in", 0 * np.arange(n))}
        ),
        periods=AS_OF - 7 * np.arange(104)[::-1],
        frequency=Frequency.WEEKLY,
        units=rng.poisson(mean[:, None], (n, 104)).astype(np.float64),
        observed=np.ones((n, 104), dtype=bool),
    )


def _forecast(panel: DemandPanel, mean: FloatArray, size: FloatArray, kind: IntArray) -> DemandForecast:
    """Quantiles of negative binomial demand and of its totals, of so many kinds of series."""
    share = size[:, None] / (size[:, None] + mean[:, :1])
    so_far = np.cumsum(mean, axis=1)
    each, total = (
        np.stack([nbinom.ppf(level, units / mean[:, :1] * size[:, None], share) for level in LEVELS], axis=1)
        for units in (mean, so_far)
    )
    return DemandForecast(
        series=panel.series,
        as_of=panel.as_of,
        periods=next_periods(panel.as_of, HORIZON, panel.frequency),
        levels=LEVELS,
        period_units=each[kind],
        total_units=total[kind],
        mean=mean[kind],
        whole=True,
    )


def _lines(
    panel: DemandPanel, supplier: IntArray, unit_cost: FloatArray, mean: FloatArray, rng: np.random.Generator
) -> Sourcing:
    n, pack = len(supplier), rng.choice([1.0, 2.0, 6.0], len(supplier))
    return Sourcing(
        item_id=panel.series["item_id"].to_numpy(object),
        location_id=panel.series["location_id"].to_numpy(object),
        supplier_id=_names("supplier", supplier),
        unit_cost=unit_cost,
        order_cost=rng.uniform(1.0, 5.0, n),
        minimum_order_units=pack * rng.integers(0, 3, n),
        pack_units=pack,
        lead_time_days=np.full(n, 14.0),
        capacity_units=pack * np.ceil(20 * mean / pack),
        co2e_kg_per_unit=rng.uniform(0.1, 2.0, n),
    )


def _orders(lines: Sourcing, mean: FloatArray, rng: np.random.Generator) -> PurchaseOrders:
    """An open order of two weeks' demand for every other series."""
    rows = np.arange(0, len(lines), 2)
    none = np.full(len(rows), np.datetime64("NaT", "D"))
    return PurchaseOrders(
        order_line_id=_names("order", rows),
        supplier_id=lines.supplier_id[rows],
        item_id=lines.item_id[rows],
        location_id=lines.location_id[rows],
        ordered_on=AS_OF + 6 - rng.integers(0, 14, len(rows)),
        promised_on=none,
        received_on=none,
        units_ordered=np.ceil(2 * mean[rows]),
        units_received=np.zeros(len(rows)),
        shipment_id=_names("order", rows),
        attributes=pd.DataFrame(index=range(len(rows))),
    )


def _both(one: Sourcing, other: Sourcing) -> Sourcing:
    return Sourcing(
        **{
            name: np.concatenate([getattr(lines, name) for lines in (one, other)])
            for name in Sourcing.__slots__
        }
    )


def _names(what: str, numbers: IntArray) -> TextArray:
    return np.array([f"{what}-{number}" for number in numbers], dtype=object)
