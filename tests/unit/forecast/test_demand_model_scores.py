"""The demand model scores with our trees; LightGBM's own prediction is the reference."""

from dataclasses import replace

import lightgbm
import numpy as np
import pandas as pd

from allocast.demand.panel import DemandPanel
from allocast.forecast.features import Features
from allocast.forecast.lightgbm_model import DemandModel


def test_the_mean_of_a_table_is_what_lightgbm_predicts(
    seasonal_panel: DemandPanel, model: DemandModel
) -> None:
    features = Features(seasonal_panel, model.settings.features, model.codes)
    x = pd.DataFrame(features.matrix(np.array([80, 110]), 2), columns=features.names)
    x.iloc[::7, ::3] = np.nan
    reference = lightgbm.Booster(model_str=model.text).predict(x)
    np.testing.assert_allclose(model.predict_table(x)["mean"], reference, rtol=1e-12)
    table_with_na = x.convert_dtypes()
    np.testing.assert_allclose(model.predict_table(table_with_na)["mean"], reference, rtol=1e-12)


def test_a_forecast_does_not_depend_on_the_number_of_threads(
    seasonal_panel: DemandPanel, model: DemandModel
) -> None:
    with_two = replace(model, settings=replace(model.settings, threads=2))
    one, two = model.forecast(seasonal_panel), with_two.forecast(seasonal_panel)
    np.testing.assert_array_equal(one.mean, two.mean)
    np.testing.assert_array_equal(one.total_units, two.total_units)
