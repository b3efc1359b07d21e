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
from allocast.forecast.demand_settings import DemandModelSettings, FeatureSettings
from allocast.forecast.features import NOWHERE, Background, Features, relative_of, units_of
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


@pytest.fixture(scope="module")
def items(make_panel: Panels) -> DemandPanel:
    """Items that sell about 1 to 100 a week and nothing says which, each at three locations, which hardly differ."""
    rng = np.random.default_rng(9)
    item, place = np.divmod(np.arange(480), 3)
    level = np.exp(rng.normal(2.3, 1.0, 160))[item] * np.exp(rng.normal(0, 0.2, 480))
    units = rng.poisson(np.repeat(level[:, None], 103, axis=1))
    return make_panel(
        units, series=pd.DataFrame({"item_id": item.astype(str), "location_id": place.astype(str)})
    )


@pytest.fixture(scope="module")
def of_items(items: DemandPanel, make_settings: Settings) -> DemandModel:
    settings = make_settings(features={"groups": ("item_id", "location_id")})
    return DemandModel.train(items.until(items.periods[ORIGIN]), settings, seed=1)


def share_within(model: DemandModel, panel: DemandPanel, age: int, level: float) -> float:
    """Share of three-week totals at or below a quantile, a quarter of the items at a time having this age."""
    place, within = model.settings.levels.index(level), []
    item = panel.series["item_id"].astype(int).to_numpy()
    for origin in range(ORIGIN, 100, 4):
        known = panel.until(panel.periods[origin])
        young = np.flatnonzero(item % 4 == origin // 4 % 4)
        begin = np.zeros(panel.n_series, dtype=np.int64)
        begin[young] = origin + 1 - age
        quantiles = model.forecast(begun_at(known, begin), young).lead_time_quantiles(3)
        within.append(panel.units[young, origin + 1 : origin + 4].sum(axis=1) <= quantiles[:, place])
    return float(np.mean(within))


@pytest.mark.parametrize("age", [0, 3])
def test_quantiles_of_new_series_are_calibrated(model: DemandModel, kinds: DemandPanel, age: int) -> None:
    assert share_within(model, kinds, age, 0.9) == pytest.approx(0.9, abs=0.05)
    assert share_within(model, kinds, age, 0.5) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("age", [0, 3])
def test_quantiles_of_items_that_are_new_everywhere_are_calibrated(
    of_items: DemandModel, items: DemandPanel, age: int
) -> None:
    assert share_within(of_items, items, age, 0.9) == pytest.approx(0.9, abs=0.06)
    assert share_within(of_items, items, age, 0.5) == pytest.approx(0.5, abs=0.1)


def test_a_new_series_of_a_known_item_is_far_less_uncertain_than_a_new_item(
    of_items: DemandModel, items: DemandPanel
) -> None:
    known, width = items.until(items.periods[ORIGIN]), {}
    for name, new in (("series", [0]), ("item", [0, 1, 2])):
        begin = np.where(np.isin(np.arange(480), new), ORIGIN + 1, 0)
        quantiles = of_items.forecast(begun_at(known, begin), np.array([0])).lead_time_quantiles(3)[0]
        low, high = (quantiles[of_items.settings.levels.index(level)] for level in (0.1, 0.9))
        width[name] = high / low
    assert 2 * width["series"] < width["item"]


def test_an_item_seen_nowhere_is_told_apart_from_a_series_not_yet_seen(make_panel: Panels) -> None:
    gone = np.nan
    panel = make_panel(
        [[1, 1, 1], [gone, gone, 1], [gone, gone, 1], [gone, 1, 1]],
        series=pd.DataFrame({"item_id": ["a", "a", "b", "b"], "location_id": ["x", "y", "x", "y"]}),
    )
    looks = FeatureSettings(groups=("item_id",))
    whole, every = Features(panel, looks, {}), np.ones((4, 3), dtype=bool)
    seen = [[1, 2, 3], [0, 0, 1], [NOWHERE, 0, 1], [NOWHERE, 1, 2]]
    assert whole.seen(np.arange(3), every).reshape(4, 3).tolist() == seen
    known = Background(
        units=whole.group_units, relative=whole.group_relative, known_ahead={}, whole_units=True
    )
    alone = Features(panel.take(np.array([2])), looks, {}, known)
    assert alone.seen(np.arange(3), every[:1]).tolist() == seen[2]
    blind = Features(panel, FeatureSettings(), {})
    assert blind.seen(np.arange(3), every).reshape(4, 3)[2].tolist() == [0, 0, 1]


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


def test_no_copy_shows_a_price_from_before_it_began(
    kinds: DemandPanel, settings: DemandModelSettings
) -> None:
    price = np.random.default_rng(2).uniform(1, 2, (N_SERIES, 107))
    looks = replace(settings.features, known_ahead=("price",), prices=("price",))
    whole = Features(replace(kinds, known_ahead={"price": price}), looks, {"kind": {}})
    copies = Young.drawn(whole, settings, last=89, seed=0)[0]
    origins = np.arange(30, 89)
    table = dict(zip(whole.names, copies.features.matrix(origins, 1).T, strict=True))
    assert not np.isnan(table["price_ahead"]).any()
    before = origins < copies.begin[:, None]
    for name in ("price_change", "price_level"):
        np.testing.assert_array_equal(np.isnan(table[name].reshape(before.shape)), before)


def test_in_two_further_parts_all_series_of_an_item_begin_at_once(
    items: DemandPanel, of_items: DemandModel
) -> None:
    whole = Features(items, of_items.settings.features, {})
    item = items.series["item_id"].to_numpy()
    parts = Young.drawn(whole, of_items.settings, last=89, seed=0)
    assert len(parts) == 6
    for copies in parts[4:]:
        begin = pd.Series(copies.begin).groupby(item[copies.places]).agg(["nunique", "size"])
        assert begin.to_numpy().tolist() == [[1, 3]] * 40
        origins = np.arange(30, 89)
        seen = copies.features.seen(origins, np.ones((len(copies.places), len(origins)), dtype=bool))
        nowhere = seen.reshape(len(copies.places), -1) == NOWHERE
        np.testing.assert_array_equal(nowhere, origins < copies.begin[:, None])
    assert not np.intersect1d(parts[4].places, parts[5].places).size


def test_series_that_sold_nothing_before_are_hidden_with_their_item_but_not_learned_from(
    items: DemandPanel, of_items: DemandModel
) -> None:
    units = np.where((np.arange(480) % 3 == 0)[:, None], 0.0, items.units)
    whole = Features(replace(items, units=units), of_items.settings.features, {})
    for copies in Young.drawn(whole, of_items.settings, last=89, seed=0)[4:]:
        sells = copies.places % 3 > 0
        assert (~sells).sum() == 40
        np.testing.assert_array_equal(copies.told().any(axis=1), sells)
        np.testing.assert_array_equal(copies.little_known(np.arange(30, 89)).any(axis=1), sells)


def test_where_each_item_has_one_series_no_further_parts_are_made(
    kinds: DemandPanel, settings: DemandModelSettings
) -> None:
    whole = Features(kinds, settings.features, {"kind": {}})
    places = [copies.places for copies in Young.drawn(whole, settings, last=89, seed=0)]
    assert np.sort(np.concatenate(places)).tolist() == list(range(N_SERIES))


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
