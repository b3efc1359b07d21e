from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from allocast.errors import DataError
from allocast.forecast.demand_forecast import DemandForecast, mean_within
from allocast.forecast.distribution import lean_towards, means_allowed, probability_within

LEVELS = np.array([0.1, 0.5, 0.9])


def a_forecast(**changed: Any) -> DemandForecast:
    """Two series, levels .1 .5 .9, three weeks ahead, with their running totals."""
    parts = {
        "series": pd.DataFrame({"item_id": ["a", "b"], "location_id": ["x", "y"]}),
        "as_of": np.datetime64("2024-01-01"),
        "periods": np.array(["2024-01-08", "2024-01-15", "2024-01-22"], dtype="datetime64[D]"),
        "levels": LEVELS,
        "period_units": np.tile([[[2.0], [5.0], [9.0]], [[0.0], [0.0], [1.0]]], 3),
        "total_units": np.array(
            [
                [[2.0, 6.0, 9.0], [5.0, 10.0, 15.0], [9.0, 16.0, 22.0]],
                [[0.0] * 3, [0.0, 0.5, 1.0], [1.0, 2.0, 3.0]],
            ]
        ),
        "mean": np.array([[5.0, 5.0, 5.0], [0.3, 0.3, 0.3]]),
    }
    return DemandForecast(**{**parts, **changed})


def with_one(name: str, value: float) -> dict[str, np.ndarray]:
    """One array of the forecast with another value in series 1."""
    values = np.array(getattr(a_forecast(), name))
    values[1, 1] = value
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


def test_totals_that_fall_along_the_horizon_are_refused() -> None:
    with pytest.raises(
        DataError, match="total_units must not fall from one period to the next; series 0 does"
    ):
        a_forecast(total_units=np.array(a_forecast().total_units)[:, :, ::-1])


def test_levels_must_rise() -> None:
    with pytest.raises(DataError, match="levels must rise strictly"):
        a_forecast(levels=np.array([0.1, 0.9, 0.5]))


def test_the_quantiles_of_a_step_are_those_of_its_period() -> None:
    assert a_forecast().quantiles(3)[0].tolist() == [2, 5, 9]
    with pytest.raises(DataError, match="step must lie within 1 and the horizon of 3; it is 4"):
        a_forecast().quantiles(4)


def test_a_certain_lead_time_has_the_quantiles_of_its_total() -> None:
    forecast = a_forecast()
    assert forecast.lead_time_quantiles(2)[0].tolist() == [6, 10, 16]
    certain = forecast.lead_time_quantiles(np.array([0.0, 1.0]))
    np.testing.assert_allclose(certain, forecast.lead_time_quantiles(2), atol=1e-6)
    with pytest.raises(DataError, match="periods must lie within 1 and the horizon of 3; it is 0"):
        forecast.lead_time_quantiles(0)


def test_a_random_lead_time_mixes_the_totals_of_each_series_own() -> None:
    forecast = a_forecast()
    mixed = forecast.lead_time_quantiles(np.array([[0.5, 0.0, 0.5], [0.0, 0.0, 1.0]]))
    assert (chance_within(forecast, (0, 2), mixed[:1] + 1e-6) >= LEVELS).all()
    assert (chance_within(forecast, (0, 2), mixed[:1] - 1e-6) <= LEVELS).all()
    np.testing.assert_allclose(mixed[1], forecast.total_units[1, :, 2], atol=1e-6)


def chance_within(forecast: DemandForecast, steps: tuple[int, ...], units: np.ndarray) -> np.ndarray:
    """Probability that a total of series 0 stays within some units, each of the steps being as likely."""
    totals, mean = forecast.total_units[:1], np.cumsum(forecast.mean[:1], axis=1)
    leans = {h: lean_towards(totals[:, :, h], LEVELS, mean[:, h]) for h in steps}
    parts = [probability_within(totals[:, :, h], LEVELS, units, lean) for h, lean in leans.items()]
    each: np.ndarray = np.mean(parts, axis=0)[0]
    return each


@pytest.mark.parametrize("mean", [[[4.5, 6.0, 5.5], [0.5, 0.4, 0.4]], [[5.5, 4.5, 5.5], [0.3, 0.5, 0.4]]])
def test_paths_have_the_forecast_mean_in_every_period(mean: list[list[float]]) -> None:
    forecast = a_forecast(mean=np.array(mean))
    paths = forecast.sample_paths(4000, np.random.default_rng(0))
    np.testing.assert_allclose(paths.mean(axis=1), forecast.mean, rtol=0.015)
    whole = replace(forecast, whole=True).sample_paths(4000, np.random.default_rng(0))
    assert np.abs(np.cumsum(whole, axis=2).mean(axis=1) - np.cumsum(forecast.mean, axis=1)).max() <= 0.5


def test_a_mean_without_room_between_its_quantiles_is_moved_to_the_nearest_that_has() -> None:
    totals = a_forecast().total_units
    given = np.array([[20.0, 5.0, 5.0], [0.4, 0.2, 0.2]])
    moved = mean_within(given, totals, LEVELS)
    bounds = [means_allowed(totals[:, :, h], LEVELS) for h in range(3)]
    low, high = (np.stack(part, axis=1) for part in zip(*bounds, strict=True))
    reached = np.cumsum(moved, axis=1)
    assert (low - 1e-12 <= reached).all()
    assert (reached <= high + 1e-12).all()
    assert moved[0, 0] == pytest.approx(high[0, 0])
    np.testing.assert_array_equal(moved[1], given[1])


@pytest.mark.parametrize(
    ("chances", "message"),
    [
        ([0.5, 0.4], "sum to 1; in row 0 they sum to 0.9"),
        ([0, 0, 0, 1.0], "the longest lead time must lie within"),
    ],
)
def test_probabilities_that_are_none_or_reach_too_far_are_refused(chances: list[float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        a_forecast().lead_time_quantiles(np.array(chances))


def test_whole_units_stay_whole_everywhere() -> None:
    forecast = a_forecast(whole=True)
    paths = forecast.sample_paths(50, np.random.default_rng(0))
    for units in (paths, forecast.quantiles(1), forecast.lead_time_quantiles(np.array([0.3, 0.7]))):
        np.testing.assert_array_equal(units, np.rint(units))
    assert (paths >= 0).all()


@pytest.mark.parametrize("name", ["period_units", "total_units", "mean"])
def test_arrays_of_another_shape_are_refused(name: str) -> None:
    with pytest.raises(DataError, match=f"{name} must have shape"):
        a_forecast(**{name: np.array(getattr(a_forecast(), name))[:1]})


def test_a_forecast_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        a_forecast().mean[0, 0] = 1


def test_paths_have_the_quantiles_of_the_totals_at_every_horizon() -> None:
    paths = a_forecast().sample_paths(4000, np.random.default_rng(0))
    assert paths.shape == (2, 4000, 3)
    assert (paths >= 0).all()
    totals = np.quantile(np.cumsum(paths, axis=2), LEVELS, axis=1)
    np.testing.assert_allclose(np.moveaxis(totals, 0, 1)[0], a_forecast().total_units[0], rtol=0.01)


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
        "total_q0.1",
        "total_q0.5",
        "total_q0.9",
        "whole_units",
    ]
    assert frame["item_id"].tolist() == ["a"] * 3 + ["b"] * 3
    assert frame["date"].dt.day.tolist() == [8, 15, 22] * 2
    assert (frame["as_of"] == pd.Timestamp("2024-01-01")).all()
    assert frame["mean"].tolist() == [0, 1, 2, 3, 4, 5]
    assert frame.loc[frame["item_id"] == "a", "q0.9"].tolist() == [9, 9, 9]
