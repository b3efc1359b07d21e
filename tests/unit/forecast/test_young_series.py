"""Series with no or little history: what models learn from copies that were made young, and what they then say."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from allocast.demand.panel import DemandPanel
from allocast.demand.patterns import segments
from allocast.forecast.baseline_model import BaselineModel
from allocast.forecast.baselines import MovingAverage
from allocast.forecast.demand_settings import DemandModelSettings
from allocast.forecast.features import Features, relative_of, units_of
from allocast.forecast.fitting.young import AFTER, BEFORE, Young, begun_at
from allocast.forecast.judging.backtest import rolling_origin
from allocast.forecast.lightgbm_model import DemandModel

Panels = Callable[..., DemandPanel]
Settings = Callable[..., DemandModelSettings]
ORIGIN, N_SERIES = 80, 240


@pytest.fixture(scope="module")
def kinds(make_panel: Panels) -> DemandPanel:
    """Series of six kinds that sell 4 to 40 a week; of one kind, some sell half and some twice as much."""
    rng = np.random.default_rng(8)
    kind = np.arange(N_SERIES) % 6
    level = np.geomspace(4, 40, 6)[kind] * np.exp(rng.normal(0, 0.5, N_SERIES))
    names = {"item_id": np.arange(N_SERIES).astype(str), "location_id": "here", "kind": kind.astype(str)}
    units = rng.poisson(np.repeat(level[:, None], 103, axis=1))
    return make_panel(units, series=pd.DataFrame(names))


@pytest.fixture(scope="module")
def settings(make_settings: Settings) -> DemandModelSettings:
    return make_settings(features={"groups": ("kind",), "statics": ("kind",)})


@pytest.fixture(scope="module")
def model(kinds: DemandPanel, settings: DemandModelSettings) -> DemandModel:
    return DemandModel.train(kinds.until(kinds.periods[ORIGIN]), settings, seed=1)


def share_within(model: DemandModel, panel: DemandPanel, age: int, level: float) -> float:
    """Share of three-week totals at or below a quantile, a quarter of the series at a time having this age."""
    place, within = model.settings.levels.index(level), []
    for origin in range(ORIGIN, 100, 4):
        known = panel.until(panel.periods[origin])
        young = np.arange(origin // 4 % 4, N_SERIES, 4)
        begin = np.zeros(N_SERIES, dtype=np.int64)
        begin[young] = origin + 1 - age
        quantiles = model.forecast(begun_at(known, begin), young).lead_time_quantiles(3)
        within.append(panel.units[young, origin + 1 : origin + 4].sum(axis=1) <= quantiles[:, place])
    return float(np.mean(within))


@pytest.mark.parametrize("age", [0, 3])
def test_quantiles_of_new_series_are_calibrated(model: DemandModel, kinds: DemandPanel, age: int) -> None:
    assert share_within(model, kinds, age, 0.9) == pytest.approx(0.9, abs=0.05)
    assert share_within(model, kinds, age, 0.5) == pytest.approx(0.5, abs=0.1)


def test_without_copies_quantiles_of_new_series_are_too_narrow(
    kinds: DemandPanel, settings: DemandModelSettings
) -> None:
    known = kinds.until(kinds.periods[ORIGIN])
    unaware = DemandModel.train(known, replace(settings, young_share=0.0), seed=1)
    assert share_within(unaware, kinds, 0, 0.9) < 0.75


def test_a_series_that_the_training_never_saw_gets_the_level_of_its_kind(
    model: DemandModel, kinds: DemandPanel, make_panel: Panels
) -> None:
    known = kinds.until(kinds.periods[ORIGIN])
    more = pd.DataFrame({"item_id": ["new"], "location_id": "here", "kind": "3"})
    units = np.vstack([known.units, np.full((1, ORIGIN + 1), np.nan)])
    panel = make_panel(units, series=pd.concat([known.series, more], ignore_index=True))
    own = known.units[known.series["kind"] == "3", -13:].mean()
    forecast = model.forecast(panel, np.array([N_SERIES]))
    np.testing.assert_allclose(forecast.mean, own, rtol=0.25)
    assert (np.diff(forecast.quantiles(1)[0]) >= 0).all()


def test_series_without_any_history_are_judged_in_a_segment_of_their_own(
    model: DemandModel, kinds: DemandPanel
) -> None:
    begin = np.where(np.arange(N_SERIES) < 20, ORIGIN + 1, np.where(np.arange(N_SERIES) < 50, ORIGIN - 2, 0))
    panel, origin = begun_at(kinds, begin), kinds.periods[[ORIGIN]]
    moving = BaselineModel.train(
        panel.until(origin[0]),
        MovingAverage(),
        horizon=4,
        levels=model.settings.levels,
        calibration_periods=20,
    )
    table = rolling_origin([model, moving], panel, origin, anchors=(3,), segments=segments)
    own = table[(table["age"] != "all") & (table["abc"] == "all") & (table["pattern"] == "all")]
    counted = own[own["model"] == model.name].groupby("age")["series"].first()
    assert counted.to_dict() == {"1 to 4 weeks": 30, "none": 20, "over 52 weeks": 190}
    scores = own[["scaled_pinball", "bias", "coverage_0.5", "coverage_0.9", "placed_0.9"]]
    assert scores.notna().all(axis=None)
    none = own[(own["age"] == "none") & (own["target"] == "total")].set_index("model")["placed_0.9"]
    assert none[moving.name] < 0.1 < 0.6 < none[model.name]


def test_copies_look_as_if_the_series_had_begun_then(
    kinds: DemandPanel, settings: DemandModelSettings
) -> None:
    codes = {"kind": {str(kind): kind for kind in range(6)}}
    whole = Features(kinds, settings.features, codes)
    part = Young.drawn(whole, settings, last=89, seed=0)[1]
    begin = np.zeros(N_SERIES, dtype=np.int64)
    begin[part.places] = part.begin
    truly = begun_at(kinds, begin)
    units = units_of(truly, settings.features)
    np.testing.assert_array_equal(part.features.group_units.sums["kind"], units.sums["kind"])
    relative = relative_of(truly, settings.features, units).sums["kind"][:, :, 13:]  # the others being grown
    np.testing.assert_allclose(part.features.group_relative.sums["kind"][:, :, 13:], relative, rtol=0.02)


def test_copies_are_learned_from_around_their_beginning_only(
    kinds: DemandPanel, settings: DemandModelSettings
) -> None:
    whole = Features(kinds, settings.features, {"kind": {}})
    for copies in Young.drawn(whole, settings, last=89, seed=0):
        series, places = np.nonzero(copies.told())
        since = places - copies.begin[series]
        assert -BEFORE <= since.min() < 0 <= since.max() < AFTER
        blank = copies.features.panel.observed[series, places] == (since >= 0)
        assert blank.all()


def test_young_series_make_no_copies_where_there_are_few_series_or_no_share(
    kinds: DemandPanel, settings: DemandModelSettings
) -> None:
    few = Features(kinds.take(np.arange(19)), settings.features, {"kind": {}})
    assert Young.drawn(few, settings, last=89, seed=0) == ()
    whole = Features(kinds, settings.features, {"kind": {}})
    assert Young.drawn(whole, replace(settings, young_share=0.0), last=89, seed=0) == ()


def test_what_was_learned_of_young_series_survives_as_text(model: DemandModel, kinds: DemandPanel) -> None:
    assert len(model.quantiles.by_age) > 1
    again = DemandModel.from_state(model.state())
    panel = begun_at(kinds, np.where(np.arange(N_SERIES) < 5, 85, 0))
    np.testing.assert_array_equal(again.forecast(panel).total_units, model.forecast(panel).total_units)
