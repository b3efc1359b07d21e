"""Score the registered demand model on all series, in shards, restartable."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import allocast
from allocast.adapters.delivery import deliver_folder, require_output, workplace
from allocast.adapters.engine import run_shards
from allocast.adapters.files import write_table
from allocast.adapters.parts_job import digest_of
from allocast.demand.panel import DemandPanel
from allocast.forecast.lightgbm_model import DemandModel
from allocast.workflows.job import Job
from allocast.workflows.models import demand_model, load_champion

__all__ = ["forecast"]

SHARD_SERIES = 5000


@dataclass(frozen=True)
class Shard:
    """Some series of one forecast. The panel is whole: group means need everybody's history."""

    name: str
    model: DemandModel
    model_version: str
    panel: DemandPanel
    rows: slice


def score_shard(shard: Shard) -> pd.DataFrame:
    """The tidy forecast of one shard, with the model's version in every row."""
    predicted = shard.model.forecast(shard.panel, rows=np.arange(shard.panel.n_series)[shard.rows])
    return predicted.to_frame().assign(model_version=shard.model_version)


def forecast(job: Job, out: Path, *, workers: int = 1) -> pd.DataFrame:
    """Forecast all series and write one tidy table.

    Shards that are finished already, of the same settings, data and model, are not done again.

    Parameters
    ----------
    job : Job
    out : Path
        CSV or Parquet file, or a folder of Parquet parts; shards are kept beside it until it is written.
    workers : int, >= 1
        Processes; the result is the same to the byte.

    Raises
    ------
    NoModelError
        No demand model is registered.
    """
    require_output(out)
    loaded = load_champion(job, "demand")
    model = demand_model(loaded, workers=workers)
    version = f"{loaded.name}/{loaded.version}"
    shards = [
        Shard(
            name=f"part-{start // SHARD_SERIES:05d}",
            model=model,
            model_version=version,
            panel=job.panel,
            rows=slice(start, start + SHARD_SERIES),
        )
        for start in range(0, job.panel.n_series, SHARD_SERIES)
    ]
    own = [allocast.__version__, job.resolved.to_yaml(), str(job.as_of), job.digest, version, loaded.digest]
    digest = digest_of(*own)
    with workplace(out, digest) as place:
        parts = run_shards(score_shard, shards, place / "forecast", workers=workers, digest=digest)
        table = pd.concat([pd.read_parquet(part) for part in parts], ignore_index=True)
        if out.suffix:
            write_table(table, out)
        else:
            note = {"as_of": str(job.as_of), "model_version": version, "rows": len(table)}
            deliver_folder(place / "forecast", out, note)
    return table
