"""What policies are worth, in a terminal and as a picture."""

import pandas as pd
import pytest
from rich.console import Console

from allocast.adapters.worth_plot import worth_plot
from allocast.cli import show
from allocast.cli.show_worth import show_worth
from allocast.simulation.worth import MEASURES, worth_of

USUAL = "rule_of_thumb(0.95, economic batch)"


def worth(*, priced: bool = True):
    numbers = {
        "carrying_cost": [1234567.0, 1200000.0, 812345.6, 801234.5],
        "fill_rate": [0.912, 0.934, 0.921, 0.945],
        "working_capital": [2345678.9, 2245678.9, 1545678.9, 1345678.9],
    }
    if not priced:
        numbers |= {"working_capital": float("nan"), "carrying_percent_of_goods": float("nan")}
    rows = {"window": [1, 2] * 2, "policy": [USUAL] * 2 + ["reorder_point(critical ratio)"] * 2}
    return worth_of(pd.DataFrame(rows | dict.fromkeys(MEASURES, 12.345) | numbers), USUAL)


@pytest.fixture
def terminal(monkeypatch):
    console = Console(width=100, record=True, highlight=False, force_terminal=False)
    monkeypatch.setattr(show, "console", console)
    return console


def test_tables_fit_a_hundred_columns_with_every_number_whole(terminal) -> None:
    show_worth(worth())
    text = terminal.export_text()
    assert all(len(line.rstrip()) <= 100 for line in text.splitlines())
    for number in ("1,217,284", "0.92", "0.93", "2,295,679", "33.7"):
        assert number in text
    assert f"Beside {USUAL}: 95 % intervals over windows" in text


def test_what_only_prices_can_say_is_left_out_without_them(terminal) -> None:
    show_worth(worth(priced=False))
    text = terminal.export_text()
    assert "turns" in text
    assert "capital" not in text
    assert "% of goods" not in text


def test_the_picture_has_a_point_a_policy_with_its_number_and_name() -> None:
    axes = worth_plot(worth()).axes[0]
    assert len(axes.collections[0].get_offsets()) == 2
    texts = [text.get_text() for text in axes.texts]
    assert texts == [f"1  {USUAL}", "1", "2  reorder_point(critical ratio)", "2"]
    assert axes.get_ylim()[0] == 0
