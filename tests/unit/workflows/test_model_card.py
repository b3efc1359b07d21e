"""What a model card says, from the run's own tables."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_settings import DemandModelSettings, FeatureSettings
from allocast.workflows.model_card import Card, segments_off, write_card


def judged(**coverages):
    """Rows of one model by age, each with 1000 cells; and a row of all."""
    rows = [
        {"age": "all", "coverage_0.9": 0.9},
        *[{"age": k, "coverage_0.9": v} for k, v in coverages.items()],
    ]
    fixed = {"window": "2024-01-01", "model": "lightgbm", "target": "total", "cells": 1000, "abc": "all"}
    return pd.DataFrame([fixed | row for row in rows])


def card(table):
    scores = pd.DataFrame({"model": ["lightgbm"], "target": ["total"], "scaled_pinball": [0.2222]})
    importance = pd.Series({"lag_1": 0.7, "age": 0.3})
    return Card(scores=scores, judged=table, importance=importance, model="lightgbm", run_id="run7")


@pytest.fixture
def job():
    rng = np.random.default_rng(1)
    panel = DemandPanel(
        series=pd.DataFrame({"item_id": ["a", "b"], "location_id": "x"}),
        periods=np.datetime64("2023-01-02") + 7 * np.arange(50),
        frequency=Frequency.WEEKLY,
        units=rng.poisson(5, (2, 50)).astype(float),
        observed=np.arange(100).reshape(2, 50) % 4 > 0,
    )
    demand = DemandModelSettings(features=FeatureSettings(known_ahead=("price",)))
    return SimpleNamespace(
        panel=panel, demand_settings=demand, digest="abc", settings=SimpleNamespace(seed=4),
        model_name=lambda kind: f"shop-{kind}",
    )  # fmt: skip


def test_segments_that_are_off_are_named_the_farthest_first():
    off = segments_off(judged(new=0.80, old=0.95, middle=0.91), "lightgbm")
    assert off["value"].tolist() == ["new", "old"]
    assert off["coverage"].tolist() == [0.80, 0.95]
    assert off["cells"].tolist() == [1000, 1000]


def test_what_few_cells_say_is_taken_for_chance():
    table = judged(new=0.80).assign(cells=[1000, 20])
    assert segments_off(table, "lightgbm").empty
    assert segments_off(judged(new=0.80), "moving_average").empty


def test_windows_count_by_their_cells():
    table = pd.concat([judged(new=1.0).assign(cells=100), judged(new=0.8).assign(cells=900)])
    assert segments_off(table, "lightgbm")["coverage"].tolist() == [pytest.approx(0.82)]


def test_the_card_says_what_this_run_found(job):
    page = write_card(job, card(judged(new=0.80)))
    for words in ("# shop-demand", "run7", "0.2222", "lag_1", "25.0% of the cells", "price are not known"):
        assert words in page
    assert "age   new   1000       0.8" in page
    assert max(len(line) for line in page.splitlines()) <= 120


def test_the_card_has_the_coverage_of_each_age_from_the_youngest_on(job):
    ages = {"over 52 weeks": 0.93, "none": 0.81, "5 to 12 weeks": 0.88}
    page = write_card(job, card(pd.concat([judged(**ages), judged(none=0.71).iloc[1:]])))
    table = page.split("## How it does with new series")[1].split("##")[0].splitlines()
    rows = [line.split() for line in table if line.endswith(("0.93", "0.76", "0.88"))]
    assert rows == [
        ["none", "2000", "0.76"], ["5", "to", "12", "weeks", "1000", "0.88"], ["over", "52", "weeks", "1000", "0.93"],
    ]  # fmt: skip


def test_the_card_does_not_claim_what_was_not_judged(job):
    bare = write_card(job, card(judged().drop(columns=["age", "abc"])))
    assert "Not judged by segments" in bare
    assert "Not judged by age" in bare
    assert "In no segment" in write_card(job, card(judged(new=0.9)))


def test_without_marks_of_stock_the_card_says_so(job):
    full = DemandPanel(
        series=job.panel.series, periods=job.panel.periods, frequency=job.panel.frequency,
        units=job.panel.units, observed=np.ones((2, 50), dtype=bool),
    )  # fmt: skip
    job.panel = full
    assert "None are marked in the data" in write_card(job, card(judged()))


def test_the_card_says_what_quantiles_are_learned_from(job):
    text = " ".join(write_card(job, card(judged(new=0.8))).split())
    assert "two models, each of half of the series" in text
    assert f"the last {job.demand_settings.calibration_periods} periods were kept from both" in text
    assert "first model" not in text
