from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError, UnknownNameError
from allocast.forecast.demand_settings import FeatureSettings
from allocast.forecast.features import SMALLEST_SCALE, Features

Panels = Callable[..., DemandPanel]
NAN = np.nan


def value(features: Features, name: str, *, origin: int, step: int = 1, series: int = 0) -> float:
    return float(features.matrix(np.array([origin]), step)[series, features.names.index(name)])


def test_names_and_columns_agree(seasonal_panel: DemandPanel) -> None:
    settings = FeatureSettings(statics=("size",), groups=("size", "item_id"), known_ahead=("promotion",))
    features = Features(seasonal_panel, settings, {"size": {"large": 0, "small": 1}})
    assert len(set(features.names)) == len(features.names)
    assert features.matrix(np.array([60]), 3).shape == (seasonal_panel.n_series, len(features.names))
    assert features.names[-1] == "size"
    assert {"promotion_ahead", "item_id_season_ago_3", "size_mean_4"} <= set(features.names)


def test_the_first_lag_is_the_origin_itself_in_the_series_own_scale(make_panel: Panels) -> None:
    features = Features(make_panel([[2, 4, 6, 8]]), FeatureSettings(), {})
    assert value(features, "scale", origin=2) == 4
    assert value(features, "lag_1", origin=2) == 1.5
    assert value(features, "lag_3", origin=2) == 0.5
    assert np.isnan(value(features, "lag_4", origin=2))


def test_a_series_that_hardly_sells_is_not_blown_up(make_panel: Panels) -> None:
    features = Features(make_panel([[0, 0, 0, 0], [NAN, NAN, NAN, NAN]]), FeatureSettings(), {})
    assert features.scale.min() == features.scale.max() == np.float32(SMALLEST_SCALE)


def test_a_series_without_history_has_the_scale_of_its_group_and_keeps_less_of_it_with_every_period(
    make_panel: Panels,
) -> None:
    series = pd.DataFrame({"item_id": ["a", "a", "b"], "location_id": ["x", "y", "z"]})
    panel = make_panel([[6, 6, 6, 6], [NAN, NAN, 0, 0], [90, 90, 90, 90]], series=series)
    scale = Features(panel, FeatureSettings(groups=("item_id",), scale_window=4), {}).scale[1]
    assert scale[:2].tolist() == [6, 6]
    np.testing.assert_allclose(
        scale[2:], [18 / 4 * 3 / (1 + 3), 24 / 6 * 2 / (2 + 2)]
    )  # 4 × 3/4, 4 × 2/4 periods


def test_the_first_group_that_knows_anything_lends_its_scale(make_panel: Panels) -> None:
    series = pd.DataFrame({"item_id": ["a", "b", "c"], "location_id": ["x", "x", "z"]})
    panel = make_panel([[NAN, NAN], [8, 8], [2, 2]], series=series)
    by_item = FeatureSettings(groups=("item_id", "location_id"))
    assert Features(panel, by_item, {}).scale[0].tolist() == [8, 8]
    assert Features(panel, FeatureSettings(groups=("item_id",)), {}).scale[0].tolist() == [5, 5]


def test_history_is_the_same_in_any_unit(make_panel: Panels) -> None:
    units = np.random.default_rng(0).poisson(9, (1, 70)) + 1.0
    origin = np.array([69])
    small, large = (Features(make_panel(units * k), FeatureSettings(), {}) for k in (1, 1000))
    kept = [column for column, name in enumerate(small.names) if name != "scale"]
    np.testing.assert_allclose(
        small.matrix(origin, 2)[:, kept], large.matrix(origin, 2)[:, kept], rtol=1e-5, atol=1e-5
    )


def test_periods_out_of_stock_are_passed_over_not_read_as_zero(make_panel: Panels) -> None:
    features = Features(
        make_panel([[8, 8, NAN, NAN], [8, 8, 0, 0]]), FeatureSettings(lags=(1,), windows=(4,)), {}
    )
    masked, read = ({n: value(features, n, origin=3, series=s) for n in features.names} for s in (0, 1))
    assert np.isnan(masked["lag_1"])
    assert read["lag_1"] == 0
    assert masked["scale"] > read["scale"]
    assert masked["mean_4"] * masked["scale"] == pytest.approx(8)
    assert read["mean_4"] * read["scale"] == pytest.approx(4)
    assert (masked["zeros_4"], read["zeros_4"]) == (0, 0.5)
    assert (masked["observed_4"], read["observed_4"]) == (0.5, 1)


def test_age_counts_from_the_first_period_observed(make_panel: Panels) -> None:
    features = Features(make_panel([[NAN, NAN, 0, NAN, 5]]), FeatureSettings(), {})
    assert [value(features, "age", origin=t) for t in range(5)] == [0, 0, 1, 2, 3]


def test_the_season_ago_is_the_same_week_a_year_before_the_target(make_panel: Panels) -> None:
    features = Features(make_panel([np.arange(1.0, 111.0)]), FeatureSettings(scale_window=1), {})
    scale = value(features, "scale", origin=60)
    assert value(features, "season_ago", origin=60, step=3) * scale == pytest.approx(60 + 3 - 52 + 1)
    assert np.isnan(value(features, "two_seasons_ago", origin=60, step=3))
    scale = value(features, "scale", origin=109)
    assert value(features, "two_seasons_ago", origin=109, step=3) * scale == pytest.approx(9)


def test_the_season_of_days_is_a_week(make_panel: Panels) -> None:
    daily = make_panel([np.arange(1.0, 41.0)], frequency=Frequency.DAILY)
    features = Features(daily, FeatureSettings(scale_window=1), {})
    scale = value(features, "scale", origin=30)
    assert value(features, "season_ago", origin=30, step=3) * scale == pytest.approx(30 + 3 - 7 + 1)
    assert value(features, "season_ago", origin=30, step=8) * scale == pytest.approx(30 + 8 - 14 + 1)


def test_the_weekday_is_that_of_the_target_with_monday_as_zero(make_panel: Panels) -> None:
    daily = make_panel([np.ones(10)], frequency=Frequency.DAILY)  # the first day is a Monday
    features = Features(daily, FeatureSettings(), {})
    assert [value(features, "weekday", origin=0, step=step) for step in (1, 5, 6, 7)] == [1, 5, 6, 0]


def test_a_static_value_never_trained_on_is_missing(make_panel: Panels) -> None:
    series = pd.DataFrame({"item_id": ["a", "b"], "location_id": "x", "size": ["small", "huge"]})
    features = Features(
        make_panel(np.ones((2, 4)), series=series), FeatureSettings(statics=("size",)), {"size": {"small": 0}}
    )
    np.testing.assert_array_equal(features.matrix(np.array([3]), 1)[:, -1], [0, NAN])


def test_chosen_rows_are_those_of_the_full_matrix(seasonal_panel: DemandPanel) -> None:
    features = Features(seasonal_panel, FeatureSettings(), {})
    origins = np.array([40, 70, 100])
    rows = np.random.default_rng(1).random((seasonal_panel.n_series, 3)) < 0.3
    np.testing.assert_array_equal(
        features.matrix(origins, 2, rows), features.matrix(origins, 2)[rows.ravel()]
    )


def test_the_target_is_unknown_beyond_the_panel_and_where_out_of_stock(make_panel: Panels) -> None:
    features = Features(make_panel([[1, 2, NAN, 4]]), FeatureSettings(), {})
    np.testing.assert_array_equal(features.target(np.array([0, 1, 3]), 1), [[2, NAN, NAN]])
    np.testing.assert_array_equal(features.target(np.array([0, 1, 3]), 2), [[NAN, 4, NAN]])


@pytest.mark.parametrize("field", ["statics", "groups"])
def test_an_attribute_the_series_lack_is_refused_with_those_they_have(make_panel: Panels, field: str) -> None:
    with pytest.raises(UnknownNameError, match="unknown series attribute 'item'; valid are item_id"):
        Features(make_panel([[1, 2]]), FeatureSettings(**{field: ("item",)}), {})


def test_a_covariate_the_panel_lacks_is_refused_with_those_it_has(make_panel: Panels) -> None:
    panel = make_panel([[1, 2]], known_ahead={"price": np.ones((1, 3))})
    with pytest.raises(UnknownNameError, match="unknown known-ahead covariate 'prize'; valid are price"):
        Features(panel, FeatureSettings(known_ahead=("prize",)), {})


@pytest.mark.parametrize("beyond", [[], [NAN]])
def test_a_covariate_not_known_in_a_target_period_is_refused_saying_how_far_it_is(
    make_panel: Panels, beyond: list[float]
) -> None:
    price = np.array([[1.0, 1.0, 1.0, 2.0, 2.0, *beyond]])
    features = Features(
        make_panel([[1, 2, 3]], known_ahead={"price": price}), FeatureSettings(known_ahead=("price",)), {}
    )
    assert value(features, "price_ahead", origin=2, step=2) == 2
    assert value(features, "price_change", origin=2, step=2) == 1
    with pytest.raises(DataError, match=r"reaches 3 periods ahead but price is known for 2\. Bring"):
        features.matrix(np.array([2]), 3)


def test_a_covariate_missing_for_one_series_only_is_a_missing_value(make_panel: Panels) -> None:
    price = np.array([[1.0, 1.0, 3.0], [1.0, 1.0, NAN]])
    panel = make_panel([[1, 2], [3, 4]], known_ahead={"price": price})
    features = Features(panel, FeatureSettings(known_ahead=("price",)), {})
    assert value(features, "price_ahead", origin=1, series=0) == 3
    assert np.isnan(value(features, "price_ahead", origin=1, series=1))


def test_what_is_only_judged_needs_no_covariate_beyond_the_panel(make_panel: Panels) -> None:
    panel = make_panel([[1, 2, 3]], known_ahead={"price": np.array([[NAN, 1.0, 1.0]])})
    features = Features(panel, FeatureSettings(known_ahead=("price",)), {})
    assert value(features, "price_ahead", origin=1, step=1) == 1
    assert np.isnan(value(features, "price_ahead", origin=1, step=2))
