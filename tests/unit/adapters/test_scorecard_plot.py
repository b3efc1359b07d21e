"""The picture of a scorecard: a panel for each thing that is known, every supplier with what it rests on."""

import numpy as np
import pandas as pd
import pytest

from allocast.adapters.supply_plots import scorecard_plot


@pytest.fixture
def card():
    return pd.DataFrame(
        {
            "supplier_id": ["a", "b"], "due_orders": [40, 3], "on_time_estimate": [0.9, 0.7],
            "on_time_low": [0.8, 0.4], "on_time_high": [0.95, 0.9], "pace": [1.3, 1.0], "pace_low": [1.1, 0.7],
            "pace_high": [1.5, 1.4], "pace_orders": [38.0, 2.5], "drift": ["slower", None],
            "open_money": [100.0, 50.0], "overdue_money": [20.0, 0.0],
        }
    )  # fmt: skip


@pytest.fixture
def comparison(card):
    rates = dict.fromkeys(("odoo_on_time_rate", "erpnext_on_time_rate", "sap_on_time_score"), 0.5)
    return card[["supplier_id"]].assign(**rates)


def drawn(card, comparison):
    figure = scorecard_plot(card, comparison, "Suppliers")
    figure.draw_without_rendering()
    return figure


def test_punctuality_pace_and_money_stand_side_by_side(card, comparison):
    shares, pace, money = drawn(card, comparison).axes
    assert [label.get_text() for label in shares.get_yticklabels()] == ["b (3)", "a (40)"]
    assert [label.get_text() for label in pace.get_yticklabels()] == ["(2)", "(38)"]
    assert "money" in money.get_xlabel()
    (changed,) = [line for line in pace.lines if line.get_label() == "has become slower or faster"]
    assert changed.get_xdata().tolist() == [1.3]


def test_what_is_not_known_has_no_panel_or_an_empty_one(card, comparison):
    bare = card.drop(columns=["open_money", "overdue_money"])
    nothing = bare.assign(pace=np.nan, pace_low=np.nan, pace_high=np.nan, pace_orders=np.nan, drift=None)
    assert len(drawn(bare, comparison).axes) == len(drawn(nothing, comparison).axes) == 2
    assert len(drawn(bare.drop(columns="pace"), comparison).axes) == 1
