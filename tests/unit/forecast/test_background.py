"""Series forecast from a part of the table, with sums over all of it, as if the whole table were there."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.forecast.demand_settings import DemandModelSettings
from allocast.forecast.features import Background, GroupTotals, known_steps, relative_of, units_of, values_of
from allocast.forecast.features.groups import unit_sums
from allocast.forecast.lightgbm_model import DemandModel

PARTS = [np.arange(0, 50, 3), np.arange(1, 50, 3), np.arange(2, 50, 3)]


def added(totals):
    total = GroupTotals(values={}, sums={})
    for part in totals:
        total = total + part
    return total


def background_of(panels, settings, whole):
    units = added(units_of(panel, settings) for panel in panels)
    relative = added(relative_of(panel, settings, units) for panel in panels)
    known = known_steps(whole, settings)
    return Background(units=units, relative=relative, known_ahead=known, whole_units=whole.whole_units)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1]])
def test_a_part_is_forecast_to_the_last_bit_as_the_whole(
    seasonal_panel: DemandPanel, model: DemandModel, order: list[int]
) -> None:
    parts = [seasonal_panel.take(rows) for rows in PARTS]
    background = background_of([parts[k] for k in order], model.settings.features, seasonal_panel)
    whole = model.forecast(seasonal_panel)
    for rows, part in zip(PARTS, parts, strict=True):
        own = model.forecast(part, background=background)
        np.testing.assert_array_equal(own.mean, whole.mean[rows])
        np.testing.assert_array_equal(own.period_units, whole.period_units[rows])
        np.testing.assert_array_equal(own.total_units, whole.total_units[rows])


def test_a_part_alone_would_be_forecast_otherwise(seasonal_panel: DemandPanel, model: DemandModel) -> None:
    alone = model.forecast(seasonal_panel.take(PARTS[0]))
    assert (alone.mean != model.forecast(seasonal_panel).mean[PARTS[0]]).any()


@pytest.mark.parametrize("kinds", [["k", None, "m"], [1, None, 2], [None, None, None]])
def test_series_without_a_value_are_a_group_of_their_own(
    make_panel, make_settings: DemandModelSettings, kinds
) -> None:
    panel = make_panel(np.array([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]]))
    panel = replace(panel, series=panel.series.assign(kind=kinds))
    totals = units_of(panel, make_settings(features={"groups": ("kind",)}).features)
    expected = [222.0] if kinds[0] is None else [20.0]
    assert totals.of("kind", [""])[0][:, 1].tolist() == expected
    assert totals.sums["kind"][0][:, 1].sum() == 222.0


def test_fractional_units_are_summed_exactly_in_any_division(
    make_panel, make_settings: DemandModelSettings
) -> None:
    rng = np.random.default_rng(0)
    panel = make_panel(rng.gamma(0.3, 700.0, (60, 30)))
    settings = make_settings(features={"groups": ("item_id",)}).features
    whole = units_of(panel, settings)
    for _ in range(5):
        rows = rng.permutation(60)
        parts = [panel.take(part) for part in np.array_split(rows, 7)]
        total = added(units_of(part, settings) for part in parts)
        np.testing.assert_array_equal(total.of("all", ("",)), whole.of("all", ("",)))
        relative = added(relative_of(part, settings, total) for part in parts)
        own = relative_of(panel, settings, whole)
        np.testing.assert_array_equal(relative.of("all", ("",)), own.of("all", ("",)))


@given(st.lists(st.floats(0, 1e4, width=32), min_size=2, max_size=30), st.randoms())
def test_sums_do_not_depend_on_the_order_of_the_series(values, random):
    shuffled = random.sample(values, len(values))
    codes = np.zeros(len(values), dtype=np.int64)
    one, other = (unit_sums(np.array([v], dtype=np.float32).T, codes, 1) for v in (values, shuffled))
    np.testing.assert_array_equal(one, other)
    assert one[0, 0, 0] == pytest.approx(
        float(np.sum(np.array(values, dtype=np.float32), dtype=float)), abs=1e-6
    )


def test_a_whole_table_of_whole_units_is_told_from_a_part_of_it(model, seasonal_panel) -> None:
    part = seasonal_panel.take(PARTS[0])
    known = background_of([seasonal_panel], model.settings.features, seasonal_panel)
    fractional = Background(
        units=known.units, relative=known.relative, known_ahead=known.known_ahead, whole_units=False
    )
    assert model.forecast(part, background=known).whole
    assert not model.forecast(part, background=fractional).whole


def test_the_values_a_panel_looks_at_are_those_of_its_groups(seasonal_panel, model) -> None:
    settings = model.settings.features
    assert values_of(seasonal_panel, settings) == ["", "large", "small"]
    assert values_of(seasonal_panel.take(np.array([0])), settings) == ["", "small"]


def test_a_group_that_was_not_summed_is_refused(seasonal_panel, model: DemandModel) -> None:
    small = seasonal_panel.take(np.flatnonzero(seasonal_panel.series["size"] == "small"))
    known = background_of([small], model.settings.features, small)
    model.forecast(small, background=known)
    with pytest.raises(DataError, match="the background has no sums of size 'large'"):
        model.forecast(seasonal_panel, background=known)
