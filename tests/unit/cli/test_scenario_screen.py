"""Scenarios on the screen: within a hundred columns, and plain about what is not known."""

from pathlib import Path

import numpy as np
import pytest

from allocast.cli import show_scenarios as screen
from allocast.simulation.what_if import BASELINE, Change, Outcome, SideBySide
from allocast.simulation.what_if.kernels import BOOK


@pytest.fixture
def shown(monkeypatch, capsys):
    from rich.console import Console

    def show(known, unable=0):
        book = np.full((4, len(BOOK), 3), 1_234_567.0)
        book[:, BOOK.index("missed")] = 98_765.0
        book[:, BOOK.index("co2e_known")] = known * 1_234_567.0
        names = ("a very long name of a scenario that goes on", "short")
        changes = [
            Outcome(change=Change(name=name), book=1.5 * book, series_without_supplier=unable)
            for name in names
        ]
        result = SideBySide(policy="p", outcomes=(Outcome(change=BASELINE, book=book), *changes))
        monkeypatch.setattr(screen, "console", Console(width=100, highlight=False))
        monkeypatch.setattr("allocast.cli.show.console", Console(width=100, highlight=False))
        screen.show_scenarios(result.table(), result, Path("out/s.csv"), Path("out/s.png"))
        return capsys.readouterr().out

    return show


def test_a_row_a_scenario_fits_a_hundred_columns(shown):
    said = shown(known=1.0)
    assert max(map(len, said.splitlines())) <= 100
    assert "a very long name" in said
    assert "that goes on" not in said
    assert "22,222,206" in said
    assert "92.0" in said
    assert "4 periods on 3 paths" in said
    assert "is known of" not in said


def test_what_is_not_known_or_cannot_be_ordered_is_said(shown):
    said = shown(known=0.25, unable=7)
    assert "CO2e is known of 25% of the units ordered" in said
    assert "short: 7 series cannot be ordered from anybody" in said
