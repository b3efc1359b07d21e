"""A rulebook as a versioned document: YAML in, YAML out, in effect from a day on."""

import hashlib
import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from annotated_types import MinLen
from pydantic import Field
from ruamel.yaml import YAML

from allocast.adapters.rulebook_sections import (
    RuleSection,
    UserValueSection,
    ValuesSection,
    contradictions,
)
from allocast.adapters.settings import Settings, load_settings
from allocast.adapters.yaml_source import Key
from allocast.errors import SettingsError
from allocast.inventory.segments.calibration import Approval
from allocast.inventory.segments.recalibration import RecalibrationRules
from allocast.inventory.segments.rules import Rulebook
from allocast.inventory.segments.segment_table import SegmentSettings

__all__ = ["RulebookDocument", "load_rulebook", "rulebook_in_effect"]

DIGEST = 12


class RulebookDocument(Settings):
    """Segments, and which values follow from them: who is controlled how, from a day on."""

    name: Annotated[str, MinLen(1)]
    """The same in all versions."""
    effective_from: date
    """First day of decisions that follow this version."""
    segments: SegmentSettings = Field(default_factory=SegmentSettings)
    """Where one segment ends and the next begins."""
    defaults: ValuesSection = Field(default_factory=ValuesSection)
    """What holds where no rule and no user says anything."""
    rules: tuple[RuleSection, ...] = ()
    """Values for segments; the smallest priority wins, whatever the order in which they are written."""
    values: tuple[UserValueSection, ...] = ()
    """What users have set for single series; it beats every rule."""
    recalibration: RecalibrationRules = Field(default_factory=RecalibrationRules)
    """When values are found anew, and which changes need approval."""
    approvals: tuple[Approval, ...] = ()
    """Changes of calibrations that somebody has approved; they are no part of the version."""

    @classmethod
    def contradictions(cls, data: dict[str, Any], /) -> Iterator[tuple[Key, str]]:
        """Rules, users' values and targets that cannot hold together."""
        return contradictions(data)

    @property
    def rulebook(self) -> Rulebook:
        """What it says of series."""
        return Rulebook(defaults=self.defaults, rules=self.rules, values=self.values)

    @property
    def version(self) -> str:
        """Name and digest of everything that decides, whatever the order of rules; approvals do not count."""
        said = self.plain()
        said.pop("approvals")
        said["rules"] = sorted(said["rules"], key=lambda rule: str(rule["name"]))
        said["values"] = sorted(said["values"], key=lambda value: json.dumps(value, sort_keys=True))
        digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
        return f"{self.name}/{digest[:DIGEST]}"

    def plain(self) -> dict[str, Any]:
        """Everything as plain data, with defaults, without what is not said of a series."""
        whole = self.model_dump(mode="json")
        return whole | {
            "defaults": _known(whole["defaults"]),
            "rules": [_said(rule) for rule in whole["rules"]],
            "values": [_said(value) for value in whole["values"]],
            "approvals": [_known(approval) for approval in whole["approvals"]],
        }

    def to_yaml(self) -> str:
        """YAML that loads to the same document."""
        text = io.StringIO()
        YAML().dump(self.plain(), text)
        return text.getvalue()


def load_rulebook(path: Path) -> RulebookDocument:
    """One version from its file.

    Raises
    ------
    SettingsError
        Something is wrong: one line a mistake, with its place.
    """
    return load_settings(path, RulebookDocument).settings


def rulebook_in_effect(path: Path, day: np.datetime64) -> RulebookDocument:
    """The version in effect on a day: of a file, or the latest of a folder of versions.

    Parameters
    ----------
    path : Path
        A YAML file, or a folder of YAML files of one name, each in effect from a day of its own.
    day : day

    Raises
    ------
    SettingsError
        A file is wrong, versions are of different names or the same day, or none is in effect yet.
    """
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    if not files:
        raise SettingsError(f"{path} holds no .yaml file; bring a rulebook, or its folder of versions.")
    versions = {file: load_rulebook(file) for file in files}
    _require_one_history(versions)
    begun = [one for one in versions.values() if np.datetime64(one.effective_from) <= day]
    if not begun:
        first = min(one.effective_from for one in versions.values())
        raise SettingsError(
            f"{path}: no version of the rulebook is in effect on {day}; the first begins on {first}. "
            "Bring an earlier version, or decide on a later day."
        )
    return max(begun, key=lambda one: one.effective_from)


def _require_one_history(versions: dict[Path, RulebookDocument]) -> None:
    names = sorted({one.name for one in versions.values()})
    if len(names) > 1:
        raise SettingsError(
            f"versions in one folder must be of one rulebook; {next(iter(versions)).parent} has {', '.join(names)}."
        )
    by_day: dict[date, list[str]] = {}
    for file, one in versions.items():
        by_day.setdefault(one.effective_from, []).append(str(file))
    for day, files in sorted(by_day.items()):
        if len(files) > 1:
            raise SettingsError(f"one version may begin on a day; {' and '.join(files)} begin on {day}.")


def _said(entry: dict[str, Any]) -> dict[str, Any]:
    return entry | {"then": _known(entry["then"])}


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
