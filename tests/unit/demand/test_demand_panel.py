from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError, UnknownNameError


def a_panel(**changed: Any) -> DemandPanel:
    """Two series, three weeks; the second series was out of stock in the middle one; prices reach two weeks on."""
    parts = {
        "series": pd.DataFrame({"item_id": ["a", "b"], "location_id": ["x", "x"], "kind": ["k", "l"]}),
        "periods": np.array(["2024-01-01", "2024-01-08", "2024-01-15"], dtype="datetime64[D]"),
        "frequency": Frequency.WEEKLY,
        "units": np.array([[1.0, 2.0, 3.0], [4.0, 0.0, 6.0]]),
        "observed": np.array([[True, True, True], [True, False, True]]),
        "known_ahead": {"price": np.arange(10.0).reshape(2, 5)},
    }
    return DemandPanel(**{**parts, **changed})


def test_demand_is_unknown_where_it_was_not_observed() -> None:
    np.testing.assert_array_equal(a_panel().demand, [[1, 2, 3], [4, np.nan, 6]])


def test_unknown_units_are_allowed_where_nothing_was_observed() -> None:
    units = np.array([[1.0, 2.0, 3.0], [4.0, np.nan, 6.0]])
    assert np.isnan(a_panel(units=units).demand[1, 1])


def test_unknown_units_are_refused_where_they_were_observed() -> None:
    with pytest.raises(DataError, match="series 0, 2024-01-15 is missing"):
        a_panel(units=np.array([[1.0, 2.0, np.nan], [4.0, 0.0, 6.0]]))


@pytest.mark.parametrize("bad", [-1.0, np.inf])
def test_negative_or_infinite_units_are_refused(bad: float) -> None:
    with pytest.raises(DataError, match=r"units must be finite and >= 0; at \(1, 1\)"):
        a_panel(units=np.array([[1.0, 2.0, 3.0], [4.0, bad, 6.0]]))


@pytest.mark.parametrize("name", ["units", "observed"])
def test_arrays_of_another_shape_are_refused(name: str) -> None:
    with pytest.raises(DataError, match=rf"{name} must have shape \(2, 3\); it has \(2, 2\)"):
        a_panel(**{name: np.ones((2, 2), dtype=bool)})


def test_a_gap_between_periods_is_refused_with_its_place() -> None:
    gap = np.array(["2024-01-01", "2024-01-08", "2024-01-22"], dtype="datetime64[D]")
    with pytest.raises(DataError, match="weekly; after 2024-01-08 comes 2024-01-22"):
        a_panel(periods=gap)


def test_days_are_not_weeks() -> None:
    days = np.array(["2024-01-01", "2024-01-02", "2024-01-03"], dtype="datetime64[D]")
    assert a_panel(periods=days, frequency=Frequency.DAILY).as_of == days[-1]
    with pytest.raises(DataError, match="2024-01-02"):
        a_panel(periods=days)


@pytest.mark.parametrize("shape", [(2, 2), (1, 3)])
def test_covariates_that_do_not_cover_the_panel_are_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(DataError, match="price must cover all series and periods"):
        a_panel(known_ahead={"price": np.ones(shape)})


def test_until_forgets_what_came_later_but_keeps_what_is_known_ahead() -> None:
    past = a_panel().until(np.datetime64("2024-01-08"))
    assert past.as_of == np.datetime64("2024-01-08")
    assert past.units.tolist() == [[1, 2], [4, 0]]
    assert past.observed.tolist() == [[True, True], [True, False]]
    assert past.known_ahead["price"].shape == (2, 5)


@pytest.mark.parametrize("as_of", ["2023-12-25", "2024-01-22"])
def test_until_outside_the_panel_is_refused(as_of: str) -> None:
    with pytest.raises(DataError, match="within 2024-01-01 and 2024-01-15"):
        a_panel().until(np.datetime64(as_of))


def test_until_a_day_inside_a_week_is_refused() -> None:
    with pytest.raises(DataError, match="not the beginning"):
        a_panel().until(np.datetime64("2024-01-10"))


@pytest.mark.parametrize("rows", [np.array([1]), np.array([False, True])])
def test_taken_series_bring_all_that_is_theirs(rows: np.ndarray) -> None:
    one = a_panel().take(rows)
    assert one.n_series == 1
    assert one.series.to_dict("list") == {"item_id": ["b"], "location_id": ["x"], "kind": ["l"]}
    assert one.units.tolist() == [[4, 0, 6]]
    assert one.observed.tolist() == [[True, False, True]]
    assert one.known_ahead["price"].tolist() == [[5, 6, 7, 8, 9]]


def test_series_are_taken_in_the_given_order_whatever_their_index() -> None:
    panel = a_panel(series=a_panel().series.set_axis([7, 3]))
    swapped = panel.take(np.array([1, 0]))
    assert swapped.series["item_id"].tolist() == ["b", "a"]
    assert swapped.series.index.tolist() == [0, 1]
    assert swapped.units[:, 0].tolist() == [4, 1]


def test_an_extended_panel_has_the_new_periods_after_the_old() -> None:
    longer = a_panel().extended(np.array([[7.0, 8.0], [9.0, 0.0]]), np.array([[True, True], [True, False]]))
    assert longer.periods[3:].astype(str).tolist() == ["2024-01-22", "2024-01-29"]
    np.testing.assert_array_equal(longer.demand[:, 3:], [[7, 8], [9, np.nan]])


def test_a_panel_cannot_be_extended_beyond_its_covariates() -> None:
    with pytest.raises(DataError, match="price must cover"):
        a_panel().extended(np.ones((2, 3)), np.ones((2, 3), dtype=bool))


@pytest.mark.parametrize("name", ["units", "observed", "periods"])
def test_a_panel_cannot_be_changed(name: str) -> None:
    panel = a_panel()
    with pytest.raises(ValueError, match="read-only"):
        getattr(panel, name)[0] = getattr(panel, name)[1]
    with pytest.raises(AttributeError):
        panel.units = panel.units + 1  # type: ignore[misc]
    assert replace(panel, units=panel.units + 1).units[0, 0] == 2


def test_what_was_sold_out_of_stock_is_a_lower_bound() -> None:
    np.testing.assert_array_equal(a_panel().censored, [[False] * 3, [False, True, False]])


def test_the_exposure_of_a_stock_out_is_unknown_unless_it_is_said() -> None:
    np.testing.assert_array_equal(a_panel().exposure, [[1, 1, 1], [1, np.nan, 1]])
    said = a_panel(availability=np.array([[1.0, 1.0, 1.0], [1.0, 0.25, 1.0]]))
    np.testing.assert_array_equal(said.until(np.datetime64("2024-01-08")).exposure, [[1, 1], [1, 0.25]])


def test_an_observed_period_was_in_stock_all_the_time() -> None:
    with pytest.raises(DataError, match=r"series 0, 2024-01-15 is 0\.5"):
        a_panel(availability=np.array([[1.0, 1.0, 0.5], [1.0, 0.25, 1.0]]))


@pytest.mark.parametrize(("units", "whole"), [(2.0, True), (2.5, False)])
def test_units_are_whole_where_nothing_else_was_ever_sold(units: float, whole: bool) -> None:
    assert a_panel(units=np.array([[units, 2.0, 3.0], [4.0, np.nan, 6.0]])).whole_units == whole


def test_what_is_known_only_afterwards_is_cut_taken_and_extended_with_the_panel() -> None:
    panel = a_panel(past_only={"visits": np.arange(6.0).reshape(2, 3)})
    assert panel.until(np.datetime64("2024-01-08")).past_only["visits"].tolist() == [[0, 1], [3, 4]]
    assert panel.take(np.array([1])).past_only["visits"].tolist() == [[3, 4, 5]]
    new = np.ones((2, 1)), np.ones((2, 1), dtype=bool)
    assert np.isnan(panel.extended(*new).past_only["visits"][:, 3]).all()
    assert panel.extended(*new, {"visits": 7 * new[0]}).past_only["visits"][:, 3].tolist() == [7, 7]


def test_revealing_a_covariate_the_panel_lacks_or_of_another_shape_is_refused() -> None:
    panel = a_panel(past_only={"visits": np.zeros((2, 3))})
    new = np.ones((2, 1)), np.ones((2, 1), dtype=bool)
    with pytest.raises(UnknownNameError, match="past-only covariate 'visit'; valid are visits"):
        panel.extended(*new, {"visit": new[0]})
    with pytest.raises(DataError, match="visits must have shape"):
        panel.extended(*new, {"visits": np.ones((2, 2))})


def test_a_covariate_known_afterwards_must_cover_the_panel_and_be_of_one_kind() -> None:
    with pytest.raises(DataError, match=r"visits must have shape \(2, 3\)"):
        a_panel(past_only={"visits": np.zeros((2, 4))})
    with pytest.raises(DataError, match="price is both known ahead and past only"):
        a_panel(past_only={"price": np.zeros((2, 3))})
