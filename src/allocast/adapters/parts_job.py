"""What jobs over a table in parts have in common: which files are parts, what identifies a job, how it is delivered."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from allocast.adapters.delivery import deliver_file, deliver_folder
from allocast.adapters.job_settings import DataSettings, TablesData
from allocast.adapters.quality import Finding, QualityReport
from allocast.errors import DataError

__all__ = [
    "deliver_parts",
    "digest_of",
    "digest_of_files",
    "file_of",
    "part_files",
    "parts_folder",
    "together",
]


PLACES = 3


class Checked(Protocol):
    """A part that was checked."""

    @property
    def title(self) -> str:
        """Its file's name below the folder."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found in it."""


def digest_of(*texts: str) -> str:
    """One fingerprint of several texts."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def digest_of_files(folder: Path, files: Iterable[Path]) -> str:
    """Fingerprint of the bytes of every file with its name."""
    seen = hashlib.sha256()
    for file in files:
        with file.open("rb") as content:
            own = hashlib.file_digest(content, "sha256").hexdigest()
        seen.update(f"{file.relative_to(folder)} {own}\n".encode())
    return seen.hexdigest()


def parts_folder(settings: DataSettings, table: str) -> Path | None:
    """The folder of a table's parts, where a job's settings say that it is one; else None."""
    if not isinstance(settings, TablesData):
        return None
    folder = settings.root / settings.files.get(table, table)
    one_file = any((settings.root / f"{table}{suffix}").exists() for suffix in (".csv", ".parquet"))
    named = table in settings.files or (not settings.files and not one_file)
    return folder if named and folder.is_dir() else None


def part_files(folder: Path, table: str) -> tuple[Path, ...]:
    """The parts, in the order of their names.

    Raises
    ------
    DataError
        There is none.
    """
    files = sorted(file for file in folder.rglob("*.parquet") if not _is_hidden(file.relative_to(folder)))
    if not files:
        raise DataError(f"{folder} should hold the {table} as Parquet parts, and holds no .parquet file.")
    return tuple(files)


def _is_hidden(path: Path) -> bool:
    """What begins with a dot or an underscore is no part: notes, and files that are being written."""
    return any(piece.startswith((".", "_")) for piece in path.parts)


def file_of(settings: TablesData, table: str) -> str:
    """The file or folder of a table beside the parts, below the root; empty where it was not brought."""
    if settings.files:
        return settings.files.get(table, "")
    there = (file for file in (f"{table}.parquet", f"{table}.csv", table) if (settings.root / file).exists())
    return next(there, "")


def together(rows: Sequence[int], most: int) -> list[list[int]]:
    """Parts one after the other, as many as make up to so many rows, at least one."""
    groups: list[list[int]] = []
    size = 0
    for place, count in enumerate(rows):
        if not groups or size + count > most:
            groups.append([])
            size = 0
        groups[-1].append(place)
        size += count
    return groups


def quality_of_parts(parts: Sequence[Checked]) -> QualityReport:
    """What was found in all parts: rows summed over them, the first places with their part's name."""
    kinds: dict[tuple[str, ...], list[tuple[str, Finding]]] = {}
    for part in parts:
        for found in part.findings:
            key = (found.check, found.column, found.action, found.done)
            kinds.setdefault(key, []).append((part.title, found))
    return QualityReport(tuple(_summed(found) for found in kinds.values()))


def _summed(found: list[tuple[str, Finding]]) -> Finding:
    places = [f"{title} {place}" for title, finding in found for place in finding.first_places]
    rows = sum(finding.rows for _, finding in found)
    done = f"{found[0][1].done} ({len(found)} parts)"
    return replace(found[0][1], rows=rows, first_places=tuple(places[:PLACES]), done=done)


def deliver_parts(files: Sequence[Path], out: Path, note: Mapping[str, Any]) -> None:
    """Hand finished parts over, as one file or as a folder with a note of what they are."""
    if out.suffix:
        deliver_file(files, out)
    else:
        deliver_folder(files[0].parent, out, note)
