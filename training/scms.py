"""Lead times of SCMS as of rolling dates: the supplier model beside Cox, AFT, random survival forests and Kaplan-Meier.

Orders of the following 120 days are judged by the CRPS of their lead times, orders open at a date by the Brier score
and the bias of "received within 45 days". Dates lie four months apart, the last 150 days before the data end, so that
longer data bring later dates. The peers learn from the same orders, open ones censored, and see the same features and
the suppliers. The model was looked at on dates among these while it was written, so its own column flatters it a
little; later data will tell.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from allocast.numerics.arrays import DateArray
from allocast.supply.evaluation import default_trainers, rolling_evaluation
from allocast.supply.supplier_model import SupplierModelSettings
from allocast.workflows.job import Job, open_job
from training.figures import Measured, Reference, Target, data_folder
from training.peer_lead_times import peer_trainers

__all__ = ["cutoffs", "measure"]

N_CUTOFFS, BETWEEN_DAYS, BEFORE_THE_END_DAYS = 7, 120, 150
WITHIN_DAYS = 45
PEERS = ("cox", "weibull_aft", "lognormal_aft", "random_survival_forest")
CRPS, BRIER, BIAS = (
    "future.crps_days",
    f"open.brier_within_{WITHIN_DAYS}_days",
    f"open.bias_within_{WITHIN_DAYS}_days",
)
SEEDS = (1, 2, 3)


def measure() -> Measured:
    """Scores over all dates, means over orders and seeds, and ours as a ratio to the best of the others."""
    file = next(data_folder("scms").glob("*.csv"))
    job = open_job(Path("configs/scms.yaml"), [f"data.root={file}"])
    scores = _means(pd.concat([_judged(job, seed) for seed in SEEDS]))
    ours, others = scores.loc["supplier_model"], scores.drop(index="supplier_model")
    return Measured(
        targets=(
            _ratio("crps_to_best_other", ours[CRPS], others[CRPS]),
            _ratio("open_orders_brier_to_best_other", ours[BRIER], others[BRIER]),
            _ratio("open_orders_bias_to_best_other", abs(ours[BIAS]), others[BIAS].abs()),
            Target(name="open_orders_absolute_bias", value=float(abs(ours[BIAS])), op="<=", target=0.03),
        ),
        references=tuple(
            Reference(name=f"{model}.{metric}", value=float(value))
            for model, row in scores.iterrows()
            for metric, value in row.items()
        ),
        seeds=SEEDS,
    )


def cutoffs(last_day: np.datetime64) -> DateArray:
    """The dates judged, from the last day of the data backwards, rising."""
    latest = last_day - np.timedelta64(BEFORE_THE_END_DAYS, "D")
    days: DateArray = latest - np.arange(N_CUTOFFS)[::-1] * np.timedelta64(BETWEEN_DAYS, "D")
    return days


def _judged(job: Job, seed: int) -> pd.DataFrame:
    """Ours anew for each seed; what has no seed, or is slow, for the first one only."""
    trainers = default_trainers(job.settings.supply or SupplierModelSettings(), seed)
    others = trainers | peer_trainers(PEERS, seed)
    return rolling_evaluation(
        job.orders,
        cutoffs=list(cutoffs(job.today)),
        known_until=job.today,
        trainers=others if seed == SEEDS[0] else {"supplier_model": trainers["supplier_model"]},
        within_days=WITHIN_DAYS,
    )


def _means(table: pd.DataFrame) -> pd.DataFrame:
    """Mean of each metric over orders, a row a model."""
    named = table.assign(metric=table["orders_judged"] + "." + table["metric"])
    weighted = named.assign(total=named["value"] * named["n_orders"])
    sums = weighted.groupby(["model", "metric"])[["total", "n_orders"]].sum()
    return (sums["total"] / sums["n_orders"]).unstack()


def _ratio(name: str, ours: float, others: "pd.Series[float]") -> Target:
    return Target(name=name, value=float(ours / others.min()), op="<=", target=1.0)
