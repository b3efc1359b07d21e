"""Rulebooks as documents: what they may say, their versions, and what differs between two."""

import json
from typing import get_args

import numpy as np
import pytest

from allocast.adapters.policy_settings import PolicySettings
from allocast.adapters.policy_words import policy_in_words
from allocast.adapters.rulebook_differences import DIFFERENCES, rulebook_differences
from allocast.adapters.rulebook_document import load_rulebook, rulebook_in_effect
from allocast.errors import SettingsError
from allocast.inventory.policies import FixedQuantity

TEXT = """\
name: demo
effective_from: 2024-01-01
rules:
  - {name: a, priority: 1, where: {abc: [A]}, then: {cycle_service_level: 0.95}}
  - {name: b, priority: 2, then: {policy: order_up_to, largest_cover_periods: 8}}
values:
  - {item_id: i, location_id: l, by: anna, then: {stocked: false}}
"""


@pytest.fixture
def written(tmp_path):
    def write(text=TEXT, name="rulebook.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_document_comes_back_from_its_own_yaml(written):
    document = load_rulebook(written())
    again = load_rulebook(written(document.to_yaml(), "again.yaml"))
    assert again == document
    assert again.version == document.version
    assert again.to_yaml() == document.to_yaml()


def test_every_mistake_is_said_at_its_place(written):
    wrong = TEXT.replace("0.95", "95").replace("where", "wher").replace("2024-01-01", "soon")
    with pytest.raises(SettingsError) as refused:
        load_rulebook(written(wrong.replace("then: {stocked: false}", "then: {}")))
    lines = str(refused.value).splitlines()
    assert [line.split("rulebook.yaml:")[1].split(": ")[0] for line in lines] == [
        "2:1",
        "4:28",
        "4:53",
        "7:5",
    ]
    assert "must be a date" in lines[0]
    assert "did you mean 'where'?" in lines[1]
    assert "a number > 0 and < 1 or 'own'" in lines[2]
    assert "says nothing" in lines[3]


def test_rules_of_the_same_priority_about_the_same_thing_are_refused(written):
    load_rulebook(written(TEXT.replace("priority: 2", "priority: 1")))
    clash = TEXT.replace("priority: 2", "priority: 1").replace(
        "policy: order_up_to", "cycle_service_level: own"
    )
    with pytest.raises(
        SettingsError, match=r"5:15: rules.1.priority: .*different priorities; 'a', 'b' have 1"
    ):
        load_rulebook(written(clash))


def said_of(written, text):
    """Places and keys of all mistakes."""
    with pytest.raises(SettingsError) as refused:
        load_rulebook(written(text))
    lines = [line.split("rulebook.yaml:")[1] for line in str(refused.value).splitlines()]
    return {tuple(line.split(": ")[:2]): line for line in lines}


def test_what_cannot_hold_together_is_said_with_everything_else(written):
    said = said_of(
        written,
        """\
name: demo
effective_from: soon
rules:
  - {name: a, priority: 1, then: {cycle_service_level: 95}}
  - {name: a, priority: 1, then: {fill_rate: 0.9}}
  - {name: c, priority: 2, then: {policy: order_upto, fill_rate: 0.9, cycle_service_level: own}}
  - {name: d, priority: 3, then: {policy: {kind: min_max, window: 0}, cycle_service_level: 0.9}}
  - {name: e, priority: 4, then: {policy: order_up_to, fill_rate: 0.9}}
values:
  - {item_id: i, location_id: l, by: anna, then: {stocked: false}}
  - {item_id: i, location_id: l, by: ben, then: {stocked: true}}
""",
    )
    assert list(said) == [
        ("2:1", "effective_from"),
        ("4:35", "rules.0.then.cycle_service_level"),
        ("5:6", "rules.1.name"),
        ("5:15", "rules.1.priority"),
        ("6:35", "rules.2.then.policy"),
        ("6:55", "rules.2.then.fill_rate"),
        ("7:59", "rules.3.then.policy.window"),
        ("7:71", "rules.3.then.cycle_service_level"),
        ("8:56", "rules.4.then.fill_rate"),
        ("11:34", "values.1.by"),
    ]
    assert "it is 'order_upto'; did you mean 'order_up_to'?" in said["6:35", "rules.2.then.policy"]
    assert "the policy 'min_max' takes none" in said["7:71", "rules.3.then.cycle_service_level"]


def test_a_rule_names_any_policy_of_a_config_with_its_settings(written):
    alone = load_rulebook(written(TEXT.replace("policy: order_up_to", "policy: fixed_quantity")))
    kind = load_rulebook(written(TEXT.replace("policy: order_up_to", "policy: {kind: fixed_quantity}")))
    section = "policy: {kind: fixed_quantity, batch_units: 24}"
    batch = load_rulebook(written(TEXT.replace("policy: order_up_to", section)))
    assert alone.rules[1].then.policy == "fixed_quantity"
    assert (alone, alone.version) == (kind, kind.version) != (batch, batch.version)
    assert policy_in_words(batch.rules[1].then.policy) == FixedQuantity(batch_units=24)
    assert load_rulebook(written(batch.to_yaml())) == batch


@pytest.mark.parametrize("settings", get_args(get_args(PolicySettings)[0]))
def test_every_kind_of_policy_comes_back_from_its_words(settings, written):
    needed = {"perishable": {"shelf_life_periods": 3}, "min_max": {"window": 26}}
    kind = get_args(settings.model_fields["kind"].annotation)[0]
    section = {"kind": kind} | needed.get(kind, {})
    path = written(TEXT.replace("policy: order_up_to", f"policy: {json.dumps(section)}"))
    named = load_rulebook(path).rules[1].then.policy
    assert policy_in_words(named) == settings(**section).build()


def test_the_version_follows_what_decides_and_nothing_else(written):
    lines = TEXT.splitlines()
    turned = "\n".join([*lines[:3], lines[4], lines[3], *lines[5:]])
    approved = TEXT + "approvals:\n  - {calibrated_on: 2024-02-05, by: eva}\n"
    version = load_rulebook(written()).version
    assert version.startswith("demo/")
    assert load_rulebook(written(turned)).version == version
    assert load_rulebook(written(approved)).version == version
    for old, new in (("0.95", "0.96"), ("2024", "2023"), ("anna", "ben"), ("[A]", "[A, B]")):
        assert load_rulebook(written(TEXT.replace(old, new))).version != version


def test_the_latest_version_that_has_begun_is_in_effect(written, tmp_path):
    written(TEXT, "first.yaml")
    written(TEXT.replace("2024-01-01", "2024-03-01"), "second.yaml")
    days = {"2024-01-01": 1, "2024-02-29": 1, "2024-03-01": 3}
    for day, month in days.items():
        assert rulebook_in_effect(tmp_path, np.datetime64(day)).effective_from.month == month
    with pytest.raises(SettingsError, match="in effect on 2023-12-31; the first begins on 2024-01-01"):
        rulebook_in_effect(tmp_path, np.datetime64("2023-12-31"))


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (TEXT, "one version may begin on a day"),
        (TEXT.replace("demo", "other").replace("2024", "2025"), "must be of one rulebook; .* demo, other"),
    ],
)
def test_a_folder_holds_one_history(written, tmp_path, other, message):
    written(TEXT, "first.yaml")
    written(other, "second.yaml")
    with pytest.raises(SettingsError, match=message):
        rulebook_in_effect(tmp_path, np.datetime64("2026-01-01"))


def test_a_folder_without_rulebooks_is_refused(tmp_path):
    with pytest.raises(SettingsError, match=r"holds no \.yaml file"):
        rulebook_in_effect(tmp_path, np.datetime64("2026-01-01"))


def test_differences_are_told_by_rule_and_by_series(written):
    old = load_rulebook(written())
    text = (
        TEXT.replace("0.95", "0.97").replace("name: b", "name: c").replace("stocked: false", "stocked: true")
    )
    table = rulebook_differences(old, load_rulebook(written(text)))
    assert list(table.columns) == DIFFERENCES
    rows = {(row.part, row.key): (row.change, row.before, row.after) for row in table.itertuples()}
    assert rows["rule a", "then.cycle_service_level"] == ("changed", "0.95", "0.97")
    assert rows["rule b", "then.policy"] == ("removed", "order_up_to", "")
    assert rows["rule c", "then.policy"] == ("added", "", "order_up_to")
    assert rows["i at l", "anna.then.stocked"] == ("changed", "False", "True")


def test_the_order_of_rules_is_no_difference(written):
    lines = TEXT.splitlines()
    turned = load_rulebook(written("\n".join([*lines[:3], lines[4], lines[3], *lines[5:]]), "turned.yaml"))
    assert rulebook_differences(load_rulebook(written()), turned).empty
