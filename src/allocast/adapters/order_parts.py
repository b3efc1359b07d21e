"""Purchase orders brought as a folder of Parquet parts: checked one part at a time, read again by supplier."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray

from allocast.adapters.assemble_orders import purchase_orders
from allocast.adapters.job_settings import DataSettings, TablesData
from allocast.adapters.parts_job import digest_of_files, file_of, part_files, parts_folder
from allocast.adapters.quality import Finding, QualityReport, RepairRules
from allocast.adapters.schemas import schema_of
from allocast.adapters.table_files import digest, read_table
from allocast.adapters.tables import Tables, check_tables, read_tables
from allocast.demand.calendar import Frequency
from allocast.errors import DataError
from allocast.numerics.arrays import TextArray
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.orders.waiting import first_day_of_data

__all__ = [
    "OrderFacts", "OrderPart", "OrderParts", "check_order_part", "check_receipts_part", "data_begin", "order_parts",
    "read_order_facts", "read_supplier_group", "require_known_receipts", "require_lines_once",
]  # fmt: skip

BESIDE = ("items", "locations", "sourcing")
OWN = ("purchase_orders", "receipts")
WHEN = ("ordered_on", "received_on", "cancelled_on", "units_ordered", "units_received")
GROUP = "supplier_group"
GROUP_ROWS = 250_000  # order lines of some suppliers that are read together


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderParts:
    """A table of purchase orders in parts, and the tables beside it.

    The orders of a supplier lie in any parts; suppliers are put into groups, and what is known of a supplier is read
    from all parts with its group.

    Parameters
    ----------
    folder : Path
    files : tuple of Path
        The parts, in the order of their names.
    n_groups : int
        Of suppliers.
    rename : dict of str to str
        The source's own column names, each with ours.
    rules : RepairRules
    frequency : Frequency
        Of demand, where the job has any; else days.
    has_demand : bool
    beside : Tables
        ``items``, ``locations`` and ``sourcing``, checked, and ``receipts`` as brought; those that were brought.
    report : QualityReport
        What was found in the tables beside.
    """

    folder: Path
    files: tuple[Path, ...]
    n_groups: int
    rename: dict[str, str]
    rules: RepairRules
    frequency: Frequency
    has_demand: bool
    beside: Tables
    report: QualityReport

    def digest(self) -> str:
        """Fingerprint of the bytes of every part with its name, of the tables beside and of how they are read."""
        seen = hashlib.sha256(repr((self.rename, self.rules, self.n_groups)).encode())
        seen.update(digest_of_files(self.folder, self.files).encode())
        for name, table in self.beside.present.items():
            seen.update(f"{name} {digest(table)}\n".encode())
        return seen.hexdigest()

    def parts(self) -> list["OrderPart"]:
        """The parts, each with all that it takes to read and check it."""
        return [
            OrderPart(name=f"part-{place:05d}", file=file, title=str(file.relative_to(self.folder)), of=self)
            for place, file in enumerate(self.files)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPart:
    """One file of the table; as a shard it is to be read, checked and written in our names and types."""

    name: str
    file: Path
    title: str
    of: OrderParts


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """What is known of a part that was checked: its name, its repaired rows, their last day, what was found."""

    title: str
    file: Path
    rows: int
    last: np.datetime64
    findings: tuple[Finding, ...]


def order_parts(settings: DataSettings) -> OrderParts | None:
    """The parts, where a job's settings say that its purchase orders are a folder of them; else None.

    Raises
    ------
    DataError
        The folder holds no Parquet file, or a table beside it cannot be used.
    """
    folder = parts_folder(settings, "purchase_orders")
    if folder is None or not isinstance(settings, TablesData):
        return None
    files = part_files(folder, "purchase orders")
    wanted = {name: file_of(settings, name) for name in (*BESIDE, "receipts", "demand")}
    found = {name: file for name, file in wanted.items() if file}
    has_demand = found.pop("demand", None) is not None
    read = read_tables(settings.root, found, {n: settings.rename[n] for n in found if n in settings.rename})
    beside, report = check_tables(replace(read, receipts=None), settings.repair, settings.frequency)
    report.raise_if_refused()
    n_rows = sum(pq.read_metadata(file).num_rows for file in files)
    return OrderParts(
        folder=folder,
        files=files,
        n_groups=max(1, -(-n_rows // GROUP_ROWS)),
        rename=settings.rename.get("purchase_orders", {}),
        rules=settings.repair,
        frequency=settings.frequency if has_demand else Frequency.DAILY,
        has_demand=has_demand,
        beside=replace(beside, receipts=read.receipts),
        report=report,
    )


def check_order_part(part: OrderPart) -> pd.DataFrame:
    """The order lines of a part as repaired by the rules, with the group of their supplier; facts in ``attrs``."""
    tables, report = _checked(part)
    orders = _with_group(tables.require("purchase_orders"), part.of.n_groups)
    days = [orders[name] for name in ("ordered_on", "received_on", "cancelled_on") if name in orders]
    days += [tables.receipts["received_on"]] if tables.receipts is not None else []
    last = pd.concat(days).max() if len(orders) else pd.NaT
    orders.attrs = {
        "title": part.title,
        "rows": len(orders),
        "last": "NaT" if pd.isna(last) else str(last)[:10],
        "findings": [asdict(found) for found in report.findings if found.table in OWN],
    }
    return orders


def check_receipts_part(part: OrderPart) -> pd.DataFrame:
    """The receipts of the order lines of a part as repaired by the rules, with the group of their supplier."""
    tables, _ = _checked(part)
    receipts = tables.require("receipts")
    suppliers = tables.require("purchase_orders").set_index("order_line_id")["supplier_id"]
    known = receipts.assign(supplier_id=receipts["order_line_id"].map(suppliers))
    return _with_group(known, part.of.n_groups).drop(columns="supplier_id")


def _checked(part: OrderPart) -> tuple[Tables, QualityReport]:
    of = part.of
    orders = read_table(part.file, schema_of("purchase_orders"), of.rename)
    tables = replace(of.beside, purchase_orders=orders, receipts=None)
    if of.beside.receipts is not None:
        own = of.beside.receipts["order_line_id"].isin(orders["order_line_id"])
        tables = replace(tables, receipts=of.beside.receipts[own].reset_index(drop=True))
    return check_tables(tables, of.rules, of.frequency)


def _with_group(table: pd.DataFrame, n_groups: int) -> pd.DataFrame:
    names = table["supplier_id"].fillna("").astype(str).to_numpy(object)
    return table.assign(**{GROUP: (pd.util.hash_array(names) % np.uint64(n_groups)).astype(np.int64)})


def read_order_facts(file: Path) -> OrderFacts:
    """What ``check_order_part`` wrote about a part, without reading its rows."""
    facts: dict[str, Any] = pd.read_parquet(file, columns=[]).attrs
    findings = [
        Finding(**{**each, "first_places": tuple(each["first_places"])}) for each in facts["findings"]
    ]
    return OrderFacts(
        title=facts["title"],
        file=file,
        rows=facts["rows"],
        last=np.datetime64(facts["last"], "D"),
        findings=tuple(findings),
    )


def require_lines_once(parts: Sequence[OrderFacts]) -> None:
    """Refuse an order line of which two parts hold a row.

    Raises
    ------
    DataError
        The message names the first such line and its parts, and how many there are.
    """
    key = np.concatenate([*map(_line_keys, parts), np.empty(0, dtype=np.uint64)])  # 8 bytes a line
    order = np.argsort(key, kind="stable")
    twice = order[1:][key[order][1:] == key[order][:-1]]
    if len(twice):
        wanted = key[twice.min()]
        holders = [part for part in parts if (_line_keys(part) == wanted).any()]
        line = _line_ids(holders[0])[_line_keys(holders[0]) == wanted][0]
        titles = " and in ".join(part.title for part in holders)
        raise DataError(
            f"each order line must lie in one part; {line!r} has rows in {titles} "
            f"({len(twice)} lines are repeated). Keep the latest row of each line."
        )


def require_known_receipts(parts: Sequence[OrderFacts], of: OrderParts) -> None:
    """Refuse receipts of order lines that are in no part, unless the rules keep them or set them aside.

    Raises
    ------
    DataError
        The message names the first such receipt, and how many there are.
    """
    receipts = of.beside.receipts
    if receipts is None or of.rules.unknown_ids != "refuse":
        return
    lines = receipts["order_line_id"].to_numpy(object)
    known = np.concatenate([*map(_line_keys, parts), np.empty(0, dtype=np.uint64)])
    unknown = ~np.isin(pd.util.hash_array(lines), known)
    if unknown.any():
        raise DataError(
            f"receipts must belong to an order line of some part; row {int(np.argmax(unknown))} is of "
            f"{lines[np.argmax(unknown)]!r}, which is in none ({int(unknown.sum())} receipts affected). Bring "
            "the lines, or set the rule unknown_ids to keep or set_aside."
        )


def _line_ids(part: OrderFacts) -> TextArray:
    ids: TextArray = pd.read_parquet(part.file, columns=["order_line_id"])["order_line_id"].to_numpy(object)
    return ids


def _line_keys(part: OrderFacts) -> NDArray[np.uint64]:
    keys: NDArray[np.uint64] = pd.util.hash_array(_line_ids(part))
    return keys


def data_begin(orders: Sequence[Path], receipts: Sequence[Path], as_of: np.datetime64) -> np.datetime64:
    """The first day of which the whole book has receipts, as it is seen on a day; from its days and units alone."""
    wanted = (*WHEN, "order_line_id") if receipts else WHEN
    days = [pd.read_parquet(file, columns=_there(file, wanted)) for file in orders]
    whole = pd.concat([part for part in days if len(part)] or days[:1], ignore_index=True)
    came = [pd.read_parquet(file, columns=["order_line_id", "received_on", "units"]) for file in receipts]
    tables = Tables(purchase_orders=whole, receipts=pd.concat(came, ignore_index=True) if came else None)
    return first_day_of_data(purchase_orders(tables).known_at(as_of), as_of)


def _there(file: Path, columns: Sequence[str]) -> list[str]:
    names = pq.read_schema(file).names
    return [name for name in columns if name in names]


def read_supplier_group(
    orders: Sequence[Path], receipts: Sequence[Path], group: int, beside: Tables
) -> tuple[PurchaseOrders, Tables]:
    """The order book of a group of suppliers, from all parts, and its tables."""
    lines = _of_group(orders, group).sort_values("order_line_id", kind="stable", ignore_index=True)
    tables = replace(beside, purchase_orders=lines, receipts=_of_group(receipts, group) if receipts else None)
    return purchase_orders(tables), tables


def _of_group(files: Sequence[Path], group: int) -> pd.DataFrame:
    rows = [pd.read_parquet(file, filters=[(GROUP, "==", group)]) for file in files]
    for part in rows:
        part.attrs = {}  # what was found in the part is of no concern here
    filled = [part for part in rows if len(part)] or rows[:1]
    return pd.concat(filled, ignore_index=True).drop(columns=GROUP)
