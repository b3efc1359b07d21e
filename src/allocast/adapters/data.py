"""The tables of a job, from wherever its settings say they are."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from allocast.adapters.datasets.scms import read_scms
from allocast.adapters.datasets.vn2 import last_week, read_vn2
from allocast.adapters.files import write_text
from allocast.adapters.job_settings import DataSettings, DemoData, ScmsData, TablesData, Vn2Data
from allocast.adapters.quality import QualityReport, RepairRules
from allocast.adapters.schemas import SCHEMAS
from allocast.adapters.tables import Tables, check_tables, read_tables, write_tables
from allocast.demand.calendar import Frequency
from allocast.errors import DataError
from allocast.simulation.demo_world import generate_demo_world

__all__ = ["Data", "read_beside_demand", "read_data"]

UNFINISHED = "unfinished\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """Checked tables, what was found in them, and how long a period is.

    Parameters
    ----------
    tables : Tables
    report : QualityReport
    frequency : Frequency
    as_of : date, optional
        The last known period if it was said or the source itself says so.
    """

    tables: Tables
    report: QualityReport
    frequency: Frequency
    as_of: date | None


def read_data(settings: DataSettings, *, as_of: date | None, seed: int) -> Data:
    """Read and check the tables of a job; faults that are refused are in the report, not raised.

    Parameters
    ----------
    settings : DataSettings
    as_of : date, optional
        Nothing later is looked at; by default the last known period of the source.
    seed : int
        Of the demo world.

    Raises
    ------
    DataError
        A file is absent or cannot be read.
    """
    match settings:
        case TablesData():
            return _tables(
                settings.root, settings.files, settings.rename, settings.repair, settings.frequency, as_of
            )
        case DemoData():
            _generate_once(settings, seed)
            rules = RepairRules()
            return _tables(settings.root, {}, {}, rules, settings.world.frequency, as_of)
        case Vn2Data():
            week = as_of or last_week(settings.root)
            tables, report = check_tables(
                read_vn2(settings.root, as_of=week), RepairRules(), Frequency.WEEKLY
            )
            return Data(tables=tables, report=report, frequency=Frequency.WEEKLY, as_of=week)
        case ScmsData():
            raw, found = read_scms(settings.root, as_of=as_of)
            tables, report = check_tables(raw, RepairRules(), Frequency.DAILY)
            day = as_of or _last_day(tables)
            return Data(tables=tables, report=found + report, frequency=Frequency.DAILY, as_of=day)


def read_beside_demand(settings: DataSettings, *, as_of: date, seed: int) -> Data:
    """The tables of a source but for its demand, which is not read where it is a table of its own; checked.

    Parameters
    ----------
    settings : DataSettings
    as_of : date
        Beginning of the last known period.
    seed : int
        Of the demo world.

    Raises
    ------
    DataError
        A file is absent or cannot be read, or there is nothing beside demand.
    """
    if not isinstance(settings, TablesData):
        whole = read_data(settings, as_of=as_of, seed=seed)
        return replace(whole, tables=replace(whole.tables, demand=None), as_of=as_of)
    files = dict(settings.files or _files_below(settings.root))
    files.pop("demand", None)
    if not files:
        raise DataError(
            f"{settings.root} holds nothing beside demand; recommendations need stock and sourcing."
        )
    rename = {name: columns for name, columns in settings.rename.items() if name in files}
    tables, report = check_tables(
        read_tables(settings.root, files, rename), settings.repair, settings.frequency
    )
    return Data(tables=tables, report=report, frequency=settings.frequency, as_of=as_of)


def _tables(
    root: Path,
    files: Mapping[str, str],
    rename: Mapping[str, Mapping[str, str]],
    rules: RepairRules,
    frequency: Frequency,
    as_of: date | None,
) -> Data:
    files = files or _files_below(root)
    tables, report = check_tables(read_tables(root, files, rename), rules, frequency)
    if tables.demand is None:  # a job about suppliers only: its days are those of the orders
        return Data(tables=tables, report=report, frequency=Frequency.DAILY, as_of=as_of or _last_day(tables))
    return Data(tables=tables, report=report, frequency=frequency, as_of=as_of)


def _files_below(root: Path) -> dict[str, str]:
    """Each table found under its own name: a CSV or Parquet file, or a folder of Parquet parts."""
    candidates = [
        (schema.name, f"{schema.name}{suffix}") for schema in SCHEMAS for suffix in (".parquet", ".csv", "")
    ]
    found = {name: file for name, file in reversed(candidates) if (root / file).exists()}
    if not found:
        names = ", ".join(schema.name for schema in SCHEMAS)
        raise DataError(f"{root} holds none of the tables {names} as .parquet, .csv or a folder of parts.")
    return found


def _generate_once(settings: DemoData, seed: int) -> None:
    """Write the demo world's tables where they are not there yet, or belong to other settings.

    Raises
    ------
    DataError
        The folder holds tables that were not generated.
    """
    mark = settings.root / "made_with.txt"
    made_with = f"seed {seed}\n{settings.world}\n"
    if mark.exists() and mark.read_text() == made_with:
        return
    tables = [path.name for schema in SCHEMAS for path in settings.root.glob(f"{schema.name}*")]
    if tables and not mark.exists():
        raise DataError(
            f"{settings.root} holds tables that were not generated here ({tables[0]}); "
            "read them with data.kind=tables, or generate the demo world elsewhere."
        )
    write_text(mark, UNFINISHED)  # from here to the end the tables belong to no settings
    world = generate_demo_world(settings.world, seed)
    write_tables(Tables(**world.tables), settings.root)
    write_text(mark, made_with)


def _last_day(tables: Tables) -> date:
    orders = tables.require("purchase_orders")
    days = [orders[name] for name in ("ordered_on", "received_on", "cancelled_on") if name in orders]
    if tables.receipts is not None:
        days.append(tables.receipts["received_on"])
    last: date = pd.Timestamp(np.max(pd.concat(days).dropna().to_numpy())).date()
    return last
