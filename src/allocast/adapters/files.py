"""Files that are either whole or not there."""

import os
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from allocast.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["require_table_name", "write_atomically", "write_table", "write_text"]

_TABLE_SUFFIXES = (".csv", ".parquet")


def write_atomically(path: Path, writer: Callable[[Path], None]) -> None:
    """Make a file that is whole from the moment it can be seen, whatever happens to this process.

    The writer fills a file of the same name in a hidden folder beside the target, which then takes the target's
    place. A process that is killed leaves the old file, or none, and its hidden folder, which the next writer of
    the same file removes.

    Parameters
    ----------
    path : Path
        Where the file goes; its folder is made where there is none.
    writer : callable
        Writes to the path it is given.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.{os.getpid()}.") as folder:
        unfinished = Path(folder) / path.name
        writer(unfinished)
        _flush(unfinished)
        unfinished.replace(path)
    _flush(path.parent)


def require_table_name(path: Path) -> None:
    """Refuse a file name that says neither CSV nor Parquet; before long work, not after it.

    Raises
    ------
    DataError
        The suffix is another one.
    """
    if path.suffix not in _TABLE_SUFFIXES:
        suffixes = " or ".join(_TABLE_SUFFIXES)
        raise DataError(f"a table is written as {suffixes}; {path} ends in {path.suffix!r}.")


def write_table(frame: "pd.DataFrame", path: Path) -> None:
    """Write a table atomically, as CSV or Parquet by its suffix; the same table gives the same bytes.

    Parameters
    ----------
    frame : DataFrame
        Its index is not written.
    path : Path
        Ends in ``.csv`` or ``.parquet``.

    Raises
    ------
    DataError
        The suffix is another one.
    """
    writers: dict[str, Callable[[Path], None]] = {
        ".csv": lambda unfinished: frame.to_csv(unfinished, index=False, lineterminator="\n"),
        ".parquet": lambda unfinished: frame.to_parquet(unfinished, index=False, engine="pyarrow"),
    }
    require_table_name(path)
    write_atomically(path, writers[path.suffix])


def write_text(path: Path, text: str) -> None:
    """Write a text atomically."""

    def writer(unfinished: Path) -> None:
        unfinished.write_text(text, encoding="utf-8")

    write_atomically(path, writer)


def _remove_leftovers(path: Path) -> None:
    """Remove the hidden folders of writers that are no longer alive."""
    name = re.compile(rf"\.{re.escape(path.name)}\.(\d+)\.\w+")
    for folder in path.parent.iterdir():
        match = name.fullmatch(folder.name)
        if match and not _is_alive(int(match[1])):
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)  # signal 0 asks and does nothing
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
