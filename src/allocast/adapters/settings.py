"""Settings: a YAML file and overrides, checked against a model, with every mistake named at its place."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML

from allocast.adapters.schema_words import SchemaNode, nearest_name
from allocast.adapters.yaml_source import Key, YamlSource, dotted, shown

__all__ = ["Resolved", "Settings", "json_schema", "load_settings"]

T = TypeVar("T", bound=BaseModel)
_UNKNOWN_KEY = ("extra_forbidden", "unexpected_keyword_argument")  # of a model, and of a dataclass in it


class Settings(BaseModel):
    """Base of all sections of settings: frozen, without unknown keys, and nothing is silently converted.

    The docstring under a field is its documentation. Numbers are finite; text is never read as a number.
    Defaults belong to the fields of a section, not to the section as a whole: a file that gives one key of
    a section replaces the section's own default.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )

    @classmethod
    def contradictions(cls, _data: dict[str, Any], /) -> Iterator[tuple[Key, str]]:
        """What a whole file, not yet checked, says that cannot hold together, with its place."""
        return iter(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved(Generic[T]):
    """Checked settings, and where each value came from.

    Parameters
    ----------
    settings : T
        The model that the file and the overrides filled.
    origins : mapping of dotted key to "default", "file" or "override"
        One entry a value; a list is one value.
    path : Path
        The file.
    """

    settings: T
    origins: Mapping[str, Literal["default", "file", "override"]]
    path: Path

    def flat(self) -> dict[str, Any]:
        """Every value under its dotted key, as plain numbers, text, truth values, None and lists."""
        return {dotted(key): value for key, value in _leaves(self.settings.model_dump(mode="json"))}

    def to_yaml(self) -> str:
        """The settings with all defaults written out, as YAML that loads to the same settings."""
        text = io.StringIO()
        YAML().dump(self.settings.model_dump(mode="json"), text)
        return text.getvalue()

    def lines(self) -> list[str]:
        """Key, origin and value of every value, in aligned columns; values, which may be long, come last."""
        flat = self.flat()
        wide = max(map(len, flat))
        return [
            f"{key:<{wide}}  {self.origins[key]:<8}  {json.dumps(value, ensure_ascii=False)}"
            for key, value in flat.items()
        ]


def load_settings(path: Path, schema: type[T], overrides: Sequence[str] = ()) -> Resolved[T]:
    """Settings from a YAML file and ``key.path=value`` overrides.

    Parameters
    ----------
    path : Path
        A YAML 1.2 file with a section of keys at the top.
    schema : type of BaseModel
        What the settings may be; sections of kind `Settings`.
    overrides : sequence of str
        Each sets one key, its value written in YAML: ``demand.horizon=8``, ``levels=[0.1, 0.9]``. Later ones win.

    Raises
    ------
    SettingsError
        Something is wrong: one line a mistake, with its place, its key, what is allowed and what came.
    """
    source = YamlSource(path)
    for override in overrides:
        source.override(override)
    try:
        # Validated as JSON, where text may stand for a date, a path or a choice, but never for a number.
        settings = schema.model_validate_json(json.dumps(source.data))
    except ValidationError as error:
        for key, message in _mistakes(schema, source.data, error.errors(include_url=False)):
            source.refuse(key, message)
    if issubclass(schema, Settings):
        for key, message in schema.contradictions(source.data):
            source.refuse(key, message)
    source.raise_mistakes()
    origins = {dotted(key): source.origin(key) for key, _ in _leaves(settings.model_dump(mode="json"))}
    return Resolved(settings=settings, origins=MappingProxyType(origins), path=path)


def json_schema(schema: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of settings, for editors that complete and check YAML."""
    return schema.model_json_schema()


def _mistakes(
    schema: type[BaseModel], data: dict[str, Any], errors: Sequence[ErrorDetails]
) -> Iterator[tuple[Key, str]]:
    """What pydantic found, as keys and our words."""
    root = SchemaNode.root(schema.model_json_schema())
    meant: set[Key] = set()
    for error in sorted(errors, key=lambda error: error["type"] not in _UNKNOWN_KEY):
        if error["type"] in _UNKNOWN_KEY:
            section, node = root.follow(error["loc"][:-1])
            name = str(error["loc"][-1])
            nearest = nearest_name(name, node.keys, used=_section(data, section))
            meant.add((*section, nearest or name))
            yield (*section, name), _unknown_key(name, nearest, node.keys)
            continue
        key, node = root.follow(error["loc"])
        if node.discriminator and error["type"].startswith("union_tag"):
            yield _wrong_kind(key, *node.discriminator, _written(data, key))
        elif error["type"] != "missing":
            yield key, _wrong_value(error, node)
        elif key not in meant:  # a key that is there, but misspelt, is one mistake and not two
            yield key, f"is required; it must be {node.words}"


def _unknown_key(name: str, nearest: str | None, valid: Sequence[str]) -> str:
    question = f"did you mean {nearest!r}? " if nearest else ""
    return f"unknown key {name!r}; {question}valid keys: {', '.join(valid)}"


def _wrong_kind(section: Key, name: str, kinds: Sequence[str], written: Any) -> tuple[Key, str]:
    """What to say about a section whose kind is missing, misspelt or unknown, or about a kind written alone."""
    choices = f"one of {', '.join(map(repr, kinds))}"
    if isinstance(written, str):
        return section, _wrong_kind((), name, kinds, {name: written})[1]
    given: dict[str, Any] = written if isinstance(written, dict) else {}
    if name in given:
        nearest = nearest_name(str(given[name]), kinds)
        question = f"; did you mean {nearest!r}?" if nearest else ""
        return (*section, name), f"must be {choices}; it is {shown(given[name])}{question}"
    misspelt = nearest_name(name, given)
    if misspelt:
        return (*section, misspelt), f"unknown key {misspelt!r}; did you mean {name!r}? It must be {choices}"
    return (*section, name), f"is required; it must be {choices}"


def _wrong_value(error: ErrorDetails, node: SchemaNode) -> str:
    kind, came = error["type"], error["input"]
    if kind in ("value_error", "assertion_error"):  # a validator of the model's own has said it
        return str(error["ctx"]["error"])
    limit_on_text = isinstance(came, str) and kind.startswith(("greater", "less"))
    if (
        limit_on_text or kind == "finite_number" or error["loc"][-1:] == ("[key]",)
    ):  # not in the schema's words
        return f"{error['msg'].replace('Input should', 'must')}; it is {shown(came)}"
    return f"must be {node.words}; it is {shown(came)}"


def _section(data: Any, key: Key) -> dict[str, Any]:
    """What is written in a section."""
    written = _written(data, key)
    return written if isinstance(written, dict) else {}


def _written(data: Any, key: Key) -> Any:
    """What is written under a key."""
    for part in key:
        data = data[part]
    return data


def _leaves(value: Any, key: Key = ()) -> Iterator[tuple[Key, Any]]:
    """The values under all keys; a list, or a section with nothing in it, is one value."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(inner, (*key, name))
    else:
        yield key, value
