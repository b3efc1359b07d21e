"""Train the supplier model: judge it on past days beside Kaplan–Meier, train on all, register."""

import numpy as np
import pandas as pd

from allocast.adapters.registry import ModelVersion
from allocast.errors import DataError, SettingsError
from allocast.numerics.arrays import DateArray
from allocast.supply.evaluation import default_trainers, rolling_evaluation
from allocast.supply.supplier_model import SupplierModel
from allocast.supply.suppliers.scorecard import scorecard
from allocast.workflows.job import Job
from allocast.workflows.promotion import register_and_promote

__all__ = ["train_supply"]

CUTOFFS, BETWEEN_DAYS, FIRST_SHARE = 4, 120, 0.4


def train_supply(
    job: Job, *, actor: str, champion: bool = False
) -> tuple[SupplierModel, ModelVersion, pd.DataFrame]:
    """Train, judge and register.

    Returns
    -------
    model : SupplierModel
    version : ModelVersion
    scores : DataFrame
        One row a model and metric, means over past days.

    Raises
    ------
    SettingsError
        The config names no supplier model.
    """
    settings = job.settings.supply
    if settings is None:
        raise SettingsError(
            "this config names no supplier model; add a section 'supply' (its keys all have defaults)."
        )
    if not job.orders.is_closed.any():
        raise DataError(
            f"a supplier model learns from received orders; of {len(job.orders)} order lines known at {job.today} "
            "none is received. Bring the table purchase_orders, or remove the section 'supply'."
        )
    with job.store.run(f"{job.settings.name}/supply", "train supply") as run:
        job.record(run)
        table = rolling_evaluation(
            job.orders,
            cutoffs=[day for day in _cutoffs(job) if job.orders.known_at(day).is_closed.any()],
            known_until=job.today,
            trainers=default_trainers(settings, job.settings.seed),
            within_days=45,
        )
        for cutoff, part in table.groupby("cutoff"):
            with run.child(f"as of {pd.Timestamp(cutoff):%Y-%m-%d}") as fold:
                fold.metrics({f"{r.model}.{r.orders_judged}.{r.metric}": r.value for r in part.itertuples()})
        scores = _summary(table)
        run.table(scores, "scores.csv")
        run.table(scorecard(job.orders, as_of=job.today), "scorecard.csv")
        model = SupplierModel.train(job.orders, as_of=job.today, settings=settings, seed=job.settings.seed)
        own = scores[scores["model"] == "supplier_model"]
        evidence = {f"{row.orders_judged}.{row.metric}": float(row.value) for row in own.itertuples()}
        run.metrics(evidence)
        version = register_and_promote(
            job, run, model, example=model.example_features, evidence=evidence, actor=actor, champion=champion
        )
    return model, version, scores


def _cutoffs(job: Job) -> DateArray:
    """Past days to judge from: every 120 days, the last so early that open orders have 45 days to arrive."""
    first = job.orders.ordered_on.min()
    last = job.today - np.timedelta64(BETWEEN_DAYS, "D")
    earliest = first + (last - first) * FIRST_SHARE
    days = last - np.arange(CUTOFFS)[::-1] * np.timedelta64(BETWEEN_DAYS, "D")
    return days[days >= earliest] if (days >= earliest).any() else days[-1:]


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    weighted = table.assign(total=table["value"] * table["n_orders"])
    sums = weighted.groupby(["orders_judged", "metric", "model"], sort=False)[["total", "n_orders"]].sum()
    return sums.assign(value=sums["total"] / sums["n_orders"]).drop(columns="total").reset_index()
