"""Policies in the words of rulebooks: a kind alone, or a section with settings of its own, as in a config."""

import io
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, core_schema
from ruamel.yaml import YAML

from allocast.adapters.policy_settings import PolicySettings
from allocast.adapters.settings import Settings
from allocast.inventory.situation import Policy

__all__ = ["CHAMPION", "PolicyText", "kind_named", "kind_of", "policy_in_words", "takes_level"]

CHAMPION = "champion"


class ChampionSettings(Settings):
    """The policy that is registered, or the agent."""

    kind: Literal["champion"]


_UNION, *_ = get_args(PolicySettings)
_KINDS: Mapping[str, type[Settings]] = MappingProxyType(
    {get_args(one.model_fields["kind"].annotation)[0]: one for one in get_args(_UNION)}
)
_Named = Annotated[_UNION | ChampionSettings, Field(discriminator="kind")]  # type: ignore[valid-type]


class _Words:
    """Tells pydantic that a text names a policy: read as a kind or a section, written as the shorter of them."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        named = core_schema.no_info_before_validator_function(_section, handler.generate_schema(_Named))
        return core_schema.no_info_after_validator_function(
            _text, named, serialization=core_schema.plain_serializer_function_ser_schema(_plain)
        )


PolicyText = Annotated[str, _Words()]
"""A policy as text that `policy_in_words` understands: ``order_up_to``, ``{kind: min_max, window: 26}``."""


@cache
def policy_in_words(text: str) -> Policy:
    """The policy that a text names, with its settings.

    Parameters
    ----------
    text : str
        As a rulebook's effective values have it.

    Raises
    ------
    ValidationError
        There is no such policy.

    Examples
    --------
    >>> policy_in_words("{kind: fixed_quantity, batch_units: 24.0}").name
    'fixed_quantity(critical ratio, 24)'
    """
    policy: Policy = TypeAdapter(PolicySettings).validate_python(_section(_plain(text))).build()
    return policy


def kind_named(said: object) -> str | None:
    """The kind of policy that is written, whatever else is wrong with it; None where none can be told."""
    kind = said.get("kind") if isinstance(said, Mapping) else said
    return kind if isinstance(kind, str) and kind in {CHAMPION, *_KINDS} else None


def kind_of(text: str) -> str:
    """The kind of a policy in words, without its settings; other text as it is.

    Examples
    --------
    >>> kind_of("{kind: min_max, window: 26}")
    'min_max'
    """
    said = _plain(text) if text.startswith("{") else text
    return str(said["kind"]) if isinstance(said, Mapping) else text


def takes_level(kind: str) -> bool:
    """Whether a kind of policy follows a cycle service level; of the champion nobody knows before it is there."""
    return kind == CHAMPION or "cycle_service_level" in _KINDS[kind].model_fields


def _section(said: Any) -> Any:
    return {"kind": said} if isinstance(said, str) else said


def _text(settings: Settings) -> str:
    """The kind, or a YAML section in one line where something is not its default."""
    said = settings.model_dump(mode="json", exclude_defaults=True)
    if list(said) == ["kind"]:
        return str(said["kind"])
    line, yaml = io.StringIO(), YAML()
    yaml.default_flow_style, yaml.width = True, 10_000
    yaml.dump(said, line)
    return line.getvalue().strip()


def _plain(text: str) -> Any:
    """A text as plain data, as a config would have it."""
    return YAML(typ="safe", pure=True).load(text)
