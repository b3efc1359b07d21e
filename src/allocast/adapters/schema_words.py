"""What a setting may be, in words, read from the JSON schema of the settings."""

import difflib
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from allocast.adapters.yaml_source import Key, shown

__all__ = ["SchemaNode", "nearest_name"]

_TYPES = {
    "integer": "an integer",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "null": "null",
}
_FORMATS = {
    "date": "a date (YYYY-MM-DD)",
    "date-time": "a date and time (ISO 8601)",
    "duration": "a duration (ISO 8601)",
    "path": "a path",
}
_LIMITS = {
    "minimum": ">= {}",
    "exclusiveMinimum": "> {}",
    "maximum": "<= {}",
    "exclusiveMaximum": "< {}",
    "multipleOf": "a multiple of {}",
    "minLength": "of {} or more characters",
    "maxLength": "of at most {} characters",
    "pattern": "that matches {}",
}


@dataclass(frozen=True, slots=True)
class SchemaNode:
    """One node of a JSON schema, with the definitions it may refer to.

    Examples
    --------
    >>> SchemaNode({"type": "number", "exclusiveMinimum": 0, "maximum": 1}, {}).words
    'a number > 0 and <= 1'
    """

    node: Mapping[str, Any]
    definitions: Mapping[str, Any]

    @classmethod
    def root(cls, schema: Mapping[str, Any]) -> "SchemaNode":
        """The top of a schema."""
        return cls(schema, schema.get("$defs", {}))

    @property
    def keys(self) -> list[str]:
        """The keys of a section, as the settings declare them; empty for anything else."""
        return [key for option in self._options for key in option._resolved.get("properties", {})]

    @property
    def discriminator(self) -> tuple[str, list[str]] | None:
        """The key that says of which kind this section is, and the kinds; None where there is one kind only."""
        for option in self._options:
            if found := option._resolved.get("discriminator"):
                return found["propertyName"], sorted(found["mapping"])
        return None

    def follow(self, location: Iterable[str | int]) -> tuple[Key, "SchemaNode"]:
        """The key and the node at a place that pydantic names: it puts the kinds of unions between the keys."""
        key: Key = ()
        node = self
        for part in location:
            child = node._child(part)
            key = key if child is None else (*key, part)
            node = node._branch(part) if child is None else child
        return key, node

    @property
    def words(self) -> str:
        """What is allowed here: "a number > 0 and <= 1"."""
        options = self._options
        if len(options) > 1:
            return " or ".join(option.words for option in options)
        node = options[0]._resolved
        if "const" in node:
            return shown(node["const"])
        if "enum" in node:
            return "one of " + ", ".join(map(shown, node["enum"]))
        if "discriminator" in node:
            name, kinds = node["discriminator"]["propertyName"], sorted(node["discriminator"]["mapping"])
            return f"a section with {name} one of {', '.join(map(shown, kinds))}"
        if node.get("type") == "object":
            return "a section" + (f" with keys among {', '.join(self.keys)}" if self.keys else "")
        if node.get("type") == "array":
            return options[0]._list_words
        limits = " and ".join(words.format(node[name]) for name, words in _LIMITS.items() if name in node)
        return f"{_FORMATS.get(node.get('format', ''), _TYPES.get(node.get('type', ''), 'valid'))} {limits}".strip()

    @property
    def _list_words(self) -> str:
        fewest, most = self._resolved.get("minItems", 0), self._resolved.get("maxItems")
        if most is None:
            count = f" of {fewest} or more" if fewest else ""
        else:
            count = f" of {fewest}" if fewest == most else f" of {fewest} to {most}"
        item = self._child(0)
        return f"a list{count}" + (f", each {item.words}" if item else "")

    @property
    def _resolved(self) -> Mapping[str, Any]:
        reference = self.node.get("$ref")
        return self.definitions[reference.rpartition("/")[2]] if reference else self.node

    @property
    def _options(self) -> list["SchemaNode"]:
        """The alternatives of a union without a discriminator, or the node itself."""
        options = self._resolved.get("anyOf")
        return [SchemaNode(option, self.definitions) for option in options] if options else [self]

    def _child(self, part: str | int) -> "SchemaNode | None":
        """The node of a key or a list index, if this is one."""
        for option in self._options:
            node = option._resolved
            if isinstance(part, int):
                items = [*node.get("prefixItems", []), node.get("items", None)]
                found = items[min(part, len(items) - 1)]
            else:
                found = node.get("properties", {}).get(part) or node.get("additionalProperties")
            if isinstance(found, Mapping):
                return SchemaNode(found, self.definitions)
        return None

    def _branch(self, kind: str | int) -> "SchemaNode":
        """The alternative of this kind, or the node itself where it has none."""
        for option in self._options:
            mapping = option._resolved.get("discriminator", {}).get("mapping", {})
            if kind in mapping:
                return SchemaNode({"$ref": mapping[kind]}, self.definitions)
        return self


def nearest_name(name: str, valid: Iterable[str], used: Container[str] = ()) -> str | None:
    """The valid name that was probably meant, names not yet used before the others; None where none is near.

    Examples
    --------
    >>> nearest_name("Num-Leafs", ["num_rounds", "num_leaves"])
    'num_leaves'
    """
    spelled = {_spelling(candidate): candidate for candidate in valid}
    near = difflib.get_close_matches(_spelling(name), spelled, n=len(spelled) or 1)
    names = [spelled[spelling] for spelling in near]
    return next((name for name in names if name not in used), names[0] if names else None)


def _spelling(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")
