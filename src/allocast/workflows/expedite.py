"""Which open orders are worth paying for to come earlier, by the registered models."""

import pandas as pd

from allocast.adapters.expedite_terms import expedite_terms
from allocast.inventory.offers import expediting_table
from allocast.numerics.streams import integer_seed
from allocast.planning.expediting import orders_to_hurry
from allocast.planning.situate import open_orders_of
from allocast.supply.arrivals import OpenOrderArrivals
from allocast.workflows.job import Job
from allocast.workflows.models import share_of
from allocast.workflows.recommend import champions_view

__all__ = ["expedite"]


def expedite(job: Job) -> pd.DataFrame:
    """Every open order that would save shortage by coming earlier, as `expediting_table` has it, what saves most first.

    Raises
    ------
    NoModelError
        A model is not registered.
    DataError
        No series can be ordered.
    """
    _, situation, suppliers = champions_view(job)
    horizon = situation.scenarios.demand.shape[2]
    period_days = job.frequency.days_ahead(job.today, horizon)
    waiting, row = open_orders_of(job.orders, situation.panel.series)
    supply = suppliers or job.contracts
    coming = OpenOrderArrivals.predict(
        supply,
        job.orders,
        share=share_of(supply),
        only=waiting,
        as_of=job.today,
        period_days=period_days,
        n_periods=horizon,
    )
    cost, days = expedite_terms(job.data.tables, waiting)
    orders = orders_to_hurry(
        coming,
        row,
        expedited_days=days,
        cost_per_unit=cost,
        period_days=period_days,
        n_paths=situation.scenarios.demand.shape[1],
        seed=integer_seed(job.settings.seed, "expedite", str(job.as_of)),
    )
    return expediting_table(situation, orders).assign(as_of=str(job.today))
