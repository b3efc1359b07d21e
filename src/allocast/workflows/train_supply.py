"""Train the supplier model: judge it on past days beside Kaplan–Meier, train on all, register."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocast.adapters.plots import importance_plot
from allocast.adapters.registry import ModelVersion
from allocast.adapters.supply_plots import held_out_plot, scorecard_plot
from allocast.adapters.tracking import Run
from allocast.errors import DataError, SettingsError
from allocast.numerics.arrays import DateArray
from allocast.supply.evaluation import default_trainers, due_day_reliability, rolling_evaluation
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.supplier_model import SupplierModel
from allocast.supply.suppliers.line_verdicts import ScorecardRules
from allocast.supply.supply_model import CurveModel
from allocast.workflows.job import Job
from allocast.workflows.promotion import register_and_promote
from allocast.workflows.supply_card import SupplyCard, importance_of, write_supply_card
from allocast.workflows.supply_judgement import HeldOut, held_out
from allocast.workflows.supply_reports import supplier_report

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
        days = [day for day in _cutoffs(job) if job.orders.known_at(day).is_closed.any()]
        trainers = default_trainers(settings, job.settings.seed)
        of_days: dict[np.datetime64, CurveModel] = {}

        def kept(orders: PurchaseOrders, as_of: np.datetime64) -> CurveModel:
            of_days[as_of] = trainers["supplier_model"](orders, as_of)
            return of_days[as_of]

        table = rolling_evaluation(
            job.orders,
            cutoffs=days,
            known_until=job.today,
            trainers=trainers | {"supplier_model": kept},
            within_days=45,
        )
        for cutoff, part in table.groupby("cutoff"):
            with run.child(f"as of {pd.Timestamp(cutoff):%Y-%m-%d}") as fold:
                fold.metrics({f"{r.model}.{r.orders_judged}.{r.metric}": r.value for r in part.itertuples()})
                fold.table(part, "scores.csv")
        scores = _summary(table)
        run.table(scores, "scores.csv")
        due_day = due_day_reliability(
            job.orders,
            cutoffs=days,
            known_until=job.today,
            trainers={
                "supplier_model": lambda _, as_of: of_days[as_of]
            },  # each day's model is trained already
        ).drop(columns="model")
        run.table(due_day, "due_day.csv")
        _record_suppliers(job, run)
        closely = _looked_at(job, of_days)
        model = SupplierModel.train(job.orders, as_of=job.today, settings=settings, seed=job.settings.seed)
        own = scores[scores["model"] == "supplier_model"]
        evidence = {f"{row.orders_judged}.{row.metric}": float(row.value) for row in own.itertuples()}
        run.metrics(evidence)
        importance = importance_of(model)
        run.figure(importance_plot(importance), "importance.png")
        if closely is not None:
            title = f"Orders placed after {closely.cutoff}, by a model of that day"
            picture = held_out_plot(closely.days, closely.said, closely.seen, closely.due, title)
            run.figure(picture, "survival.png")
        card = SupplyCard(
            scores=scores,
            due_day=due_day,
            held_out=closely,
            importance=importance,
            cancellations_learned=model.cancellation is not None,
            yields=model.yields,
            run_id=run.run_id,
        )
        run.text(write_supply_card(job, card), "model_card.md")
        version = register_and_promote(
            job, run, model, example=model.example_features, evidence=evidence, actor=actor, champion=champion
        )
    return model, version, scores


def _record_suppliers(job: Job, run: Run) -> None:
    """The scorecards, beside what other systems would show, as table and picture."""
    report = supplier_report(job, ScorecardRules())
    run.table(report.table, "scorecard.csv")
    run.figure(scorecard_plot(report.card, report.comparison, report.rules.sentence()), "scorecard.png")


def _looked_at(job: Job, of_days: Mapping[np.datetime64, CurveModel]) -> HeldOut | None:
    """The last past day by which something had been received, looked at closely with its own model."""
    if not of_days:
        return None
    last = max(of_days)
    return held_out(of_days[last], job.orders, cutoff=last, known_until=job.today)


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
