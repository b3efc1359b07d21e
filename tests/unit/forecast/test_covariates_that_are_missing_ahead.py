"""A forecast is not made on a price that is silently missing."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.forecast.demand_settings import DemandModelSettings
from allocast.forecast.lightgbm_model import DemandModel

LAST = 119  # place of the panel's last period; promotions are known for four more
Priced = Callable[[tuple[int | slice, int | slice]], DemandPanel]


@pytest.fixture
def without(seasonal_panel: DemandPanel) -> Priced:
    """The panel without its promotions in some cells."""

    def panel(cells: tuple[int | slice, int | slice]) -> DemandPanel:
        promotion = seasonal_panel.known_ahead["promotion"].copy()
        promotion[cells] = np.nan
        return replace(seasonal_panel, known_ahead={"promotion": promotion})

    return panel


def test_series_that_lack_what_they_had_lately_are_counted_and_the_first_is_named(
    without: Priced, model: DemandModel
) -> None:
    words = r"promotion .* 3 of the 50 series .* lack it .* the first, item i7 at l0, lacks it 2 after"
    with pytest.raises(DataError, match=words):
        model.forecast(without((slice(7, 10), LAST + 2)))
    with pytest.raises(DataError, match=r"1 of the 2 series .* item i7 at l0"):
        model.forecast(without((7, slice(LAST + 1, None))), np.array([3, 7]))


def test_series_that_are_not_forecast_or_never_had_it_lately_may_lack_it(
    without: Priced, model: DemandModel
) -> None:
    model.forecast(without((7, LAST + 2)), np.array([3, 8]))
    never = model.forecast(without((7, slice(LAST - 12, None))))
    assert np.isfinite(never.mean).all()
    with pytest.raises(DataError, match="item i7"):
        model.forecast(without((7, slice(LAST - 11, None))))


def test_an_earlier_origin_is_refused_as_the_panel_until_there_is_where_no_series_knows(
    without: Priced, model: DemandModel
) -> None:
    panel = without((slice(None), slice(LAST - 2, None)))
    origins = panel.periods[[LAST - 8, LAST - 4]]
    with pytest.raises(DataError, match="promotion is known for 1"):
        model.forecast(panel.until(origins[1]))
    with pytest.raises(DataError, match=r"a forecast of 2024-04-01 .* no series has promotion then"):
        model.forecasts(panel, origins)
    assert len(model.forecasts(panel, origins[:1])) == 1


def test_past_forecasts_leave_missing_what_single_series_lacked(
    without: Priced, model: DemandModel, settings: DemandModelSettings
) -> None:
    panel = without((7, LAST - 3))
    (found,) = model.forecasts(panel, panel.periods[[LAST - 4]])
    assert np.isfinite(found.mean).all()
    assert found.mean.shape == (50, settings.horizon)
