"""Score the registered demand model on a folder of Parquet parts: shard by shard, restartable, in bounded memory.

Four passes, each over shards in worker processes: parts are read, checked and kept in our types; the units of every
group are summed; so are they in relation to their series' scale; then each shard is forecast. Sums are exact, so
the forecast of a series does not depend on how the table is divided.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

import allocast
from allocast.adapters.assemble import demand_panel
from allocast.adapters.background_files import merge_totals, read_totals, totals_table
from allocast.adapters.data import Data
from allocast.adapters.delivery import require_output, workplace
from allocast.adapters.demand_parts import (
    CheckedPart,
    DemandParts,
    check_part,
    read_facts,
    require_one_calendar,
    require_whole_series,
)
from allocast.adapters.engine import run_shards, shard_pool
from allocast.adapters.job_settings import JobSettings
from allocast.adapters.parts_job import deliver_parts, digest_of, quality_of_parts, together
from allocast.adapters.quality import QualityReport
from allocast.adapters.settings import Resolved
from allocast.adapters.tables import Tables
from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.forecast.features import Background, known_steps, relative_of, units_of, values_of
from allocast.forecast.lightgbm_model import DemandModel
from allocast.workflows.job import Job
from allocast.workflows.models import demand_model, load_champion

__all__ = ["PartsForecast", "forecast_parts"]

Run = Callable[..., list[Path]]  # run_shards with the workers and digest of this job

SHARD_ROWS = 500_000  # small parts are taken together up to so many rows; a larger part is a shard of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsForecast:
    """What was forecast.

    Parameters
    ----------
    report : QualityReport
        What was found in the parts, summed.
    n_rows, n_parts : int
    first : DataFrame
        The first rows.
    """

    report: QualityReport
    n_rows: int
    n_parts: int
    first: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Some whole parts, and all that it takes to forecast their series as if everybody's were there."""

    name: str
    files: tuple[Path, ...]
    beside: Tables
    frequency: Frequency
    span: tuple[np.datetime64, np.datetime64]
    as_of: np.datetime64
    model: DemandModel
    model_version: str
    known_ahead: dict[str, tuple[int, ...]] | None = None
    whole_units: bool = True
    units: Path | None = None
    relative: Path | None = None

    def panel(self) -> DemandPanel:
        """The shard's series over the periods of the whole table."""
        demand = pd.concat([_rows(file) for file in self.files], ignore_index=True)
        return demand_panel(
            replace(self.beside, demand=demand),
            as_of=self.as_of,
            frequency=self.frequency,
            span=self.span,
            known_ahead=self.model.settings.features.known_ahead,
            past_only=self.model.settings.features.past_only,
        )

    def background(self, panel: DemandPanel) -> Background:
        """What was summed so far, of the groups of these series."""
        if self.units is None or self.known_ahead is None:
            raise DataError("the units of all groups must be summed before they can be looked up.")
        values = values_of(panel, self.model.settings.features)
        return Background(
            units=read_totals(self.units, values),
            relative=None if self.relative is None else read_totals(self.relative, values),
            known_ahead=self.known_ahead,
            whole_units=self.whole_units,
        )


def forecast_parts(
    resolved: Resolved[JobSettings], parts: DemandParts, out: Path, *, as_of: date | None, workers: int = 1
) -> PartsForecast:
    """Forecast every series of a table in parts.

    Shards that are finished already, of the same settings, data and model, are not done again.

    Parameters
    ----------
    resolved : Resolved
    parts : DemandParts
    out : Path
        A folder, which gets one Parquet file a shard; or one CSV or Parquet file.
    as_of : date, optional
        The last known period; by default the last with units in any part.
    workers : int, >= 1
        Processes; the result is the same to the byte.

    Raises
    ------
    DataError
        The parts cannot be used: what was found is refused, a series is split, or weeks begin differently.
    NoModelError
        No demand model is registered.
    """
    require_output(out)
    digest = digest_of(allocast.__version__, resolved.to_yaml(), str(as_of), parts.digest())
    with workplace(out, digest) as place, shard_pool(workers) as pool:
        run = partial(run_shards, workers=workers, pool=pool)
        checked = _check(parts, place / "checked", partial(run, digest=digest))
        report = parts.report + quality_of_parts(checked)
        report.raise_if_refused()
        require_one_calendar(checked, parts.frequency)
        shards, own = _shards(_job(resolved, parts, checked, as_of), parts, checked, workers)
        digest = digest_of(digest, own)
        folder = place / own[:16]
        run = partial(run, digest=digest)
        shards = _with_background(shards, folder, run)
        files = run(score_shard, shards, folder / "forecast")
        result = PartsForecast(
            report=report,
            n_rows=sum(pq.read_metadata(file).num_rows for file in files),
            n_parts=len(parts.files),
            first=pd.read_parquet(files[0]).head(8),
        )
        note = {
            "as_of": str(shards[0].as_of),
            "model_version": shards[0].model_version,
            "rows": result.n_rows,
            "parts": len(files),
            "digest": digest,
        }
        deliver_parts(files, out, note)
    return result


def sum_units(shard: Shard) -> pd.DataFrame:
    """Units of the groups of a shard; in ``attrs`` how far ahead its covariates are known, and if units are whole."""
    panel = shard.panel()
    table = totals_table(units_of(panel, shard.model.settings.features))
    known = known_steps(panel, shard.model.settings.features)
    table.attrs = {
        "known_ahead": {name: list(steps) for name, steps in known.items()},
        "whole_units": panel.whole_units,
    }
    return table


def sum_relative(shard: Shard) -> pd.DataFrame:
    """Units ÷ scale of the groups of a shard."""
    panel = shard.panel()
    return totals_table(relative_of(panel, shard.model.settings.features, shard.background(panel).units))


def score_shard(shard: Shard) -> pd.DataFrame:
    """The tidy forecast of a shard, with the model's version in every row."""
    panel = shard.panel()
    predicted = shard.model.forecast(panel, background=shard.background(panel))
    return predicted.to_frame().assign(model_version=shard.model_version)


def _rows(file: Path) -> pd.DataFrame:
    rows = pd.read_parquet(file)
    rows.attrs = {}  # what was found in the part is of no concern here
    return rows


def _check(parts: DemandParts, folder: Path, run: Run) -> list[CheckedPart]:
    files = run(check_part, parts.parts(), folder, doing="Checking parts")
    checked = [part for part in map(read_facts, files) if part.rows]
    if not checked:
        raise DataError(f"no part in {parts.folder} has a row; there is nothing to forecast from.")
    require_whole_series(checked)  # before gaps are refused: half a series has them
    return checked


def _job(
    resolved: Resolved[JobSettings], parts: DemandParts, checked: Sequence[CheckedPart], as_of: date | None
) -> Job:
    """The job as far as it can be known without demand in memory."""
    known = [part.latest for part in checked if not np.isnat(part.latest)]
    if not known:
        raise DataError(f"no part in {parts.folder} has a row with units; there is nothing to forecast from.")
    last = as_of or max(known).astype(date)
    if np.datetime64(last, "D") > max(known):
        raise DataError(f"as_of {last} lies after the last known period, {max(known)}; bring later demand.")
    parts.frequency.periods_between(min(part.first for part in checked), np.datetime64(last, "D"))
    data = Data(tables=parts.beside, report=parts.report, frequency=parts.frequency, as_of=last)
    return Job(resolved=resolved, data=data, asked_as_of=as_of)


def _shards(
    job: Job, parts: DemandParts, checked: Sequence[CheckedPart], workers: int
) -> tuple[list[Shard], str]:
    """The parts, small ones together, for the champion; and the digest of that."""
    loaded = load_champion(job, "demand")
    first = Shard(
        name="",
        files=(),
        beside=parts.beside,
        frequency=parts.frequency,
        span=(min(part.first for part in checked), max(part.last for part in checked)),
        as_of=job.as_of,
        model=demand_model(loaded, workers=workers),
        model_version=f"{loaded.name}/{loaded.version}",
    )
    groups = together([part.rows for part in checked], SHARD_ROWS)
    shards = [
        replace(first, name=f"part-{place:05d}", files=tuple(checked[member].file for member in members))
        for place, members in enumerate(groups)
    ]
    return shards, digest_of(loaded.digest, first.model_version)


def _with_background(shards: Sequence[Shard], folder: Path, run: Run) -> list[Shard]:
    """The shards, told where the sums over all of them are."""

    def summed(
        add_up: Callable[[Shard], pd.DataFrame], of: Sequence[Shard], name: str
    ) -> tuple[Path, list[Path]]:
        files = run(add_up, of, folder / name, doing=f"Summing {name} over groups")
        return merge_totals(files, folder / f"{name}.parquet"), files

    units, files = summed(sum_units, shards, "units")
    facts = [pd.read_parquet(file, columns=[]).attrs for file in files]
    known: dict[str, set[int]] = {}
    for name, steps in (each for own in facts for each in own["known_ahead"].items()):
        known.setdefault(name, set()).update(steps)
    known_ahead = {name: tuple(sorted(steps)) for name, steps in known.items()}
    whole = all(own["whole_units"] for own in facts)
    shards = [replace(shard, units=units, known_ahead=known_ahead, whole_units=whole) for shard in shards]
    relative, _ = summed(sum_relative, shards, "relative")
    return [replace(shard, relative=relative) for shard in shards]
