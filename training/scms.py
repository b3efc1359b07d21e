"""Lead times of SCMS as of rolling dates: the supplier model beside Kaplan–Meier, pooled and by supplier.

Future orders are judged by the CRPS of their lead times, orders open at a date by the Brier score and the bias of
"received within 45 days", at dates four months apart inside the data. The model's defaults were looked at
on these very dates while it was written, so its own column flatters it a little; later data will tell.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from allocast.supply.evaluation import default_trainers, rolling_evaluation
from allocast.supply.supplier_model import SupplierModelSettings
from allocast.workflows.job import open_job
from training.figures import Measured, Reference, Target, data_folder

__all__ = ["measure"]

CUTOFFS = ("2010-10-31", "2011-02-28", "2011-06-30", "2011-10-31", "2012-02-29", "2012-06-30", "2012-10-31")
SEEDS = (1, 2, 3)


def measure() -> Measured:
    """Scores over all dates, means over orders and seeds."""
    file = next(data_folder("scms").glob("*.csv"))
    job = open_job(Path("configs/scms.yaml"), [f"data.root={file}"])
    tables = [
        rolling_evaluation(
            job.orders,
            cutoffs=[np.datetime64(cutoff) for cutoff in CUTOFFS],
            known_until=job.today,
            trainers=default_trainers(job.settings.supply or SupplierModelSettings(), seed),
            within_days=45,
        )
        for seed in SEEDS
    ]
    scores = _means(pd.concat(tables))
    best_curve = min(scores["kaplan_meier", "crps_days"], scores["kaplan_meier_by_supplier", "crps_days"])
    ratio = scores["supplier_model", "crps_days"] / best_curve
    bias = scores["supplier_model", "bias_within_45_days"]
    return Measured(
        targets=(
            Target(name="crps_over_kaplan_meier", value=float(ratio), op="<=", target=1.0),
            Target(name="open_orders_absolute_bias", value=float(abs(bias)), op="<=", target=0.03),
        ),
        references=tuple(
            Reference(name=f"{model}.{metric}", value=float(value))
            for (model, metric), value in scores.items()
        ),
        seeds=SEEDS,
    )


def _means(table: pd.DataFrame) -> "pd.Series[float]":
    """Mean of each metric over orders, by model and metric."""
    weighted = table.assign(total=table["value"] * table["n_orders"])
    sums = weighted.groupby(["model", "metric"])[["total", "n_orders"]].sum()
    means: pd.Series[float] = sums["total"] / sums["n_orders"]
    return means
