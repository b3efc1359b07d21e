"""Who moved which alias of a model, when, why and on what evidence: MLflow forgets where an alias pointed before."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from allocast.errors import DataError

__all__ = ["AliasHistory", "Moves", "utc_text"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS alias_history (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, name TEXT NOT NULL, alias TEXT NOT NULL,
    from_version INTEGER, to_version INTEGER, actor TEXT NOT NULL, reason TEXT NOT NULL,
    evidence TEXT NOT NULL, moved_outside INTEGER NOT NULL);
CREATE TRIGGER IF NOT EXISTS alias_history_keeps_rows BEFORE DELETE ON alias_history
    BEGIN SELECT RAISE(ABORT, 'the alias history is append-only'); END;
CREATE TRIGGER IF NOT EXISTS alias_history_keeps_values BEFORE UPDATE ON alias_history
    BEGIN SELECT RAISE(ABORT, 'the alias history is append-only'); END;
"""
_COLUMNS = ("at", "alias", "from_version", "to_version", "actor", "reason", "evidence", "moved_outside")
_ADD = f"INSERT INTO alias_history (name, {', '.join(_COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_READ = f"SELECT {', '.join(_COLUMNS)} FROM alias_history WHERE name = ? ORDER BY id"


@dataclass(frozen=True, slots=True)
class AliasHistory:
    """The moves of all models of one store, in ``alias_history.db`` of its folder; nothing in it can be changed."""

    folder: Path

    @contextmanager
    def transaction(self, name: str) -> Iterator["Moves"]:
        """The moves of one model's aliases, while nobody else can write."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "alias_history.db"
        with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as connection:
            connection.executescript(_SCHEMA)
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                yield Moves(connection, name)


@dataclass(frozen=True, slots=True)
class Moves:
    """The moves of one model's aliases, within a transaction."""

    connection: sqlite3.Connection
    name: str

    def table(self) -> pd.DataFrame:
        """All moves, oldest first."""
        rows = self.connection.execute(_READ, (self.name,)).fetchall()
        moves = pd.DataFrame(rows, columns=_COLUMNS)
        moves["evidence"] = [json.loads(text) for text in moves["evidence"]]
        moves["at"] = pd.to_datetime(moves["at"], utc=True, format="ISO8601")
        return moves.astype({"from_version": "Int64", "to_version": "Int64", "moved_outside": bool})

    def add(
        self,
        at: str,
        alias: str,
        before: int | None,
        after: int | None,
        *,
        actor: str,
        reason: str,
        evidence: Mapping[str, float],
        moved_outside: bool = False,
    ) -> None:
        """Remember a move from one version to another; None is no version."""
        figures = json.dumps({figure: float(value) for figure, value in evidence.items()})
        values = (self.name, at, alias, before, after, actor, reason, figures, moved_outside)
        self.connection.execute(_ADD, values)

    def notice(self, live: Mapping[str, int], at: str) -> None:
        """Remember what somebody moved with another tool: where aliases point now and the last moves do not say."""
        recorded = {move[1]: move[3] for move in self.connection.execute(_READ, (self.name,))}
        for alias in sorted(recorded.keys() | live.keys()):
            before, after = recorded.get(alias), live.get(alias)
            if before != after:
                self.add(
                    at, alias, before, after, actor="unknown", reason="moved outside Allocast", evidence={},
                    moved_outside=True,
                )  # fmt: skip


def utc_text(moment: datetime | None) -> str:
    """A time, or now, as text in UTC.

    Raises
    ------
    DataError
        It has no time zone.
    """
    moment = moment or datetime.now(UTC)
    if moment.tzinfo is None:
        raise DataError(f"a time needs a time zone, such as UTC; {moment} has none.")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
