"""A table that was made in parts, handed over whole: as one file, or as a folder of parts."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from allocast.adapters.engine import MANIFEST
from allocast.adapters.files import require_table_name, write_atomically, write_text
from allocast.errors import AllocastError, DataError

__all__ = ["deliver_file", "deliver_folder", "require_output", "workplace"]

NOTE = "_made_by_allocast.json"  # a name that begins with "_" is no part to whoever reads the folder


def require_output(out: Path) -> None:
    """Refuse an output that cannot be written; before long work, not after it.

    Raises
    ------
    DataError
        It is a file name that is neither CSV nor Parquet, or a folder with anything but an earlier result in it.
    """
    if out.suffix or out.is_file():
        require_table_name(out)
    elif out.is_dir() and any(out.iterdir()) and not (out / NOTE).exists():
        raise DataError(
            f"{out} holds files that no forecast wrote (there is no {NOTE}). Name a new or an empty folder."
        )


@contextmanager
def workplace(out: Path, digest: str) -> Iterator[Path]:
    """A hidden folder beside the output to work in, kept if the work is interrupted, removed when it is done.

    What was left there by a job with another digest is removed: it can be of no more use. An earlier result that a
    job killed while it delivered had put aside gets its name back.

    Parameters
    ----------
    out : Path
    digest : str
        Of all that the work depends on.

    Raises
    ------
    AllocastError
        Another process is working on the same output.
    """
    place = out.parent / f".{out.name}.work"
    place.mkdir(parents=True, exist_ok=True)
    own = place / digest[:16]
    try:
        with FileLock(place / "lock", timeout=0):
            _put_back(out)
            for other in place.iterdir():
                if other.is_dir() and other != own:
                    _remove(other)
            yield own
            _remove(own)
            shutil.rmtree(place)
    except Timeout as error:
        raise AllocastError(
            f"another process is writing {out}; wait for it, or name another --out."
        ) from error


def deliver_file(parts: Sequence[Path], out: Path) -> None:
    """Put parts, one after the other, into one CSV or Parquet file, which appears whole.

    One part is held in memory at a time.
    """
    writer = _to_csv if out.suffix == ".csv" else _to_parquet
    write_atomically(out, lambda unfinished: writer(parts, unfinished))


def _to_csv(parts: Sequence[Path], out: Path) -> None:
    with out.open("w", encoding="utf-8", newline="") as text:
        for place, part in enumerate(parts):
            pd.read_parquet(part).to_csv(text, index=False, header=place == 0, lineterminator="\n")


def _to_parquet(parts: Sequence[Path], out: Path) -> None:
    schema = pa.unify_schemas([pq.read_schema(part).remove_metadata() for part in parts])
    with pq.ParquetWriter(out, schema) as writer:
        for part in parts:
            writer.write_table(pq.read_table(part).cast(schema))


def deliver_folder(folder: Path, out: Path, note: Mapping[str, Any]) -> None:
    """Give a folder of finished parts its final name, in place of an earlier result.

    A reader finds the earlier parts or the new ones, never some of each. Between the two there is for a moment no
    folder; killed there, the job is to be run again: `workplace` then puts the earlier parts back, and finds all new
    ones finished.

    Parameters
    ----------
    folder : Path
        On the same file system as ``out``.
    out : Path
    note : mapping
        What the parts are, for whoever finds them; written as JSON beside them.
    """
    write_text(folder / NOTE, json.dumps(note, indent=1) + "\n")
    out.parent.mkdir(parents=True, exist_ok=True)
    _remove(_before(out))
    if out.exists():
        out.rename(_before(out))
    try:
        folder.rename(out)
    except BaseException:
        _put_back(out)
        raise
    (out / MANIFEST).unlink(missing_ok=True)
    _remove(_before(out))


def _before(out: Path) -> Path:
    """Where an earlier result is while the new one takes its name."""
    return out.with_name(f".{out.name}.before")


def _put_back(out: Path) -> None:
    """Give an earlier result its name back where no new one has taken it."""
    if _before(out).exists() and not out.exists():
        _before(out).rename(out)


def _remove(folder: Path) -> None:
    """Remove a folder, if it is there, such that nobody finds half of it under its name."""
    gone = folder.with_name(f"{folder.name}.gone")
    shutil.rmtree(gone, ignore_errors=True)
    if folder.exists():
        folder.rename(gone)
        shutil.rmtree(gone)
