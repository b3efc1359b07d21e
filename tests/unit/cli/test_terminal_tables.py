"""How results look in a terminal of 80 columns."""

import pandas as pd
import pytest
from rich.console import Console

from allocast.cli import show


@pytest.fixture
def terminal(monkeypatch):
    console = Console(width=80, record=True, highlight=False, force_terminal=False)
    monkeypatch.setattr(show, "console", console)
    return console


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (3.14159, "3.142"),
        (1234.5, "1,234"),
        (-1234.6, "-1,235"),
        (float("nan"), "–"),
        (None, "–"),
        (pd.NaT, "–"),
        (pd.Timestamp("2024-04-08"), "2024-04-08"),
        ("text", "text"),
        (7, "7"),
    ],
)
def test_a_cell_is_short_and_says_what_is_missing(value, text):
    assert show._cell(value, 3) == text


def test_long_texts_are_cut_and_numbers_are_not(terminal):
    show.show_frame(pd.DataFrame({"reason": ["x" * 90], "units": [123456.0]}), "Orders")
    lines = terminal.export_text().splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert any(line.rstrip().endswith("123,456") for line in lines)


def test_the_curve_shows_its_ends_and_its_best_point_once(terminal):
    curve = pd.DataFrame({"step": [1, 2, 3], "cost": [9.0, 8.0, 7.0]})
    show.show_curve(curve)
    rows = [line.split() for line in terminal.export_text().splitlines()]
    assert ["1", "9"] in rows
    assert rows.count(["3", "7"]) == 1
    assert ["2", "8"] not in rows
