from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from allocast.demand.panel import DemandPanel
from allocast.errors import DataError, UnknownNameError
from allocast.forecast.demand_settings import FeatureSettings
from allocast.forecast.features import Features

Panels = Callable[..., DemandPanel]


@pytest.fixture
def panel(make_panel: Panels) -> DemandPanel:
    """Three weeks of one item, its price until a week ahead, its visits until now."""
    return make_panel(
        [[1, 2, 3]],
        known_ahead={"price": np.array([[4.0, 4.0, 2.0, 5.0]])},
        past_only={"visits": np.array([[10.0, np.nan, 30.0]])},
    )


def columns(panel: DemandPanel, origin: int, **settings: tuple[str, ...]) -> dict[str, float]:
    features = Features(panel, FeatureSettings(**settings), {})
    return dict(zip(features.names, features.matrix(np.array([origin]), 1)[0].tolist(), strict=True))


def test_what_is_known_only_afterwards_is_seen_at_the_origin_and_before(panel: DemandPanel) -> None:
    assert columns(panel, 0, past_only=("visits",))["visits_last"] == 10
    assert np.isnan(columns(panel, 1, past_only=("visits",))["visits_last"])
    assert columns(panel, 1, past_only=("visits",))["visits_mean_13"] == 10
    assert columns(panel, 2, past_only=("visits",))["visits_mean_13"] == 20


def test_a_price_is_also_a_share_of_its_own_mean_so_far(panel: DemandPanel) -> None:
    at_target = columns(panel, 1, known_ahead=("price",), prices=("price",))
    assert (at_target["price_ahead"], at_target["price_change"]) == (2, -2)
    assert at_target["price_level"] == 0.5
    assert "price_level" not in columns(panel, 1, known_ahead=("price",))


def test_a_price_before_the_series_was_first_observed_is_not_its_usual_one(make_panel: Panels) -> None:
    price = np.array([[9.0, 9.0, 4.0, 2.0, 3.0]])
    panel = make_panel([[np.nan, np.nan, 5, 5]], known_ahead={"price": price})
    before, first, later = (
        columns(panel, origin, known_ahead=("price",), prices=("price",)) for origin in (1, 2, 3)
    )
    assert before["price_ahead"] == 4
    assert np.isnan([before["price_change"], before["price_level"]]).all()
    assert (first["price_change"], first["price_level"]) == (-2, 0.5)
    assert (later["price_change"], later["price_level"]) == (0, 1)


def test_a_covariate_declared_as_the_other_kind_is_refused_saying_which_it_is(panel: DemandPanel) -> None:
    with pytest.raises(DataError, match=r"visits is declared as known ahead .* has it as past only"):
        columns(panel, 1, known_ahead=("visits",))
    with pytest.raises(DataError, match=r"price is declared as past only .* has it as known ahead"):
        columns(panel, 1, past_only=("price",))
    with pytest.raises(
        DataError, match=r"item_id is declared as known ahead .* as an attribute of the series"
    ):
        columns(panel, 1, known_ahead=("item_id",))


@pytest.mark.parametrize("kind", ["known_ahead", "past_only"])
def test_a_covariate_that_is_nowhere_is_refused(panel: DemandPanel, kind: str) -> None:
    with pytest.raises(UnknownNameError, match=r"covariate 'weather'; valid are (price|visits)"):
        columns(panel, 1, **{kind: ("weather",)})


def test_a_price_that_is_not_known_ahead_and_a_name_of_two_kinds_are_refused() -> None:
    with pytest.raises(DataError, match=r"price is declared as a price but not as known ahead"):
        FeatureSettings(prices=("price",))
    with pytest.raises(DataError, match="both as known ahead and as past only"):
        FeatureSettings(known_ahead=("visits",), past_only=("visits",))


def test_every_feature_belongs_to_a_family(seasonal_panel: DemandPanel) -> None:
    settings = FeatureSettings(
        statics=("size",), groups=("size",), known_ahead=("promotion",), past_only=("visits",)
    )
    families = Features(seasonal_panel, settings, {"size": {"large": 0, "small": 1}}).families
    known = {
        "lag_1": "recent demand", "factor": "season", "promotion_ahead": "price and promotion", "age": "age",
        "size_mean_4": "group", "size": "product and place", "week": "calendar", "visits_last": "other signals",
    }  # fmt: skip
    assert known.items() <= families.items()


@pytest.mark.parametrize(
    ("name", "own", "prices", "family"),
    [
        ("holiday", False, (), "calendar"),
        ("tariff", True, (), "other signals"),
        ("tariff", True, ("tariff",), "price and promotion"),
        ("discount", True, (), "price and promotion"),
        ("Promotion", False, (), "price and promotion"),
    ],
)
def test_only_what_is_one_for_all_series_is_said_to_come_from_the_calendar(
    make_panel: Panels, name: str, own: bool, prices: tuple[str, ...], family: str
) -> None:
    values = np.array([[1.0, 2.0, 3.0, np.nan], [1.0, 2.0, 7.0 if own else 3.0, np.nan]])
    panel = make_panel([[1, 2, 3], [4, 5, 6]], known_ahead={name: values})
    families = Features(panel, FeatureSettings(known_ahead=(name,), prices=prices), {}).families
    assert families[f"{name}_ahead"] == families[f"{name}_change"] == family


def test_of_one_series_alone_nobody_can_tell_what_comes_from_the_calendar(panel: DemandPanel) -> None:
    one = replace(panel, known_ahead={"tariff": np.broadcast_to(np.ones(4), (1, 4))})
    families = Features(one, FeatureSettings(known_ahead=("tariff",)), {}).families
    assert families["tariff_ahead"] == "other signals"
