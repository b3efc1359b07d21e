"""The policies that a config can name."""

import json

import pytest
from pydantic import TypeAdapter, ValidationError

from allocast.adapters.policy_document import PolicyDocument
from allocast.adapters.policy_settings import PolicySettings
from allocast.inventory import policies

ADAPTER: TypeAdapter[PolicySettings] = TypeAdapter(PolicySettings)
KINDS = {
    "moving_average_cover": {"cover_periods": 3},
    "min_max": {"minimum_periods": 2.0, "maximum_periods": 3.0},
    "order_up_to": {"cycle_service_level": 0.9},
    "sigma_formula": {"window": 26},
    "fill_rate": {"fill_rate": 0.99},
    "periodic_review": {"review_periods": 2},
    "reorder_point": {"cycle_service_level": 0.8},
    "reorder_levels": {"steps": 100},
    "fixed_quantity": {"batch_units": 24.0},
    "projected_need": {"cycle_service_level": 0.7},
    "need_and_safety": {"cycle_service_level": 0.8, "own_share": 0.25},
    "rule_of_thumb": {"safety_periods": 2.0, "batch_periods": 4.0},
    "perishable": {"shelf_life_periods": 3},
    "just_in_time": {"otherwise": {"kind": "fill_rate"}},
}


def build(kind, **settings):
    return ADAPTER.validate_json(json.dumps({"kind": kind} | settings))


@pytest.mark.parametrize("kind", KINDS)
def test_every_policy_is_built_by_its_name_and_comes_back_from_a_document(kind) -> None:
    settings = build(kind, **KINDS[kind])
    policy = settings.build()
    assert policy.name.startswith(kind)
    document = PolicyDocument(name=policy.name, settings=settings)
    assert PolicyDocument.from_state(document.state()).build() == policy


def test_every_classical_policy_can_be_named() -> None:
    built = {type(build(kind, **settings).build()).__name__ for kind, settings in KINDS.items()}
    assert built == set(policies.__all__)


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_that_is_not_the_policys_own_is_refused(kind) -> None:
    with pytest.raises(ValidationError, match="colour"):
        build(kind, colour=1, **KINDS[kind])


@pytest.mark.parametrize(
    ("kind", "key", "wrong"),
    [
        ("min_max", "window", 0),
        ("min_max", "maximum_periods", 1.0),
        ("sigma_formula", "window", 1),
        ("need_and_safety", "own_share", 1.5),
        ("rule_of_thumb", "batch_periods", 0.0),
        ("rule_of_thumb", "safety_periods", -1.0),
        ("sigma_formula", "cycle_service_level", 1.0),
        ("fill_rate", "fill_rate", 95.0),
        ("periodic_review", "review_periods", 0),
        ("reorder_levels", "steps", 9),
        ("fixed_quantity", "batch_units", 0.5),
        ("perishable", "shelf_life_periods", 0),
        ("perishable", "waste_cost", -1.0),
        ("just_in_time", "largest_variation", 0.0),
        ("just_in_time", "otherwise", {"kind": "just_in_time"}),
    ],
)
def test_settings_out_of_range_are_refused(kind, key, wrong) -> None:
    build(kind, **KINDS[kind])
    with pytest.raises(ValidationError, match=key):
        build(kind, **(KINDS[kind] | {key: wrong}))


def test_a_perishable_without_a_shelf_life_takes_that_of_each_item() -> None:
    assert build("perishable").build().shelf_life_periods is None
    with pytest.raises(ValidationError, match="shelf_life_periods"):
        build("perishable", shelf_life_periods=0)


def test_a_stand_in_is_built_with_the_policy_it_stands_in_for() -> None:
    policy = build("just_in_time", otherwise={"kind": "order_up_to", "cycle_service_level": 0.9}).build()
    assert policy.name == "just_in_time(0.1, else order_up_to(0.9))"
