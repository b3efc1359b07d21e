import numpy as np
import pandas as pd
import pytest

from allocast.errors import DataError
from allocast.forecast.demand_forecast import DemandForecast, mean_within
from allocast.forecast.forecast_table import forecast_of_table
from allocast.forecast.keyed_paths import keyed_paths

LEVELS = np.array([0.1, 0.5, 0.9])


def a_forecast(n: int = 3, whole: bool = False) -> DemandForecast:
    each = np.arange(1.0, n + 1)[:, None, None] * np.array([1.25, 4.0, 9.5])[:, None] * np.ones(4)
    totals = np.cumsum(each, axis=2) * np.array([1.0, 0.95, 0.9, 0.85])
    return DemandForecast(
        series=pd.DataFrame({"item_id": [f"i{k}" for k in range(n)], "location_id": "here"}, dtype=object),
        as_of=np.datetime64("2024-01-01"),
        periods=np.datetime64("2024-01-08") + 7 * np.arange(4),
        levels=LEVELS,
        period_units=each,
        total_units=totals,
        mean=mean_within(np.full((n, 4), 5.0), totals, LEVELS),
        whole=whole,
    )


def test_a_forecast_comes_back_from_its_table() -> None:
    forecast = a_forecast()
    back = forecast_of_table(forecast.to_frame())
    for name in ("levels", "period_units", "total_units", "mean", "periods"):
        np.testing.assert_array_equal(getattr(back, name), getattr(forecast, name))
    assert (back.as_of, back.whole) == (forecast.as_of, False)
    assert back.series["item_id"].tolist() == ["i0", "i1", "i2"]


def test_totals_of_whole_units_come_back_as_they_were_before_rounding() -> None:
    forecast = a_forecast(whole=True)
    back = forecast_of_table(forecast.to_frame())
    np.testing.assert_array_equal(back.total_units, forecast.total_units)
    np.testing.assert_array_equal(back.period_units, np.rint(forecast.period_units))
    assert back.whole


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda table: table.drop(columns=["total_q0.1", "total_q0.5", "total_q0.9"]), "missing are total_q"),
        (lambda table: table.drop(columns="q0.5"), "missing are q0.5"),
        (lambda table: table.iloc[:0], "has no rows"),
        (lambda table: table.iloc[:-1], "the rows of a series must stand together"),
        (lambda table: table.sort_values("date", kind="stable"), "must stand together"),
        (lambda table: table.assign(as_of=[table["date"].min(), *table["as_of"][1:]]), "is of one day"),
    ],
)
def test_a_table_that_is_no_forecast_is_refused(spoil, message) -> None:
    with pytest.raises(DataError, match=message):
        forecast_of_table(spoil(a_forecast().to_frame()))


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("n_paths", [30, 150])
def test_paths_by_key_have_the_very_totals_of_sampled_paths(whole, n_paths) -> None:
    forecast = a_forecast(whole=whole)
    keyed = keyed_paths(forecast, n_paths, np.arange(3, dtype=np.uint64))
    sampled = forecast.sample_paths(n_paths, np.random.default_rng(0))
    both = [np.sort(np.cumsum(paths, axis=2), axis=1) for paths in (keyed, sampled)]
    np.testing.assert_allclose(*both, atol=1e-9)
    assert (keyed >= 0).all()


def test_paths_by_key_depend_on_their_own_seed_alone() -> None:
    forecast, seeds = a_forecast(), np.array([7, 8, 7], dtype=np.uint64)
    paths = keyed_paths(forecast, 40, seeds)
    alone = keyed_paths(forecast.take(np.array([1])), 40, seeds[1:2])
    np.testing.assert_array_equal(paths[1:2], alone)
    equal = forecast.take(np.array([0, 0]))
    first, second = keyed_paths(equal, 40, np.array([7, 9], dtype=np.uint64))
    assert (first != second).any()


def test_successive_periods_of_paths_by_key_are_related_as_those_of_sampled_paths() -> None:
    forecast = a_forecast(1)
    keyed = keyed_paths(forecast, 4000, np.array([3], dtype=np.uint64))[0]
    sampled = forecast.sample_paths(4000, np.random.default_rng(0))[0]
    one, other = (np.corrcoef(paths[:, 0], paths[:, 1])[0, 1] for paths in (keyed, sampled))
    assert one == pytest.approx(other, abs=0.05)
