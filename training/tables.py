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

DOCUMENTS = (Path("README.md"), Path("docs/forecasts.md"))
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
    rows += [
        f"| {reference['name']} | {_number(reference['value'])} | |" for reference in document["references"]
    ]
    seeds = ", ".join(map(str, document["seeds"]))
    made = f"`make figures NAME={name}` at commit {document['commit']}, seeds {seeds}, {document['seconds']:.0f} s"
    return "\n".join([*rows, "", f"{made}, {document['machine']}.", ""])


def _number(value: float) -> str:
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
