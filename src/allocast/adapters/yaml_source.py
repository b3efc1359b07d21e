"""Plain data from a YAML file and ``key=value`` overrides, with the place where each key was written."""

from pathlib import Path
from typing import Any, Literal, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from allocast.errors import SettingsError

__all__ = ["Key", "Place", "YamlSource", "dotted", "shown"]

Key = tuple[str | int, ...]


class Place(NamedTuple):
    """Where something was written. Places sort as they are read: the file, then the overrides."""

    origin: Literal["file", "override"]
    line: int
    column: int
    text: str


def dotted(key: Key) -> str:
    """The path of a key as people write it."""
    return ".".join(map(str, key))


def shown(value: object) -> str:
    """A value as a message shows it."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case dict():
            return "a section"
        case list():
            return f"a list of {len(value)}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


class YamlSource:
    """What a file and the overrides say, where they say it, and the mistakes found on the way.

    Tags never name code: only text, numbers, truth values, null, lists and sections are read. Dates stay
    text; the schema knows where one is meant.

    Parameters
    ----------
    path : Path
        A YAML 1.2 file with a section of keys at the top.

    Attributes
    ----------
    data : dict
        Sections as dicts, lists as lists.

    Raises
    ------
    SettingsError
        The file cannot be read, is not YAML, is empty, or has no keys at the top.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._yaml = YAML(typ="safe", pure=True)
        self._places: dict[Key, Place] = {(): self._in_file(1, 1)}
        self._mistakes: dict[tuple[Place, str], str] = {}
        self._overrides = 0
        try:
            data = self._parse(_read(path), ())
        except YAMLError as error:
            line, column, problem = _diagnosis(error)
            raise SettingsError(f"{self._in_file(line, column).text}: {problem}") from error
        if not isinstance(data, dict):
            self.raise_mistakes()
            came = "is empty" if data is None else f"holds {shown(data)}"
            raise SettingsError(f"{path}:1:1: the file {came}; expected keys with values, like seed: 1")
        self.data: dict[str, Any] = data

    def override(self, text: str) -> None:
        """Set one key as ``key.path=value`` says, the value in YAML; missing sections are made."""
        self._overrides += 1
        place = Place("override", self._overrides, 1, f"override {text}")
        path, equals, value = text.partition("=")
        key = tuple(path.strip().split("."))
        if not equals or not all(key):
            self.refuse((), "expected key=value, for example seed=1 or demand.horizon=8", place)
            return
        try:
            section = self._section(key[:-1], place)
            for old in [old for old in self._places if old[: len(key)] == key]:
                del self._places[old]
            self._places[key] = place
            section[key[-1]] = self._parse(value, key, place)
        except YAMLError as error:
            self.refuse(key, _diagnosis(error)[2], place)
        except SettingsError as error:
            self.refuse(key, str(error), place)

    def place(self, key: Key) -> Place:
        """Where a key was written, or else the nearest section around it."""
        while key not in self._places:
            key = key[:-1]
        return self._places[key]

    def origin(self, key: Key) -> Literal["default", "file", "override"]:
        """Who set a key; what nobody wrote has its default."""
        return self._places[key].origin if key in self._places else "default"

    def refuse(self, key: Key, message: str, place: Place | None = None) -> None:
        """Note a mistake, the first at each key; nothing is raised yet, so that all can be shown together."""
        self._mistakes.setdefault((place or self.place(key), dotted(key)), message)

    def raise_mistakes(self) -> None:
        """Raise what was noted, one line a mistake, in reading order.

        Raises
        ------
        SettingsError
            There is at least one mistake.
        """
        if self._mistakes:
            lines = [
                ": ".join(filter(None, [place.text, key, message])).replace("\n", " ")
                for (place, key), message in sorted(self._mistakes.items())
            ]
            raise SettingsError("\n".join(lines))

    def _in_file(self, line: int, column: int) -> Place:
        return Place("file", line, column, f"{self._path}:{line}:{column}")

    def _section(self, key: Key, place: Place) -> dict[str, Any]:
        """The section of this key, made on the way where there is none."""
        section = self.data
        for depth, name in enumerate(map(str, key), start=1):
            if section.get(name) is None:
                section[name] = {}
                self._places[key[:depth]] = place
            section = section[name]
            if not isinstance(section, dict):
                raise SettingsError(f"{dotted(key[:depth])} is not a section; it is {shown(section)}")
        return section

    def _parse(self, text: str, key: Key, override: Place | None = None) -> Any:
        node = self._yaml.compose(text)
        return None if node is None else self._plain(node, key, override)

    def _plain(self, node: Node, key: Key, override: Place | None, around: tuple[Node, ...] = ()) -> Any:
        self._places.setdefault(key, override or self._at(node))
        if node in around:
            return self.refuse(key, "an alias stands inside its own anchor; write the value out")
        kind = str(node.tag).removeprefix("tag:yaml.org,2002:")
        match node, kind:
            case MappingNode(), "map":
                return self._mapping(node, key, override, (*around, node))
            case SequenceNode(), "seq":
                return [
                    self._plain(item, (*key, index), override, (*around, node))
                    for index, item in enumerate(node.value)
                ]
            case ScalarNode(), _:
                return self._scalar(node, kind, key)
        return self.refuse(key, f"tag {kind!r} is not allowed; settings hold plain values only")

    def _mapping(
        self, node: Node, key: Key, override: Place | None, around: tuple[Node, ...]
    ) -> dict[str, Any]:
        section: dict[str, Any] = {}
        for name, value in node.value:
            place = override or self._at(name)
            if not isinstance(name, ScalarNode):
                self.refuse(key, "a key must be a plain name, not a list or a section", place)
                continue
            inner = (*key, name.value)
            if name.value in section:
                first = self._places[inner]
                self.refuse(inner, f"duplicate key; it is first given at {first.text}", place)
                continue
            self._places[inner] = place
            section[name.value] = self._plain(value, inner, override, around)
        return section

    def _scalar(self, node: ScalarNode, kind: str, key: Key) -> Any:
        construct = self._yaml.constructor
        readers = {
            "null": lambda _: None,
            "bool": construct.construct_yaml_bool,
            "int": construct.construct_yaml_int,
            "float": construct.construct_yaml_float,
            "str": lambda text: text.value,
            "timestamp": lambda text: text.value,
        }
        if kind not in readers:
            return self.refuse(key, f"tag {kind!r} is not allowed; settings hold plain values only")
        try:
            return readers[kind](node)
        except (ValueError, KeyError):
            return self.refuse(key, f"{node.value!r} is not what its tag says, {kind}")

    def _at(self, node: Node) -> Place:
        return self._in_file(node.start_mark.line + 1, node.start_mark.column + 1)


def _read(path: Path) -> str:
    """The text of a settings file."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        near = sorted(file.name for file in path.parent.glob("*.yaml"))
        there = f"; {path.parent} holds {', '.join(near)}" if near else ""
        raise SettingsError(f"{path}:1:1: there is no such file{there}") from error
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError(f"{path}:1:1: cannot be read: {reason}") from error


def _diagnosis(error: YAMLError) -> tuple[int, int, str]:
    """Line, column and problem of text that is not YAML."""
    if not isinstance(error, MarkedYAMLError):
        return 1, 1, f"not YAML: {str(error).splitlines()[0]}"
    problem = " ".join(filter(None, [error.context, error.problem]))
    hint = "; indent with spaces" if "\\t" in problem else ""
    return error.problem_mark.line + 1, error.problem_mark.column + 1, f"not YAML: {problem}{hint}"
