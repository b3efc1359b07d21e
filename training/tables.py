"""Write the measured figures into the documents: what stands between two markers is made from ``docs/figures``.

A document holds ``<!-- figure NAME -->`` and ``<!-- end -->``; ``python -m training.tables`` puts the table of that
figure between them, ``--check`` only says whether all tables are as measured (exit code 1 if not).
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from allocast.adapters.files import write_text
from training.figures import FOLDER

__all__ = ["DOCUMENTS", "main", "table", "with_tables"]

DOCUMENTS = tuple(
    map(Path, ("README.md", "docs/forecasts.md", "docs/lead_times.md", "docs/agents.md", "docs/plans.md"))
)
Grid = dict[str, dict[str, float]]
BETWEEN = re.compile(r"\.(?=[a-zA-Z][^.]*(?:\.\d[^.]*)*$)")  # the last point that is no decimal point
MARKED = re.compile(r"(<!-- figure (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main(arguments: list[str]) -> int:
    """Write, or check, the tables of all documents."""
    stale = []
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        wanted = with_tables(text)
        if wanted != text:
            stale.append(document)
            if "--check" not in arguments:
                write_text(document, wanted)
    return 1 if stale and "--check" in arguments else 0


def with_tables(text: str) -> str:
    """The text with every marked table as its figure was measured."""
    return MARKED.sub(lambda found: f"{found[1]}{table(found[2])}{found[3]}", text)


def table(name: str) -> str:
    """The values of a figure with their targets, its references, and what it was measured with."""
    document: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    rows = ["| value | measured | target |", "|---|---:|---|"]
    for figure in document["figures"]:
        op = "≤" if figure["op"] == "<=" else "≥"
        target = f"{op} {figure['target']:g}: {figure['verdict']}"
        rows.append(f"| **{figure['name']}** | **{_number(figure['value'])}** | {target} |")
    values = {reference["name"]: float(reference["value"]) for reference in document["references"]}
    grids = _grids(values)
    told = {f"{row}.{column}" for grid in grids for row, own in grid.items() for column in own}
    rows += [
        f"| {reference} | {_number(value)} | |"
        for reference, value in values.items()
        if reference not in told
    ]
    for grid in grids:
        rows += ["", *_as_table(grid)]
    seeds = ", ".join(map(str, document["seeds"]))
    made = f"`make figures NAME={name}` at commit {document['commit']}, seeds {seeds}, {document['seconds']:.0f} s"
    return "\n".join([*rows, "", f"{made}, {document['machine']}.", ""])


def _grids(values: dict[str, float]) -> list[Grid]:
    """References called ``row.column``, as tables; rows of which one has all columns of the other share one."""
    rows: Grid = {}
    for name, value in values.items():
        row, *column = BETWEEN.split(name)
        if column:
            rows.setdefault(row, {})[column[0]] = value
    grids: list[Grid] = []
    for row, own in rows.items():
        kin = [grid for grid in grids if any(_share(own, other) for other in grid.values())]
        if kin:
            kin[0][row] = own
        elif len(own) > 1:
            grids.append({row: own})
    return grids


def _share(own: dict[str, float], other: dict[str, float]) -> bool:
    return len(own) > 1 and (own.keys() <= other.keys() or other.keys() <= own.keys())


def _as_table(grid: Grid) -> list[str]:
    """The lines of a table, turned so that it is longer than wide."""
    columns = list(dict.fromkeys(column for own in grid.values() for column in own))
    if len(columns) > len(grid):
        turned: Grid = {
            column: {row: own[column] for row, own in grid.items() if column in own} for column in columns
        }
        grid, columns = turned, list(grid)
    lines = [f"| | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}"]
    for row, own in grid.items():
        cells = (_number(own[column]) if column in own else "" for column in columns)
        lines.append(f"| {row} | {' | '.join(cells)} |")
    return lines


def _number(value: float) -> str:
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.4g}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
