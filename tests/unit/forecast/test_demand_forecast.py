from typing import Any

import numpy as np
import pandas as pd
import pytest

from allocast.errors import DataError
from allocast.forecast.demand_forecast import DemandForecast


def a_forecast(**changed: Any) -> DemandForecast:
    """Two series, levels .1 .5 .9, three weeks ahead, totals of the first two weeks."""
    parts = {
        "series": pd.DataFrame({"item_id": ["a", "b"], "location_id": ["x", "y"]}),
        "as_of": np.datetime64("2024-01-01"),
        "periods": np.array(["2024-01-08", "2024-01-15", "2024-01-22"], dtype="datetime64[D]"),
        "levels": np.array([0.1, 0.5, 0.9]),
        "period_units": np.tile([[[2.0], [5.0], [9.0]], [[0.0], [0.0], [1.0]]], 3),
        "anchors": np.array([2]),
        "total_units": np.array([[[6.0], [10.0], [16.0]], [[0.0], [0.5], [2.0]]]),
        "mean": np.array([[5.0, 5.0, 5.0], [0.3, 0.3, 0.3]]),
    }
    return DemandForecast(**{**parts, **changed})


def with_one(name: str, value: float) -> dict[str, np.ndarray]:
    """One array of the forecast with another value in series 1."""
    values = np.array(getattr(a_forecast(), name))
    values[1, 1, ...] = value
    return {name: values}


def test_a_forecast_reaches_as_far_as_its_periods() -> None:
    assert a_forecast().horizon == 3


@pytest.mark.parametrize("name", ["period_units", "total_units"])
def test_crossing_quantiles_are_refused_with_the_series(name: str) -> None:
    with pytest.raises(DataError, match=f"{name} must not fall from one level to the next; series 1 does"):
        a_forecast(**with_one(name, 3.0))


@pytest.mark.parametrize("name", ["period_units", "total_units", "mean"])
@pytest.mark.parametrize("bad", [-0.1, np.nan, np.inf])
def test_negative_or_unknown_units_are_refused(name: str, bad: float) -> None:
    with pytest.raises(DataError, match=rf"{name} must be finite and >= 0; at \(1, 1"):
        a_forecast(**with_one(name, bad))


@pytest.mark.parametrize("anchor", [0, 4])
def test_an_anchor_outside_the_horizon_is_refused(anchor: int) -> None:
    with pytest.raises(DataError, match="within 1 and the horizon of 3 periods"):
        a_forecast(anchors=np.array([anchor]))


@pytest.mark.parametrize("anchor", [1, 3])
def test_the_first_and_the_last_period_can_be_anchors(anchor: int) -> None:
    assert a_forecast(anchors=np.array([anchor])).anchors.tolist() == [anchor]


@pytest.mark.parametrize(("name", "values"), [("anchors", [2, 2]), ("levels", [0.1, 0.9, 0.5])])
def test_levels_and_anchors_must_rise(name: str, values: list[float]) -> None:
    with pytest.raises(DataError, match=f"{name} must rise strictly"):
        a_forecast(**{name: np.array(values)})


@pytest.mark.parametrize("name", ["period_units", "total_units", "mean"])
def test_arrays_of_another_shape_are_refused(name: str) -> None:
    with pytest.raises(DataError, match=f"{name} must have shape"):
        a_forecast(**{name: np.array(getattr(a_forecast(), name))[:1]})


def test_a_forecast_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        a_forecast().mean[0, 0] = 1


def test_paths_have_the_periods_quantiles_and_the_totals_quantiles() -> None:
    paths = a_forecast().sample_paths(4000, np.random.default_rng(0))
    assert paths.shape == (2, 4000, 3)
    assert (paths >= 0).all()
    third = np.quantile(paths[0, :, 2], [0.1, 0.5, 0.9])
    np.testing.assert_allclose(third, [2, 5, 9], rtol=0.01)
    totals = np.quantile(paths[0, :, :2].sum(axis=1), [0.1, 0.5, 0.9])
    np.testing.assert_allclose(totals, [6, 10, 16], rtol=0.01)


def test_paths_are_those_of_their_generator() -> None:
    one, same, other = (a_forecast().sample_paths(50, np.random.default_rng(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_the_table_has_a_row_a_series_and_period_and_a_column_a_level() -> None:
    frame = a_forecast(mean=np.arange(6.0).reshape(2, 3)).to_frame()
    assert frame.columns.tolist() == [
        "item_id",
        "location_id",
        "as_of",
        "date",
        "mean",
        "q0.1",
        "q0.5",
        "q0.9",
    ]
    assert frame["item_id"].tolist() == ["a"] * 3 + ["b"] * 3
    assert frame["date"].dt.day.tolist() == [8, 15, 22] * 2
    assert (frame["as_of"] == pd.Timestamp("2024-01-01")).all()
    assert frame["mean"].tolist() == [0, 1, 2, 3, 4, 5]
    assert frame.loc[frame["item_id"] == "a", "q0.9"].tolist() == [9, 9, 9]


def test_a_forecast_without_anchors_still_gives_paths() -> None:
    free = a_forecast(anchors=np.array([], dtype=np.int64), total_units=np.empty((2, 3, 0)))
    assert free.sample_paths(10, np.random.default_rng(0)).shape == (2, 10, 3)
