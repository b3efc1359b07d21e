"""What buyers and controllers ask of the order book: who is reliable, what is late, what will come."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.adapters.order_values import unit_costs
from allocast.demand.calendar import next_periods
from allocast.errors import DataError
from allocast.numerics.streams import integer_seed
from allocast.supply.open_orders import arrival_table
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.supplier_model import SupplierModel
from allocast.supply.suppliers.drift import drift_alarms
from allocast.supply.suppliers.erp_scores import compare_scores
from allocast.supply.suppliers.line_verdicts import ScorecardRules
from allocast.supply.suppliers.scorecard import scorecard
from allocast.workflows.job import Job
from allocast.workflows.models import as_type, load_champion

__all__ = [
    "SupplierReport",
    "expected_arrivals",
    "loaded_supply_model",
    "new_orders",
    "recent_drift",
    "require_orders",
    "supplier_report",
]

SCENARIOS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierReport:
    """What is known of suppliers.

    Parameters
    ----------
    card, comparison : DataFrame
        As `scorecard` and `compare_scores` give them.
    rules : ScorecardRules
    as_of : day
    """

    card: pd.DataFrame
    comparison: pd.DataFrame
    rules: ScorecardRules
    as_of: np.datetime64

    @property
    def table(self) -> pd.DataFrame:
        """Both in one table, one row a supplier, and the day."""
        beside = self.comparison.drop(columns=["due_orders", "on_time_rate", "on_time_estimate"])
        return self.card.merge(beside, on="supplier_id", how="left").assign(as_of=str(self.as_of))


def supplier_report(job: Job, rules: ScorecardRules) -> SupplierReport:
    """Scorecards of all suppliers as known at the end of the job's ``as_of``, and what ERPs would show.

    Raises
    ------
    DataError
        There are no purchase orders.
    """
    require_orders(job)
    cost = unit_costs(job.orders, job.data.tables)
    drift = recent_drift(job.orders, job.today, rules)
    card = scorecard(job.orders, as_of=job.today, rules=rules, unit_cost=cost, drift=drift)
    return SupplierReport(
        card=card,
        comparison=compare_scores(card, job.orders, as_of=job.today, rules=rules),
        rules=rules,
        as_of=job.today,
    )


def recent_drift(orders: PurchaseOrders, as_of: np.datetime64, rules: ScorecardRules) -> pd.DataFrame:
    """How fast each supplier is now, and who has become slower or faster within the window, for the scorecard.

    Returns
    -------
    table : DataFrame, one row a supplier
        ``supplier_id``; ``pace``, how many times as long as usual for such orders its own take now, with ``pace_low``
        and ``pace_high`` (90 %) and ``pace_orders``, the receipts it rests on (see `SupplierEffects.pace_table`); NaN
        where nothing was received by anyone; ``drift``, "slower" or "faster" and missing for the others;
        ``drift_alarmed_on``; ``drift_orders``, receipts that the alarm rests on; ``drift_statistic`` and
        ``drift_threshold``, how near the supplier is to another alarm.
    """
    alarms = drift_alarms(orders, as_of=as_of)
    begin = pd.Timestamp(as_of) - pd.Timedelta(days=rules.window_days)
    old = ~(alarms["alarmed_on"] > begin)  # NaT compares as False
    return alarms[["supplier_id", "pace", "pace_low", "pace_high", "pace_orders"]].assign(
        drift=alarms["direction"].mask(old),
        drift_alarmed_on=alarms["alarmed_on"].mask(old),
        drift_orders=alarms["alarm_orders"].mask(old),
        drift_statistic=alarms["statistic"],
        drift_threshold=alarms["threshold"],
    )


def expected_arrivals(job: Job, *, n_periods: int) -> tuple[pd.DataFrame, str]:
    """What open orders will bring by item, location and coming period, and the version of the model that says so.

    Raises
    ------
    DataError
        There are no purchase orders.
    NoModelError
        No supplier model is registered.
    """
    require_orders(job)
    model, version = loaded_supply_model(job)
    table = arrival_table(
        model,
        job.orders,
        as_of=job.today,
        period_days=job.frequency.days_ahead(job.today, n_periods),
        starts=next_periods(job.as_of, n_periods, job.frequency),
        n_scenarios=SCENARIOS,
        seed=integer_seed(job.settings.seed, "arrivals"),
        share=model.yields,
    )
    return table.assign(as_of=str(job.today), model_version=version), version


def new_orders(job: Job, *, day: np.datetime64) -> pd.DataFrame:
    """The probability that an order placed today is received by a day, a row a sourcing line.

    Returns
    -------
    table : DataFrame, by item and location, the most probable supplier first
        ``item_id``, ``location_id``, ``supplier_id``; ``by``, the day; ``probability``; ``supplier_receipts``, how many
        lines of the supplier had been received; ``as_of``, ``model_version``.

    Raises
    ------
    DataError
        There are no purchase orders, or the day is not after the job's ``as_of``.
    NoModelError
        No supplier model is registered.
    """
    require_orders(job)
    if not day > job.today:
        raise DataError(f"the day to be received by must be after {job.today}; it is {day}.")
    model, version = loaded_supply_model(job)
    lines = job.sourcing
    chance = model.probability_new_order_by(lines, history=job.orders, as_of=job.today, day=day)
    receipts = pd.Series(job.orders.supplier_id[job.orders.is_closed]).value_counts()
    table = pd.DataFrame(
        {
            "item_id": lines.item_id,
            "location_id": lines.location_id,
            "supplier_id": lines.supplier_id,
            "by": str(day),
            "probability": chance,
            "supplier_receipts": receipts.reindex(lines.supplier_id, fill_value=0).to_numpy(),
        }
    ).sort_values(["item_id", "location_id", "probability"], ascending=[True, True, False], ignore_index=True)
    return table.assign(as_of=str(job.today), model_version=version)


def loaded_supply_model(job: Job) -> tuple[SupplierModel, str]:
    """The champion of the job's supplier models, and its version."""
    loaded = load_champion(job, "supply")
    return as_type(SupplierModel, loaded), f"{loaded.name}/{loaded.version}"


def require_orders(job: Job) -> None:
    """Refuse a job without order lines.

    Raises
    ------
    DataError
        The message says what to bring.
    """
    if not len(job.orders):
        raise DataError(
            f"no purchase order was placed until {job.today}; bring the table purchase_orders, or a later --as-of."
        )
