"""Sections of a rulebook's file: the core's nouns in the words of YAML, and what of them cannot stand together."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from allocast.adapters.policy_words import PolicyText, kind_named, takes_level
from allocast.adapters.yaml_source import Key
from allocast.inventory.segments.clashes import same_names, same_priorities, set_twice, two_targets
from allocast.inventory.segments.rules import PARAMETERS, PolicyValues, Rule, UserValue

__all__ = ["RuleSection", "UserValueSection", "ValuesSection", "contradictions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuesSection(PolicyValues):
    """Values whose policy may be a kind, or a section with settings as in ``backtest.policies``."""

    policy: PolicyText | None = None

    def __post_init__(self) -> None:
        """Nothing to check: `contradictions` says what cannot stand together, with its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSection(Rule):
    """A rule with such values."""

    then: ValuesSection


@dataclass(frozen=True, slots=True, kw_only=True)
class UserValueSection(UserValue):
    """A user's value with such values."""

    then: ValuesSection


def contradictions(data: dict[str, Any]) -> Iterator[tuple[Key, str]]:
    """What a rulebook says that cannot hold together, whatever else is wrong with it.

    Parameters
    ----------
    data : dict
        The file as plain data, not yet checked: what is no rule yet is passed over.

    Yields
    ------
    key, message
        The place, and what is wrong there.
    """
    rules, values = _entries(data.get("rules")), _entries(data.get("values"))
    names = [(place, rule["name"]) for place, rule in rules if isinstance(rule.get("name"), str)]
    for place, key, message in same_names([name for _, name in names]):
        yield ("rules", names[place][0], key), message
    ranked = [(place, rule) for place, rule in rules if type(rule.get("priority")) is int]
    about = [(str(rule.get("name")), rule["priority"], _said(rule.get("then"))) for _, rule in ranked]
    for place, key, message in same_priorities(about):
        yield ("rules", ranked[place][0], key), message
    owned = [(place, one) for place, one in values if {"item_id", "location_id"} <= set(one)]
    for place, key, message in set_twice([_owner(one) for _, one in owned]):
        yield ("values", owned[place][0], key), message
    yield from _within(("defaults",), data.get("defaults"))
    for part, entries in (("rules", rules), ("values", values)):
        for place, entry in entries:
            yield from _within((part, place, "then"), entry.get("then"))


def _within(key: Key, then: object) -> Iterator[tuple[Key, str]]:
    """What cannot stand together in one section of values."""
    said = _said(then)
    kind = kind_named(said.get("policy"))
    mistake = two_targets(said, kind)
    if mistake:
        yield (*key, "fill_rate"), mistake
    level = said.get("cycle_service_level", "own")
    if level != "own" and kind is not None and not takes_level(kind):
        yield (
            (*key, "cycle_service_level"),
            f"the policy {kind!r} takes none; leave it out, or name a policy that does",
        )


def _entries(part: object) -> list[tuple[int, dict[str, Any]]]:
    """Entries of a list that are sections, with their places."""
    entries = part if isinstance(part, list) else []
    return [(place, entry) for place, entry in enumerate(entries) if isinstance(entry, dict)]


def _owner(value: dict[str, Any]) -> tuple[str, str, str, dict[str, Any]]:
    """Whose value it is, who set it, and what it sets."""
    item, location, by = (str(value.get(name)) for name in ("item_id", "location_id", "by"))
    return item, location, by, _said(value.get("then"))


def _said(then: object) -> dict[str, Any]:
    """The parameters that a section of values says."""
    section = then if isinstance(then, dict) else {}
    return {name: section[name] for name in PARAMETERS if section.get(name) is not None}
