"""A forecast taken apart: the parts add up, do not depend on an order, and are said in words."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocast.errors import DataError
from allocast.forecast.explanation import Contributions, Explanation, explain, rows_of_steps
from allocast.forecast.lightgbm_model import DemandModel

SMALL = st.floats(-3, 3)


def contributions(values, usual):
    values, usual = np.asarray(values, dtype=float), np.asarray(usual, dtype=float)
    names = tuple(f"f{k}" for k in range(values.shape[1]))
    expected = usual * np.exp(values.sum(axis=1))
    return Contributions(names=names, values=values, usual=usual, expected=expected)


def explanation(usual, expected, **shares):
    names = [name.replace("_", " ") for name in shares]
    return Explanation(
        series=pd.DataFrame({"item_id": ["a"], "location_id": ["x"]}),
        period="week",
        periods=np.array([3]),
        usual=np.array([usual]),
        expected=np.array([expected]),
        shares=np.array([[*shares.values()]], dtype=float),
        names=tuple(names),
        families={name: name for name in names},
    )


@given(st.lists(SMALL, min_size=1, max_size=6), st.floats(0.01, 1e5))
def test_shares_add_up_to_the_forecast_in_any_order(values, usual):
    step = contributions([values], [usual])
    shares = step.in_units()[0]
    assert usual + shares.sum() == pytest.approx(step.expected[0], rel=1e-9)
    backwards = contributions([values[::-1]], [usual]).in_units()[0]
    np.testing.assert_allclose(backwards[::-1], shares, rtol=1e-6, atol=1e-9 * usual)


@given(SMALL, SMALL)
def test_a_feature_that_raises_the_logarithm_raises_the_units(one, other):
    shares = contributions([[one, other]], [5.0]).in_units()[0]
    assert (np.sign(shares[np.abs(shares) > 1e-9]) == np.sign([one, other])[np.abs(shares) > 1e-9]).all()


def test_features_that_cancel_out_leave_the_usual_and_keep_their_shares():
    np.testing.assert_allclose(contributions([[0.5, -0.5]], [10.0]).in_units(), [[5.0, -5.0]])


def test_an_explanation_of_real_forecasts_adds_up_and_is_of_the_forecast_itself(model, seasonal_panel):
    rows, periods = np.array([7, 3, 40]), np.array([1, 4, 2])
    found = model.explain(seasonal_panel, rows, periods)
    mean = model.forecast(seasonal_panel).mean
    for place, (row, count) in enumerate(zip(rows, periods, strict=True)):
        assert found.expected[place] == pytest.approx(mean[row, :count].mean(), rel=1e-12)
    np.testing.assert_allclose(found.usual + found.shares.sum(axis=1), found.expected, atol=1e-9)
    np.testing.assert_allclose(found.usual + found.by_family().sum(axis=1), found.expected, atol=1e-9)
    assert found.series["item_id"].tolist() == seasonal_panel.series["item_id"].iloc[rows].tolist()


def test_a_promotion_ahead_is_what_raises_its_forecast(model: DemandModel, seasonal_panel):
    last = len(seasonal_panel.periods) - 1
    promotion = seasonal_panel.known_ahead["promotion"][:, last + 1] == 1
    rows = np.flatnonzero(promotion)
    shares = model.explain(seasonal_panel, rows, np.ones(len(rows), dtype=int)).by_family()
    assert len(rows) > 0
    assert (shares["price and promotion"] > 0).all()
    assert "price and promotion raise it (+" in model.explain(
        seasonal_panel, rows[:1], np.array([1])
    ).sentence(0)


def test_each_feature_has_a_family(model: DemandModel, seasonal_panel):
    found = model.explain(seasonal_panel, np.array([0]), np.array([1]))
    assert set(found.names) <= set(found.families)
    assert {
        "recent demand",
        "season",
        "price and promotion",
        "group",
        "product and place",
        "calendar",
    } <= set(found.families.values())
    assert found.importance()["units"].is_monotonic_decreasing
    assert found.family_importance().sum() == pytest.approx(found.by_family().abs().sum(axis=1)[0])


@pytest.mark.parametrize(
    ("usual", "expected", "shares", "sentence"),
    [
        (37, 42, {"recent_demand": 8, "season": -3, "age": 0.1},
         "Expected 42 a week, mostly because recent demand is high (+8) and the season is low (−3)."),
        (37, 42, {"recent_demand": 5, "season": 0.3, "group": -0.3},
         "Expected 42 a week, mostly because recent demand is high (+5)."),
        (1200, 1500, {"group": 80, "season": 50, **dict.fromkeys(("calendar", "age"), 45), "recent_demand": 40,
                      "price_and_promotion": 40},
         "Expected 1,500 a week, partly because its group sells more (+80) and the season is high (+50)."),
        (2, 1.25, {"price_and_promotion": -0.7, "age": -0.05},
         "Expected 1.2 a week, mostly because price and promotion lower it (−0.7)."),
        (40, 40.1, {"recent_demand": 4, "season": -3.9},
         "Expected 40 a week, about as usual: recent demand is high (+4) and the season is low (−4)."),
        (40, 40.1, {"recent_demand": 0.05, "season": 0.05}, "Expected 40 a week, about as usual."),
        (40, 42, dict.fromkeys(("recent_demand", "season", "age", "group", "calendar"), 0.4),
         "Expected 42 a week, for many small reasons."),
    ],
)  # fmt: skip
def test_the_sentence_names_what_makes_the_difference(usual, expected, shares, sentence):
    found = explanation(usual, expected, **shares)
    assert found.sentence(0) == sentence
    assert found.sentences() == [sentence]


def test_a_family_without_words_is_refused():
    with pytest.raises(DataError, match="the family 'moon' has no words; there are words for recent demand"):
        explanation(10, 20, moon=10).sentence(0)


def test_the_table_goes_from_the_usual_to_the_expected_largest_share_first():
    table = explanation(37, 42, season=-3, recent_demand=8).table(0)
    assert table["what"].tolist() == ["usual", "recent demand", "season", "expected"]
    assert table["units"].tolist() == [37, 8, -3, 42]


def test_series_are_explained_over_their_own_number_of_periods():
    assert [rows.tolist() for rows in rows_of_steps(np.array([2, 1, 3]))] == [[0, 1, 2], [0, 2], [2]]
    assert rows_of_steps(np.array([], dtype=int)) == []


def test_nothing_to_explain_gives_nothing(model: DemandModel, seasonal_panel):
    none = np.zeros(0, dtype=np.int64)
    assert model.explain(seasonal_panel, none, none).sentences() == []


@pytest.mark.parametrize("periods", [np.array([0]), np.array([1, 1])])
def test_no_periods_to_explain_are_refused(periods):
    series = pd.DataFrame({"item_id": ["a"], "location_id": ["x"]})
    with pytest.raises(DataError, match="must be explained over 1 or more periods"):
        explain([], series=series, periods=periods, period="week", families={})


def test_periods_beyond_the_horizon_are_refused(model: DemandModel, seasonal_panel):
    with pytest.raises(DataError, match="within its horizon of 4 periods; asked are 5"):
        model.explain(seasonal_panel, np.array([0]), np.array([5]))
