"""Reorder points on three lead times that are no normal distribution: asked-for against achieved cycle service.

Demand has mean 10 and standard deviation 8 a day (gamma, independent from day to day). The usual lead time is
lognormal with mean 20 days and coefficient of variation .3; in the second case 15 % of orders take 2.5 times as long,
in the third 5 % take 3 times as long. The reorder point is the quantile of demand over the protection interval, the
lead time and one day of review. What it achieves is exact: a sum of gamma distributions over all lead times.

Each case is solved with its lead times known, and with lead times that the supplier model has learned from 20,000
orders of two years: of one supplier, and of 40 suppliers that are all alike, which the model does not know. The
formula with sigma, mean + z · sqrt(mean interval · var demand + mean demand² · var lead time), is given the true
moments. A further reference is the same with as few paths as a job has by default: what sampling costs.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from allocast.adapters.job_settings import JobSettings
from allocast.inventory.formulas.compound_demand import Moments, moments_over
from allocast.inventory.formulas.safety_stock import normal_safety_stock
from allocast.inventory.lead_time_demand import lead_time_demand
from allocast.numerics.arrays import DateArray, FloatArray, IntArray
from allocast.numerics.streams import stream
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.sourcing import Sourcing
from allocast.supply.supplier_model import SupplierModel, SupplierModelSettings
from training.figures import Measured, Reference, Target

__all__ = ["CASES", "Case", "achieved_service", "measure", "reorder_point", "sigma_reorder_point"]

MEAN, DEVIATION = 10.0, 8.0  # of demand, units a day
LEVELS = (0.90, 0.95, 0.98, 0.99)
LONGEST = 240  # days: longer lead times have a probability below 1e-5 in every case
N_PATHS, N_ORDERS, N_SUPPLIERS = 100_000, 20_000, (1, 40)
FEW_PATHS: int = JobSettings.model_fields["paths"].default
REVIEW = 1  # days
SEED = 4
FIRST, LAST = np.datetime64("2022-01-01"), np.datetime64("2023-12-31")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A lead time: lognormal, with a share of orders that take some times as long.

    Parameters
    ----------
    late_share : float in [0, 1)
    times_as_long : float, >= 1
    mean_days, variation : float
        Mean and coefficient of variation of the usual lead time.
    """

    late_share: float
    times_as_long: float
    mean_days: float = 20.0
    variation: float = 0.3

    def survival(self, days: FloatArray) -> FloatArray:
        """P(lead time > days)."""
        shape = np.sqrt(np.log1p(self.variation**2))
        usual = stats.lognorm(shape, scale=self.mean_days * np.exp(-(shape**2) / 2))
        on_time, late = usual.sf(days), usual.sf(days / self.times_as_long)
        survival: FloatArray = (1 - self.late_share) * on_time + self.late_share * late
        return survival

    def lead_time(self) -> LeadTimeDistribution:
        """In whole days."""
        days = np.arange(LONGEST, dtype=np.float64)
        return LeadTimeDistribution.from_survival(self.survival(days)[None, :], period_days=1)


CASES = {
    "lognormal": Case(late_share=0.0, times_as_long=1.0),
    "delayed": Case(late_share=0.15, times_as_long=2.5),
    "severe": Case(late_share=0.05, times_as_long=3.0),
}


def measure() -> Measured:
    """Achieved service of each case and level: ours, ours with learned lead times, and the formula's."""
    targets, references = [], []
    demand = _daily_demand(stream(SEED, "demand"))
    for name, case in CASES.items():
        truth = case.lead_time()
        learned = {n: _learned(truth, name, n_suppliers=n) for n in N_SUPPLIERS}
        found = {
            "known": reorder_point(demand, truth, stream(SEED, name, "known")),
            **{
                f"learned_of_{n}": reorder_point(demand, own, stream(SEED, name, "learned"))
                for n, own in learned.items()
            },
            "sigma": sigma_reorder_point(truth),
        }
        service = {how: achieved_service(points, truth) for how, points in found.items()}
        references += [
            Reference(name=f"{name}.{how}_{level:g}", value=float(value))
            for how, values in service.items()
            for level, value in zip(LEVELS, values, strict=True)
        ]
        few = _service_of_few_paths(demand, truth, stream(SEED, name, "few"))
        references += [
            Reference(name=f"{name}.{FEW_PATHS}_paths_rms_points_{level:g}", value=float(100 * rms))
            for level, rms in zip(LEVELS, np.sqrt(((few - LEVELS) ** 2).mean(axis=0)), strict=True)
        ]
        worst = {how: float(100 * np.abs(values - LEVELS).max()) for how, values in service.items()}
        targets.append(Target(name=f"{name}.worst_points", value=worst.pop("known"), op="<=", target=0.3))
        references += [
            Reference(name=f"{name}.{how}_worst_points", value=value) for how, value in worst.items()
        ]
    return Measured(targets=tuple(targets), references=tuple(references), seeds=(SEED,))


def reorder_point(
    demand: FloatArray, lead_time: LeadTimeDistribution, rng: np.random.Generator
) -> FloatArray:
    """Quantiles of demand over the protection interval, one for each of `LEVELS`."""
    sampled = lead_time.periods.spread(demand.shape[1], rng)
    over_interval = lead_time_demand(demand, sampled, review_periods=REVIEW)
    return np.array([over_interval.quantile(np.array([level]))[0] for level in LEVELS])


def _service_of_few_paths(
    demand: FloatArray, lead_time: LeadTimeDistribution, rng: np.random.Generator
) -> FloatArray:
    """Achieved service of many reorder points, each of few paths, shape (n_points, n_levels)."""
    parts = demand.reshape(-1, FEW_PATHS, demand.shape[2])
    same = lead_time.periods.take(np.zeros(len(parts), dtype=np.int64))
    over_interval = lead_time_demand(parts, same.spread(FEW_PATHS, rng), review_periods=REVIEW)
    points = [over_interval.quantile(np.full(len(parts), level)) for level in LEVELS]
    return np.column_stack([achieved_service(own, lead_time) for own in points])


def sigma_reorder_point(lead_time: LeadTimeDistribution) -> FloatArray:
    """What textbooks give: normal demand over the protection interval, from two moments."""
    days = Moments.of(lead_time.periods)
    interval = Moments(mean=days.mean + REVIEW, deviation=days.deviation)
    over = moments_over(Moments(mean=np.array([MEAN]), deviation=np.array([DEVIATION])), interval)
    points: FloatArray = over.mean + normal_safety_stock(over, np.array(LEVELS))
    return points


def achieved_service(points: FloatArray, lead_time: LeadTimeDistribution) -> FloatArray:
    """P(demand over the protection interval <= reorder point), exactly, shape of ``points``."""
    days = np.arange(LONGEST + 1) + REVIEW
    shape, scale = (MEAN / DEVIATION) ** 2, DEVIATION**2 / MEAN
    below = stats.gamma.cdf(points[:, None], shape * days, scale=scale)
    service: FloatArray = below @ lead_time.periods.probability[0]
    return service


def _daily_demand(rng: np.random.Generator) -> FloatArray:
    """Independent days of gamma demand, shape (1, n_paths, days)."""
    shape, scale = (MEAN / DEVIATION) ** 2, DEVIATION**2 / MEAN
    return rng.gamma(shape, scale, (1, N_PATHS, LONGEST + REVIEW))


def _learned(truth: LeadTimeDistribution, name: str, *, n_suppliers: int) -> LeadTimeDistribution:
    """Lead times of the first supplier as the model has learned them from the orders of all, some still open."""
    rng = stream(SEED, name, "orders")
    ordered = np.sort(FIRST + rng.integers(0, (LAST - FIRST).astype(int) + 1, N_ORDERS))
    took = truth.periods.at(rng.random((1, N_ORDERS)))[0]
    orders = _order_book(ordered, ordered + took, rng.integers(0, n_suppliers, N_ORDERS))
    model = SupplierModel.train(orders, as_of=LAST, settings=SupplierModelSettings(), seed=SEED)
    return model.lead_times(_sourcing(), history=orders, as_of=LAST, period_days=1, n_periods=LONGEST)


def _order_book(ordered_on: DateArray, received_on: DateArray, supplier: IntArray) -> PurchaseOrders:
    n_orders = len(ordered_on)
    one = np.full(n_orders, "a", dtype=object)
    names = np.arange(n_orders).astype(str).astype(object)
    return PurchaseOrders(
        order_line_id=names,
        supplier_id=supplier.astype(str).astype(object),
        item_id=one,
        location_id=one,
        ordered_on=ordered_on,
        promised_on=np.full(n_orders, "NaT", dtype="datetime64[D]"),
        received_on=received_on,
        units_ordered=np.ones(n_orders),
        units_received=np.ones(n_orders),
        shipment_id=names,
        attributes=pd.DataFrame(index=range(n_orders)),
    )


def _sourcing() -> Sourcing:
    one, nothing = np.array(["a"], dtype=object), np.zeros(1)
    return Sourcing(
        item_id=one,
        location_id=one,
        supplier_id=np.array(["0"], dtype=object),
        unit_cost=nothing,
        order_cost=nothing,
        minimum_order_units=nothing,
        pack_units=np.ones(1),
        lead_time_days=np.full(1, np.nan),
        capacity_units=np.full(1, np.inf),
    )
