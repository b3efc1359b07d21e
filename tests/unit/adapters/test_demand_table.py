"""A tidy demand table and a panel say the same."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from allocast.adapters.demand_table import demand_table, forecast_table, frequency_of, panel_of_table
from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.forecast.demand_settings import DemandModelSettings, FeatureSettings
from allocast.forecast.lightgbm_model import DemandModel

FEATURES = FeatureSettings(
    lags=(1, 2), windows=(4,), statics=("category",), groups=("item_id", "category"), known_ahead=("price",)
)


@pytest.fixture(scope="module")
def panel() -> DemandPanel:
    rng = np.random.default_rng(2)
    units = rng.poisson(8, (6, 60)).astype(float)
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
    )


def test_a_panel_made_from_the_table_of_a_panel_is_the_same(panel):
    again = panel_of_table(demand_table(panel, FEATURES), FEATURES)
    pd.testing.assert_frame_equal(again.series, panel.series, check_dtype=False)
    for name in ("periods", "units", "observed"):
        np.testing.assert_array_equal(getattr(again, name), getattr(panel, name))
    np.testing.assert_array_equal(again.known_ahead["price"], panel.known_ahead["price"])
    assert again.frequency is panel.frequency


def test_the_share_of_a_period_in_stock_goes_both_ways(panel):
    share = np.where(panel.observed, 1.0, np.where(np.arange(60) % 2, 0.25, np.nan))
    partly = replace(panel, availability=share)
    again = panel_of_table(demand_table(partly, FEATURES), FEATURES)
    np.testing.assert_array_equal(again.availability, partly.availability)
    np.testing.assert_array_equal(again.observed, partly.observed)


def test_the_forecast_of_a_table_is_that_of_its_panel_whatever_the_order_of_rows(panel):
    settings = DemandModelSettings(
        horizon=4, anchors=(3,), rounds=5, smallest_leaf=5, first_origin=16, calibration_periods=10,
        threads=1, features=FEATURES,
    )  # fmt: skip
    model = DemandModel.train(panel, settings, seed=1)
    table = demand_table(panel, FEATURES)
    own = model.forecast(panel).to_frame()
    for asked in (
        table,
        table.sample(frac=1, random_state=1),
        table[table["units"].notna() | table["date"].gt(own["as_of"][0])],
    ):
        answered = forecast_table(model, asked)
        assert answered.to_csv() == own.to_csv()


@pytest.mark.parametrize("column", ["units", "price", "category", "date"])
def test_a_column_that_the_model_needs_is_asked_for(panel, column):
    with pytest.raises(DataError, match=f"the table of demand lacks {column}; the model needs item_id"):
        panel_of_table(demand_table(panel, FEATURES).drop(columns=column), FEATURES)


def test_a_cell_that_comes_twice_is_refused(panel):
    table = demand_table(panel, FEATURES)
    with pytest.raises(DataError, match=r"a at x on 2023-01-02 comes twice \(1 such rows\)"):
        panel_of_table(pd.concat([table, table.head(1)]), FEATURES)


def test_a_table_without_rows_is_refused(panel):
    with pytest.raises(DataError, match="has no rows"):
        panel_of_table(demand_table(panel, FEATURES).head(0), FEATURES)


@pytest.mark.parametrize(
    ("days", "frequency"), [(7, Frequency.WEEKLY), (1, Frequency.DAILY), (3, Frequency.DAILY)]
)
def test_the_length_of_a_period_shows_in_the_dates(days, frequency):
    assert frequency_of(np.datetime64("2024-02-05") + days * np.arange(9)) is frequency
