import json
from pathlib import Path

import pytest
from training import tables


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    references = {
        "series": 432.0,
        "ours.score": 0.5,
        "ours.coverage_0.9": 0.91,
        "TSB(0.1).score": 0.6,
        "TSB(0.1).coverage_0.9": 0.87,
    }
    document = {
        "figures": [{"name": "ratio", "value": 0.83333, "op": "<=", "target": 1.0, "verdict": "ok"}],
        "references": [{"name": name, "value": value} for name, value in references.items()],
        "seeds": [1],
        "commit": "abc1234",
        "seconds": 3.0,
        "machine": "Linux",
    }
    (tmp_path / "items.json").write_text(json.dumps(document), encoding="utf-8")
    monkeypatch.setattr(tables, "FOLDER", tmp_path)
    return tmp_path


@pytest.mark.usefixtures("measured")
def test_values_named_by_row_and_column_make_a_table_of_their_own():
    lines = tables.table("items").splitlines()
    assert lines[:4] == [
        "| value | measured | target |",
        "|---|---:|---|",
        "| **ratio** | **0.8333** | ≤ 1: ok |",
        "| series | 432.0 | |",
    ]
    assert lines[5:9] == [
        "| | score | coverage_0.9 |",
        "|---|---:|---:|",
        "| ours | 0.5 | 0.91 |",
        "| TSB(0.1) | 0.6 | 0.87 |",
    ]


@pytest.mark.usefixtures("measured")
def test_only_what_stands_between_the_markers_is_replaced():
    text = "before\n<!-- figure items -->\nold\n<!-- end -->\nafter\n"
    found = tables.with_tables(text)
    assert found.startswith("before\n<!-- figure items -->\n| value") and found.endswith(
        "<!-- end -->\nafter\n"
    )
    assert "old" not in found and tables.with_tables(found) == found


def test_the_documents_show_what_was_measured():
    assert tables.main(["--check"]) == 0
