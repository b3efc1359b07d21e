"""Calibrations as tables, CSV or Parquet."""

from pathlib import Path

import pandas as pd

from allocast.adapters.files import require_table_name
from allocast.errors import DataError
from allocast.inventory.segments.calibration import CALIBRATION, FIGURES, require_calibration

__all__ = ["read_calibration"]

NUMBERS = ["cycle_service_level", "fill_rate", "largest_cover_periods", *FIGURES]


def read_calibration(path: Path) -> pd.DataFrame:
    """A calibration as it was written: ids and days as text.

    Raises
    ------
    DataError
        There is no such file, or it is no calibration.
    """
    require_table_name(path)
    if not path.exists():
        raise DataError(f"there is no calibration {path}; write one with: allocast policy recalibrate")
    if path.suffix == ".parquet":
        table = pd.read_parquet(path)
    else:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        numbers = {name: pd.to_numeric(table[name], errors="coerce") for name in NUMBERS if name in table}
        table = table.assign(**numbers)
        if "stocked" in table:
            table["stocked"] = table["stocked"] == "True"
    require_calibration(table)
    return table[CALIBRATION]
