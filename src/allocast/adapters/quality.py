"""What was found wrong in the tables, and what was done about it by which rule."""

import textwrap
from dataclasses import astuple, dataclass, field, fields
from typing import Literal, get_args

import pandas as pd

from allocast.adapters.schemas import TableSchema
from allocast.errors import DataError, UnknownNameError
from allocast.numerics.arrays import BoolArray

__all__ = ["Action", "Finding", "Inspection", "QualityReport", "RepairRules"]

Action = Literal["refused", "repaired", "kept", "set_aside", "hidden"]
_PLACES = 3
_WIDTH = 110
_IN = " " * 4


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairRules:
    """What is done about each kind of fault; by default whatever would change a decision is refused.

    Rows in the wrong order need no rule: they are sorted, and the report says so. Dates off the weekly grid
    and numbers outside their range have no safe repair and are always refused. ``set_aside`` moves rows out
    of the table into ``Tables.set_aside``.

    Parameters
    ----------
    missing : {"refuse", "set_aside"}
        A row without a value in a required column (demand without units falls under ``gaps``).
    duplicates : {"refuse", "sum", "last"}
        Rows with the same key. ``sum`` adds the units of demand rows (in stock only if each was; of other
        columns the last value stays) and refuses duplicates elsewhere; ``last`` keeps the last row and sets
        the others aside.
    negative_units : {"refuse", "zero", "unobserved"}
        Units below zero. ``unobserved`` makes a demand period unobserved and refuses negative units of
        other tables.
    fractional_units : {"refuse", "round", "keep"}
        Units that are not whole; ``round`` rounds half to even.
    gaps : {"refuse", "zero", "unobserved"}
        A period without a demand row, or without units in it, between a series' first and last date:
        nothing was wanted (``zero``), or nobody knows (``unobserved``: units empty, out of stock).
    unknown_ids : {"refuse", "keep", "set_aside"}
        An id that the table describing such ids does not know (only if that table is there).
    receipt_before_order : {"refuse", "set_aside"}
        A purchase order received or cancelled before it was ordered.
    over_received : {"expect", "keep", "refuse"}
        A purchase order with more units received than ordered: with ``expect`` only what is more than twice the
        order is reported, ``keep`` reports each, and ``refuse`` says that your source has no over-deliveries.

    Raises
    ------
    UnknownNameError
        A rule is none of its words.
    """

    missing: Literal["refuse", "set_aside"] = "refuse"
    duplicates: Literal["refuse", "sum", "last"] = "refuse"
    negative_units: Literal["refuse", "zero", "unobserved"] = "refuse"
    fractional_units: Literal["refuse", "round", "keep"] = "refuse"
    gaps: Literal["refuse", "zero", "unobserved"] = "refuse"
    unknown_ids: Literal["refuse", "keep", "set_aside"] = "refuse"
    receipt_before_order: Literal["refuse", "set_aside"] = "refuse"
    over_received: Literal["expect", "keep", "refuse"] = "expect"

    def __post_init__(self) -> None:
        for rule in fields(self):
            word = getattr(self, rule.name)
            if word not in get_args(rule.type):
                raise UnknownNameError(f"word for the rule {rule.name}", word, get_args(rule.type))


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One kind of fault in one table: where, how often, what was done.

    Parameters
    ----------
    table, check, column : str
        ``column`` lists several with commas.
    rows : int, >= 1
        Rows affected.
    first_places : tuple of str
        The first few of them: row number (from 1) and key.
    action : {"refused", "repaired", "kept", "set_aside", "hidden"}
        ``hidden`` rows became known only after the day as of which the tables were read.
    done : str
        The rule applied, or for a refusal what to do.
    """

    table: str
    check: str
    column: str
    rows: int
    first_places: tuple[str, ...]
    action: Action
    done: str

    def __str__(self) -> str:
        places = "; ".join(self.first_places)
        return f"{self.table}.{self.column}: {self.check}, {self.rows} rows, first {places}. {self.done}."


@dataclass(frozen=True, slots=True)
class QualityReport:
    """All findings of one reading, in the order they were made.

    Examples
    --------
    >>> found = Finding(table="stock", check="negative units", column="on_hand", rows=1,
    ...                 first_places=("row 7",), action="repaired", done="set to 0")
    >>> report = QualityReport((found,))
    >>> report.refused
    ()
    >>> report.raise_if_refused()
    """

    findings: tuple[Finding, ...] = ()

    def __add__(self, other: "QualityReport") -> "QualityReport":
        return QualityReport(self.findings + other.findings)

    @property
    def refused(self) -> tuple[Finding, ...]:
        """The findings that make the tables unusable."""
        return tuple(finding for finding in self.findings if finding.action == "refused")

    def raise_if_refused(self) -> None:
        """Stop unless everything found was repaired, set aside or kept by a rule.

        Raises
        ------
        DataError
            At least one finding is a refusal; the message has one line for each.
        """
        if self.refused:
            raise DataError("\n".join(["these tables cannot be used as they are:", *map(str, self.refused)]))

    def to_frame(self) -> pd.DataFrame:
        """One row a finding, with its fields as columns; the first places are joined to one text."""
        frame = pd.DataFrame([astuple(finding) for finding in self.findings], columns=_FIELDS)
        return frame.assign(first_places=["; ".join(finding.first_places) for finding in self.findings])

    def __str__(self) -> str:
        if not self.findings:
            return "data quality: nothing found"
        rows = [("table", "check", "column", "rows", "action")]
        rows += [(f.table, f.check, f.column, f"{f.rows:,}", f.action) for f in self.findings]
        widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
        heads = ["  ".join(map(str.ljust, cells, widths)).rstrip() for cells in rows]
        said = ["", *(f"{f.done}; first {'; '.join(f.first_places)}" for f in self.findings)]
        wrapped = [textwrap.wrap(text, _WIDTH, initial_indent=_IN, subsequent_indent=_IN) for text in said]
        return "\n".join(line for head, below in zip(heads, wrapped, strict=True) for line in (head, *below))


_FIELDS = [entry.name for entry in fields(Finding)]


@dataclass(slots=True)
class Inspection:
    """One table on the bench: the frame as repaired so far, what was found, what was set aside.

    The frame's index numbers the rows as they came (from 0), whatever is taken out meanwhile.
    """

    schema: TableSchema
    frame: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)
    aside: dict[str, pd.DataFrame] = field(default_factory=dict)

    def note(self, mask: BoolArray, check: str, column: str, action: Action, done: str) -> None:
        """Record that these rows (shape (n_rows,)) have a fault; nothing is recorded where none has."""
        first = self.frame[mask].head(_PLACES)
        places = [f"row {row + 1} ({key})" for row, key in zip(first.index, self._keys(first), strict=True)]
        self._record(int(mask.sum()), places, check, column, action, done)

    def note_absent(self, keys: pd.DataFrame, check: str, column: str, action: Action, done: str) -> None:
        """Record that rows with these keys should be there and are not."""
        self._record(len(keys), self._keys(keys.head(_PLACES)), check, column, action, done)

    def _record(
        self, rows: int, places: list[str], check: str, column: str, action: Action, done: str
    ) -> None:
        if rows:
            found = Finding(
                table=self.schema.name,
                check=check,
                column=column,
                rows=rows,
                first_places=tuple(places),
                action=action,
                done=done,
            )
            self.findings.append(found)

    def set_aside(self, mask: BoolArray, check: str, column: str, why: str) -> None:
        """Record these rows and move them out of the table."""
        self.note(mask, check, column, "set_aside", why)
        if mask.any():
            name = f"{self.schema.name}.{check.replace(' ', '_')}"
            rows = self.frame[mask]
            self.aside[name] = pd.concat([self.aside[name], rows]) if name in self.aside else rows
            self.frame = self.frame[~mask]

    def _keys(self, rows: pd.DataFrame) -> list[str]:
        """The rows' keys in words."""
        columns = [rows[name].astype("str").fillna("empty") for name in self.schema.key]
        return [" ".join(parts) for parts in zip(*columns, strict=True)]
