"""Plots say what the tables say, and leave nothing behind."""

import sys

import matplotlib.figure
import numpy as np
import pandas as pd
import pytest

from allocast.adapters.plots import (
    calibration_plot,
    importance_plot,
    learning_curve_plot,
    policy_plot,
)

SUMMARY = pd.DataFrame(
    {
        "policy": ["good", "bad"],
        "holding_cost": [10.0, 30.0],
        "shortage_cost": [5.0, 20.0],
        "order_cost": [0.0, 0.0],
        "fill_rate": [0.95, 0.8],
    }
)


def axes_of(figure):
    assert isinstance(figure, matplotlib.figure.Figure)
    return figure.axes[0]


def texts(axes):
    return [text.get_text().strip() for text in axes.texts]


def test_policies_are_drawn_cheapest_on_top_with_their_cost_and_fill_rate():
    axes = axes_of(policy_plot(SUMMARY))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["bad", "good"]
    assert texts(axes) == ["50   fill 80.0%", "15   fill 95.0%"]


def test_parts_of_the_cost_that_nobody_pays_are_not_in_the_legend():
    legend = policy_plot(SUMMARY).legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["holding", "shortage"]


def test_only_the_most_important_features_are_drawn():
    gain = pd.Series(np.linspace(1, 0.1, 30), index=[f"f{k}" for k in range(30)])
    axes = axes_of(importance_plot(gain, shown=4))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["f3", "f2", "f1", "f0"]


def test_calibration_is_the_share_below_a_quantile_less_its_level():
    scores = {"target": "period", "coverage_0.5": [0.4, 0.8], "coverage_0.9": [0.9, 0.9]}
    table = pd.DataFrame({"model": "own", "window": [1, 2], **scores})
    other = table.assign(model="other", **{"coverage_0.5": 0.0})
    lines = axes_of(calibration_plot(pd.concat([table, other]), "own")).get_lines()
    mean = next(line for line in lines if line.get_label() == "periods, mean")
    np.testing.assert_allclose(mean.get_xdata(), [0.5, 0.9])
    np.testing.assert_allclose(mean.get_ydata(), [0.1, 0.0])
    windows = [line.get_ydata() for line in lines[:2]]
    np.testing.assert_allclose(windows, [[-0.1, 0.0], [0.3, 0.0]], atol=1e-12)


def test_places_of_outcomes_stand_beside_and_go_by_the_randomised_shares():
    places = {f"pit_{place + 1}": [0.2 if place < 5 else 0.0, 0.1] for place in range(10)}
    scores = {
        "target": "period",
        "cells": [1, 1],
        "placed_cells": [1, 3],
        "coverage_0.5": 0.9,
        "placed_0.5": [0.6, 0.6],
        "pit_error": 0.1,
    }
    table = pd.DataFrame({"model": "own", "window": [1, 2], **scores, **places})
    calibration, histogram = calibration_plot(table, "own").axes
    mean = next(line for line in calibration.get_lines() if line.get_label() == "periods, mean")
    np.testing.assert_allclose(mean.get_ydata(), [0.1])
    np.testing.assert_allclose(histogram.patches[0].get_data().values, [1.25] * 5 + [0.75] * 5)


def test_the_learning_curve_stands_beside_the_classical_rule():
    curve = pd.DataFrame({"step": [1, 2], "cost": [3.0, 2.0], "order_up_to_cost": [2.5, 2.5]})
    lines = {line.get_label(): line for line in axes_of(learning_curve_plot(curve)).get_lines()}
    assert lines["agent"].get_ydata().tolist() == [3, 2]
    assert lines["order up to critical ratio"].get_ydata().tolist() == [2.5, 2.5]


@pytest.mark.parametrize("draw", [lambda: policy_plot(SUMMARY)])
def test_plots_use_no_global_state(draw):
    draw()
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()
