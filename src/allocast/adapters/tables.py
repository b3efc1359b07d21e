"""The tables of one job together: read, checked, written."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from allocast.adapters.files import write_table
from allocast.adapters.order_checks import (
    check_cancellations,
    check_open_orders,
    check_order_dates,
    check_promises_met,
    check_receipts,
    check_received_units,
)
from allocast.adapters.quality import Inspection, QualityReport, RepairRules
from allocast.adapters.schemas import SCHEMAS, TableSchema, schema_of
from allocast.adapters.series_checks import check_date_order, check_gaps, check_grid
from allocast.adapters.table_checks import (
    check_duplicates,
    check_known_ids,
    check_missing,
    check_ranges,
    check_whole_units,
    sort_by_key,
)
from allocast.adapters.table_files import conform, digest, read_table
from allocast.demand.calendar import Frequency
from allocast.errors import DataError

__all__ = ["Tables", "check_tables", "read_tables", "write_tables"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tables:
    """What a job is given: each table that was brought, and the rows that were taken out of them.

    Parameters
    ----------
    demand, items, locations, sourcing, suppliers, purchase_orders, receipts, stock, approved, calendar, lanes, \
            emission_factors : DataFrame, optional
        With the columns of ``schemas``; ``None`` where the table was not brought.
    set_aside : mapping of str to DataFrame
        Rows left out of the tables, each kind under the name of its reason.
    """

    demand: pd.DataFrame | None = None
    items: pd.DataFrame | None = None
    locations: pd.DataFrame | None = None
    sourcing: pd.DataFrame | None = None
    suppliers: pd.DataFrame | None = None
    purchase_orders: pd.DataFrame | None = None
    receipts: pd.DataFrame | None = None
    stock: pd.DataFrame | None = None
    approved: pd.DataFrame | None = None
    calendar: pd.DataFrame | None = None
    lanes: pd.DataFrame | None = None
    emission_factors: pd.DataFrame | None = None
    set_aside: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def present(self) -> dict[str, pd.DataFrame]:
        """The tables that were brought, by name."""
        tables = {schema.name: getattr(self, schema.name) for schema in SCHEMAS}
        return {name: table for name, table in tables.items() if table is not None}

    @property
    def digests(self) -> dict[str, str]:
        """The fingerprint of each table that was brought."""
        return {name: digest(table) for name, table in self.present.items()}

    def require(self, name: str) -> pd.DataFrame:
        """The table of this name.

        Raises
        ------
        DataError
            It was not brought.
        UnknownNameError
            There is no such kind of table.
        """
        schema = schema_of(name)
        if name not in self.present:
            raise DataError(
                f"this job needs the table {name} (columns {', '.join(schema.required)}); "
                f"brought were {', '.join(self.present) or 'none'}."
            )
        return self.present[name]


def read_tables(
    root: Path, files: Mapping[str, str], rename: Mapping[str, Mapping[str, str]] | None = None
) -> Tables:
    """The tables in a folder.

    Parameters
    ----------
    root : Path
    files : mapping of str to str
        Each table's name and its path below ``root``: a CSV or Parquet file, or a folder of Parquet parts.
    rename : mapping of str to mapping, optional
        For a table, the source's own column names, each with ours.

    Raises
    ------
    DataError
        Tables cannot be read; the message has what is wrong with each of them.
    UnknownNameError
        There is no such table, or no such column to rename.
    """
    rename = rename or {}
    schemas = {name: schema_of(name) for name in (*files, *rename)}
    read: dict[str, Any] = {}
    mistakes = []
    for name, file in files.items():
        try:
            read[name] = read_table(Path(root) / file, schemas[name], rename.get(name))
        except DataError as error:
            mistakes.append(str(error))
    if mistakes:
        raise DataError("\n".join(mistakes))
    return Tables(**read)


def check_tables(
    tables: Tables, rules: RepairRules | None = None, frequency: Frequency = Frequency.WEEKLY
) -> tuple[Tables, QualityReport]:
    """The tables as repaired by the rules and sorted by their keys, and the report of all that was found.

    A refused fault stays in the tables: call the report's ``raise_if_refused`` before using them. Checking
    checked tables again changes nothing.

    Parameters
    ----------
    tables : Tables
    rules : RepairRules, optional
        By default all faults that change a decision are refused.
    frequency : Frequency
        Whether demand has a row a day or a row a week.

    Returns
    -------
    tables : Tables
        What the rules set aside is under ``table.check`` in ``set_aside``.
    report : QualityReport

    Raises
    ------
    DataError
        A table lacks a required column, or a value has not the column's type.
    """
    rules = rules or RepairRules()
    frames = {
        name: conform(table, schema_of(name), source=f"table {name}")
        for name, table in tables.present.items()
    }
    inspections = [_inspect(schema, frames, rules, frequency) for schema in SCHEMAS if schema.name in frames]
    checked = {inspection.schema.name: inspection.frame for inspection in inspections}
    aside = {name: rows for inspection in inspections for name, rows in inspection.aside.items()}
    report = QualityReport(tuple(finding for inspection in inspections for finding in inspection.findings))
    return replace(tables, **checked, set_aside={**tables.set_aside, **aside}), report


def _inspect(
    schema: TableSchema, frames: Mapping[str, pd.DataFrame], rules: RepairRules, frequency: Frequency
) -> Inspection:
    """All checks of one table; gaps come last, as taking rows out makes gaps."""
    inspection = Inspection(schema, frames[schema.name])
    check_missing(inspection, rules)
    check_known_ids(inspection, rules, frames)
    check_ranges(inspection, rules)
    check_whole_units(inspection, rules)
    if not schema.repeats:
        check_duplicates(inspection, rules)
    if schema.name == "purchase_orders":
        check_order_dates(inspection, rules)
        check_received_units(inspection, rules)
        check_cancellations(inspection)
        check_promises_met(inspection)
        check_open_orders(inspection, frames)
    if schema.name == "receipts":
        check_receipts(inspection, rules, frames)
    if schema.name == "demand":
        check_grid(inspection, frequency)
        check_date_order(inspection)
        check_gaps(inspection, rules, frequency)
    sort_by_key(inspection)
    return inspection


def write_tables(
    tables: Tables, folder: Path, format: Literal["parquet", "csv"] = "parquet"
) -> dict[str, Path]:
    """Write each table to ``folder`` under its own name, rows set aside below ``set_aside``.

    Each file is there whole or not at all.

    Returns
    -------
    paths : dict of str to Path
        Where each table is.
    """
    paths = {name: Path(folder) / f"{name}.{format}" for name in tables.present}
    for name, path in paths.items():
        write_table(tables.present[name], path)
    for name, rows in tables.set_aside.items():
        write_table(rows, Path(folder) / "set_aside" / f"{name}.{format}")
    return paths
