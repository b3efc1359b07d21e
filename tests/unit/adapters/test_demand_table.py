"""A tidy demand table and a panel say the same."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from allocast.adapters.demand_table import demand_table, forecast_table, panel_of_table
from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.forecast.demand_settings import DemandModelSettings, FeatureSettings
from allocast.forecast.lightgbm_model import DemandModel

FEATURES = FeatureSettings(
    lags=(1, 2), windows=(4,), statics=("category",), groups=("item_id", "category"), known_ahead=("price",),
    past_only=("visits",),
)  # fmt: skip
WEEKLY = Frequency.WEEKLY


@pytest.fixture(scope="module")
def panel() -> DemandPanel:
    rng = np.random.default_rng(2)
    units = rng.poisson(np.where(rng.random((6, 60)) < 0.5, 4, 12)).astype(float)
    units[0, :20] = np.nan  # launched later
    return DemandPanel(
        series=pd.DataFrame(
            {"item_id": list("aabbcc"), "location_id": list("xyxyxy"), "category": list("kkkkmm")}
        ),
        periods=np.datetime64("2023-01-02") + 7 * np.arange(60),
        frequency=Frequency.WEEKLY,
        units=units,
        observed=~np.isnan(units) & (rng.random((6, 60)) < 0.9),
        known_ahead={"price": rng.normal(5, 0.1, (6, 66))},
        past_only={"visits": np.where(rng.random((6, 60)) < 0.9, 10 * np.roll(units, -1), np.nan)},
    )


@pytest.fixture(scope="module")
def model(panel: DemandPanel) -> DemandModel:
    settings = DemandModelSettings(
        horizon=4, anchors=(3,), rounds=5, smallest_leaf=5, first_origin=16, calibration_periods=10,
        threads=1, features=FEATURES,
    )  # fmt: skip
    return DemandModel.train(panel, settings, seed=1)


def test_a_panel_made_from_the_table_of_a_panel_is_the_same(panel):
    again = panel_of_table(demand_table(panel, FEATURES), FEATURES, frequency=WEEKLY)
    pd.testing.assert_frame_equal(again.series, panel.series, check_dtype=False)
    for name in ("periods", "units", "observed"):
        np.testing.assert_array_equal(getattr(again, name), getattr(panel, name))
    np.testing.assert_array_equal(again.known_ahead["price"], panel.known_ahead["price"])
    np.testing.assert_array_equal(again.past_only["visits"], panel.past_only["visits"])
    assert "visits" not in again.known_ahead
    assert again.frequency is panel.frequency


def test_the_share_of_a_period_in_stock_goes_both_ways(panel):
    share = np.where(panel.observed, 1.0, np.where(np.arange(60) % 2, 0.25, np.nan))
    partly = replace(panel, availability=share)
    again = panel_of_table(demand_table(partly, FEATURES), FEATURES, frequency=WEEKLY)
    np.testing.assert_array_equal(again.availability, partly.availability)
    np.testing.assert_array_equal(again.observed, partly.observed)


def test_the_forecast_of_a_table_is_that_of_its_panel_whatever_the_order_of_rows(panel, model):
    table = demand_table(panel, FEATURES)
    own = model.forecast(panel).to_frame()
    for asked in (
        table,
        table.sample(frac=1, random_state=1),
        table[table["units"].notna() | table["date"].gt(own["as_of"][0])],
    ):
        answered = forecast_table(model, asked)
        assert answered.to_csv() == own.to_csv()


@pytest.mark.parametrize("column", ["units", "price", "visits", "category", "date"])
def test_a_column_that_the_model_needs_is_asked_for(panel, column):
    with pytest.raises(DataError, match=f"the table of demand lacks {column}; the model needs item_id"):
        panel_of_table(demand_table(panel, FEATURES).drop(columns=column), FEATURES, frequency=WEEKLY)


def test_a_cell_that_comes_twice_is_refused(panel):
    table = demand_table(panel, FEATURES)
    with pytest.raises(DataError, match=r"a at x on 2023-01-02 comes twice \(1 such rows\)"):
        panel_of_table(pd.concat([table, table.head(1)]), FEATURES, frequency=WEEKLY)


def test_a_table_without_rows_is_refused(panel):
    with pytest.raises(DataError, match="has no rows"):
        panel_of_table(demand_table(panel, FEATURES).head(0), FEATURES, frequency=WEEKLY)


def test_what_is_known_only_afterwards_moves_the_forecast_and_may_end_with_the_units(panel, model):
    table = demand_table(panel, FEATURES)
    shuffled = table.assign(visits=table["visits"].sample(frac=1, random_state=2).to_numpy())
    ahead = table["date"] > panel.as_of
    own = forecast_table(model, table.assign(visits=table["visits"].mask(ahead)))
    other = forecast_table(model, shuffled.assign(visits=shuffled["visits"].mask(ahead)))
    assert (own["mean"] != other["mean"]).any()


def test_what_is_known_only_afterwards_is_refused_after_the_last_period_with_units(panel, model):
    table = demand_table(panel, FEATURES)
    too_early = table.assign(visits=table["visits"].fillna(3.0))
    words = r"visits is past only: .* has it for 2024-02-26, .* units, 2024-02-19 \(36 such rows\)"
    with pytest.raises(DataError, match=words):
        forecast_table(model, too_early)


def test_what_is_known_ahead_is_asked_for_as_far_as_the_forecast_reaches(panel, model):
    table = demand_table(panel, FEATURES)
    short = table[table["date"] <= panel.as_of + np.timedelta64(14, "D")]
    with pytest.raises(
        DataError, match=r"price is declared as known ahead; .* 3 periods ahead .* known for 2"
    ):
        forecast_table(model, short)


def test_a_series_listed_with_coming_rows_alone_gets_a_forecast_too(panel, model):
    table = demand_table(panel, FEATURES)
    coming = table[(table["item_id"] == "a") & (table["location_id"] == "x") & (table["date"] > panel.as_of)]
    answered = forecast_table(model, pd.concat([table, coming.assign(item_id="new")]))
    new = answered[answered["item_id"] == "new"]
    assert len(new) == 4
    assert new[["mean", "q0.5", "q0.9"]].notna().all(axis=None)
    assert (new["mean"] > 1).all()


def test_a_date_that_begins_no_period_of_the_model_is_refused(panel, model):
    table = demand_table(panel, FEATURES)
    words = r"forecasts weekly demand; counted from 2023-01-02, no week begins on 2023-01-03 \(1 such rows\)"
    with pytest.raises(DataError, match=words):
        forecast_table(model, pd.concat([table, table.head(1).assign(date=pd.Timestamp("2023-01-03"))]))


def test_weeks_of_which_few_were_sold_stay_weeks(panel):
    monthly = demand_table(panel, FEATURES)
    monthly = monthly[(monthly["date"] - monthly["date"].min()).dt.days % 28 == 0]
    again = panel_of_table(monthly, FEATURES, frequency=WEEKLY)
    assert again.frequency is WEEKLY
    assert len(again.periods) == 57
    assert again.observed[:, 1::4].sum() == 0
