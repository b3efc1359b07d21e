"""The picture of scenarios says what the table says."""

import numpy as np
import pandas as pd

from allocast.adapters.scenario_plots import scenarios_plot

TABLE = pd.DataFrame(
    {
        "scenario": ["baseline", "more"],
        "cost": [100.0, 150.0],
        "holding_cost": [60.0, 50.0],
        "shortage_cost": [40.0, 100.0],
        "order_cost": [0.0, 0.0],
        "fill_rate": [0.95, 0.9],
        "average_stock_money": [1000.0, 800.0],
        "cash": [2000.0, 2500.0],
        "co2e_kg": [np.nan, np.nan],
    }
)


def texts(axes):
    return [text.get_text().strip() for text in axes.texts]


def test_each_panel_has_a_number_a_scenario_and_its_change():
    cost, fill, stock, cash, _ = scenarios_plot(TABLE).axes
    assert texts(cost) == ["150  +50 %", "100"]
    assert texts(fill) == ["90.0%  −5.0 pt", "95.0%"]
    assert texts(stock) == ["800  −20 %", "1,000"]
    assert texts(cash) == ["2,500  +25 %", "2,000"]


def test_the_unchanged_plan_is_on_top_and_named_once():
    figure = scenarios_plot(TABLE)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["more", "baseline"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["holding", "shortage"]


def test_what_is_not_known_says_so():
    assert texts(scenarios_plot(TABLE).axes[-1]) == ["not known"]
