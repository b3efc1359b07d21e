"""Sums over groups of series as tables: each shard writes its own, and reads those of its groups over all shards."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from allocast.adapters.files import write_table
from allocast.forecast.features import GroupTotals

__all__ = ["merge_totals", "read_totals", "totals_table"]


def totals_table(totals: GroupTotals) -> pd.DataFrame:
    """One row a column and value; sums are kept as their bytes, since a digit lost would change forecasts."""
    rows = [
        {"column": column, "value": value, "sums": totals.sums[column][:, place].tobytes()}
        for column, values in totals.values.items()
        for place, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=["column", "value", "sums"])


def read_totals(file: Path, values: Sequence[str] | None = None) -> GroupTotals:
    """The sums in a file; of some values only, which is all that is then held in memory.

    Parameters
    ----------
    file : Path
    values : sequence of str, optional
        Values of any of the columns.
    """
    chosen = None if values is None else [("value", "in", list(values))]
    rows = pd.read_parquet(file, filters=chosen)
    found, sums = {}, {}
    for column, own in rows.groupby("column", sort=True):
        found[str(column)] = tuple(map(str, own["value"]))
        each = [np.frombuffer(content, dtype=np.float64).reshape(2, -1) for content in own["sums"]]
        sums[str(column)] = np.stack(each, axis=1)
    return GroupTotals(values=found, sums=sums)


def merge_totals(files: Iterable[Path], out: Path) -> Path:
    """The sums of all files together, in one; no number depends on the order of the files."""
    total = GroupTotals(values={}, sums={})
    for file in files:
        total = total + read_totals(file)
    write_table(totals_table(total), out)
    return out
