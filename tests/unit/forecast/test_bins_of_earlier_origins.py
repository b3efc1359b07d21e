"""Models of several origins share the bins of the first, lose no feature by it, and learn nothing from later."""

from collections.abc import Iterator
from dataclasses import replace
from unittest import mock

import lightgbm
import numpy as np
import pandas as pd
import pytest

from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.forecast.demand_settings import DemandModelSettings
from allocast.forecast.features import Features
from allocast.forecast.fitting.mean_trees import fit_mean_trees
from allocast.forecast.lightgbm_model import DemandModel

PLACES = np.array([60, 78, 94])  # until 104 nothing is known of two years before: those would be found anew
SIZES = {"size": {"large": 0, "small": 1}}


def trained(panel: DemandPanel, settings: DemandModelSettings) -> list[DemandModel]:
    return list(DemandModel.train_each(panel, panel.periods[PLACES], settings, seed=3))


def ranges(model: DemandModel) -> dict[str, str]:
    """The range that each feature's bins cover, as LightGBM writes it; ``none`` where it has no bins."""
    lines = dict(line.split("=", 1) for line in model.text.splitlines() if "=" in line)
    return dict(zip(lines["feature_names"].split(), lines["feature_infos"].split(), strict=True))


def promoted(panel: DemandPanel, from_place: int) -> DemandPanel:
    """The same panel in which nobody promoted anything before a period."""
    promotion = panel.known_ahead["promotion"].copy()
    promotion[:, :from_place] = 0.0
    return replace(panel, known_ahead={"promotion": promotion})


@pytest.fixture
def found() -> Iterator[mock.Mock]:
    """Counts how often bins are found."""
    find = lightgbm.Dataset._init_from_sample
    with mock.patch.object(lightgbm.Dataset, "_init_from_sample", autospec=True, side_effect=find) as counted:
        yield counted


def test_bins_are_found_once_for_all_origins_and_once_for_each_model_trained_alone(
    seasonal_panel: DemandPanel, settings: DemandModelSettings, found: mock.Mock
) -> None:
    together = trained(seasonal_panel, settings)
    assert found.call_count == 1
    alone = [DemandModel.train(seasonal_panel.until(one.trained_until), settings, seed=3) for one in together]
    assert found.call_count == 4
    assert together[0].state() == alone[0].state()
    for one, own in zip(together[1:], alone[1:], strict=True):
        assert ranges(one) == ranges(together[0]) != ranges(own)


def test_later_rows_are_put_into_as_many_bins_of_each_feature_as_the_earlier_ones(
    seasonal_panel: DemandPanel, settings: DemandModelSettings
) -> None:
    def binned(place: int, earlier: lightgbm.Dataset | None = None) -> tuple[list[int], lightgbm.Dataset]:
        known = seasonal_panel.until(seasonal_panel.periods[place])
        features = Features(known, settings.features, SIZES)
        with mock.patch.object(lightgbm, "train", side_effect=lightgbm.train) as boosted:
            _, bins = fit_mean_trees(features, (), settings, last=place, seed=0, earlier=earlier)
        rows = boosted.call_args.args[1]
        return [rows.feature_num_bin(name) for name in features.names], bins

    first, earlier = binned(60)
    later, kept = binned(94, earlier)
    assert later == first != binned(94)[0]
    assert kept is earlier


def test_bins_and_the_first_model_are_the_same_whatever_came_later(
    seasonal_panel: DemandPanel, settings: DemandModelSettings
) -> None:
    units = seasonal_panel.units.copy()
    units[:, PLACES[0] + 1 :] = 1000 + 7 * units[:, PLACES[0] + 1 :]
    true, other = (
        trained(panel, settings) for panel in (seasonal_panel, replace(seasonal_panel, units=units))
    )
    assert true[0].state() == other[0].state()
    assert true[1].state() != other[1].state()
    assert ranges(true[1]) == ranges(other[1])


def test_a_feature_that_was_constant_before_the_first_origin_is_not_lost_when_it_begins_to_vary(
    seasonal_panel: DemandPanel, settings: DemandModelSettings, found: mock.Mock
) -> None:
    panel = promoted(seasonal_panel, from_place=66)
    first, second, third = trained(panel, settings)
    assert found.call_count == 2
    assert ranges(first)["promotion_ahead"] == "none"
    assert ranges(second)["promotion_ahead"] == "[0:1]"
    assert ranges(third) == ranges(second)
    assert second.state() == DemandModel.train(panel.until(second.trained_until), settings, seed=3).state()


def test_a_feature_that_never_varies_does_not_keep_bins_from_being_shared(
    seasonal_panel: DemandPanel, settings: DemandModelSettings, found: mock.Mock
) -> None:
    unknown = seasonal_panel.series.assign(size=pd.Series([None] * 50, dtype=object))
    panel = promoted(replace(seasonal_panel, series=unknown), from_place=200)
    models = trained(panel, settings)
    assert found.call_count == 1
    assert [ranges(one)["promotion_ahead"] for one in models] == ["none"] * 3
    assert [ranges(one)["size"] for one in models] == ["none"] * 3


def test_origins_that_do_not_rise_are_refused_since_a_later_one_would_tell_an_earlier_one(
    seasonal_panel: DemandPanel, settings: DemandModelSettings
) -> None:
    falling = seasonal_panel.periods[PLACES[::-1]]
    with pytest.raises(DataError, match="origins must rise strictly; place 1"):
        next(DemandModel.train_each(seasonal_panel, falling, settings, seed=3))
