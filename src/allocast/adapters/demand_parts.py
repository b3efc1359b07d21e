"""Demand brought as a folder of Parquet parts: read and checked one part at a time, never all of it at once."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from allocast.adapters.job_settings import DataSettings, TablesData
from allocast.adapters.parts_job import digest_of_files, file_of, part_files, parts_folder
from allocast.adapters.quality import Finding, QualityReport, RepairRules
from allocast.adapters.schemas import schema_of
from allocast.adapters.table_files import digest, read_table
from allocast.adapters.tables import Tables, check_tables, read_tables
from allocast.demand.calendar import Frequency
from allocast.errors import DataError

__all__ = [
    "CheckedPart", "DemandParts", "Part", "check_part", "demand_parts", "read_facts",
    "require_one_calendar", "require_whole_series",
]  # fmt: skip

BESIDE = ("items", "locations", "calendar")
SERIES = ["item_id", "location_id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandParts:
    """A demand table in parts, and the small tables that describe its series.

    Parameters
    ----------
    folder : Path
    files : tuple of Path
        The parts, in the order of their names.
    rename : dict of str to str
        The source's own column names, each with ours.
    rules : RepairRules
    frequency : Frequency
    beside : Tables
        ``items``, ``locations`` and ``calendar``, checked; those that were brought.
    report : QualityReport
        What was found in them.
    """

    folder: Path
    files: tuple[Path, ...]
    rename: dict[str, str]
    rules: RepairRules
    frequency: Frequency
    beside: Tables
    report: QualityReport

    def digest(self) -> str:
        """Fingerprint of the bytes of every part with its name, of the tables beside and of how they are read."""
        seen = hashlib.sha256(repr((self.rename, self.rules, self.frequency)).encode())
        seen.update(digest_of_files(self.folder, self.files).encode())
        for name, table in self.beside.present.items():
            seen.update(f"{name} {digest(table)}\n".encode())
        return seen.hexdigest()

    def parts(self) -> list["Part"]:
        """The parts, each with all that it takes to read and check it."""
        return [
            Part(name=f"part-{place:05d}", file=file, title=str(file.relative_to(self.folder)), of=self)
            for place, file in enumerate(self.files)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file of the table; as a shard it is to be read, checked and written in our names and types."""

    name: str
    file: Path
    title: str
    of: DemandParts


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedPart:
    """What is known of a part that was read and checked.

    Parameters
    ----------
    title : str
        Its file's name below the folder.
    file : Path
        Its rows as repaired by the rules, sorted by series and date.
    rows : int
    first, last : days
        The first and the last date of a row.
    latest : day
        The last date with units; NaT where there is none.
    findings : tuple of Finding
    """

    title: str
    file: Path
    rows: int
    first: np.datetime64
    last: np.datetime64
    latest: np.datetime64
    findings: tuple[Finding, ...]


def demand_parts(settings: DataSettings) -> DemandParts | None:
    """The parts, where a job's settings say that its demand is a folder of them; else None.

    Only the tables beside demand are read here.

    Raises
    ------
    DataError
        The folder holds no Parquet file, or a table beside it cannot be used.
    """
    folder = parts_folder(settings, "demand")
    if folder is None or not isinstance(settings, TablesData):
        return None
    files = part_files(folder, "demand")
    wanted = {name: file_of(settings, name) for name in BESIDE}
    found = {name: file for name, file in wanted.items() if file}
    tables = read_tables(settings.root, found, {n: settings.rename[n] for n in found if n in settings.rename})
    beside, report = check_tables(tables, settings.repair, settings.frequency)
    report.raise_if_refused()
    return DemandParts(
        folder=folder,
        files=files,
        rename=settings.rename.get("demand", {}),
        rules=settings.repair,
        frequency=settings.frequency,
        beside=beside,
        report=report,
    )


def check_part(part: Part) -> pd.DataFrame:
    """The rows of a part as repaired by the rules; what was found travels in ``attrs``."""
    of = part.of
    raw = read_table(part.file, schema_of("demand"), of.rename)
    tables, report = check_tables(replace(of.beside, demand=raw), of.rules, of.frequency)
    demand = tables.require("demand")
    units = demand["units"].to_numpy(np.float64)
    demand.attrs = {
        "title": part.title,
        "rows": len(demand),
        "first": str(demand["date"].min())[:10],
        "last": str(demand["date"].max())[:10],
        "latest": str(demand["date"][~np.isnan(units)].max())[:10],
        "findings": [asdict(found) for found in report.findings if found.table == "demand"],
    }
    return demand


def read_facts(file: Path) -> CheckedPart:
    """What ``check_part`` wrote about a part, without reading its rows."""
    facts: dict[str, Any] = pd.read_parquet(file, columns=[]).attrs
    findings = [
        Finding(**{**each, "first_places": tuple(each["first_places"])}) for each in facts["findings"]
    ]
    return CheckedPart(
        title=facts["title"],
        file=file,
        rows=facts["rows"],
        first=np.datetime64(facts["first"], "D"),
        last=np.datetime64(facts["last"], "D"),
        latest=np.datetime64(facts["latest"], "D"),
        findings=tuple(findings),
    )


def require_whole_series(parts: Sequence[CheckedPart]) -> None:
    """Refuse a series of which two parts hold rows: its history would be read in pieces.

    Raises
    ------
    DataError
        The message names the first such series and its parts, and how many there are.
    """
    keys, owners = [], []
    for place, part in enumerate(parts):  # 12 bytes a series: all that is held of all parts
        series = pd.read_parquet(part.file, columns=SERIES).drop_duplicates()
        keys.append(pd.util.hash_pandas_object(series, index=False).to_numpy())
        owners.append(np.full(len(series), place, dtype=np.int32))
    key, owner = np.concatenate(keys), np.concatenate(owners)
    order = np.argsort(key, kind="stable")
    twice = order[1:][key[order][1:] == key[order][:-1]]
    if len(twice):
        first = int(np.flatnonzero(key == key[twice[0]])[0])
        one, other = parts[owner[first]], parts[owner[twice[0]]]
        item_id, location_id = _first_in_both(one, other)
        raise DataError(
            f"each series must lie in one part; item {item_id!r} at {location_id!r} has rows in {one.title} and in "
            f"{other.title} ({len(twice)} series are split). Write the parts anew, divided by location_id or item_id."
        )


def _first_in_both(one: CheckedPart, other: CheckedPart) -> tuple[str, str]:
    series = [pd.read_parquet(part.file, columns=SERIES).drop_duplicates() for part in (one, other)]
    both = series[0].merge(series[1], on=SERIES).iloc[0]
    return str(both["item_id"]), str(both["location_id"])


def require_one_calendar(parts: Sequence[CheckedPart], frequency: Frequency) -> None:
    """Refuse parts whose weeks begin on different weekdays; days and months begin where they do.

    Raises
    ------
    DataError
        The message names two such parts.
    """
    if frequency is not Frequency.WEEKLY:
        return
    for part in parts[1:]:
        if int((part.first - parts[0].first).astype(np.int64)) % frequency.days:
            raise DataError(
                f"label each week by the same weekday in all parts; {parts[0].title} has {parts[0].first}, "
                f"{part.title} has {part.first}."
            )
